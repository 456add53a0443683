import { describe, expect, it } from 'vitest'
import { entranceSearch, overviewSearch } from './search'

describe('the address of the first page', () => {
  it('keeps what makes sense', () => {
    const search = { currency: 'MNT', as_of: '2026-03-31', range: '5y', account: 'asset_1' }
    expect(overviewSearch({ ...search, old_rates: true })).toEqual({ ...search, old_rates: true })
  })

  it.each([
    [{ currency: 'mnt' }],
    [{ currency: 7 }],
    [{ as_of: '2026-02-30' }],
    [{ as_of: 20260331 }],
    [{ range: '10y' }],
    [{ old_rates: 'yes' }],
    [{ unknown: 'x' }],
  ])('leaves out what makes none: %j', search => {
    expect(Object.values(overviewSearch(search)).filter(value => value !== undefined)).toEqual([])
  })
})

describe('the way on after signing in', () => {
  it.each(['/', '/?as_of=2026-03-31', '/imports/imp_1'])('may lead to %s', next => {
    expect(entranceSearch({ next })).toEqual({ next })
  })

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:1', '', 5])(
    'never leads to %j',
    next => {
      expect(entranceSearch({ next }).next).toBeUndefined()
    },
  )
})
