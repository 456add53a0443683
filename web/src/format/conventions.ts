// How each language writes numbers and dates. They are ours because Chromium knows no Mongolian:
// its Intl answers in English without saying so.

export type Language = 'en' | 'mn'

/** A unit of large numbers, as an axis shows it: 1.2M. */
export interface LargeUnit {
  readonly size: number
  readonly sign: string
}

export interface Conventions {
  readonly language: Language
  /** Between groups of three digits. */
  readonly group: string
  /** Before the decimals. */
  readonly decimalSign: string
  /** From the largest to the smallest. */
  readonly largeUnits: readonly LargeUnit[]
  /** A day in full: 31 Mar 2026. */
  readonly day: (year: number, month: number, day: number) => string
  /** A day within a year that is known. */
  readonly dayOfYear: (month: number, day: number) => string
  /** A month within a year that is known. */
  readonly month: (month: number) => string
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

const two = (number: number) => String(number).padStart(2, '0')
const monthName = (month: number) => MONTHS[month - 1] ?? ''

const ENGLISH: Conventions = {
  language: 'en',
  group: ',',
  decimalSign: '.',
  largeUnits: [
    { size: 1e12, sign: 'T' },
    { size: 1e9, sign: 'B' },
    { size: 1e6, sign: 'M' },
    { size: 1e3, sign: 'k' },
  ],
  day: (year, month, day) => `${day} ${monthName(month)} ${year}`,
  dayOfYear: (month, day) => `${day} ${monthName(month)}`,
  month: monthName,
}

const MONGOLIAN: Conventions = {
  language: 'mn',
  group: ',',
  decimalSign: '.',
  largeUnits: [
    { size: 1e12, sign: ' их наяд' },
    { size: 1e9, sign: ' тэрбум' },
    { size: 1e6, sign: ' сая' },
    { size: 1e3, sign: ' мянга' },
  ],
  day: (year, month, day) => `${year}.${two(month)}.${two(day)}`,
  dayOfYear: (month, day) => `${month}-р сарын ${day}`,
  month: month => `${month}-р сар`,
}

export const CONVENTIONS: Readonly<Record<Language, Conventions>> = { en: ENGLISH, mn: MONGOLIAN }
