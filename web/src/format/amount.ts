// Amounts, rates and percentages as people read and write them.

import type { Conventions } from './conventions'
import { absolute, parseDecimal } from './decimal'

/** The sign of a negative number; a hyphen is shorter than a digit and breaks columns. */
const MINUS = '\u2212'

/** "1234567.50" as 1,234,567.50, with all the decimals that it came with. */
export function formatAmount(text: string, conventions: Conventions): string {
  const { units, scale } = parseDecimal(text)
  const digits = absolute(units)
    .toString()
    .padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, conventions.group)
  const fraction = scale > 0 ? conventions.decimalSign + digits.slice(-scale) : ''
  return (units < 0n ? MINUS : '') + grouped + fraction
}

/** As an amount, with a plus sign where it is above zero: a change. */
export function formatChange(text: string, conventions: Conventions): string {
  const sign = parseDecimal(text).units > 0n ? '+' : ''
  return sign + formatAmount(text, conventions)
}

/** As an amount, without the zeros that end a quantity or rate: "0.50000000" is 0.5. */
export function formatQuantity(text: string, conventions: Conventions): string {
  return formatAmount(text.includes('.') ? text.replace(/\.?0+$/, '') : text, conventions)
}

/**
 * Reads what a person typed, groups and the language's signs included, as a decimal of the
 * contract. Null where it is not a number: a group of other than three digits is a slip of the
 * finger, not a thousand.
 */
export function readAmount(typed: string, conventions: Conventions): string | null {
  const text = typed
    .trim()
    .replace(/[\u2212\u2013]/g, '-')
    .replace(/[\u00a0\u202f ]/g, '')
  const sign = text.startsWith('-') ? '-' : ''
  const unsigned = text.replace(/^[+-]/, '')
  const [whole = '', fraction, ...rest] = unsigned.split(conventions.decimalSign)
  if (rest.length > 0 || (fraction !== undefined && !/^\d+$/.test(fraction))) return null
  const groups = whole.split(conventions.group)
  const isGrouped = groups.length > 1
  const [first = '', ...others] = groups
  if (!/^\d+$/.test(first) || (isGrouped && first.length > 3)) return null
  if (others.some(group => !/^\d{3}$/.test(group))) return null
  const digits = groups.join('').replace(/^0+(?=\d)/, '')
  return sign + digits + (fraction === undefined ? '' : `.${fraction}`)
}
