// Where a line over time carries labels: on the first days of months, so far apart that they do
// not touch. Days are counted from 1970, as numbers that a chart can place.

import type { Conventions } from '../../format/conventions'
import { addMonths, dateParts, dateText, daysBetween } from '../../format/date'

export interface TimeLabel {
  readonly day: number
  readonly text: string
}

const EPOCH = '1970-01-01'

/** How many months may lie between two labels. */
const STRIDES = [1, 2, 3, 6, 12, 24, 60, 120]

export function dayOf(date: string): number {
  return daysBetween(EPOCH, date)
}

/** Labels between two dates, at most `labelsMax` of them. */
export function timeLabels(
  from: string,
  to: string,
  labelsMax: number,
  conventions: Conventions,
): TimeLabel[] {
  const start = dateParts(from)
  const end = dateParts(to)
  if (!start || !end) return []
  const months = (end.year - start.year) * 12 + end.month - start.month
  if (months <= 3 && months * 2 <= labelsMax) return halfMonths(from, to, conventions)
  const stride = STRIDES.find(stride => months / stride <= labelsMax) ?? 240
  const labels: TimeLabel[] = []
  const firstMonth = Math.ceil((start.month - 1) / stride) * stride
  let date = addMonths(dateText({ year: start.year, month: 1, day: 1 }), firstMonth)
  for (; date <= to; date = addMonths(date, stride)) {
    if (date >= from) labels.push({ day: dayOf(date), text: monthLabel(date, conventions) })
  }
  return labels
}

function halfMonths(from: string, to: string, conventions: Conventions): TimeLabel[] {
  const labels: TimeLabel[] = []
  for (let month = `${from.slice(0, 7)}-01`; month <= to; month = addMonths(month, 1)) {
    for (const date of [month, `${month.slice(0, 7)}-15`]) {
      const parts = dateParts(date)
      if (parts && date >= from && date <= to) {
        labels.push({ day: dayOf(date), text: conventions.dayOfYear(parts.month, parts.day) })
      }
    }
  }
  return labels
}

/** January carries the year, which the months after it then belong to. */
function monthLabel(date: string, conventions: Conventions): string {
  const { year = 0, month = 1 } = dateParts(date) ?? {}
  return month === 1 ? String(year) : conventions.month(month)
}
