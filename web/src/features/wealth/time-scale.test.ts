import { describe, expect, it } from 'vitest'
import { CONVENTIONS } from '../../format/conventions'
import { dayOf, timeLabels } from './time-scale'

const texts = (from: string, to: string, labelsMax: number, language: 'en' | 'mn' = 'en') =>
  timeLabels(from, to, labelsMax, CONVENTIONS[language]).map(({ text }) => text)

describe('the labels of a line over time', () => {
  it.each([
    // Three months in a wide and in a narrow place.
    ['2026-01-10', '2026-03-31', 12, ['15 Jan', '1 Feb', '15 Feb', '1 Mar', '15 Mar']],
    ['2026-01-10', '2026-03-31', 3, ['Feb', 'Mar']],
    // A year: every month, every third.
    ['2025-03-31', '2026-03-31', 14, 'Apr May Jun Jul Aug Sep Oct Nov Dec 2026 Feb Mar'.split(' ')],
    ['2025-03-31', '2026-03-31', 4, ['Apr', 'Jul', 'Oct', '2026']],
    // Five years: years alone where months have no room.
    ['2021-03-31', '2026-03-31', 5, ['2022', '2023', '2024', '2025', '2026']],
    ['2021-01-01', '2022-01-01', 2, ['2021', 'Jul', '2022']],
    // A day, and no date.
    ['2026-03-31', '2026-03-31', 5, []],
    ['', '', 5, []],
  ])('from %s to %s in a place for %d', (from, to, labelsMax, expected) => {
    expect(texts(from, to, labelsMax)).toEqual(expected)
  })

  it('are Mongolian in Mongolian', () => {
    expect(texts('2025-11-20', '2026-02-10', 2, 'mn')).toEqual(['2026'])
    expect(texts('2025-11-20', '2026-02-10', 3, 'mn')).toEqual(['12-р сар', '2026', '2-р сар'])
  })

  it('stand on the first days of months', () => {
    const [label] = timeLabels('2026-01-15', '2026-02-10', 1, CONVENTIONS.en)
    expect(label?.day).toBe(dayOf('2026-02-01'))
  })
})
