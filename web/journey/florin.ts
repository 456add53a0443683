// The Florin that a journey walks through: one that runs, named by FLORIN_URL, or the demo of the
// binary FLORIN_BIN, started for the journey and ended after it.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Florin {
  /** Where the page opens, with what the demo adds to it. */
  readonly url: string
  readonly email: string
  readonly password: string
  stop(): Promise<void>
}

const START_MS_MAX = 60_000

export async function florin(): Promise<Florin> {
  const { FLORIN_URL, FLORIN_DEMO_EMAIL, FLORIN_DEMO_PASSWORD, FLORIN_BIN } = process.env
  if (FLORIN_URL) {
    if (!FLORIN_DEMO_EMAIL || !FLORIN_DEMO_PASSWORD) {
      throw new Error('FLORIN_URL needs FLORIN_DEMO_EMAIL and FLORIN_DEMO_PASSWORD beside it')
    }
    const stop = async () => undefined
    return { url: FLORIN_URL, email: FLORIN_DEMO_EMAIL, password: FLORIN_DEMO_PASSWORD, stop }
  }
  if (!FLORIN_BIN) throw new Error('a journey needs FLORIN_BIN, or FLORIN_URL with a sign-in')
  return startDemo(FLORIN_BIN)
}

async function startDemo(binary: string): Promise<Florin> {
  const process_ = spawn(binary, ['demo', '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const stop = async () => {
    if (process_.exitCode === null && process_.signalCode === null) {
      process_.kill('SIGTERM')
      await once(process_, 'exit')
    }
  }
  try {
    return { ...(await readSignIn(process_)), stop }
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

/** Waits for the three lines by which the demo says where it is and how to sign in. */
function readSignIn(process_: ChildProcess): Promise<Omit<Florin, 'stop'>> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (why: string) => reject(new Error(`florin demo ${why}; it printed:\n${output}`))
    const timer = setTimeout(() => fail('did not say how to sign in'), START_MS_MAX)
    const read = (chunk: Buffer) => {
      output += chunk.toString()
      const line = (name: string) => new RegExp(`^ *${name} +(\\S+)`, 'm').exec(output)?.[1]
      const [url, email, password] = [line('open'), line('e-mail'), line('password')]
      if (url && email && password && output.endsWith('\n')) {
        clearTimeout(timer)
        resolve({ url, email, password })
      }
    }
    process_.stdout?.on('data', read)
    process_.stderr?.on('data', read)
    process_.on('error', error => fail(`did not start (${error.message})`))
    process_.on('exit', code => fail(`ended with ${code}`))
  })
}
