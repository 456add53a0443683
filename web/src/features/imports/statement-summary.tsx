import { Trans } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import type { BalanceCheck, ImportStatement } from '../../api/types'
import { isZero } from '../../format/decimal'
import { useFormats } from '../../language/use-formats'
import { Notice } from '../../ui/notice'
import { sentence } from '../../ui/problem-notice'
import { Section } from '../../ui/section'
import { AccountGaps } from './account-gaps'
import { isAccountOpen } from './totals'

interface StatementSummaryProps {
  statement: ImportStatement
  /** It is a preview, in which something may still be said. */
  isStaged: boolean
  /** Puts the names of assets in place of their ids. */
  named: (text: string) => string
  /** The asset that it belongs to, where it is one that the family has. */
  assetName: string | undefined
}

/** One statement of a file: whose it is, what it begins and ends with, and what its lines are. */
export function StatementSummary({ statement, isStaged, named, assetName }: StatementSummaryProps) {
  const formats = useFormats()
  const { account, opening, closing, notes } = statement
  return (
    <Section
      title={assetName ?? account.label}
      aside={
        account.opens ? (
          <Trans>A new account</Trans>
        ) : isStaged && isAccountOpen(statement) ? (
          <Trans>Which account?</Trans>
        ) : (
          assetName && assetName !== account.label && account.label
        )
      }
    >
      <dl className="grid grid-cols-2 gap-x-6 border-t border-rule sm:grid-cols-3 lg:grid-cols-6">
        <Fact name={<Trans>Opening</Trans>}>{opening ? formats.money(opening.balance) : '–'}</Fact>
        <Fact name={<Trans>Closing</Trans>}>{closing ? formats.money(closing.balance) : '–'}</Fact>
        <Done statement={statement} />
        <Fact name={<Trans>Known already</Trans>}>{statement.known}</Fact>
        <Fact name={<Trans>To decide</Trans>} marked={statement.review > 0}>
          {statement.review}
        </Fact>
        <Fact name={<Trans>Faulty</Trans>} marked={statement.faulty > 0}>
          {statement.faulty}
        </Fact>
        {statement.pending > 0 && (
          <Fact name={<Trans>Not booked by the bank</Trans>}>{statement.pending}</Fact>
        )}
      </dl>
      <Checks statement={statement} />
      {statement.booked + statement.known > 0 && account.asset && !isStaged && (
        <AccountGaps asset={account.asset} />
      )}
      {notes.length > 0 && (
        <ul className="mt-2 list-disc pl-5 text-[0.8125rem] text-soft">
          {notes.map(note => (
            <li key={note}>{sentence(named(note))}</li>
          ))}
        </ul>
      )}
    </Section>
  )
}

/** Lines that will be booked, or that were. */
function Done({ statement }: { statement: ImportStatement }) {
  const { booked, undone } = statement
  if (booked > 0) return <Fact name={<Trans>Booked</Trans>}>{booked}</Fact>
  if (undone > 0) return <Fact name={<Trans>Undone</Trans>}>{undone}</Fact>
  return <Fact name={<Trans>To book</Trans>}>{statement.new}</Fact>
}

interface CheckProps {
  check: BalanceCheck
  /** Where the two differ. */
  title: ReactNode
  /** Where they agree. */
  agreement: ReactNode
}

function Fact({
  name,
  marked,
  children,
}: {
  name: ReactNode
  marked?: boolean
  children: ReactNode
}) {
  return (
    <div className="py-2">
      <dt className="text-xs text-soft">{name}</dt>
      <dd className={`figures mt-0.5 text-base font-medium ${marked ? 'text-warn' : ''}`}>
        {children}
      </dd>
    </div>
  )
}

/** Whether the bank's balance is the ledger's; a difference is shown, never hidden. */
function Check({ check, title, agreement }: CheckProps) {
  const formats = useFormats()
  const [stated, ledger] = [formats.money(check.stated), formats.money(check.ledger)]
  if (isZero(check.difference.amount)) {
    return <p className="text-[0.8125rem] text-gain">{agreement}</p>
  }
  return (
    <Notice tone="warn" title={title}>
      <Trans>
        On {formats.date(check.date)} the bank states {stated}, the ledger comes to {ledger}.
      </Trans>
    </Notice>
  )
}

function Checks({ statement }: { statement: ImportStatement }) {
  const formats = useFormats()
  const { opening_check: opening, closing_check: closing } = statement
  return (
    <div className="grid gap-2">
      {opening && (
        <Check
          check={opening}
          title={
            <Trans>The bank's opening balance differs by {formats.money(opening.difference)}</Trans>
          }
          agreement={<Trans>The bank's opening balance and the ledger agree.</Trans>}
        />
      )}
      {closing && (
        <Check
          check={closing}
          title={
            <Trans>The bank's closing balance differs by {formats.money(closing.difference)}</Trans>
          }
          agreement={
            closing.inferred ? (
              <Trans>
                The closing balance is taken from the bank; the next statement will check it.
              </Trans>
            ) : (
              <Trans>The bank's closing balance and the ledger agree.</Trans>
            )
          }
        />
      )}
      {!closing && (
        <p className="text-[0.8125rem] text-soft">
          <Trans>There is no closing balance to check against.</Trans>
        </p>
      )}
    </div>
  )
}
