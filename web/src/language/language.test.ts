import { describe, expect, it, vi } from 'vitest'

vi.mock('./catalogues/en.po', () => ({ messages: {} }))
const { preferredLanguage } = await import('./language')

describe('the language of a visit', () => {
  it.each([
    ['mn', ['en-AU'], 'mn'],
    [null, ['mn-MN', 'en'], 'mn'],
    [null, ['de', 'mn'], 'mn'],
    [null, ['en-AU', 'mn'], 'en'],
    [null, ['de-CH'], 'en'],
    ['klingon', [], 'en'],
  ])('with %s kept and %j wanted is %s', (kept, wanted, language) => {
    expect(preferredLanguage(kept, wanted)).toBe(language)
  })
})
