// The chart of accounts as rows: what stands in a group stands under it, further in.

import type { Chart, ChartGroup, GroupBalance, LedgerAccount } from '../../api/types'

export interface GroupRow {
  readonly kind: 'group'
  readonly id: string
  readonly name: string
  readonly depth: number
  readonly balances: readonly GroupBalance[]
}

export interface AccountRow {
  readonly kind: 'account'
  readonly id: string
  readonly name: string
  readonly depth: number
  readonly account: LedgerAccount
}

export type Row = GroupRow | AccountRow

type Level = Pick<Chart, 'groups' | 'accounts'>

/** The rows of a chart; what is below a group that is closed is left out. */
export function rowsOf(level: Level, closed: ReadonlySet<string>, depth = 0): Row[] {
  const below = (one: ChartGroup): Row[] => {
    const { id, name, balances } = one.group
    const row: GroupRow = { kind: 'group', id, name: name ?? id, depth, balances }
    return closed.has(id) ? [row] : [row, ...rowsOf(one, closed, depth + 1)]
  }
  const accounts = level.accounts.map(
    (account): Row => ({ kind: 'account', id: account.id, name: called(account), depth, account }),
  )
  return [...level.groups.flatMap(below), ...accounts]
}

/** Every account of a chart, by its id. */
export function accountsOf(level: Level): Map<string, LedgerAccount> {
  const all = rowsOf(level, new Set()).flatMap(row => (row.kind === 'account' ? [row.account] : []))
  return new Map(all.map(account => [account.id, account]))
}

/** What an account is called: by its owner, else by its path, else by its id. */
export function called(account: Pick<LedgerAccount, 'id' | 'name' | 'path'>): string {
  return account.name ?? account.path ?? account.id
}
