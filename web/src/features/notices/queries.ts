import { queryOptions } from '@tanstack/react-query'
import { type Api, answer } from '../../api/client'
import type { Language } from '../../format/conventions'

const LATEST_LENGTH = 20
/** The page is told when there is something new; where a proxy lets no socket through, it asks. */
const POLL_MS = 300_000

export function unreadQuery(api: Api) {
  return queryOptions({
    queryKey: ['notices', 'unread'],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/notices/unread', { signal })),
    refetchInterval: POLL_MS,
  })
}

/** The latest notices, in the language of the page. */
export function noticesQuery(api: Api, language: Language) {
  return queryOptions({
    queryKey: ['notices', 'latest', language],
    queryFn: ({ signal }) =>
      answer(
        api.GET('/api/v1/notices', {
          params: { query: { language, limit: LATEST_LENGTH } },
          signal,
        }),
      ),
  })
}

/** Marks all as read up to the latest that was shown. */
export function readNotices(api: Api, through: string, key: string) {
  return answer(
    api.POST('/api/v1/notices/read', {
      params: { header: { 'Idempotency-Key': key } },
      body: { through },
    }),
  )
}
