import { keepPreviousData, queryOptions, skipToken } from '@tanstack/react-query'
import { type Api, answer, given } from '../../api/client'
import type { HistoryPoint } from '../../api/types'
import { isZero } from '../../format/decimal'
import { RANGES, type Range, rangeStart } from './range'

/** What a person looks at: which currency, which day, how old a rate may be. */
export interface View {
  readonly currency: string
  /** None: today. */
  readonly asOf: string | undefined
  /** None: the server's limit. */
  readonly rateAgeDaysMax: number | undefined
}

/** The longest page that the server gives. */
const ASSETS_LENGTH = 200

/** Another currency or day replaces the figures when it has come, instead of blanking the page. */
const placeholderData = keepPreviousData

export function summaryQuery(api: Api, view: View) {
  return queryOptions({
    queryKey: ['summary', view],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/v1/assets/summary', { params: { query: viewQuery(view) }, signal })),
    placeholderData,
  })
}

/** Net worth with the inputs of each figure. */
export function explanationQuery(api: Api, view: View) {
  return queryOptions({
    queryKey: ['explanation', view],
    queryFn: ({ signal }) =>
      answer(
        api.GET('/api/v1/assets/net-worth', {
          params: { query: { ...viewQuery(view), explain: true } },
          signal,
        }),
      ),
  })
}

/** The way to the day that the figures are of, which the server decides where none is asked for. */
export function historyQuery(api: Api, view: View, range: Range, to: string | undefined) {
  return queryOptions({
    queryKey: ['history', view, range, to],
    queryFn: to === undefined ? skipToken : ({ signal }) => history(api, view, range, to, signal),
    placeholderData,
  })
}

async function history(api: Api, view: View, range: Range, to: string, signal: AbortSignal) {
  const { currency, points } = await answer(
    api.GET('/api/v1/assets/net-worth/history', {
      params: {
        query: {
          currency: view.currency,
          from: rangeStart(range, to),
          to,
          step: RANGES[range].step,
          ...given({ rate_age_days_max: view.rateAgeDaysMax }),
        },
      },
      signal,
    }),
  )
  return { currency, points: sinceFirstAsset(points) }
}

/** Every account and asset, by its name. */
export function assetsQuery(api: Api) {
  return queryOptions({
    queryKey: ['assets'],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/v1/assets', { params: { query: { limit: ASSETS_LENGTH } }, signal })),
  })
}

/** Before the first asset was recorded nothing is known; a line along zero would claim poverty. */
export function sinceFirstAsset(points: readonly HistoryPoint[]): HistoryPoint[] {
  const first = points.findIndex(({ total }) => total && !isZero(total.amount))
  return first === -1 ? [] : points.slice(first)
}

function viewQuery(view: View) {
  return {
    currency: view.currency,
    ...given({ as_of: view.asOf, rate_age_days_max: view.rateAgeDaysMax }),
  }
}
