import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useApi } from '../../api/provider'
import type { Import, ImportLine, LineStatus } from '../../api/types'
import { isNegative } from '../../format/decimal'
import { useFormats } from '../../language/use-formats'
import { Button } from '../../ui/button'
import { ProblemNotice, sentence } from '../../ui/problem-notice'
import { Section, Waiting } from '../../ui/section'
import { LineDecision } from './line-decision'
import { LineWhy } from './line-why'
import { importLinesQuery } from './queries'
import { totalsOf } from './totals'
import { useLineStatuses } from './words'

// Faulty entries are not offered: those that could not be read are no lines, but faults.
const FILTERS = ['new', 'review', 'known', 'pending', 'skipped'] as const

/** The lines of a file, all of them or those in one state. */
export function ImportLines({ one }: { one: Import }) {
  const { t } = useLingui()
  const totals = totalsOf(one.statements)
  const isStaged = one.status === 'staged'
  const [status, setStatus] = useState<LineStatus | undefined>()
  const [asked, setAsked] = useState<number | undefined>()
  const query = useInfiniteQuery(importLinesQuery(useApi(), one.id, status))
  const lines = query.data?.pages.flatMap(({ items }) => items)
  return (
    <Section
      title={<Trans>Lines</Trans>}
      aside={isStaged && <LineFilter status={status} totals={totals} onStatus={setStatus} />}
    >
      {query.isPending && <Waiting lines={6} label={t`Loading`} />}
      {query.isError && <ProblemNotice thrown={query.error} retry={() => void query.refetch()} />}
      {lines?.length === 0 && (
        <p className="border-t border-rule py-4 text-soft">
          <Trans>There are no such lines.</Trans>
        </p>
      )}
      {lines && lines.length > 0 && (
        <LineTable importId={one.id} lines={lines} open={isStaged} onAsk={setAsked} />
      )}
      {asked !== undefined && (
        <LineWhy one={one} line={asked} onClose={() => setAsked(undefined)} />
      )}
      {query.hasNextPage && (
        <div className="border-t border-rule py-3">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            <Trans>Show more</Trans>
          </Button>
        </div>
      )}
    </Section>
  )
}

interface LineFilterProps {
  status: LineStatus | undefined
  totals: ReturnType<typeof totalsOf>
  onStatus: (status: LineStatus | undefined) => void
}

function LineFilter({ status, totals, onStatus }: LineFilterProps) {
  const { t } = useLingui()
  const words = useLineStatuses()
  const look = (chosen: boolean) =>
    `rounded-md px-2 py-1 ${chosen ? 'bg-tint font-medium text-accent' : 'text-soft hover:text-accent'}`
  return (
    <fieldset className="flex flex-wrap">
      <legend className="sr-only">
        <Trans>Which lines</Trans>
      </legend>
      <button
        type="button"
        aria-pressed={status === undefined}
        className={look(status === undefined)}
        onClick={() => onStatus(undefined)}
      >
        {t`All`}
      </button>
      {FILTERS.filter(name => totals[name] > 0).map(name => (
        <button
          key={name}
          type="button"
          aria-pressed={status === name}
          className={look(status === name)}
          onClick={() => onStatus(name)}
        >
          {words[name]} <span className="figures">{totals[name]}</span>
        </button>
      ))}
    </fieldset>
  )
}

interface LineTableProps {
  importId: string
  lines: readonly ImportLine[]
  /** Nothing is booked yet, so lines can still be decided. */
  open: boolean
  /** Somebody wants to know why a line is what it is. */
  onAsk: (line: number) => void
}

function LineTable({ importId, lines, open, onAsk }: LineTableProps) {
  const formats = useFormats()
  const words = useLineStatuses()
  const heading = 'py-1.5 text-xs font-medium text-soft'
  const wide = 'max-md:hidden'
  return (
    <table className="w-full">
      <caption className="sr-only">
        <Trans>Lines of the file</Trans>
      </caption>
      <thead className="max-md:sr-only">
        <tr>
          <th scope="col" className={`${heading} text-left`}>
            <Trans>Day</Trans>
          </th>
          <th scope="col" className={`${heading} text-left`}>
            <Trans>With whom, for what</Trans>
          </th>
          <th scope="col" className={`${heading} text-right`}>
            <Trans>Amount</Trans>
          </th>
          <th scope="col" className={`${heading} pl-6 text-left`}>
            <Trans>State</Trans>
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map(line => (
          <tr
            key={`${line.statement} ${line.line}`}
            className={`border-t border-rule align-baseline ${line.status === 'known' || line.status === 'skipped' ? 'text-soft' : ''}`}
          >
            <td className={`${wide} figures w-0 py-2 pr-5 text-soft`}>
              {formats.date(line.booked)}
            </td>
            <td className="w-full max-w-0 py-2 pr-4">
              <span className="block truncate">
                {line.counterparty ?? line.purpose ?? line.reference}
                {line.counterparty && line.purpose && (
                  <span className="ml-2 text-soft">{line.purpose}</span>
                )}
              </span>
              {line.why && (
                <span
                  className={`block text-xs ${line.status === 'review' ? 'text-warn' : 'text-soft'}`}
                >
                  {sentence(line.why)}
                </span>
              )}
              <span className="block truncate text-xs text-soft md:hidden">
                {formats.date(line.booked)} · {words[line.status]}
              </span>
              {open && isDecidable(line) && (
                <span className="mt-1 block md:hidden">
                  <LineDecision importId={importId} line={line} />
                </span>
              )}
            </td>
            <td className="figures py-2 text-right">
              {line.amount && (
                <span className={isNegative(line.amount.amount) ? '' : 'text-gain'}>
                  {formats.change(line.amount.amount)}
                </span>
              )}
            </td>
            <td className={`${wide} py-2 pl-6 whitespace-nowrap`}>
              {open && isDecidable(line) ? (
                <LineDecision importId={importId} line={line} />
              ) : (
                words[line.status]
              )}
              <button
                type="button"
                className="ml-2 text-xs text-accent hover:underline"
                onClick={() => onAsk(line.line)}
              >
                <Trans>Why?</Trans>
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Whether a person has a say: the line is open, or they have decided it. */
function isDecidable({ status, decision }: ImportLine): boolean {
  return status === 'review' || Boolean(decision)
}
