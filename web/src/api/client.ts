// The client of the contract: paths, parameters and answers are typed by what the gateway declares.

import createClient, { type Client } from 'openapi-fetch'
import type { paths } from './contract'
import type { Transport } from './transport'

export type Api = Client<paths>

export function createApi(transport: Transport, baseUrl: string): Api {
  return createClient<paths>({ baseUrl, fetch: transport.fetch })
}

/** The body of an answer. What fails has been thrown by the transport before it comes here. */
export async function answer<Body>(call: Promise<{ data?: Body }>): Promise<Body> {
  const { data } = await call
  return data as Body
}

/**
 * The key of what a person does once: a click, a drop. Sending it again, because the answer was
 * lost or the token had expired, does it no second time.
 */
export function newIdempotencyKey(): string {
  return crypto.randomUUID()
}

type Given<Parts> = { [Name in keyof Parts]?: Exclude<Parts[Name], undefined> }

/** The parameters that have a value; the contract knows none that are present and undefined. */
export function given<Parts extends object>(parts: Parts): Given<Parts> {
  const entries = Object.entries(parts).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Given<Parts>
}
