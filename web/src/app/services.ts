// The long-lived parts of the page, put together once: client, session, cache of answers.

import { QueryClient } from '@tanstack/react-query'
import { type Api, answer, createApi } from '../api/client'
import { Live } from '../api/live'
import { asProblem } from '../api/problem'
import { createTransport } from '../api/transport'
import { SessionStore } from '../features/session/session-store'
import { newsFor } from './news'

export interface Services {
  readonly api: Api
  /** For what needs no token: registering, signing in and out. */
  readonly entrance: Api
  readonly session: SessionStore
  readonly queries: QueryClient
}

const READ_TRIES_MAX = 3

export function createServices(baseUrl: string, storage: Storage): Services {
  const entrance = createApi(createTransport(null), baseUrl)
  const session = new SessionStore(storage, refresh_token =>
    answer(entrance.POST('/api/v1/auth/refresh', { body: { refresh_token } })),
  )
  const transport = createTransport(session)
  const queries = new QueryClient({
    defaultOptions: {
      queries: { retry: isWorthRepeating, staleTime: 30_000 },
      mutations: { retry: isWorthRepeating },
    },
  })
  const live = new Live(baseUrl, session, newsFor(queries))
  // What one family was told must not be there when another signs in.
  session.subscribe(() => {
    if (session.current().status === 'signed_in') return live.start()
    live.stop()
    transport.forgetPosition()
    queries.clear()
  })
  return { api: createApi(transport, baseUrl), entrance, session, queries }
}

/** No answer, or one that is behind: both pass. Keys make it safe to send a change again. */
export function isWorthRepeating(failures: number, thrown: unknown): boolean {
  const { status } = asProblem(thrown)
  return failures < READ_TRIES_MAX - 1 && (status === 0 || status === 503)
}
