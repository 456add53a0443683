// Who is signed in. The access token lives in memory alone; the refresh token in the tab's own
// storage, so that a reload does not ask for the password again and closing the tab forgets it.

import { asProblem } from '../../api/problem'
import type { Credentials } from '../../api/transport'
import type { Session } from '../../api/types'

export type SessionState =
  /** Nobody has asked yet whether the tab's token is still good. */
  | { readonly status: 'unknown' }
  | { readonly status: 'signed_out'; readonly expired: boolean }
  | {
      readonly status: 'signed_in'
      readonly user: Session['user']
      readonly tenant: Session['tenant']
    }

const REFRESH_TOKEN = 'florin.refresh_token'

export class SessionStore implements Credentials {
  private state: SessionState = { status: 'unknown' }
  private token: string | null = null
  private renewal: Promise<boolean> | null = null
  private readonly listeners = new Set<() => void>()
  private readonly storage: Storage
  private readonly refresh: (refreshToken: string) => Promise<Session>

  constructor(storage: Storage, refresh: (refreshToken: string) => Promise<Session>) {
    this.storage = storage
    this.refresh = refresh
  }

  readonly current = (): SessionState => this.state

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  accessToken(): string | null {
    return this.token
  }

  refreshToken(): string | null {
    return this.storage.getItem(REFRESH_TOKEN)
  }

  /** Finds out, once, whether the tab is signed in. */
  async restore(): Promise<SessionState> {
    if (this.state.status === 'unknown') await this.renew()
    return this.state
  }

  start(session: Session): void {
    this.token = session.access_token
    this.storage.setItem(REFRESH_TOKEN, session.refresh_token)
    this.change({ status: 'signed_in', user: session.user, tenant: session.tenant })
  }

  end(expired: boolean): void {
    this.token = null
    this.storage.removeItem(REFRESH_TOKEN)
    this.change({ status: 'signed_out', expired })
  }

  /**
   * Trades the refresh token for new ones. Requests that find their token expired at the same time
   * share one trade: the server takes a second use of a refresh token for theft.
   */
  renew(): Promise<boolean> {
    this.renewal ??= this.trade().finally(() => {
      this.renewal = null
    })
    return this.renewal
  }

  private async trade(): Promise<boolean> {
    const refreshToken = this.refreshToken()
    if (refreshToken === null) {
      this.end(this.state.status === 'signed_in')
      return false
    }
    try {
      this.start(await this.refresh(refreshToken))
      return true
    } catch (thrown) {
      const problem = asProblem(thrown)
      // A server that is away or in trouble has not ended the session; one that says no has.
      if (problem.status < 400 || problem.status >= 500 || problem.status === 429) throw problem
      this.end(true)
      return false
    }
  }

  private change(state: SessionState): void {
    this.state = state
    for (const listener of this.listeners) listener()
  }
}
