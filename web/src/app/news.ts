// What on the page is out of date when something changed in a module.

import type { QueryClient } from '@tanstack/react-query'
import type { News, Topic } from '../api/live'

const WORTH = ['summary', 'explanation', 'history', 'assets', 'transactions']
const LEDGER = ['books', 'chart', 'last-day', 'statement', 'transfer', 'record', 'captures']

/** The questions whose answers a module has a part in, by the first word of their keys. */
const ASKED_OF = new Map<Topic, readonly string[]>([
  ['changed/ledger', [...WORTH, ...LEDGER]],
  ['changed/markets', WORTH],
  ['changed/notices', ['notices']],
  ['changed/wealth', [...WORTH, 'imports']],
])

/** Asks anew what is on the page and may have changed; the rest when it is looked at. */
export function newsFor(queries: QueryClient): News {
  return {
    topics: [...ASKED_OF.keys()],
    changed(topic) {
      for (const word of ASKED_OF.get(topic) ?? []) {
        void queries.invalidateQueries({ queryKey: [word] })
      }
    },
  }
}
