import { describe, expect, it } from 'vitest'
import { CHART } from './chart-sample'
import { accountsOf, rowsOf } from './tree'

const shown = (closed: string[]) =>
  rowsOf(CHART, new Set(closed)).map(({ depth, name }) => `${'  '.repeat(depth)}${name}`)

describe('the rows of a chart', () => {
  it('stand under what they stand in, accounts after groups', () => {
    expect(shown([])).toEqual([
      'assets',
      '  bank',
      '    Everyday account',
      '  Jar of coins',
      'income',
      '  income:wages',
      'acct_loose',
    ])
  })

  it('are gone with a group that is closed, and only these', () => {
    expect(shown(['agrp_bank'])).toEqual([
      'assets',
      '  bank',
      '  Jar of coins',
      'income',
      '  income:wages',
      'acct_loose',
    ])
    expect(shown(['agrp_assets', 'agrp_income'])).toEqual(['assets', 'income', 'acct_loose'])
  })

  it('name every account once', () => {
    expect([...accountsOf(CHART).keys()]).toEqual([
      'acct_everyday',
      'acct_jar',
      'acct_wages',
      'acct_loose',
    ])
  })
})
