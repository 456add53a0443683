// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import type { Transfer, TransferRecord } from '../../api/types'
import { renderPart } from '../../testing/render'
import { CHART } from './chart-sample'
import { TransferSheet } from './transfer-sheet'
import { accountsOf } from './tree'

const HOLD: Transfer = {
  id: 'xfer_hold',
  number: 4,
  type: 'hold',
  debit: 'acct_jar',
  credit: 'acct_everyday',
  amount: '30.00',
  commodity: 'AUD',
  code: 7,
  effective: '2026-01-05',
  booked_at: '2026-01-05T03:00:00Z',
  reference: 'INV-7',
  purpose: 'Deposit',
  counterparty: 'Hotel',
  metadata: { room: 12, floor: 'third' } as never,
  hold: null,
  rest: null,
  expires_at: null,
  left: '18.00',
  balancing: null,
  maximum: null,
  closed: null,
  reverses: null,
  reversed_by: null,
}

const CAPTURE: Transfer = {
  ...HOLD,
  id: 'xfer_capture',
  number: 5,
  type: 'post_hold',
  amount: '12.00',
  effective: '2026-01-09',
  hold: 'xfer_hold',
  rest: 'keep',
  left: null,
  reversed_by: 'xfer_back',
}

const CLOSING: Transfer = {
  ...HOLD,
  id: 'xfer_closing',
  type: 'close_into',
  closed: 'acct_jar',
  left: null,
}

const RECORD: TransferRecord = {
  seq: 13,
  hash: 'ff42',
  previous_hash: 'aa00',
  decided_at: '2026-01-05T03:00:00Z',
  actor: { kind: 'user', id: 'user_saraa', name: null },
  on_behalf_of: null,
  correlation: 'c0ffee',
}

const textOf = (element: Element) => element.textContent?.replaceAll('\u00a0', ' ')

/** What is known of a transfer, name by name. */
async function open(transfer: Transfer) {
  const GET = vi.fn(async (path: string) => ({
    data: path.endsWith('/record')
      ? RECORD
      : path.endsWith('/transfers')
        ? { items: [CAPTURE] }
        : transfer,
  }))
  const calls = { onTransfer: vi.fn(), onAccount: vi.fn(), onClose: vi.fn() }
  const accounts = accountsOf(CHART)
  const part = <TransferSheet book="book_1" transfer={transfer.id} accounts={accounts} {...calls} />
  renderPart(part, { GET } as never)
  await screen.findByText('ff42')
  if (transfer.type === 'hold') await screen.findByText(/^12\.00/)
  const names = screen.getAllByRole('term', { hidden: true }).map(textOf)
  const values = screen.getAllByRole('definition', { hidden: true }).map(textOf)
  const known = Object.fromEntries(names.map((name, index) => [name, values[index]]))
  return { known, GET, ...calls }
}

describe('a transfer', () => {
  it('is shown with its accounts, texts and captures, and its place in the journal', async () => {
    const { known } = await open(HOLD)
    expect(known).toEqual({
      Amount: '30.00 AUD',
      Debited: 'Jar of coinsassets:jar',
      Credited: 'Everyday accountassets:bank:everyday',
      'Counts from': '5 Jan 2026',
      Booked: expect.stringContaining('5 Jan 2026'),
      Transfer: '4 xfer_hold',
      With: 'Hotel',
      For: 'Deposit',
      Reference: 'INV-7',
      Code: '7',
      room: '12',
      floor: 'third',
      'Still held': '18.00 AUD',
      'Capture of a hold': '12.00 AUD9 Jan 2026',
      Record: '13',
      Decided: expect.stringContaining('5 Jan 2026'),
      Hash: 'ff42',
      'Hash before it': 'aa00',
      'Sent by': 'a member of the family user_saraa',
      'As part of': 'c0ffee',
    })
    expect(screen.getByRole('dialog', { hidden: true }).textContent).toContain('Hold')
  })

  it('leads to what belongs with it, and to its accounts', async () => {
    const { known, GET, onTransfer, onAccount } = await open(CAPTURE)
    expect(known['Its rest']).toBe('kept for another capture')
    expect(known['Still held']).toBeUndefined()
    fireEvent.click(screen.getByText('xfer_hold'))
    fireEvent.click(screen.getByText('xfer_back'))
    expect(onTransfer.mock.calls).toEqual([['xfer_hold'], ['xfer_back']])
    fireEvent.click(screen.getByText('Jar of coins'))
    expect(onAccount).toHaveBeenCalledExactlyOnceWith('acct_jar')
    // What is no hold has no captures to ask for.
    expect(GET).toHaveBeenCalledTimes(2)
  })

  it('that closed an account says which', async () => {
    const { known } = await open(CLOSING)
    expect(known['Debited']).toContain('closed by this transfer')
    expect(known['Credited']).not.toContain('closed by this transfer')
  })
})
