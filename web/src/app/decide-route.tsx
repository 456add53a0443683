import { Trans } from '@lingui/react/macro'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ApprovalsList } from '../features/approvals/approvals-list'
import { CasesList } from '../features/cases/cases-list'

/** What waits for somebody's decision. */
export function DecideRoute() {
  const link = (id: string, text: ReactNode) => (
    <Link to="/imports/$import" params={{ import: id }} className="hover:text-accent">
      {text}
    </Link>
  )
  return (
    <div className="grid gap-8">
      <h1 className="text-xl font-semibold">
        <Trans>To decide</Trans>
      </h1>
      <CasesList link={link} />
      <ApprovalsList link={link} />
    </div>
  )
}
