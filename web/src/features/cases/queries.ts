import { queryOptions } from '@tanstack/react-query'
import { type Api, answer } from '../../api/client'
import type { Case } from '../../api/types'

const LATEST_LENGTH = 20

/** The latest cases that nobody has decided. */
export function casesQuery(api: Api) {
  return queryOptions({
    queryKey: ['cases'],
    queryFn: ({ signal }) =>
      answer(
        api.GET('/api/v1/cases', {
          params: { query: { state: 'open', limit: LATEST_LENGTH } },
          signal,
        }),
      ),
  })
}

export interface Choice {
  readonly id: string
  readonly choice: string
  readonly key: string
}

export function decideCase(api: Api, { id, choice, key }: Choice): Promise<Case> {
  return answer(
    api.POST('/api/v1/cases/{case}/decide', {
      params: { path: { case: id }, header: { 'Idempotency-Key': key } },
      body: { choice },
    }),
  )
}
