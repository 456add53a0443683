import { describe, expect, it } from 'vitest'
import { Problem } from '../api/problem'
import { isWorthRepeating } from './services'

describe('a request that failed', () => {
  it.each([
    [0, true],
    [503, true],
    [401, false],
    [409, false],
    [422, false],
    [500, false],
  ])('with status %d is sent again: %s', (status, again) => {
    expect(isWorthRepeating(0, new Problem({ status, code: 'x' }))).toBe(again)
  })

  it('is sent three times at most', () => {
    const away = new TypeError('failed to fetch')
    expect([0, 1, 2].map(failures => isWorthRepeating(failures, away))).toEqual([true, true, false])
  })
})
