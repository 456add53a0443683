// Calendar dates as the contract writes them: "2026-03-31". They are days, not moments: no time
// zone may move them, so they are counted without `Date` wherever a person's clock plays no part.

import type { Conventions } from './conventions'

export interface DateParts {
  readonly year: number
  readonly month: number
  readonly day: number
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/

/** The parts of a date, or null where it is none: "2026-02-30" is none. */
export function dateParts(text: string): DateParts | null {
  const match = DATE.exec(text)
  if (!match) return null
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number]
  const isDate = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)
  return isDate ? { year, month, day } : null
}

export function dateText({ year, month, day }: DateParts): string {
  const padded = (number: number, length: number) => String(number).padStart(length, '0')
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`
}

/** The day that it is where the person sits. */
export function today(now: Date): string {
  return dateText({ year: now.getFullYear(), month: now.getMonth() + 1, day: now.getDate() })
}

/** The same day `months` later; in a shorter month its last day. */
export function addMonths(text: string, months: number): string {
  const { year, month, day } = expectDate(text)
  const count = year * 12 + (month - 1) + months
  const target = { year: Math.floor(count / 12), month: (((count % 12) + 12) % 12) + 1 }
  return dateText({ ...target, day: Math.min(day, daysInMonth(target.year, target.month)) })
}

/** How many days `to` is after `from`. */
export function daysBetween(from: string, to: string): number {
  return dayNumber(expectDate(to)) - dayNumber(expectDate(from))
}

/** A date as the language writes it. What is no date is shown as it came. */
export function formatDate(text: string, conventions: Conventions): string {
  const parts = dateParts(text)
  return parts ? conventions.day(parts.year, parts.month, parts.day) : text
}

/** A moment as day and minute where the person sits. */
export function formatMoment(text: string, conventions: Conventions): string {
  const moment = new Date(text)
  if (Number.isNaN(moment.getTime())) return text
  const two = (number: number) => String(number).padStart(2, '0')
  const time = `${two(moment.getHours())}:${two(moment.getMinutes())}`
  return `${formatDate(today(moment), conventions)} ${time}`
}

function expectDate(text: string): DateParts {
  const parts = dateParts(text)
  if (!parts) throw new RangeError(`not a date: ${text}`)
  return parts
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** Days since 1 March of year 0, so that the leap day ends a year. */
function dayNumber({ year, month, day }: DateParts): number {
  const shifted = month > 2 ? year : year - 1
  const daysOfMonths = Math.floor((153 * ((month + 9) % 12) + 2) / 5)
  const leapDays = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400)
  return 365 * shifted + leapDays + daysOfMonths + day - 1
}
