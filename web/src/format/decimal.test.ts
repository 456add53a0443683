import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  changeInPercent,
  compareDecimals,
  decimalText,
  isNegative,
  isZero,
  parseDecimal,
  permilleOf,
  subtractDecimals,
} from './decimal'

const decimals = fc
  .tuple(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), fc.integer({ min: 0, max: 18 }))
  .map(([units, scale]) => decimalText({ units, scale }))

describe('a decimal', () => {
  it.each([
    ['0', 0n, 0],
    ['-0.05', -5n, 2],
    ['12.50', 1250n, 2],
    ['+7', 7n, 0],
    ['007.10', 710n, 2],
    ['170141183460469231731687303715884105727', 170141183460469231731687303715884105727n, 0],
  ])('%s is read without loss', (text, units, scale) => {
    expect(parseDecimal(text)).toEqual({ units, scale })
  })

  it.each(['', '-', '.5', '5.', '1e3', '1,5', ' 1', '1 ', '--1', 'NaN', '0x1'])(
    '%j is refused',
    text => {
      expect(() => parseDecimal(text)).toThrow(RangeError)
    },
  )

  it('is written as it was read', () => {
    fc.assert(fc.property(decimals, text => decimalText(parseDecimal(text)) === text))
  })

  it.each([
    ['0.30', '0.1', '0.20'],
    ['1', '1.000', '0.000'],
    ['-1.5', '2', '-3.5'],
    ['9007199254740993', '9007199254740992', '1'],
  ])('%s less %s is %s', (left, right, difference) => {
    expect(subtractDecimals(left, right)).toBe(difference)
  })

  it.each([
    ['1.0', '1', 0],
    ['-2', '-1', -1],
    ['0.2', '0.19', 1],
    ['9007199254740993', '9007199254740992', 1],
  ])('%s against %s is %d', (left, right, order) => {
    expect(compareDecimals(left, right)).toBe(order)
  })

  it.each([
    ['-0.01', true, false],
    ['-0.00', false, true],
    ['0', false, true],
    ['0.01', false, false],
  ])('%s: negative %s, zero %s', (text, negative, zero) => {
    expect([isNegative(text), isZero(text)]).toEqual([negative, zero])
  })
})

describe('a change in per cent', () => {
  it.each([
    ['100', '110', '10.00'],
    ['100', '90', '-10.00'],
    ['3', '4', '33.33'],
    ['3', '5', '66.67'],
    // A tie goes to the even neighbour, on both sides of zero.
    ['20000', '20001', '0.00'],
    ['20000', '20003', '0.02'],
    ['20000', '19997', '-0.02'],
    // Out of debt: the sign says the direction, not the side.
    ['-100', '50', '150.00'],
    ['-100', '-150', '-50.00'],
  ])('from %s to %s is %s', (from, to, change) => {
    expect(changeInPercent(from, to)).toBe(change)
  })

  it('cannot be said of zero', () => {
    expect(changeInPercent('0.00', '5')).toBeNull()
  })
})

describe('the length of a bar', () => {
  it.each([
    ['25', '100', 250],
    ['-25.00', '100', 250],
    ['1', '3', 333],
    ['5', '0', 0],
  ])('of %s in %s is %d', (part, whole, permille) => {
    expect(permilleOf(part, whole)).toBe(permille)
  })
})
