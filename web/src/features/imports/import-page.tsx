import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/provider'
import type { Import } from '../../api/types'
import { useFormats } from '../../language/use-formats'
import { ProblemNotice, sentence } from '../../ui/problem-notice'
import { Section, Waiting } from '../../ui/section'
import { ImportActions } from './import-actions'
import { ImportFaults } from './import-faults'
import { ImportLines } from './import-lines'
import { ImportStatus } from './import-status'
import { mappingOf } from './mapping'
import { importQuery } from './queries'
import { ReadingForm } from './reading-form'
import { StatementSummary } from './statement-summary'
import { formatName } from './words'

interface ImportPageProps {
  id: string
  /** The assets that a file without an account of its own may be booked into. */
  accounts: readonly { readonly id: string; readonly name: string }[]
  onStaged: (staged: Import) => void
  back: ReactNode
}

/** One file: what it says, what would be booked or was, and what is wrong with it. */
export function ImportPage({ id, accounts, onStaged, back }: ImportPageProps) {
  const { t } = useLingui()
  const found = useQuery(importQuery(useApi(), id))
  if (found.isPending) return <Waiting lines={8} label={t`Loading`} />
  if (found.isError) {
    return (
      <ProblemNotice
        title={<Trans>This import cannot be shown</Trans>}
        thrown={found.error}
        retry={() => void found.refetch()}
        actions={back}
      />
    )
  }
  const one = found.data
  const names = new Map(accounts.map(account => [account.id, account.name]))
  const named = (text: string) => text.replace(/asset_\w+/g, asset => names.get(asset) ?? asset)
  const isStaged = one.status === 'staged'
  const isReadable =
    mappingOf(one) !== null
      ? isStaged || one.status === 'refused'
      : isStaged && one.statements.some(({ account }) => account.opens || !account.asset)
  return (
    <div className="grid gap-7">
      <Heading one={one} back={back} />
      <ImportActions one={one} back={back} />
      {one.notes.length > 0 && (
        <ul className="list-disc pl-5 text-[0.8125rem] text-soft">
          {one.notes.map(({ line, text }) => (
            <li key={`${line} ${text}`}>{sentence(named(text))}</li>
          ))}
        </ul>
      )}
      {one.faults.length > 0 && <ImportFaults faults={one.faults} more={one.faults_left_out} />}
      {one.statements.map((statement, index) => (
        <StatementSummary
          // biome-ignore lint/suspicious/noArrayIndexKey: statements have no id but their place in the file.
          key={index}
          statement={statement}
          isStaged={isStaged}
          named={named}
          assetName={statement.account.asset ? names.get(statement.account.asset) : undefined}
        />
      ))}
      {isReadable && (
        <Section title={<Trans>How the file is read</Trans>}>
          <ReadingForm key={one.id} one={one} accounts={accounts} onStaged={onStaged} />
        </Section>
      )}
      {one.statements.length > 0 && <ImportLines one={one} />}
    </div>
  )
}

function Heading({ one, back }: { one: Import; back: ReactNode }) {
  const formats = useFormats()
  return (
    <header>
      <p className="mb-2 text-[0.8125rem]">{back}</p>
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
        <h1 className="text-2xl font-semibold tracking-tight break-all">{one.file_name}</h1>
        <ImportStatus status={one.status} />
      </div>
      <p className="mt-1 text-soft">
        {[formatName(one), one.encoding, formats.moment(one.created_at)]
          .filter(Boolean)
          .join(' · ')}
      </p>
    </header>
  )
}
