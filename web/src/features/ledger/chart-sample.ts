// A small chart of accounts for tests: assets with a bank and a jar, income, one account outside.

import type { Chart, ChartGroup, GroupBalance, LedgerAccount } from '../../api/types'

function account(part: Partial<LedgerAccount> & Pick<LedgerAccount, 'id'>): LedgerAccount {
  const posted = part.balance?.posted ?? '0.00'
  return {
    name: null,
    path: null,
    group: null,
    type: 'asset',
    commodity: 'AUD',
    code: 0,
    frozen: false,
    closed: false,
    floor: null,
    ceiling: null,
    aliases: [],
    ...part,
    balance: { posted, available: posted, held_in: '0.00', held_out: '0.00', commodity: 'AUD' },
  }
}

function held(posted: string, commodity = 'AUD'): GroupBalance {
  return { commodity, posted, held_debit: '0.00', held_credit: '0.00', floor: null, ceiling: null }
}

function group(name: string, path: string, balances: GroupBalance[]): ChartGroup['group'] {
  return { id: `agrp_${name}`, name, path, parent: null, balances }
}

const balance = (posted: string) => ({ posted }) as LedgerAccount['balance']

export const CHART: Chart = {
  groups: [
    {
      group: group('assets', 'assets', [
        held('1080.50'),
        held('1', 'ASSET-01'),
        held('1', 'ASSET-02'),
      ]),
      groups: [
        {
          group: group('bank', 'assets:bank', [held('1000.50')]),
          groups: [],
          accounts: [
            account({
              id: 'acct_everyday',
              name: 'Everyday account',
              path: 'assets:bank:everyday',
              balance: balance('1000.50'),
            }),
          ],
        },
      ],
      accounts: [
        account({
          id: 'acct_jar',
          name: 'Jar of coins',
          path: 'assets:jar',
          frozen: true,
          balance: balance('80.00'),
        }),
      ],
    },
    {
      group: group('income', 'income', [held('-1080.50')]),
      groups: [],
      accounts: [
        account({
          id: 'acct_wages',
          path: 'income:wages',
          type: 'income',
          balance: balance('1080.50'),
        }),
      ],
    },
  ],
  accounts: [account({ id: 'acct_loose', closed: true })],
}
