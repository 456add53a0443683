// Imports for tests.

import type { Import, ImportStatement } from '../../api/types'

type Counts = Partial<
  Pick<ImportStatement, 'entries' | 'new' | 'known' | 'review' | 'pending' | 'faulty'>
>

export function statementOf(counts: Counts): ImportStatement {
  return {
    number: 0,
    account: { asset: 'asset_1', opens: false, label: '10234567', currency: 'AUD' },
    from: null,
    to: null,
    opening: null,
    closing: null,
    entries: 0,
    new: 0,
    known: 0,
    review: 0,
    pending: 0,
    faulty: 0,
    booked: 0,
    skipped: 0,
    undone: 0,
    closing_check: null,
    opening_check: null,
    notes: [],
    ...counts,
  }
}

export const stagedImport: Import = {
  id: 'import_1',
  file_name: 'march.ofx',
  format: 'ofx1',
  format_version: '102',
  encoding: 'windows-1252',
  status: 'staged',
  statements: [statementOf({ entries: 2, new: 2 })],
  faults: [],
  faults_left_out: 0,
  questions: [],
  notes: [],
  bookable_in_part: true,
  reason: null,
  undone_at: null,
  mapping: null,
  created_at: '2026-03-31T02:00:00Z',
  booked_at: null,
}
