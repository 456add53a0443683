import { queryOptions } from '@tanstack/react-query'
import { type Api, answer } from '../../api/client'
import type { Approval } from '../../api/types'

const LATEST_LENGTH = 20

/** The latest requests for approval. */
export function approvalsQuery(api: Api) {
  return queryOptions({
    queryKey: ['approvals'],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/v1/approvals', { params: { query: { limit: LATEST_LENGTH } }, signal })),
  })
}

/** Asks another person to approve that an import is undone. */
export function askUndo(api: Api, id: string, reason: string, key: string): Promise<Approval> {
  return answer(
    api.POST('/api/v1/imports/{import}/undo/approval', {
      params: { path: { import: id }, header: { 'Idempotency-Key': key } },
      body: { reason },
    }),
  )
}

/** What somebody says to a request. */
export interface Word {
  readonly id: string
  readonly verdict: 'approve' | 'refuse'
  readonly reason: string
  readonly key: string
}

export function say(api: Api, { id, verdict, reason, key }: Word): Promise<Approval> {
  const sent = {
    params: { path: { approval: id }, header: { 'Idempotency-Key': key } },
    body: { reason },
  }
  return answer(
    verdict === 'approve'
      ? api.POST('/api/v1/approvals/{approval}/approve', sent)
      : api.POST('/api/v1/approvals/{approval}/refuse', sent),
  )
}
