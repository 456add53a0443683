import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { answer, createApi } from './client'
import { NO_ANSWER, Problem, UNREADABLE_ANSWER } from './problem'
import { type Credentials, createTransport } from './transport'

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

type Reply = (seen: Seen, response: ServerResponse) => void

let server: Server | null = null

afterEach(async () => {
  server?.closeAllConnections()
  await new Promise(resolve => (server ? server.close(resolve) : resolve(null)))
  server = null
})

/** A server on a free port that answers with `reply`, and what it was asked. */
async function serve(reply: Reply): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const listening = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = '', url = '', headers } = request
    const one = { method, url, headers, body: Buffer.concat(chunks).toString() }
    seen.push(one)
    reply(one, response)
  })
  server = listening
  await new Promise<void>(resolve => listening.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}`, seen }
}

function reply(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  response.writeHead(status, { 'content-type': type, 'request-id': 'req_7', ...headers })
  response.end(JSON.stringify(body))
}

function problem(code: string, status: number) {
  return { type: `urn:${code}`, title: 'No', status, detail: 'no such thing', code }
}

/** Holds the tokens in the order in which they are given out. */
function tokens(...list: string[]): Credentials & { renewals: number } {
  return {
    renewals: 0,
    accessToken() {
      return list[this.renewals] ?? null
    },
    async renew() {
      this.renewals += 1
      return this.renewals < list.length
    },
  }
}

const page = { items: [], next_cursor: null }

describe('a request', () => {
  it('carries the token, and the position of the last write on the reads that follow', async () => {
    const positions = ['a:41', 'b:7,a:40', 'b:8']
    const { url, seen } = await serve(({ method }, response) => {
      const position = method === 'POST' ? positions.shift() : undefined
      reply(response, 200, page, position && { 'florin-position': position })
    })
    const transport = createTransport(tokens('one'))
    const api = createApi(transport, url)
    const book = () =>
      api.POST('/api/v1/imports/{import}/book', {
        params: { path: { import: 'imp_1' }, header: { 'Idempotency-Key': 'key' } },
        body: { partial: false },
      })
    await api.GET('/api/v1/imports')
    await book()
    await api.GET('/api/v1/imports')
    await book()
    await book()
    await api.GET('/api/v1/imports')
    transport.forgetPosition()
    await api.GET('/api/v1/imports')

    const reads = seen.filter(({ method }) => method === 'GET')
    expect(reads.map(({ headers }) => headers['florin-position'])).toEqual([
      undefined,
      'a:41',
      'a:41,b:8',
      undefined,
    ])
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(Array(7).fill('Bearer one'))
    expect(seen[1]).toMatchObject({
      url: '/api/v1/imports/imp_1/book',
      headers: { 'idempotency-key': 'key' },
      body: '{"partial":false}',
    })
  })

  it('is sent once more, body and key included, with a new token', async () => {
    const { url, seen } = await serve(({ headers }, response) => {
      const isOld = headers.authorization === 'Bearer old'
      reply(response, isOld ? 401 : 200, isOld ? problem('token_expired', 401) : page)
    })
    const api = createApi(createTransport(tokens('old', 'new')), url)
    await api.POST('/api/v1/imports', {
      params: { query: { file_name: 'may.ofx' }, header: { 'Idempotency-Key': 'key' } },
      body: 'OFXHEADER:100' as never,
      bodySerializer: body => body,
    })

    const sent = seen.map(({ headers, body }) => [
      headers.authorization,
      headers['idempotency-key'],
      body,
    ])
    expect(sent).toEqual([
      ['Bearer old', 'key', 'OFXHEADER:100'],
      ['Bearer new', 'key', 'OFXHEADER:100'],
    ])
  })

  it('does not renew a token that another request has renewed meanwhile', async () => {
    const credentials = tokens('old', 'new', 'newest')
    const { url, seen } = await serve(({ headers }, response) => {
      if (headers.authorization !== 'Bearer old') return reply(response, 200, page)
      credentials.renewals = 1
      reply(response, 401, problem('token_expired', 401))
    })
    await createApi(createTransport(credentials), url).GET('/api/v1/imports')

    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer old', 'Bearer new'])
    expect(credentials.renewals).toBe(1)
  })

  it('fails as the server said when the session is over', async () => {
    const { url, seen } = await serve((_, response) =>
      reply(response, 401, problem('token_expired', 401)),
    )
    const api = createApi(createTransport(tokens('old')), url)

    await expect(api.GET('/api/v1/imports')).rejects.toMatchObject({ code: 'token_expired' })
    expect(seen).toHaveLength(1)
  })

  it('is not repeated for ever when the new token is refused as well', async () => {
    const { url, seen } = await serve((_, response) =>
      reply(response, 401, problem('token_expired', 401)),
    )
    const api = createApi(createTransport(tokens('a', 'b', 'c', 'd')), url)

    await expect(api.GET('/api/v1/imports')).rejects.toBeInstanceOf(Problem)
    expect(seen).toHaveLength(2)
  })
})

describe('a failure', () => {
  it('keeps code, words, request id and the fields at fault', async () => {
    const faults = [{ field: 'currency', rule: 'iso_4217', detail: 'is not a currency' }]
    const { url } = await serve((_, response) =>
      reply(response, 422, { ...problem('invalid', 422), request_id: 'req_9', errors: faults }),
    )
    const api = createApi(createTransport(null), url)

    await expect(answer(api.GET('/api/v1/transactions'))).rejects.toMatchObject({
      status: 422,
      code: 'invalid',
      detail: 'no such thing',
      requestId: 'req_9',
      faults,
    })
  })

  it.each([
    ['text/html', '<h1>Bad gateway</h1>'],
    ['application/problem+json', '{"cut'],
    ['application/problem+json', '[]'],
    ['application/problem+json', '{"code":7}'],
  ])('whose answer is no problem document is called so: %s %s', async (type, body) => {
    const { url } = await serve((_, response) => {
      response.writeHead(502, { 'content-type': type, 'request-id': 'req_8' })
      response.end(body)
    })
    const api = createApi(createTransport(null), url)

    await expect(api.GET('/api/v1/imports')).rejects.toMatchObject({
      status: 502,
      code: UNREADABLE_ANSWER,
      requestId: 'req_8',
    })
  })

  it('without an answer is one as well', async () => {
    const { url } = await serve((_, response) => response.destroy())
    const api = createApi(createTransport(null), url)

    await expect(api.GET('/api/v1/imports')).rejects.toMatchObject({ status: 0, code: NO_ANSWER })
  })

  it('is none where the page itself gave the request up', async () => {
    const { url } = await serve(() => undefined)
    const api = createApi(createTransport(null), url)
    const given = new AbortController()
    const call = api.GET('/api/v1/imports', { signal: given.signal })
    given.abort()

    await expect(call).rejects.toMatchObject({ name: 'AbortError' })
  })
})
