// Debian's Chromium, and what a journey holds against it on every screen: no error in the console
// (a breach of the content policy is one), no request to another host, no fault that axe finds.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import axe from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const ACCESSIBILITY = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

export interface Visit {
  readonly page: Page
  /** Errors of the console and requests to other hosts, which there must be none of. */
  readonly remarks: string[]
  close(): Promise<void>
}

export async function visit(url: string): Promise<Visit> {
  const browser: Browser = await chromium.launch({
    executablePath: process.env['CHROMIUM_BIN'] ?? '/usr/bin/chromium',
    args: ARGUMENTS,
    env: { ...process.env, LANGUAGE: 'en_AU' },
  })
  const context: BrowserContext = await browser.newContext({
    locale: 'en-AU',
    viewport: { width: 1360, height: 900 },
    deviceScaleFactor: process.env['SCREENSHOTS'] ? 2 : 1,
    colorScheme: 'light',
    // Colours that are on their way from one theme to the other have any contrast.
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  const remarks: string[] = []
  page.on('console', message => {
    if (message.type() === 'error') remarks.push(message.text())
  })
  page.on('pageerror', error => remarks.push(String(error)))
  page.on('request', request => {
    if (new URL(request.url()).host !== new URL(url).host) remarks.push(request.url())
  })
  await page.goto(url)
  return { page, remarks, close: () => browser.close() }
}

/** Holds what every screen must keep, and takes its picture where pictures are wanted. */
export async function holdScreen({ page, remarks }: Visit, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready)
  await picture(page, name)
  // Read by the debugger, not by the page: its content policy stays in force.
  await page.evaluate(axe.source)
  expect(await axeFaults(page, ACCESSIBILITY), `what axe finds on ${name}`).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  expect(await axeFaults(page, ['color-contrast']), `contrast of ${name} in the dark`).toEqual([])
  await page.emulateMedia({ colorScheme: 'light' })
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(overflow, `pixels by which ${name} is too wide`).toBe(0)
  expect(remarks, `errors and foreign requests up to ${name}`).toEqual([])
}

async function axeFaults(page: Page, rules: string[]): Promise<string[]> {
  const { violations } = await page.evaluate(
    values => (globalThis as unknown as { axe: typeof axe }).axe.run({ runOnly: values }),
    rules,
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(node => `${id}: ${node.html} ${node.failureSummary}`),
  )
}

export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (!folder) return
  await mkdir(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })
}

/** Drops a file as a person does, with the events that a drag from another window makes. */
export async function dropFile(page: Page, name: string, text: string): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([fileName, content]) => {
      const data = new DataTransfer()
      data.items.add(new File([content], fileName))
      return data
    },
    [name, text] as const,
  )
  for (const event of ['dragenter', 'dragover', 'drop']) {
    await page.dispatchEvent('main', event, { dataTransfer: transfer })
  }
}
