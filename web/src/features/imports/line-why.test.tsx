// @vitest-environment happy-dom
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { renderPart } from '../../testing/render'
import { AccountGaps } from './account-gaps'
import { stagedImport } from './import-sample'
import { LineWhy } from './line-why'

const line = {
  line: 3,
  statement: 0,
  file_line: 4,
  booked: '2026-01-02',
  amount: { amount: '-5.00', currency: 'AUD' },
  status: 'known',
  why: 'the same line is booked already',
  decision: null,
}

const explained = {
  import: 'import_1',
  file_name: 'march.ofx',
  line,
  reason: 'same',
  question: 1,
  found: { import: 'import_0', file_name: 'january.csv', status: 'booked', line },
  told: null,
  compared: [
    { field: 'purpose', here: 'COFFEE', there: 'Coffee shop', agreement: 'cut' },
    { field: 'value', here: '2026-01-02', there: null, agreement: 'missing' },
  ],
  decisions: [
    {
      decision: 'book',
      from: 'known',
      to: 'new',
      by: { kind: 'owner' },
      at: '2026-03-31T02:00:00Z',
    },
  ],
}

describe('a line that is asked about', () => {
  it('says through which line of which file it is known, and is decided otherwise', async () => {
    HTMLDialogElement.prototype.showModal = vi.fn()
    const GET = vi.fn().mockResolvedValue({ data: explained })
    const PUT = vi.fn().mockResolvedValue({ data: { ...line, status: 'booked' } })
    const api = { GET, PUT } as never
    renderPart(<LineWhy one={stagedImport} line={3} onClose={vi.fn()} />, api)
    expect(await screen.findByText('Line 4 of january.csv')).toBeTruthy()
    expect(screen.getByText('The same line is booked already.')).toBeTruthy()
    expect(screen.getByText('Coffee shop')).toBeTruthy()
    expect(screen.getByText(/Known already → To book/)).toBeTruthy()
    fireEvent.click(screen.getByText('Book'))
    await waitFor(() => expect(PUT).toHaveBeenCalled())
    const [path, { params, body }] = PUT.mock.calls[0] ?? []
    expect(path).toBe('/api/v1/imports/{import}/lines/{line}')
    expect([params.path.line, body]).toEqual([3, { decision: 'book' }])
  })
})

describe('an account of which something is missing', () => {
  it('says between which days, and nothing where nothing is', async () => {
    const missing = { after: '2026-01-31', until: '2026-02-28', amount: line.amount, within: null }
    const gaps = { asset: 'asset_1', opening_unknown: false, undecided: 2, items: [missing] }
    renderPart(<AccountGaps asset="asset_1" />, {
      GET: vi.fn().mockResolvedValue({ data: gaps }),
    } as never)
    expect(await screen.findByText(/are missing/)).toBeTruthy()
    expect(screen.getByText('2 lines are to be decided about.')).toBeTruthy()
  })
})
