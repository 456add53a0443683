import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAmount, formatChange, formatQuantity, readAmount } from './amount'
import { CONVENTIONS, type Conventions } from './conventions'
import { compareDecimals, decimalText } from './decimal'

const { en, mn } = CONVENTIONS

/** Signs that no language of ours uses yet, to show that none of them is assumed. */
const COMMA: Conventions = { ...en, group: '.', decimalSign: ',' }

describe('an amount', () => {
  it.each([
    ['0', '0'],
    ['0.00', '0.00'],
    ['999.99', '999.99'],
    ['1000', '1,000'],
    ['-1234567.5', '\u22121,234,567.5'],
    ['123456', '123,456'],
    ['3012345678.90', '3,012,345,678.90'],
    ['9007199254740993.01', '9,007,199,254,740,993.01'],
    ['-0.05', '\u22120.05'],
    ['0.00000001', '0.00000001'],
  ])('%s is written %s in English and Mongolian', (text, written) => {
    expect(formatAmount(text, en)).toBe(written)
    expect(formatAmount(text, mn)).toBe(written)
  })

  it('takes the signs of the language', () => {
    expect(formatAmount('-1234567.50', COMMA)).toBe('\u22121.234.567,50')
    expect(readAmount('-1.234.567,50', COMMA)).toBe('-1234567.50')
  })

  it.each([
    ['12.00', '+12.00'],
    ['0.00', '0.00'],
    ['-12.00', '\u221212.00'],
  ])('%s as a change is %s', (text, written) => {
    expect(formatChange(text, en)).toBe(written)
  })

  it.each([
    ['0.50000000', '0.5'],
    ['1200', '1,200'],
    ['1200.00', '1,200'],
    ['100.010', '100.01'],
    ['0.00', '0'],
  ])('%s as a quantity is %s', (text, written) => {
    expect(formatQuantity(text, en)).toBe(written)
  })
})

describe('what a person types', () => {
  it.each([
    ['450000', '450000'],
    ['450,000.00', '450000.00'],
    [' 1 234.5 ', '1234.5'],
    ['-12', '-12'],
    ['\u221212.50', '-12.50'],
    ['+3', '3'],
    ['007', '7'],
    ['0', '0'],
    ['000.10', '0.10'],
  ])('%j is %s', (typed, text) => {
    expect(readAmount(typed, en)).toBe(text)
  })

  it.each([
    '',
    '-',
    '1,23',
    '1,2345',
    '1234,567',
    ',123',
    '1.2.3',
    '1.',
    '.5',
    '1e5',
    'ten',
    '1,,000',
  ])('%j is no number', typed => {
    expect(readAmount(typed, en)).toBeNull()
  })
})

describe('writing and reading', () => {
  const decimals = fc
    .tuple(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), fc.integer({ min: 0, max: 18 }))
    .map(([units, scale]) => decimalText({ units, scale }))

  it.each([
    ['English', en],
    ['Mongolian', mn],
    ['comma as decimal sign', COMMA],
  ])('give the same amount back in %s', (_, conventions) => {
    fc.assert(
      fc.property(decimals, text => {
        const read = readAmount(formatAmount(text, conventions), conventions)
        return read === text
      }),
    )
  })

  it('give the same quantity back', () => {
    fc.assert(
      fc.property(decimals, text => {
        const read = readAmount(formatQuantity(text, en), en)
        return read !== null && compareDecimals(read, text) === 0
      }),
    )
  })
})
