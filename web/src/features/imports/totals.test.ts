import { describe, expect, it } from 'vitest'
import type { Import } from '../../api/types'
import { stagedImport, statementOf } from './import-sample'
import { readinessOf, totalsOf } from './totals'

describe('an import', () => {
  it('counts its lines over all statements', () => {
    const statements = [
      statementOf({ entries: 5, new: 3, known: 1, review: 1 }),
      statementOf({ entries: 3, new: 1, faulty: 1, pending: 1 }),
    ]
    expect(totalsOf(statements)).toEqual({
      entries: 8,
      new: 4,
      known: 1,
      review: 1,
      pending: 1,
      faulty: 1,
      skipped: 0,
    })
  })

  const fault = { line: 1, field: 'TRNAMT', found: 'x', expected: 'y', statement: 0, entry: 2 }
  const open = { asset: null, opens: false, label: '?', currency: 'AUD' }
  const cases: [string, Partial<Import>, string][] = [
    ['sound', { statements: [statementOf({ new: 3, known: 2 })] }, 'ready'],
    ['undecided beside', { statements: [statementOf({ new: 3, review: 1 })] }, 'ready'],
    ['undecided as a whole', { statements: [statementOf({ review: 3 })] }, 'undecided'],
    ['known', { statements: [statementOf({ known: 3 })] }, 'nothing'],
    ['faulty', { statements: [statementOf({ new: 3 })], faults: [fault] }, 'in_part'],
    ['faulty beyond the list', { faults_left_out: 1 }, 'in_part'],
    ['faulty beyond repair', { faults: [fault], bookable_in_part: false }, 'faulty'],
    ['faulty throughout', { statements: [statementOf({ faulty: 3 })], faults: [fault] }, 'faulty'],
    ['known, and faulty', { statements: [statementOf({ known: 3 })], faults: [fault] }, 'nothing'],
    ['without an account', { statements: [{ ...statementOf({}), account: open }] }, 'account_open'],
  ]
  it.each(cases)('that is %s is judged so', (_, part, readiness) => {
    expect(readinessOf({ ...stagedImport, ...part })).toBe(readiness)
  })
})
