import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useApi } from '../api/provider'
import { ChartTable } from '../features/ledger/chart-table'
import { booksQuery, chartQuery } from '../features/ledger/queries'
import { Statement } from '../features/ledger/statement'
import { TransferSheet } from '../features/ledger/transfer-sheet'
import { accountsOf } from '../features/ledger/tree'
import { Select } from '../ui/field'
import { ProblemNotice } from '../ui/problem-notice'
import { Waiting } from '../ui/section'
import type { LedgerSearch } from './search'

const route = getRouteApi('/signed-in/ledger')

/** The ledger itself: the chart of accounts, an account's statement, a transfer. */
export function LedgerRoute() {
  const { t } = useLingui()
  const api = useApi()
  const search = route.useSearch()
  const go = route.useNavigate()
  const change = (part: Partial<LedgerSearch>) =>
    void go({ search: { ...search, ...part }, resetScroll: false })
  const books = useQuery(booksQuery(api))
  const book = search.book ?? books.data?.items[0]?.id
  const chart = useQuery(chartQuery(api, book))
  const failed = [books, chart].find(({ isError }) => isError)
  if (failed) {
    return (
      <ProblemNotice
        title={<Trans>The ledger cannot be shown</Trans>}
        thrown={failed.error}
        retry={() => void failed.refetch()}
      />
    )
  }
  if (!book || !chart.data) return <Waiting lines={10} label={t`Loading`} />
  const accounts = accountsOf(chart.data)
  const account = search.account === undefined ? undefined : accounts.get(search.account)
  // From the top: there the statement begins.
  const choose = (id: string) =>
    void go({ search: { ...search, account: id, transfer: undefined } })
  const all = books.data?.items ?? []
  return (
    <>
      <div className="mb-5 flex flex-wrap items-end justify-between gap-3">
        <h1 className="text-2xl font-semibold tracking-tight">
          <Trans>Ledger</Trans>
        </h1>
        {all.length > 1 && (
          <div className="w-58">
            <Select
              label={<Trans>Book</Trans>}
              labelHidden
              value={book}
              onChange={event =>
                change({ book: event.target.value, account: undefined, transfer: undefined })
              }
            >
              {all.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          </div>
        )}
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-x-12 gap-y-9 lg:grid-cols-[27rem_minmax(0,1fr)]">
        <div className={account && 'max-lg:order-last'}>
          <ChartTable chart={chart.data} chosen={account?.id} onAccount={choose} />
        </div>
        {account ? (
          <Statement
            key={account.id}
            book={book}
            account={account}
            accounts={accounts}
            asked={{
              ...(search.from && { from: search.from }),
              ...(search.to && { to: search.to }),
            }}
            onPeriod={change}
            onTransfer={transfer => change({ transfer })}
          />
        ) : (
          <p className="border-t border-ink/80 py-3 text-soft">
            <Trans>Choose an account to see its statement.</Trans>
          </p>
        )}
      </div>
      {search.transfer && (
        <TransferSheet
          key={search.transfer}
          book={book}
          transfer={search.transfer}
          accounts={accounts}
          onTransfer={transfer => change({ transfer })}
          onAccount={choose}
          onClose={() => change({ transfer: undefined })}
        />
      )}
    </>
  )
}
