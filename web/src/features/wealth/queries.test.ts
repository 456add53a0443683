import { describe, expect, it } from 'vitest'
import type { HistoryPoint } from '../../api/types'
import { sinceFirstAsset } from './queries'
import { rangeStart } from './range'

const points = (...amounts: (string | null)[]): HistoryPoint[] =>
  amounts.map((amount, index) => ({
    date: `2026-01-0${index + 1}`,
    total: amount === null ? null : { amount, currency: 'AUD' },
    reason: amount === null ? 'no rate' : null,
  }))

describe('the line of net worth', () => {
  it.each([
    [
      ['0.00', '0', '5.00', '0.00'],
      ['5.00', '0.00'],
    ],
    [
      ['-3.00', '0.00'],
      ['-3.00', '0.00'],
    ],
    [
      [null, '0.00', '5.00', null, '6.00'],
      ['5.00', null, '6.00'],
    ],
    [['0.00', null], []],
    [[], []],
  ])('of %j begins with the first asset: %j', (amounts, expected) => {
    const line = sinceFirstAsset(points(...amounts))
    expect(line.map(({ total }) => total?.amount ?? null)).toEqual(expected)
  })

  it.each([
    ['3m', '2025-12-31'],
    ['1y', '2025-03-31'],
    ['5y', '2021-03-31'],
  ] as const)('over %s begins on %s', (range, from) => {
    expect(rangeStart(range, '2026-03-31')).toBe(from)
  })
})
