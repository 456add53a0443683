import { describe, expect, it } from 'vitest'
import { Problem } from '../../api/problem'
import type { Session } from '../../api/types'
import { SessionStore } from './session-store'

function sessionOf(token: string): Session {
  return {
    user: { id: 'user_1', email: 'demo@example.org', name: 'Nomin' },
    tenant: { id: 'tenant_1', name: 'Bold', currency: 'AUD' },
    role: 'owner',
    access_token: `access-${token}`,
    token_type: 'Bearer',
    expires_in: 900,
    refresh_token: `refresh-${token}`,
  }
}

/** A tab's storage. */
function storage(entries: Record<string, string> = {}): Storage {
  const map = new Map(Object.entries(entries))
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
  } as Storage
}

const never = () => Promise.reject(new Error('not to be asked'))
const KEPT = { 'florin.refresh_token': 'refresh-kept' }

describe('a tab', () => {
  it('without a token is signed out, and was not signed in before', async () => {
    const store = new SessionStore(storage(), never)
    expect(await store.restore()).toEqual({ status: 'signed_out', expired: false })
  })

  it('with a token is signed in again, and keeps the new one', async () => {
    const asked: string[] = []
    const kept = storage(KEPT)
    const store = new SessionStore(kept, async token => {
      asked.push(token)
      return sessionOf('next')
    })
    expect(await store.restore()).toMatchObject({ status: 'signed_in', user: { name: 'Nomin' } })
    await store.restore()

    expect(asked).toEqual(['refresh-kept'])
    expect(store.accessToken()).toBe('access-next')
    expect(kept.getItem('florin.refresh_token')).toBe('refresh-next')
  })

  it('whose token is refused is signed out, says so, and forgets it', async () => {
    const kept = storage(KEPT)
    const store = new SessionStore(kept, () =>
      Promise.reject(new Problem({ status: 401, code: 'refresh_token_used' })),
    )
    expect(await store.restore()).toEqual({ status: 'signed_out', expired: true })
    expect(kept.getItem('florin.refresh_token')).toBeNull()
  })

  it.each([0, 429, 503])('keeps its token through trouble of status %d', async status => {
    const kept = storage(KEPT)
    const store = new SessionStore(kept, () =>
      Promise.reject(new Problem({ status, code: 'trouble' })),
    )
    await expect(store.restore()).rejects.toMatchObject({ code: 'trouble' })
    expect(store.current()).toEqual({ status: 'unknown' })
    expect(kept.getItem('florin.refresh_token')).toBe('refresh-kept')
  })
})

describe('a session', () => {
  it('trades its token once for all requests that ask at the same time', async () => {
    const asked: string[] = []
    const store = new SessionStore(storage(), async token => {
      asked.push(token)
      return sessionOf(String(asked.length + 1))
    })
    store.start(sessionOf('1'))
    expect(await Promise.all([store.renew(), store.renew(), store.renew()])).toEqual([
      true,
      true,
      true,
    ])
    await store.renew()
    expect(asked).toEqual(['refresh-1', 'refresh-2'])
  })

  it('tells its listeners of beginning and end', () => {
    const store = new SessionStore(storage(), never)
    const statuses: string[] = []
    const stop = store.subscribe(() => statuses.push(store.current().status))
    store.start(sessionOf('1'))
    store.end(false)
    stop()
    store.start(sessionOf('2'))

    expect(statuses).toEqual(['signed_in', 'signed_out'])
    store.end(false)
    expect(store.accessToken()).toBeNull()
    expect(store.refreshToken()).toBeNull()
  })
})
