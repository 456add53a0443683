// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import type { LedgerAccount, LedgerStatement } from '../../api/types'
import { renderPart } from '../../testing/render'
import { CHART } from './chart-sample'
import { Statement } from './statement'
import { accountsOf } from './tree'

const ACCOUNTS = accountsOf(CHART)
const EVERYDAY = ACCOUNTS.get('acct_everyday') as LedgerAccount

const STATEMENT: LedgerStatement = {
  account: EVERYDAY.id,
  commodity: 'AUD',
  from: '2026-01-05',
  to: '2026-04-05',
  opening: '20.50',
  closing: '1000.50',
  scanned: 2,
  lines: [
    {
      number: 7,
      transfer: 'xfer_wages',
      amount: '1000.00',
      balance: '1020.50',
      effective: '2026-03-31',
      booked_at: '2026-03-31T03:00:00Z',
      other: 'acct_wages',
      code: 0,
      counterparty: 'Mill Ltd',
      purpose: 'March',
      reference: null,
    },
    {
      number: 8,
      transfer: 'xfer_jar',
      amount: '-20.00',
      balance: '1000.50',
      effective: '2026-04-05',
      booked_at: '2026-04-05T03:00:00Z',
      other: 'acct_jar',
      code: 0,
      counterparty: null,
      purpose: null,
      reference: null,
    },
  ],
}

const textOf = (element: Element | null) => element?.textContent?.replaceAll('\u00a0', ' ')

async function open(lastDay: string | null, asked = {}) {
  const GET = vi.fn(async (path: string) => ({
    data: path.endsWith('/history')
      ? { items: lastDay === null ? [] : [{ effective: lastDay }], next_cursor: null }
      : STATEMENT,
  }))
  const calls = { onPeriod: vi.fn(), onTransfer: vi.fn() }
  const part = (
    <Statement book="book_1" account={EVERYDAY} accounts={ACCOUNTS} asked={asked} {...calls} />
  )
  renderPart(part, { GET } as never)
  return { GET, ...calls }
}

describe('a statement of account', () => {
  it('is of three months up to the last booking, where nobody says', async () => {
    const { GET } = await open('2026-04-05')
    await screen.findByText('Closing balance')
    const [, options] = GET.mock.calls.at(-1) as unknown as [string, { params: object }]
    expect(options.params).toEqual({
      path: { book: 'book_1', account: 'acct_everyday' },
      query: { from: '2026-01-05', to: '2026-04-05' },
    })
  })

  it('goes line by line from the opening balance to the closing one', async () => {
    await open('2026-04-05')
    await screen.findByText('Closing balance')
    const rows = screen.getAllByRole('row').slice(1)
    expect(rows.map(row => [...row.children].slice(1).map(textOf))).toEqual([
      ['Opening balance', '', '20.50'],
      ['Mill LtdMarch · income:wages31 Mar 2026', '+1,000.00', '1,020.50'],
      ['Jar of coins5 Apr 2026', '\u221220.00', '1,000.50'],
      ['Closing balance', '', '1,000.50'],
    ])
  })

  it('leads to the transfer of a line, and to another period', async () => {
    const { onTransfer, onPeriod } = await open('2026-04-05')
    fireEvent.click(await screen.findByRole('button', { name: '+1,000.00' }))
    expect(onTransfer).toHaveBeenCalledExactlyOnceWith('xfer_wages')
    fireEvent.change(screen.getByLabelText('From'), { target: { value: '2026-02-01' } })
    expect(onPeriod).toHaveBeenCalledExactlyOnceWith({ from: '2026-02-01', to: '2026-04-05' })
  })

  it('of an account that saw nothing says so, and asks for none', async () => {
    const { GET } = await open(null)
    await screen.findByText('Nothing was ever booked on it.')
    expect(GET).toHaveBeenCalledTimes(1)
  })
})
