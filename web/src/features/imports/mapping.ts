// How a CSV file was understood, and the same as a form holds it: text in every field, nothing being
// an empty one. The contract leaves the shape open, because a mapping goes back as it came but for
// what a person changed; these are the parts that the page shows.

import type { Import } from '../../api/types'

export const COLUMN_ROLES = [
  'ignored',
  'booked',
  'value',
  'amount',
  'debit',
  'credit',
  'flag',
  'balance',
  'currency',
  'account',
  'counterparty',
  'counterparty_account',
  'counterparty_bank',
  'purpose',
  'reference',
  'bank_reference',
  'end_to_end',
  'type_code',
  'status',
] as const

export type ColumnRole = (typeof COLUMN_ROLES)[number]

export interface CsvMapping {
  readonly delimiter: string
  readonly columns: readonly { readonly name: string; readonly role: ColumnRole }[]
  readonly date_order: string | null
  readonly decimal_sign: string | null
  readonly thousands_sign: string | null
  readonly amount_sign: string | null
  readonly debit_words: readonly string[]
  readonly credit_words: readonly string[]
  readonly currency: string | null
}

/** Something that the file leaves open. The answer belongs into the mapping. */
export interface CsvQuestion {
  readonly question:
    | 'date_order'
    | 'decimal_sign'
    | 'booked_column'
    | 'amount_column'
    | 'flag_words'
    | 'currency'
  /** What can be read in two ways. */
  readonly example?: { readonly line: number; readonly text: string } | null
  /** Words that are not known. */
  readonly words?: readonly string[]
}

/** The mapping of an import, which has one if its file is CSV. */
export function mappingOf({ mapping }: Import): CsvMapping | null {
  return (mapping ?? null) as CsvMapping | null
}

export function questionsOf({ questions }: Import): readonly CsvQuestion[] {
  return questions as readonly unknown[] as readonly CsvQuestion[]
}

export interface MappingValues {
  readonly delimiter: string
  readonly date_order: string
  readonly decimal_sign: string
  readonly amount_sign: string
  readonly currency: string
  readonly debit_words: string
  readonly credit_words: string
  readonly roles: readonly ColumnRole[]
}

export function valuesOf(mapping: CsvMapping): MappingValues {
  return {
    delimiter: mapping.delimiter,
    date_order: mapping.date_order ?? '',
    decimal_sign: mapping.decimal_sign ?? '',
    amount_sign: mapping.amount_sign ?? '',
    currency: mapping.currency ?? '',
    debit_words: mapping.debit_words.join(', '),
    credit_words: mapping.credit_words.join(', '),
    roles: mapping.columns.map(({ role }) => role),
  }
}

/** The mapping with what a person changed. What a form does not show stays as the server found it. */
export function changedMapping(found: CsvMapping, values: MappingValues): CsvMapping {
  return {
    ...found,
    delimiter: values.delimiter,
    date_order: values.date_order || null,
    decimal_sign: values.decimal_sign || null,
    thousands_sign: thousandsSign(found, values.decimal_sign),
    amount_sign: values.amount_sign || null,
    currency: values.currency.trim().toUpperCase() || null,
    debit_words: wordsOf(values.debit_words),
    credit_words: wordsOf(values.credit_words),
    columns: found.columns.map((column, index) => ({
      ...column,
      role: values.roles[index] ?? column.role,
    })),
  }
}

/**
 * Who says which sign stands before the decimals says as well what the other one is for, unless the
 * file was found to use a third.
 */
function thousandsSign(found: CsvMapping, decimalSign: string): string | null {
  const sign = found.thousands_sign
  if (decimalSign === '' || decimalSign === found.decimal_sign) return sign
  if (sign !== null && sign !== ',' && sign !== '.') return sign
  return decimalSign === 'comma' ? '.' : ','
}

function wordsOf(text: string): string[] {
  return text
    .split(',')
    .map(word => word.trim())
    .filter(word => word !== '')
}
