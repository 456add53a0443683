import { describe, expect, it } from 'vitest'
import { countryName, currencyName } from './names'

describe('names', () => {
  it.each([
    ['AU', 'Australia', 'Австрали'],
    ['MN', 'Mongolia', 'Монгол'],
    ['ZZ', 'Not stated', 'Заагаагүй'],
    // Not in our table: English rather than nothing.
    ['BR', 'Brazil', 'Brazil'],
    ['nowhere', 'nowhere', 'nowhere'],
  ])('of the country %s are %s and %s', (code, english, mongolian) => {
    expect(countryName(code, 'en')).toBe(english)
    expect(countryName(code, 'mn')).toBe(mongolian)
  })

  it.each([
    ['MNT', 'Mongolian Tugrik', 'Монголын төгрөг'],
    ['AUD', 'Australian Dollar', 'Австралийн доллар'],
    ['POINTS', 'POINTS', 'POINTS'],
  ])('of the currency %s are %s and %s', (code, english, mongolian) => {
    expect(currencyName(code, 'en')).toBe(english)
    expect(currencyName(code, 'mn')).toBe(mongolian)
  })
})
