// The same family, at another machine: a client of the contract that no browser knows of.

import { randomUUID } from 'node:crypto'
import type { Florin } from './florin.ts'

export interface Elsewhere {
  /** Adds an asset with a balance in AUD; its id. */
  add(name: string, amount: string): Promise<string>
  /** An asset that counts no more from a day on. */
  dispose(asset: string, day: string): Promise<void>
  /** Brings a statement. */
  bring(text: string): Promise<void>
}

export async function signIn({ url, email, password }: Florin): Promise<Elsewhere> {
  let token = ''
  const call = async (method: string, path: string, body?: string) => {
    const headers = { authorization: `Bearer ${token}`, 'idempotency-key': randomUUID() }
    const json = { 'content-type': 'application/json' }
    const isFile = path.startsWith('/imports')
    const response = await fetch(new URL(`/api/v1${path}`, url), {
      method,
      headers: isFile || body === undefined ? headers : { ...headers, ...json },
      body: body ?? null,
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
    return (await response.json()) as Record<string, string>
  }
  const session = await call('POST', '/auth/login', JSON.stringify({ email, password }))
  token = session['access_token'] ?? ''
  return {
    async add(name, amount) {
      const balance = { amount, currency: 'AUD' }
      const holding = { kind: 'balance', balance }
      const asset = { name, type: 'cash', country: 'AU', opened_on: '2020-01-01', holding }
      return (await call('POST', '/assets', JSON.stringify(asset)))['id'] ?? ''
    },
    async dispose(asset, day) {
      await call('DELETE', `/assets/${asset}?on=${day}`)
    },
    async bring(text) {
      await call('POST', '/imports?file_name=elsewhere.csv', text)
    },
  }
}
