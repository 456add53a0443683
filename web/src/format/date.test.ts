import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CONVENTIONS } from './conventions'
import {
  addMonths,
  dateParts,
  dateText,
  daysBetween,
  formatDate,
  formatMoment,
  today,
} from './date'

const { en, mn } = CONVENTIONS

describe('a date', () => {
  it.each(['2026-03-31', '2024-02-29', '2000-02-29', '1999-12-31'])('%s is one', text => {
    const parts = dateParts(text)
    expect(parts && dateText(parts)).toBe(text)
  })

  it.each(['2026-02-29', '1900-02-29', '2026-04-31', '2026-13-01', '2026-00-01', '2026-1-1', ''])(
    '%j is none',
    text => {
      expect(dateParts(text)).toBeNull()
    },
  )

  it.each([
    ['2026-03-31', '31 Mar 2026', '2026.03.31'],
    ['2026-12-01', '1 Dec 2026', '2026.12.01'],
    ['soon', 'soon', 'soon'],
  ])('%s is written %s and %s', (text, english, mongolian) => {
    expect(formatDate(text, en)).toBe(english)
    expect(formatDate(text, mn)).toBe(mongolian)
  })

  it('of today is the day where the person sits', () => {
    expect(today(new Date(2026, 10, 5, 23, 59))).toBe('2026-11-05')
  })

  it('of a moment is shown with the minute where the person sits', () => {
    const local = new Date(2026, 10, 5, 7, 4)
    expect(formatMoment(local.toISOString(), en)).toBe('5 Nov 2026 07:04')
    expect(formatMoment('never', en)).toBe('never')
  })
})

describe('counting', () => {
  it.each([
    ['2026-03-31', -1, '2026-02-28'],
    ['2024-01-31', 1, '2024-02-29'],
    ['2026-01-15', -1, '2025-12-15'],
    ['2026-12-31', 2, '2027-02-28'],
    ['2026-03-31', -60, '2021-03-31'],
  ])('%s and %d months is %s', (from, months, to) => {
    expect(addMonths(from, months)).toBe(to)
  })

  it.each([
    ['2026-03-30', '2026-03-31', 1],
    ['2024-02-28', '2024-03-01', 2],
    ['2025-12-31', '2026-12-31', 365],
    ['2026-03-31', '2026-03-01', -30],
    // Over a change to daylight saving time, which makes a day of 23 hours.
    ['2026-10-03', '2026-10-05', 2],
  ])('from %s to %s are %d days', (from, to, days) => {
    expect(daysBetween(from, to)).toBe(days)
  })

  it('agrees with the calendar of the language over two thousand years', () => {
    const days = fc.integer({ min: -700_000, max: 700_000 })
    const at = (day: number) => new Date(day * 86_400_000).toISOString().slice(0, 10)
    fc.assert(
      fc.property(days, days, (from, to) => {
        fc.pre(at(from).length === 10 && at(to).length === 10)
        return daysBetween(at(from), at(to)) === to - from
      }),
    )
  })
})
