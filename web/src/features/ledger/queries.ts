import { keepPreviousData, queryOptions, skipToken } from '@tanstack/react-query'
import { type Api, answer } from '../../api/client'

/** The captures of a hold that are shown. */
const CAPTURES_LENGTH = 200

/** The first and the last effective date of a statement. */
export interface Period {
  readonly from: string
  readonly to: string
}

export function booksQuery(api: Api) {
  return queryOptions({
    queryKey: ['books'],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/books', { signal })),
  })
}

/** The tree of groups and accounts with their balances, as it stands now. */
export function chartQuery(api: Api, book: string | undefined) {
  return queryOptions({
    queryKey: ['chart', book],
    queryFn:
      book === undefined
        ? skipToken
        : ({ signal }) =>
            answer(api.GET('/api/v1/books/{book}/chart', { params: { path: { book } }, signal })),
  })
}

/** The day of the last thing that was booked on an account; none where nothing ever was. */
export function lastDayQuery(api: Api, book: string, account: string) {
  return queryOptions({
    queryKey: ['last-day', book, account],
    queryFn: async ({ signal }) => {
      const { items } = await answer(
        api.GET('/api/v1/books/{book}/accounts/{account}/history', {
          params: { path: { book, account }, query: { limit: 1 } },
          signal,
        }),
      )
      return items[0]?.effective ?? null
    },
  })
}

/** The way from the opening balance of a period to its closing one. */
export function statementQuery(
  api: Api,
  book: string,
  account: string,
  period: Period | undefined,
) {
  return queryOptions({
    queryKey: ['statement', book, account, period],
    queryFn:
      period === undefined
        ? skipToken
        : ({ signal }) =>
            answer(
              api.GET('/api/v1/books/{book}/accounts/{account}/statement', {
                params: { path: { book, account }, query: { from: period.from, to: period.to } },
                signal,
              }),
            ),
    placeholderData: keepPreviousData,
  })
}

export function transferQuery(api: Api, book: string, transfer: string) {
  return queryOptions({
    queryKey: ['transfer', book, transfer],
    queryFn: ({ signal }) =>
      answer(
        api.GET('/api/v1/books/{book}/transfers/{transfer}', {
          params: { path: { book, transfer } },
          signal,
        }),
      ),
  })
}

/** Where a transfer stands in the journal. */
export function recordQuery(api: Api, book: string, transfer: string) {
  return queryOptions({
    queryKey: ['record', book, transfer],
    queryFn: ({ signal }) =>
      answer(
        api.GET('/api/v1/books/{book}/transfers/{transfer}/record', {
          params: { path: { book, transfer } },
          signal,
        }),
      ),
  })
}

/** What posted or voided a hold, the latest first; of what is no hold nothing is asked. */
export function capturesQuery(api: Api, book: string, hold: string | undefined) {
  return queryOptions({
    queryKey: ['captures', book, hold],
    queryFn:
      hold === undefined
        ? skipToken
        : ({ signal }) =>
            answer(
              api.GET('/api/v1/books/{book}/transfers', {
                params: { path: { book }, query: { hold, limit: CAPTURES_LENGTH } },
                signal,
              }),
            ),
  })
}
