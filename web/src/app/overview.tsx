import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { asProblem, NO_ANSWER } from '../api/problem'
import { useApi } from '../api/provider'
import type { Import, Summary } from '../api/types'
import { LatestImports } from '../features/imports/latest-imports'
import { useSessionState } from '../features/session/session-provider'
import { LatestTransactions } from '../features/transactions/latest-transactions'
import { Breakdown } from '../features/wealth/breakdown'
import { Explanation, type Question } from '../features/wealth/explanation'
import { Holdings } from '../features/wealth/holdings'
import { NetWorthPanel } from '../features/wealth/net-worth-panel'
import { historyQuery, summaryQuery, type View } from '../features/wealth/queries'
import { ViewControls } from '../features/wealth/view-controls'
import { useAssetTypes } from '../features/wealth/words'
import { today } from '../format/date'
import { useFormats } from '../language/use-formats'
import { Button } from '../ui/button'
import { Notice } from '../ui/notice'
import { ProblemNotice } from '../ui/problem-notice'
import { Waiting } from '../ui/section'
import { FirstSteps } from './first-steps'
import type { OverviewSearch } from './search'

const route = getRouteApi('/signed-in/')

/** With old rates allowed, a rate may be this old: longer than any history that is kept. */
const OLD_RATE_AGE_DAYS_MAX = 36_500

/** The first page: what the family is worth, of what, since when, and what moved last. */
export function Overview() {
  const { t } = useLingui()
  const formats = useFormats()
  const api = useApi()
  const search = route.useSearch()
  const session = useSessionState()
  const familyCurrency = session.status === 'signed_in' ? session.tenant.currency : ''
  const go = route.useNavigate()
  const change = (part: Partial<OverviewSearch>) =>
    void go({ search: { ...search, ...part }, replace: true, resetScroll: false })
  const onStaged = (staged: Import) =>
    void go({ to: '/imports/$import', params: { import: staged.id } })

  const view: View = {
    currency: search.currency ?? familyCurrency,
    asOf: search.as_of,
    rateAgeDaysMax: search.old_rates ? OLD_RATE_AGE_DAYS_MAX : undefined,
  }
  const now = today(new Date())
  const range = search.range ?? '1y'
  const summary = useQuery(summaryQuery(api, view))
  const history = useQuery(historyQuery(api, view, range, search.as_of ?? summary.data?.as_of))
  const [question, setQuestion] = useState<Question | null>(null)

  const imports = (
    <LatestImports
      onStaged={onStaged}
      link={(id, name) => (
        <Link
          to="/imports/$import"
          params={{ import: id }}
          className="underline decoration-rule underline-offset-4 hover:text-accent hover:decoration-accent"
        >
          {name}
        </Link>
      )}
    />
  )
  const controls = (shownDay: string, owned: readonly string[]) => (
    <ViewControls
      currency={view.currency}
      owned={owned}
      asOf={search.as_of}
      shown={search.as_of ?? shownDay}
      today={now}
      onCurrency={currency => change({ currency })}
      onAsOf={as_of => change({ as_of })}
    />
  )

  if (summary.isPending) return <Waiting lines={10} label={t`Loading`} />
  if (summary.isError) {
    const { code } = asProblem(summary.error)
    return (
      <div className="grid gap-6">
        <ProblemNotice
          title={<Trans>Your net worth cannot be shown</Trans>}
          thrown={summary.error}
          retry={() => void summary.refetch()}
          actions={
            (code === 'rate_too_old' || code === 'price_too_old') && (
              <Button onClick={() => change({ old_rates: true })}>
                <Trans>Use older rates</Trans>
              </Button>
            )
          }
        />
        {code !== NO_ANSWER && controls(now, [])}
        {code !== NO_ANSWER && <div className="max-w-md">{imports}</div>}
      </div>
    )
  }
  const { data } = summary
  if (data.assets.length === 0 && search.as_of === undefined) {
    return <FirstSteps imports={imports} />
  }
  if (data.assets.length === 0) {
    return (
      <div className="grid gap-6">
        <Notice title={<Trans>Nothing is recorded for {formats.date(data.as_of)}</Trans>}>
          <Trans>Your first account or asset is of a later day.</Trans>
        </Notice>
        {controls(data.as_of, [])}
      </div>
    )
  }
  const owned = data.assets.map(({ native }) => native.currency)
  return (
    <>
      <NetWorthPanel
        summary={data}
        points={history.data?.points ?? []}
        range={range}
        busy={summary.isPlaceholderData || history.isPlaceholderData}
        onRange={next => change({ range: next })}
        onDate={as_of => change({ as_of })}
        onExplain={() => setQuestion({ about: { all: true }, value: data.total })}
        controls={controls(data.as_of, owned)}
        instead={
          history.isError ? (
            <ProblemNotice
              title={<Trans>The line cannot be drawn</Trans>}
              thrown={history.error}
              retry={() => void history.refetch()}
            />
          ) : (
            <div className="h-58" />
          )
        }
      />
      <Details summary={data} onQuestion={setQuestion}>
        {imports}
        <LatestTransactions
          filter={{ asset: search.account, to: search.as_of }}
          accounts={data.assets}
          onAsset={account => change({ account })}
        />
      </Details>
      {question && (
        <Explanation question={question} view={view} onClose={() => setQuestion(null)} />
      )}
    </>
  )
}

interface DetailsProps {
  summary: Summary
  onQuestion: (question: Question) => void
  children: [imports: React.ReactNode, transactions: React.ReactNode]
}

/** What the figure is made of: tables at the left, the shorter parts at the right. */
function Details({ summary, onQuestion, children: [imports, transactions] }: DetailsProps) {
  const { t } = useLingui()
  const formats = useFormats()
  const types = useAssetTypes()
  const { assets, by_country, by_type, total } = summary
  const byCountry = by_country.map(({ country, value }) => ({
    key: country,
    label: formats.country(country),
    value,
  }))
  const byType = by_type.map(({ type, value }) => ({ key: type, label: types[type], value }))
  const partOf = (parts: readonly { key: string; value: Question['value'] }[], key: string) =>
    parts.find(part => part.key === key)?.value ?? total
  return (
    <div className="mt-9 grid grid-cols-[minmax(0,1fr)] gap-x-12 gap-y-9 lg:grid-cols-[minmax(0,1fr)_21rem]">
      <Holdings
        assets={assets}
        total={total}
        onExplain={({ id, name, value }) => onQuestion({ about: { asset: id, name }, value })}
        onExplainTotal={() => onQuestion({ about: { all: true }, value: total })}
      />
      <div className="grid min-w-0 content-start gap-x-12 gap-y-9 max-lg:sm:grid-cols-2">
        <Breakdown
          title={t`By country`}
          parts={byCountry}
          onExplain={country =>
            onQuestion({ about: { country }, value: partOf(byCountry, country) })
          }
        />
        <Breakdown
          title={t`By type`}
          parts={byType}
          onExplain={type => onQuestion({ about: { type }, value: partOf(byType, type) })}
        />
      </div>
      <div className="min-w-0 lg:order-last">{imports}</div>
      {transactions}
    </div>
  )
}
