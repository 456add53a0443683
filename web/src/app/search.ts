// What the address of the page says: a link shows the same figures to whoever may see them.

import * as v from 'valibot'
import { RANGE_NAMES } from '../features/wealth/range'
import { dateParts } from '../format/date'

const CalendarDate = v.pipe(
  v.string(),
  v.check(text => dateParts(text) !== null),
)

/** A part that makes no sense is left out, rather than the whole page refused. */
const OverviewSearch = v.object({
  currency: v.fallback(v.optional(v.pipe(v.string(), v.regex(/^[A-Z]{3}$/))), undefined),
  as_of: v.fallback(v.optional(CalendarDate), undefined),
  range: v.fallback(v.optional(v.picklist(RANGE_NAMES)), undefined),
  account: v.fallback(v.optional(v.string()), undefined),
  old_rates: v.fallback(v.optional(v.boolean()), undefined),
})

const LedgerSearch = v.object({
  book: v.fallback(v.optional(v.string()), undefined),
  account: v.fallback(v.optional(v.string()), undefined),
  from: v.fallback(v.optional(CalendarDate), undefined),
  to: v.fallback(v.optional(CalendarDate), undefined),
  transfer: v.fallback(v.optional(v.string()), undefined),
})

const EntranceSearch = v.object({
  next: v.fallback(v.optional(v.pipe(v.string(), v.check(isOwnPath))), undefined),
})

export type OverviewSearch = v.InferOutput<typeof OverviewSearch>
export type LedgerSearch = v.InferOutput<typeof LedgerSearch>
export type EntranceSearch = v.InferOutput<typeof EntranceSearch>

export function overviewSearch(search: Record<string, unknown>): OverviewSearch {
  return v.parse(OverviewSearch, search)
}

export function ledgerSearch(search: Record<string, unknown>): LedgerSearch {
  return v.parse(LedgerSearch, search)
}

export function entranceSearch(search: Record<string, unknown>): EntranceSearch {
  return v.parse(EntranceSearch, search)
}

/** Whether signing in may lead there: a path of this page, never another host. */
export function isOwnPath(path: string): boolean {
  return /^\/(?![/\\])/.test(path)
}
