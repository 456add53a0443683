import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Live, type Topic } from './live'

/** A socket in the hands of the test. */
class Socket {
  static all: Socket[] = []
  onopen: (() => void) | null = null
  onclose: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  readonly said: unknown[] = []
  isClosed = false
  readonly url: string

  constructor(url: string) {
    this.url = url
    Socket.all.push(this)
  }

  send(text: string): void {
    this.said.push(JSON.parse(text))
  }

  close(): void {
    this.isClosed = true
  }

  tell(what: object): void {
    this.onmessage?.({ data: JSON.stringify(what) })
  }

  /** Opens as far as topics are subscribed to. */
  welcome(): void {
    this.onopen?.()
    this.tell({ type: 'authenticated', until: new Date(Date.now() + 900_000).toISOString() })
  }
}

const TOPICS: readonly Topic[] = ['changed/notices', 'changed/wealth']
const SUBSCRIPTIONS = TOPICS.map(topic => ({ type: 'subscribe', topic }))

function listening(renews = true) {
  const changed = vi.fn()
  let tokens = 1
  const credentials = {
    accessToken: () => `token-${tokens}`,
    renew: vi.fn(async () => {
      tokens += 1
      return renews
    }),
  }
  const live = new Live('http://127.0.0.1:7450', credentials, { topics: TOPICS, changed })
  live.start()
  return { live, changed, credentials }
}

const latest = () => Socket.all[Socket.all.length - 1] as Socket

beforeEach(() => {
  Socket.all = []
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', Socket)
})

afterEach(() => {
  vi.useRealTimers()
})

describe('the page listens', () => {
  it('says who it is in its first message, and never in the address', () => {
    listening()
    latest().welcome()
    expect(latest().url).toBe('ws://127.0.0.1:7450/ws')
    expect(latest().said).toEqual([{ type: 'authenticate', token: 'token-1' }, ...SUBSCRIPTIONS])
  })

  it('hears what changed', () => {
    const { changed } = listening()
    latest().welcome()
    expect(changed).not.toHaveBeenCalled()
    latest().tell({ type: 'changed', topic: 'changed/notices', count: 2, position: 'x:1' })
    latest().tell({ type: 'heartbeat' })
    expect(changed.mock.calls).toEqual([['changed/notices']])
  })

  it('opens one socket however often it is started', () => {
    const { live } = listening()
    live.start()
    expect(Socket.all).toHaveLength(1)
  })

  it('sends the next token before the time of this one is over, on the same socket', async () => {
    listening()
    latest().welcome()
    for (let second = 0; second < 850; second += 10) {
      latest().tell({ type: 'heartbeat' })
      await vi.advanceTimersByTimeAsync(10_000)
    }
    expect(Socket.all).toHaveLength(1)
    expect(latest().said.slice(3)).toEqual([{ type: 'authenticate', token: 'token-2' }])
    latest().tell({ type: 'authenticated', until: new Date(Date.now() + 900_000).toISOString() })
    expect(latest().said, 'it has subscribed already').toHaveLength(4)
  })

  it('takes everything for changed when it was away', async () => {
    const { changed } = listening()
    latest().welcome()
    latest().onclose?.()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(Socket.all).toHaveLength(2)
    latest().welcome()
    expect(latest().said.slice(1)).toEqual(SUBSCRIPTIONS)
    expect(changed.mock.calls).toEqual(TOPICS.map(topic => [topic]))
  })

  it('tries again later each time, and leaves a server that is silent', async () => {
    listening()
    await vi.advanceTimersByTimeAsync(45_000)
    expect(Socket.all[0]?.isClosed).toBe(true)
    for (const [sockets, pause] of [
      [2, 1_000],
      [3, 2_000],
      [4, 4_000],
    ] as const) {
      await vi.advanceTimersByTimeAsync(pause)
      expect(Socket.all).toHaveLength(sockets)
      latest().onclose?.()
    }
    for (let tries = 0; tries < 20; tries += 1) {
      await vi.advanceTimersByTimeAsync(60_000)
      latest().onclose?.()
    }
    expect(Socket.all.length, 'once a minute at least').toBeGreaterThan(20)
  })

  it('comes back with a new token where the old one is good no longer', async () => {
    const { credentials } = listening()
    latest().welcome()
    latest().tell({ type: 'end', reason: 'token_expired' })
    latest().onclose?.()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(credentials.renew).toHaveBeenCalledTimes(1)
    latest().welcome()
    expect(latest().said[0]).toEqual({ type: 'authenticate', token: 'token-2' })
  })

  it('does not come back where the session is over, or it is stopped', async () => {
    const over = listening(false)
    latest().welcome()
    latest().tell({ type: 'end', reason: 'revoked' })
    latest().onclose?.()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(over.credentials.renew).toHaveBeenCalledTimes(1)
    expect(Socket.all).toHaveLength(1)

    const { live } = listening()
    latest().welcome()
    live.stop()
    expect(latest().isClosed).toBe(true)
    await vi.advanceTimersByTimeAsync(600_000)
    expect(Socket.all).toHaveLength(2)
  })
})
