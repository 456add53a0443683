import { describe, expect, it } from 'vitest'
import { type CsvMapping, changedMapping, valuesOf } from './mapping'

/** What the form does not show stands beside what it does. */
const FOUND: CsvMapping & Record<string, unknown> = {
  delimiter: ';',
  header_line: 3,
  columns: [
    { name: 'Огноо', role: 'booked' },
    { name: 'Дүн', role: 'amount' },
    { name: 'Төрөл', role: 'flag' },
  ],
  date_order: null,
  decimal_sign: 'point',
  thousands_sign: ',',
  amount_sign: null,
  debit_sign: 'without_sign',
  debit_words: ['зарлага', 'DR'],
  credit_words: [],
  currency: null,
}

describe('a mapping in a form', () => {
  it('comes out as it went in', () => {
    expect(changedMapping(FOUND, valuesOf(FOUND))).toEqual(FOUND)
  })

  it.each([
    ['point', 'comma', ',', '.'],
    ['comma', 'point', null, ','],
    [null, 'comma', null, '.'],
    [null, '', null, null],
    ['point', 'point', ',', ','],
    ['point', 'comma', ' ', ' '],
  ])('whose decimal sign goes from %s to %j takes the other one for thousands', (...signs) => {
    const [decimal_sign, said, thousands_sign, expected] = signs
    const found = { ...FOUND, decimal_sign, thousands_sign }
    const changed = changedMapping(found, { ...valuesOf(found), decimal_sign: said })
    expect(changed.thousands_sign).toBe(expected)
  })

  it('takes what a person says, and keeps what the form does not show', () => {
    const changed = changedMapping(FOUND, {
      ...valuesOf(FOUND),
      date_order: 'day_month_year',
      currency: ' mnt ',
      credit_words: 'орлого, ,CR',
      roles: ['value', 'amount', 'ignored'],
    })
    expect(changed).toEqual({
      ...FOUND,
      date_order: 'day_month_year',
      currency: 'MNT',
      credit_words: ['орлого', 'CR'],
      columns: [
        { name: 'Огноо', role: 'value' },
        { name: 'Дүн', role: 'amount' },
        { name: 'Төрөл', role: 'ignored' },
      ],
    })
  })
})
