// @vitest-environment happy-dom
import { screen, within } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import type { NetWorth, ValuedAsset } from '../../api/types'
import { renderPart } from '../../testing/render'
import { Explanation, type Question } from './explanation'

const VIEW = { currency: 'AUD', asOf: '2026-03-31', rateAgeDaysMax: undefined }

const FLAT: ValuedAsset = {
  id: 'asset_flat',
  name: 'Apartment in Ulaanbaatar',
  type: 'property',
  country: 'MN',
  owner: null,
  value: { amount: '174487.20', currency: 'AUD' },
  native: { amount: '412000000.00', currency: 'MNT' },
  price: {
    price: '412000000.00',
    currency: 'MNT',
    date: '2025-11-20',
    source: 'own',
    kind: 'valuation',
    recorded: '2025-11-20T03:00:00Z',
  },
  rate: {
    from: 'MNT',
    to: 'AUD',
    rate: '0.000423510',
    date: '2026-03-30',
    age_days: 1,
    made_up: true,
    source: 'mongolbank',
    path: [
      {
        base: 'MNT',
        quote: 'AUD',
        rate: '0.000423510',
        date: '2026-03-30',
        source: 'mongolbank',
        kind: 'made_up',
        inverse: false,
        recorded: '2026-03-30T03:00:00Z',
      },
    ],
  },
  explain: {
    account: 'acct_flat',
    balance: { amount: '1', currency: 'ASSET-01' },
    is_debt: false,
    transfers: 1,
    first: '2025-03-01',
    last: '2025-03-01',
    rounding: 'half_even',
  },
}

const CASH: ValuedAsset = {
  id: 'asset_cash',
  name: 'Everyday account',
  type: 'cash',
  country: 'AU',
  owner: null,
  value: { amount: '12217.50', currency: 'AUD' },
  native: { amount: '12217.50', currency: 'AUD' },
  price: null,
  rate: null,
  explain: {
    account: 'acct_cash',
    balance: { amount: '12217.50', currency: 'AUD' },
    is_debt: false,
    transfers: 41,
    first: '2025-03-01',
    last: '2026-03-30',
    rounding: 'half_even',
  },
}

const NET_WORTH: NetWorth = {
  as_of: '2026-03-31',
  currency: 'AUD',
  total: { amount: '186704.70', currency: 'AUD' },
  assets: [CASH, FLAT],
}

async function ask(about: Question['about'], value = NET_WORTH.total) {
  const agreed = { opening_unknown: false, undecided: 0, items: [] }
  const GET = vi.fn((path: string) =>
    Promise.resolve({ data: path.endsWith('/gaps') ? agreed : NET_WORTH }),
  )
  renderPart(<Explanation question={{ about, value }} view={VIEW} onClose={vi.fn()} />, {
    GET,
  } as never)
  await screen.findAllByRole('listitem', { hidden: true })
  return GET
}

const items = () => screen.getAllByRole('listitem', { hidden: true })
const textOf = (element: Element | undefined) => element?.textContent?.replaceAll('\u00a0', ' ')

describe('the explanation of a figure', () => {
  it('is asked for in the same currency and on the same day', async () => {
    const GET = await ask({ all: true })
    const [, asked] = GET.mock.calls[0] as unknown as [string, { params: { query: unknown } }]
    expect(asked.params.query).toEqual({
      currency: 'AUD',
      as_of: '2026-03-31',
      explain: true,
    })
  })

  it('names balance, price and rate with their dates, ages and sources', async () => {
    await ask({ asset: 'asset_flat', name: FLAT.name }, FLAT.value)
    expect(items()).toHaveLength(1)
    const factors = within(items()[0] as HTMLElement)
    expect(factors.getAllByRole('definition', { hidden: true }).map(textOf)).toEqual([
      '1',
      '× 412,000,000 MNT',
      '× 0.00042351',
      '= 174,487.20 AUD',
    ])
    expect(factors.getAllByRole('term', { hidden: true }).map(textOf)).toEqual([
      'Balanceacct_flat',
      'Price of one20 Nov 2025, 131 days old · own',
      'Rate from MNT to AUD30 Mar 2026, 1 day old · mongolbank · made up',
      'Worth',
    ])
  })

  it('adds up all assets, the largest first', async () => {
    await ask({ all: true })
    const names = screen.getAllByRole('heading', { level: 3, hidden: true }).map(textOf)
    expect(names).toEqual(['Apartment in Ulaanbaatar', 'Everyday account'])
    expect(textOf(screen.getByText('Together').parentElement ?? undefined)).toBe(
      'Together186,704.70 AUD',
    )
  })

  it.each([
    [{ country: 'AU' }, ['Everyday account']],
    [{ type: 'property' as const }, ['Apartment in Ulaanbaatar']],
  ])('of %j has only its own assets', async (about, expected) => {
    await ask(about)
    const names = screen.getAllByRole('heading', { level: 3, hidden: true }).map(textOf)
    expect(names).toEqual(expected)
  })
})
