import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useState } from 'react'
import type { Chart, GroupBalance } from '../../api/types'
import { isNegative } from '../../format/decimal'
import { useFormats } from '../../language/use-formats'
import { Section } from '../../ui/section'
import { type AccountRow, accountsOf, type GroupRow, rowsOf } from './tree'
import { useAccountTypes } from './words'

/** What a thing counts of which there is one; its code says nothing to a person. */
const OWN_COMMODITY = 'ASSET-'

/** How far in each depth of the tree stands; deeper ones stand no further. */
const INSETS = ['', 'pl-4.5', 'pl-9', 'pl-13.5', 'pl-18', 'pl-22.5']

interface ChartTableProps {
  chart: Chart
  /** The account whose statement is shown. */
  chosen: string | undefined
  onAccount: (account: string) => void
}

/** The chart of accounts: groups that open and close, accounts that lead to their statements. */
export function ChartTable({ chart, chosen, onAccount }: ChartTableProps) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const toggle = (group: string) => {
    const next = new Set(closed)
    if (!next.delete(group)) next.add(group)
    setClosed(next)
  }
  const rows = rowsOf(chart, closed)
  const heading = 'py-1.5 text-xs font-medium text-soft'
  return (
    <Section
      title={<Trans>Chart of accounts</Trans>}
      aside={<Plural value={accountsOf(chart).size} one="# account" other="# accounts" />}
    >
      <table className="w-full">
        <caption className="sr-only">
          <Trans>Chart of accounts</Trans>
        </caption>
        <thead>
          <tr>
            <th scope="col" className={`${heading} text-left`}>
              <Trans>Account</Trans>
            </th>
            <th scope="col" className={`${heading} text-right`}>
              <Trans>Balance</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(row =>
            row.kind === 'group' ? (
              <Group key={row.id} row={row} open={!closed.has(row.id)} onToggle={toggle} />
            ) : (
              <Account key={row.id} row={row} chosen={row.id === chosen} onAccount={onAccount} />
            ),
          )}
        </tbody>
      </table>
      <p className="border-t border-rule py-2 text-xs text-soft">
        <Trans>
          A group's sum counts what its accounts have as debits: what is owed, earned or the owners'
          is below zero there.
        </Trans>
      </p>
    </Section>
  )
}

const inset = (depth: number) => INSETS[Math.min(depth, INSETS.length - 1)]

interface GroupProps {
  row: GroupRow
  open: boolean
  onToggle: (group: string) => void
}

function Group({ row, open, onToggle }: GroupProps) {
  const own = row.balances.filter(({ commodity }) => commodity.startsWith(OWN_COMMODITY))
  const others = row.balances.filter(({ commodity }) => !commodity.startsWith(OWN_COMMODITY))
  return (
    <tr className="border-t border-rule align-baseline">
      <th
        scope="row"
        className={`py-1.5 pr-3 text-left font-semibold wrap-anywhere ${inset(row.depth)}`}
      >
        <button
          type="button"
          aria-expanded={open}
          onClick={() => onToggle(row.id)}
          className="rounded text-left hover:text-accent"
        >
          <span aria-hidden className="mr-1.5 inline-block w-3 text-soft">
            {open ? '\u25be' : '\u25b8'}
          </span>
          {row.name}
        </button>
      </th>
      <td className="py-1.5 text-right">
        {others.map(balance => (
          <Sum key={balance.commodity} balance={balance} />
        ))}
        {own.length > 0 && (
          <span className="block text-xs text-soft">
            <Plural value={own.length} one="and # thing" other="and # things" />
            <Commodity code="" />
          </span>
        )}
      </td>
    </tr>
  )
}

function Sum({ balance }: { balance: GroupBalance }) {
  const formats = useFormats()
  return (
    <span className={`figures block ${isNegative(balance.posted) ? 'text-loss' : ''}`}>
      {formats.amount(balance.posted)}
      <Commodity code={balance.commodity} />
    </span>
  )
}

/** As wide as the code of a currency, so that figures stand under figures. */
function Commodity({ code }: { code: string }) {
  return <span className="ml-1.5 inline-block min-w-8 text-left text-xs text-soft">{code}</span>
}

interface AccountProps {
  row: AccountRow
  chosen: boolean
  onAccount: (account: string) => void
}

function Account({ row, chosen, onAccount }: AccountProps) {
  const { t } = useLingui()
  const formats = useFormats()
  const types = useAccountTypes()
  const { account } = row
  const state = account.closed ? t`closed` : account.frozen ? t`frozen` : null
  const isOwn = account.commodity.startsWith(OWN_COMMODITY)
  return (
    <tr className={`border-t border-rule align-baseline ${chosen ? 'bg-tint' : ''}`}>
      <th
        scope="row"
        className={`py-1.5 pr-3 text-left font-normal wrap-anywhere ${inset(row.depth + 1)}`}
      >
        <button
          type="button"
          aria-pressed={chosen}
          title={account.path ?? undefined}
          onClick={() => onAccount(account.id)}
          className="rounded text-left underline decoration-rule underline-offset-4 hover:text-accent hover:decoration-accent"
        >
          {row.name}
        </button>
        <span className="ml-2 text-xs text-soft">
          {[types[account.type], state].filter(Boolean).join(' · ')}
        </span>
      </th>
      <td className="figures py-1.5 text-right">
        <span className={isNegative(account.balance.posted) ? 'text-loss' : ''}>
          {formats.amount(account.balance.posted)}
        </span>
        <Commodity code={isOwn ? '' : account.commodity} />
      </td>
    </tr>
  )
}
