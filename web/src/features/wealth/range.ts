// How far back the line of net worth reaches, and how finely.

import { addMonths } from '../../format/date'

export const RANGES = {
  '3m': { months: 3, step: 'day' },
  '1y': { months: 12, step: 'week' },
  '5y': { months: 60, step: 'month' },
} as const

export type Range = keyof typeof RANGES

export const RANGE_NAMES = Object.keys(RANGES) as [Range, ...Range[]]

export function rangeStart(range: Range, to: string): string {
  return addMonths(to, -RANGES[range].months)
}
