// How every request leaves the page: with the token, with the position of the last write, within a
// time limit, and once more where the token had expired. What fails is thrown as a `Problem`.

import { asProblem, readProblem } from './problem'

/** Who speaks. The transport asks for a token, and once for a new one. */
export interface Credentials {
  accessToken(): string | null
  /** Gets a new access token; false where the session is over. */
  renew(): Promise<boolean>
}

export interface Transport {
  readonly fetch: (request: Request) => Promise<Response>
  /** Forgets how far the last write went: positions belong to one tenant. */
  readonly forgetPosition: () => void
}

/**
 * How far the writes of this page went: a number for each stream, `stream:number` joined by commas.
 * A read that follows a write must see it, so it carries the position of all writes before it.
 */
const POSITION = 'florin-position'
const ANSWER_MS_MAX = 60_000

export function createTransport(credentials: Credentials | null): Transport {
  let position = new Map<string, bigint>()

  async function send(
    request: Request,
    body: ArrayBuffer | null,
    token: string | null,
  ): Promise<Response> {
    const headers = new Headers(request.headers)
    if (token !== null) headers.set('authorization', `Bearer ${token}`)
    if (isRead(request) && position.size > 0) headers.set(POSITION, positionText(position))
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(ANSWER_MS_MAX)])
    try {
      return await fetch(request.url, { method: request.method, headers, body, signal })
    } catch (thrown) {
      // Who gave up a request is not waiting for a problem.
      throw request.signal.aborted ? thrown : asProblem(thrown)
    }
  }

  return {
    async fetch(request) {
      // The body is kept aside: a request that is sent twice cannot read its own stream twice.
      const body = isRead(request) ? null : await request.arrayBuffer()
      const token = credentials?.accessToken() ?? null
      let response = await send(request, body, token)
      if (response.status === 401 && credentials) {
        // Another request may have renewed the token while this one was under way.
        const isRenewed = credentials.accessToken() !== token || (await credentials.renew())
        if (isRenewed) response = await send(request, body, credentials.accessToken())
      }
      if (!response.ok) throw await readProblem(response)
      if (!isRead(request)) advance(position, response.headers.get(POSITION))
      return response
    },
    forgetPosition() {
      position = new Map()
    },
  }
}

function isRead(request: Request): boolean {
  return request.method === 'GET' || request.method === 'HEAD'
}

function positionText(position: ReadonlyMap<string, bigint>): string {
  return [...position].map(([stream, number]) => `${stream}:${number}`).join(',')
}

/** Takes the further of both for each stream; answers may come in another order than they left. */
function advance(position: Map<string, bigint>, header: string | null): void {
  for (const [, stream = '', digits = ''] of header?.matchAll(/([^:,\s]+):(\d+)/g) ?? []) {
    const number = BigInt(digits)
    const last = position.get(stream)
    if (last === undefined || last < number) position.set(stream, number)
  }
}
