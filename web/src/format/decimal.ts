// Decimals as the contract writes them: text such as "-1234.50". They are counted in integers of
// their smallest digit, so that no amount ever becomes a binary fraction.

/** 12.50 is 1250 units at scale 2. */
export interface Decimal {
  readonly units: bigint
  readonly scale: number
}

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/

/** Reads a decimal of the contract. Anything else is a fault of the caller, not of a person. */
export function parseDecimal(text: string): Decimal {
  const parts = DECIMAL.exec(text)
  if (!parts) throw new RangeError(`not a decimal: ${text}`)
  const [, sign, whole = '', fraction = ''] = parts
  const units = BigInt(whole + fraction)
  return { units: sign === '-' ? -units : units, scale: fraction.length }
}

/** Writes it as the contract does. */
export function decimalText({ units, scale }: Decimal): string {
  const digits = absolute(units)
    .toString()
    .padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const fraction = scale > 0 ? `.${digits.slice(-scale)}` : ''
  return `${units < 0n ? '-' : ''}${whole}${fraction}`
}

export function absolute(units: bigint): bigint {
  return units < 0n ? -units : units
}

/** Negative, zero or positive as `left` is below, equal to or above `right`. */
export function compareDecimals(left: string, right: string): number {
  const [a, b] = aligned(parseDecimal(left), parseDecimal(right))
  return a < b ? -1 : a > b ? 1 : 0
}

export function isNegative(text: string): boolean {
  return parseDecimal(text).units < 0n
}

export function isZero(text: string): boolean {
  return parseDecimal(text).units === 0n
}

/** `left - right`, at the larger of their scales. */
export function subtractDecimals(left: string, right: string): string {
  const from = parseDecimal(left)
  const what = parseDecimal(right)
  const [a, b] = aligned(from, what)
  return decimalText({ units: a - b, scale: Math.max(from.scale, what.scale) })
}

/**
 * How much `to` is above `from`, in per cent of `from` without its sign, rounded half-even to
 * `scale` decimals. Nothing can be said in per cent of zero.
 */
export function changeInPercent(from: string, to: string, scale = 2): string | null {
  const [before, after] = aligned(parseDecimal(from), parseDecimal(to))
  if (before === 0n) return null
  const numerator = (after - before) * 100n * 10n ** BigInt(scale)
  return decimalText({ units: divideHalfEven(numerator, absolute(before)), scale })
}

/** The size of `part` against that of `whole`, from 0 to 1000: the length of a bar. */
export function permilleOf(part: string, whole: string): number {
  const [a, b] = aligned(parseDecimal(part), parseDecimal(whole))
  if (b === 0n) return 0
  return Number(divideHalfEven(absolute(a) * 1000n, absolute(b)))
}

function aligned(left: Decimal, right: Decimal): [bigint, bigint] {
  const scale = Math.max(left.scale, right.scale)
  const at = (decimal: Decimal) => decimal.units * 10n ** BigInt(scale - decimal.scale)
  return [at(left), at(right)]
}

/** The quotient for a positive divisor, a tie going to the even neighbour. */
function divideHalfEven(numerator: bigint, divisor: bigint): bigint {
  const size = absolute(numerator)
  const quotient = size / divisor
  const twiceRest = 2n * (size % divisor)
  const up = twiceRest > divisor || (twiceRest === divisor && quotient % 2n === 1n)
  const rounded = up ? quotient + 1n : quotient
  return numerator < 0n ? -rounded : rounded
}
