import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../api/provider'
import type { AccountLine, LedgerAccount, LedgerStatement } from '../../api/types'
import { addMonths, dateParts } from '../../format/date'
import { isNegative } from '../../format/decimal'
import { useFormats } from '../../language/use-formats'
import { Input } from '../../ui/field'
import { Figure } from '../../ui/figure'
import { ProblemNotice } from '../../ui/problem-notice'
import { Section, Waiting } from '../../ui/section'
import { lastDayQuery, type Period, statementQuery } from './queries'
import { called } from './tree'

/** How much a statement shows where nobody says: so many months up to the last booking. */
const MONTHS_SHOWN = 3

interface StatementProps {
  book: string
  account: LedgerAccount
  /** Every account, for the names of the other sides. */
  accounts: ReadonlyMap<string, LedgerAccount>
  asked: Partial<Period>
  onPeriod: (period: Period) => void
  onTransfer: (transfer: string) => void
}

/** What happened on an account in a period, from the opening balance to the closing one. */
export function Statement(props: StatementProps) {
  const { book, account, accounts, asked, onPeriod, onTransfer } = props
  const { t } = useLingui()
  const api = useApi()
  const last = useQuery(lastDayQuery(api, book, account.id))
  const to = asked.to ?? last.data ?? undefined
  const from = asked.from ?? (to && addMonths(to, -MONTHS_SHOWN))
  const period = from && to ? { from, to } : undefined
  const statement = useQuery(statementQuery(api, book, account.id, period))
  const isEmpty = last.data === null && period === undefined
  return (
    <Section
      title={called(account)}
      aside={period && <PeriodControls period={period} onPeriod={onPeriod} />}
    >
      {account.path && <p className="pb-2 text-xs text-soft">{account.path}</p>}
      {last.isError && <ProblemNotice thrown={last.error} retry={() => void last.refetch()} />}
      {statement.isError && (
        <ProblemNotice thrown={statement.error} retry={() => void statement.refetch()} />
      )}
      {isEmpty && (
        <p className="border-t border-rule py-4 text-soft">
          <Trans>Nothing was ever booked on it.</Trans>
        </p>
      )}
      {!isEmpty && statement.isPending && !last.isError && <Waiting lines={8} label={t`Loading`} />}
      {statement.data && (
        <div className={statement.isPlaceholderData ? 'opacity-50' : ''}>
          <Lines statement={statement.data} accounts={accounts} onTransfer={onTransfer} />
        </div>
      )}
    </Section>
  )
}

interface PeriodControlsProps {
  period: Period
  onPeriod: (period: Period) => void
}

function PeriodControls({ period, onPeriod }: PeriodControlsProps) {
  const { t } = useLingui()
  const input = (name: keyof Period, label: string) => (
    <Input
      type="date"
      label={label}
      labelHidden
      className="min-h-8!"
      // Uncontrolled between keystrokes: a date is no date until its last digit.
      key={`${name} ${period[name]}`}
      defaultValue={period[name]}
      onChange={event => {
        const { value } = event.target
        if (dateParts(value)) onPeriod({ ...period, [name]: value })
      }}
    />
  )
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <div className="w-35">{input('from', t`From`)}</div>
      <span aria-hidden>–</span>
      <div className="w-35">{input('to', t`To`)}</div>
    </div>
  )
}

interface LinesProps {
  statement: LedgerStatement
  accounts: ReadonlyMap<string, LedgerAccount>
  onTransfer: (transfer: string) => void
}

function Lines({ statement, accounts, onTransfer }: LinesProps) {
  const { t } = useLingui()
  const formats = useFormats()
  const { opening, closing, lines } = statement
  const heading = 'py-1.5 text-xs font-medium text-soft'
  const wide = 'max-md:hidden'
  const end = (label: string, balance: string) => (
    <tr className="sum-line font-semibold">
      <td className={wide} />
      <th scope="row" className="py-2 text-left">
        {label}
      </th>
      <td />
      <td className="figures py-2 pl-4 text-right">{formats.amount(balance)}</td>
    </tr>
  )
  return (
    <table className="w-full">
      <caption className="sr-only">
        <Trans>Statement of account</Trans>
      </caption>
      <thead>
        <tr>
          <th scope="col" className={`${heading} ${wide} text-left`}>
            <Trans>Day</Trans>
          </th>
          <th scope="col" className={`${heading} text-left`}>
            <Trans>With whom, for what</Trans>
          </th>
          <th scope="col" className={`${heading} text-right`}>
            <Trans>Amount</Trans>
          </th>
          <th scope="col" className={`${heading} pl-4 text-right`}>
            <Trans>Balance</Trans>
          </th>
        </tr>
      </thead>
      <tbody>
        {end(t`Opening balance`, opening)}
        {lines.map(line => (
          <tr key={line.number} className="border-t border-rule align-baseline hover:bg-tint/50">
            <td className={`${wide} figures w-0 py-2 pr-5 text-soft`}>
              {formats.date(line.effective)}
            </td>
            <td className="w-full max-w-0 py-2 pr-4">
              <Purpose line={line} other={accounts.get(line.other)} />
              <span className="block truncate text-xs text-soft md:hidden">
                {formats.date(line.effective)}
              </span>
            </td>
            <td className="py-2 text-right">
              <Figure
                hint={t`Show everything behind this transfer`}
                onExplain={() => onTransfer(line.transfer)}
              >
                <span className={isNegative(line.amount) ? '' : 'text-gain'}>
                  {formats.change(line.amount)}
                </span>
              </Figure>
            </td>
            <td className="figures py-2 pl-4 text-right">{formats.amount(line.balance)}</td>
          </tr>
        ))}
        {end(t`Closing balance`, closing)}
      </tbody>
    </table>
  )
}

/** Who was on the other side and what it was for; before texts, the other account says it. */
function Purpose({ line, other }: { line: AccountLine; other: LedgerAccount | undefined }) {
  const account = other ? called(other) : line.other
  const [first, ...others] = [line.counterparty, line.purpose, line.reference].filter(Boolean)
  const texts = first === undefined ? [account] : [first, ...others, account]
  return (
    <span className="block truncate" title={texts.join(' · ')}>
      {texts[0]}
      <span className="ml-2 text-soft">{texts.slice(1).join(' · ')}</span>
    </span>
  )
}
