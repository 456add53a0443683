import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useApi } from '../../api/provider'
import type { Transaction } from '../../api/types'
import { isNegative } from '../../format/decimal'
import { useFormats } from '../../language/use-formats'
import { Button } from '../../ui/button'
import { Select } from '../../ui/field'
import { ProblemNotice } from '../../ui/problem-notice'
import { Section, Waiting } from '../../ui/section'
import { type TransactionFilter, transactionsQuery } from './queries'

interface LatestTransactionsProps {
  filter: TransactionFilter
  accounts: readonly { readonly id: string; readonly name: string }[]
  onAsset: (asset: string | undefined) => void
}

/** What moved last, a page at a time. */
export function LatestTransactions({ filter, accounts, onAsset }: LatestTransactionsProps) {
  const { t } = useLingui()
  const query = useInfiniteQuery(transactionsQuery(useApi(), filter))
  const transactions = query.data?.pages.flatMap(({ items }) => items)
  return (
    <Section
      title={<Trans>Latest transactions</Trans>}
      aside={
        <Select
          label={<Trans>Account</Trans>}
          labelHidden
          value={filter.asset ?? ''}
          onChange={event => onAsset(event.target.value || undefined)}
          className="max-w-56 min-h-8! border-transparent! bg-transparent!"
        >
          <option value="">{t`All accounts`}</option>
          {accounts.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
      }
    >
      {query.isPending && <Waiting lines={6} label={t`Loading`} />}
      {query.isError && <ProblemNotice thrown={query.error} retry={() => void query.refetch()} />}
      {transactions?.length === 0 && (
        <p className="border-t border-rule py-4 text-soft">
          <Trans>There are none here. Statements bring them.</Trans>
        </p>
      )}
      {transactions && transactions.length > 0 && (
        <div className={query.isPlaceholderData ? 'opacity-50' : ''}>
          <TransactionTable transactions={transactions} />
        </div>
      )}
      {query.hasNextPage && (
        <div className="border-t border-rule py-3">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            <Trans>Show older ones</Trans>
          </Button>
        </div>
      )}
    </Section>
  )
}

function TransactionTable({ transactions }: { transactions: readonly Transaction[] }) {
  const formats = useFormats()
  const heading = 'py-1.5 text-xs font-medium text-soft'
  const wide = 'max-md:hidden'
  return (
    <table className="w-full">
      <caption className="sr-only">
        <Trans>Latest transactions</Trans>
      </caption>
      <thead className="max-md:sr-only">
        <tr>
          <th scope="col" className={`${heading} text-left`}>
            <Trans>Day</Trans>
          </th>
          <th scope="col" className={`${heading} text-left`}>
            <Trans>With whom, for what</Trans>
          </th>
          <th scope="col" className={`${heading} ${wide} text-left`}>
            <Trans>Account</Trans>
          </th>
          <th scope="col" className={`${heading} text-right`}>
            <Trans>Amount</Trans>
          </th>
        </tr>
      </thead>
      <tbody>
        {transactions.map(transaction => (
          <tr // A transfer between two assets stands here twice, once for each.
            key={`${transaction.id} ${transaction.asset}`}
            className="border-t border-rule align-baseline"
          >
            <td className={`${wide} figures w-0 py-2 pr-5 text-soft`}>
              {formats.date(transaction.date)}
            </td>
            <td className="max-w-0 py-2 pr-4 w-full">
              <Purpose transaction={transaction} />
              <span className="block truncate text-xs text-soft md:hidden">
                {formats.date(transaction.date)} · {transaction.asset_name}
              </span>
            </td>
            <td className={`${wide} py-2 pr-5 whitespace-nowrap text-soft`}>
              {transaction.asset_name}
            </td>
            <td className="figures py-2 text-right">
              <span className={isNegative(transaction.amount.amount) ? '' : 'text-gain'}>
                {formats.change(transaction.amount.amount)}
              </span>
              <span className="ml-1.5 text-xs text-soft">{transaction.amount.currency}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** The other side first, then what it was for; before both what it is, where no bank line is behind it. */
function Purpose({ transaction }: { transaction: Transaction }) {
  const kinds = useTransactionKinds()
  const { kind, counterparty, purpose, reference } = transaction
  const title = [kinds[kind], counterparty, purpose].filter(Boolean).join(' · ') || reference || ''
  // A reversal names its import in the purpose, by an id that says nothing at a glance.
  const shown = [kinds[kind], counterparty, kind === 'reversal' ? null : purpose]
  const [first, ...others] = shown.filter(Boolean)
  return (
    <span className="block truncate" title={title}>
      {first ?? reference}
      {others.length > 0 && <span className="ml-2 text-soft">{others.join(' · ')}</span>}
    </span>
  )
}

/** What is no line of a statement, by what it is. */
function useTransactionKinds(): Readonly<Record<string, string>> {
  const { t } = useLingui()
  return {
    opening: t`Opening balance`,
    opening_correction: t`Correction of the opening balance`,
    adjustment: t`Adjustment`,
    disposal: t`Disposal`,
    reversal: t`Reversal`,
    quantity: t`Change of quantity`,
  }
}
