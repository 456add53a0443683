import { Trans, useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import { asProblem, NO_ANSWER, type Problem, UNREADABLE_ANSWER } from '../api/problem'
import { Button } from './button'
import { Notice } from './notice'

interface ProblemNoticeProps {
  /** Whatever was thrown. */
  thrown: unknown
  /** What did not work, in the words of the place. */
  title?: ReactNode
  /** Offered where trying again may help. */
  retry?: () => void
  actions?: ReactNode
}

/** A problem in words, with the request id that its operator can look for. */
export function ProblemNotice({ thrown, title, retry, actions }: ProblemNoticeProps) {
  const problem = asProblem(thrown)
  const words = useProblemWords(problem)
  return (
    <Notice
      tone="bad"
      title={title ?? words}
      actions={
        <>
          {actions}
          {retry && isPassing(problem) && (
            <Button onClick={retry}>
              <Trans>Try again</Trans>
            </Button>
          )}
        </>
      }
    >
      {title && <p>{words}</p>}
      {problem.faults.map(fault => (
        <p key={`${fault.field} ${fault.rule}`}>
          <span className="font-medium text-ink">{fault.field}</span> {fault.detail}
        </p>
      ))}
      {problem.requestId && (
        <p className="mt-1 text-xs">
          <Trans>
            Request <code className="break-all select-all">{problem.requestId}</code>
          </Trans>
        </p>
      )}
    </Notice>
  )
}

/** Whether the same request may get another answer later: nothing was wrong with it. */
function isPassing({ status }: Problem): boolean {
  return status === 0 || status === 429 || status >= 500
}

/** What only the page can say, or says in a person's own language; else the server's words. */
export function useProblemWords(problem: Problem): string {
  const { t } = useLingui()
  switch (problem.code) {
    case NO_ANSWER:
      return t`Florin does not answer. It may have stopped, or the connection is lost.`
    case UNREADABLE_ANSWER:
      return t`The answer is not Florin's; something between here and there sent it.`
    case 'stale':
      return t`Your last change is saved, but the figures do not show it yet.`
    default:
      return sentence(problem.detail || problem.code)
  }
}

/** The server writes its details lower case and without a full stop, so that they can be joined. */
export function sentence(text: string): string {
  const opened = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?…]$/.test(opened) ? opened : `${opened}.`
}
