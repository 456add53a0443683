import { Trans } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { asProblem } from '../../api/problem'
import { useApi } from '../../api/provider'
import type { Decision, ImportLine } from '../../api/types'
import { useProblemWords } from '../../ui/problem-notice'
import { decideLine } from './queries'

interface LineDecisionProps {
  importId: string
  line: ImportLine
}

/** A line that may be known already is not guessed about: a person says whether it is booked. */
export function LineDecision({ importId, line }: LineDecisionProps) {
  const api = useApi()
  const queries = useQueryClient()
  const decide = useMutation({
    mutationFn: (decision: Decision) => decideLine(api, importId, line.line, decision),
    // Of an import that is booked, everything that the page shows may follow.
    onSuccess: () => queries.invalidateQueries(),
  })
  const look = (chosen: boolean) =>
    `min-h-7 border px-2 text-xs font-medium first:rounded-l-md last:rounded-r-md last:-ml-px ` +
    (chosen
      ? 'z-1 border-accent bg-accent text-onaccent'
      : 'border-edge/60 bg-raised text-ink enabled:hover:text-accent')
  const choice = (decision: Decision, chosen: boolean) => (
    <button
      type="button"
      aria-pressed={chosen}
      disabled={decide.isPending}
      className={look(chosen)}
      onClick={() => decide.mutate(decision)}
    >
      {decision === 'book' ? <Trans>Book</Trans> : <Trans>Leave out</Trans>}
    </button>
  )
  return (
    <span>
      <span className="inline-flex">
        {choice('book', line.decision === 'book')}
        {choice('skip', line.decision === 'skip')}
      </span>
      {decide.isError && <Failure thrown={decide.error} />}
    </span>
  )
}

function Failure({ thrown }: { thrown: unknown }) {
  const words = useProblemWords(asProblem(thrown))
  return (
    <span role="alert" className="block text-xs whitespace-normal text-loss">
      {words}
    </span>
  )
}
