import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/provider'
import type { Approval } from '../../api/types'
import { useFormats } from '../../language/use-formats'
import { ProblemNotice } from '../../ui/problem-notice'
import { Section } from '../../ui/section'
import { ApprovalButtons } from './approval-buttons'
import { approvalsQuery, say } from './queries'

interface ApprovalsListProps {
  /** A link to the page of an import, around what is asked. */
  link: (id: string, text: ReactNode) => ReactNode
}

/** What somebody wants to do and may not do alone; with buttons, where one has a say. */
export function ApprovalsList({ link }: ApprovalsListProps) {
  const { t } = useLingui()
  const api = useApi()
  const queries = useQueryClient()
  const formats = useFormats()
  const states = useStates()
  const approvals = useQuery(approvalsQuery(api))
  const word = useMutation({
    mutationFn: (said: Parameters<typeof say>[1]) => say(api, said),
    onSettled: () => queries.invalidateQueries({ queryKey: ['approvals'] }),
  })
  return (
    <Section title={<Trans>Approvals</Trans>}>
      {approvals.isError && (
        <ProblemNotice thrown={approvals.error} retry={() => void approvals.refetch()} />
      )}
      {word.isError && (
        <ProblemNotice title={<Trans>Nothing was decided</Trans>} thrown={word.error} />
      )}
      {approvals.data?.items.length === 0 && (
        <p className="py-2 text-soft">
          <Trans>Nobody has asked for anything.</Trans>
        </p>
      )}
      <ul aria-label={t`Requests for approval`}>
        {approvals.data?.items.map(one => (
          <li key={one.id} className="border-t border-rule py-3 first:border-0">
            <div className="flex flex-wrap items-baseline justify-between gap-x-4">
              <h3 className="font-medium">
                <What one={one} link={link} />
              </h3>
              <span className="text-[0.8125rem] text-soft">{states[one.state]}</span>
            </div>
            {one.reason && <p className="mt-1 text-soft">{one.reason}</p>}
            <p className="mt-1 text-xs text-soft">
              {formats.moment(one.created_at)}
              {one.state === 'pending' && (
                <>
                  {' · '}
                  <Plural
                    value={one.people}
                    one="# person must approve"
                    other="# people must approve"
                  />
                </>
              )}
            </p>
            {one.may_decide && (
              <ApprovalButtons
                busy={word.isPending}
                onSay={(verdict, reason, key) => word.mutate({ id: one.id, verdict, reason, key })}
              />
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}

function What({ one, link }: { one: Approval; link: ApprovalsListProps['link'] }) {
  if (one.kind !== 'wealth.import.undo') return one.kind
  return link(one.subject.id, <Trans>Undo an import of long ago</Trans>)
}

function useStates(): Readonly<Record<Approval['state'], string>> {
  const { t } = useLingui()
  return {
    pending: t`To be decided`,
    approved: t`Approved`,
    refused: t`Refused`,
    expired: t`Expired`,
    withdrawn: t`Withdrawn`,
    used: t`Approved and done`,
  }
}
