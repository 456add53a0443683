// What happens elsewhere, as it happens: a socket that says which modules changed. It opens again
// whenever it ends, and then takes everything for changed: what was missed is not told, but read.

import type { Credentials } from './transport'

/** What a page hears of; the server ends those that the person's role does not allow. */
export type Topic =
  | 'changed/identity'
  | 'changed/jobs'
  | 'changed/ledger'
  | 'changed/markets'
  | 'changed/notices'
  | 'changed/objects'
  | 'changed/vault'
  | 'changed/wealth'

export interface News {
  readonly topics: readonly Topic[]
  /** Something happened there. */
  changed(topic: Topic): void
}

type Told =
  | { type: 'authenticated'; until: string }
  | { type: 'changed'; topic: Topic }
  | { type: 'refused'; topic?: string; code: string }
  | { type: 'end'; reason: string }
  | { type: 'subscribed' | 'ended' | 'heartbeat' }

const RETRY_MS_MIN = 1_000
const RETRY_MS_MAX = 60_000
/** The server speaks every 15 s; one that did not for so long is gone. */
const SILENCE_MS_MAX = 45_000
/** A new token is asked for so long before the time of the old one is over. */
const RENEWAL_MS = 60_000
/** Ends after which the token that was good is good no longer. */
const NEEDS_TOKEN: ReadonlySet<string> = new Set([
  'token_expired',
  'token_invalid',
  'revoked',
  'not_authenticated',
])

export class Live {
  private readonly url: string
  private readonly credentials: Credentials
  private readonly news: News
  private socket: WebSocket | null = null
  private failures = 0
  private wasOpen = false
  private needsToken = false
  private retry: ReturnType<typeof setTimeout> | undefined
  private silence: ReturnType<typeof setTimeout> | undefined
  private renewal: ReturnType<typeof setTimeout> | undefined

  constructor(baseUrl: string, credentials: Credentials, news: News) {
    this.url = new URL('/ws', baseUrl.replace(/^http/, 'ws')).href
    this.credentials = credentials
    this.news = news
  }

  /** Listens from now on; changes nothing where it does already. */
  start(): void {
    if (this.socket || this.retry !== undefined) return
    this.open()
  }

  stop(): void {
    clearTimeout(this.retry)
    clearTimeout(this.silence)
    clearTimeout(this.renewal)
    this.retry = undefined
    this.failures = 0
    this.wasOpen = false
    const socket = this.socket
    this.socket = null
    socket?.close()
  }

  private open(): void {
    const socket = new WebSocket(this.url)
    this.socket = socket
    this.listen()
    // What an earlier socket still says is nobody's business.
    const current = (act: () => void) => () => {
      if (this.socket === socket) act()
    }
    socket.onopen = current(() => this.authenticate())
    socket.onclose = current(() => this.again())
    socket.onmessage = ({ data }) => {
      if (this.socket === socket) this.hear(JSON.parse(String(data)) as Told)
    }
  }

  private say(what: object): void {
    this.socket?.send(JSON.stringify(what))
  }

  private authenticate(): void {
    const token = this.credentials.accessToken()
    if (token !== null) this.say({ type: 'authenticate', token })
  }

  private hear(told: Told): void {
    this.listen()
    switch (told.type) {
      case 'authenticated':
        this.welcome(Date.parse(told.until))
        break
      case 'changed':
        this.news.changed(told.topic)
        break
      case 'refused':
        // A token that is refused is so with the next socket; a topic is not for this person.
        if (told.topic === undefined) {
          this.needsToken = true
          this.socket?.close()
        }
        break
      case 'end':
        this.needsToken = NEEDS_TOKEN.has(told.reason)
        break
      default:
    }
  }

  /** The first time on a socket, or with a new token. */
  private welcome(until: number): void {
    clearTimeout(this.renewal)
    const left = Math.max(until - Date.now() - RENEWAL_MS, RETRY_MS_MIN)
    this.renewal = setTimeout(() => void this.renew(), left)
    if (this.failures === 0 && this.wasOpen) return
    for (const topic of this.news.topics) this.say({ type: 'subscribe', topic })
    if (this.wasOpen) for (const topic of this.news.topics) this.news.changed(topic)
    this.failures = 0
    this.wasOpen = true
  }

  private async renew(): Promise<void> {
    // A server that is away now is asked again when it has ended the socket.
    if (await this.credentials.renew().catch(() => false)) this.authenticate()
  }

  /** Waits for the server to speak. */
  private listen(): void {
    clearTimeout(this.silence)
    this.silence = setTimeout(() => this.again(), SILENCE_MS_MAX)
  }

  /** Opens another socket, later each time, and not when all others do. */
  private again(): void {
    clearTimeout(this.silence)
    clearTimeout(this.renewal)
    const socket = this.socket
    this.socket = null
    socket?.close()
    const pause = Math.min(RETRY_MS_MIN * 2 ** this.failures, RETRY_MS_MAX)
    this.failures += 1
    this.retry = setTimeout(() => void this.reopen(), pause * (0.5 + Math.random() / 2))
  }

  private async reopen(): Promise<void> {
    const waiting = this.retry
    let isGood = true
    if (this.needsToken) {
      // Where the server is away, the token is asked for again with the next socket.
      const renewed = await this.credentials.renew().catch(() => null)
      isGood = renewed !== false
      this.needsToken = renewed === null
    }
    // Stopped meanwhile, as it is where the session is over.
    if (this.retry !== waiting) return
    this.retry = undefined
    if (isGood) this.open()
  }
}
