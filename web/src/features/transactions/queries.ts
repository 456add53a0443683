import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query'
import { type Api, answer, given } from '../../api/client'

const PAGE_LENGTH = 12

export interface TransactionFilter {
  /** None: of all accounts. */
  readonly asset: string | undefined
  /** None: up to now. */
  readonly to: string | undefined
}

export function transactionsQuery(api: Api, filter: TransactionFilter) {
  return infiniteQueryOptions({
    queryKey: ['transactions', filter],
    queryFn: ({ pageParam, signal }) =>
      answer(
        api.GET('/api/v1/transactions', {
          params: { query: given({ ...filter, limit: PAGE_LENGTH, cursor: pageParam }) },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  })
}
