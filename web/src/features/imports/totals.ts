// How many lines of an import are in which state, over all of its statements.

import type { Import, ImportStatement } from '../../api/types'

const STATES = ['new', 'known', 'review', 'pending', 'faulty', 'skipped'] as const

export type Totals = Readonly<Record<(typeof STATES)[number] | 'entries', number>>

export function totalsOf(statements: readonly ImportStatement[]): Totals {
  const sum = (name: keyof Totals) =>
    statements.reduce((total, statement) => total + statement[name], 0)
  const entries = STATES.map(name => [name, sum(name)])
  return { ...(Object.fromEntries(entries) as Totals), entries: sum('entries') }
}

/** What can be done with a preview. */
export type Readiness =
  /** The file does not say which account it is about, and a person has not said it either. */
  | 'account_open'
  /** All that is new can be booked. */
  | 'ready'
  /** The file has faults: what is sound can be booked without the rest. */
  | 'in_part'
  /** Nothing is new; some lines wait for a decision. */
  | 'undecided'
  /** All that is sound is booked already. */
  | 'nothing'
  /** No line is sound as the file was read. */
  | 'faulty'

export function readinessOf(staged: Import): Readiness {
  const { new: fresh, known, review } = totalsOf(staged.statements)
  const isFaulty = staged.faults.length > 0 || staged.faults_left_out > 0
  if (staged.statements.some(isAccountOpen)) return 'account_open'
  if (fresh > 0) return isFaulty ? (staged.bookable_in_part ? 'in_part' : 'faulty') : 'ready'
  if (review > 0) return 'undecided'
  return isFaulty && known === 0 ? 'faulty' : 'nothing'
}

export function isAccountOpen({ account }: ImportStatement): boolean {
  return !account.asset && !account.opens
}
