import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { type ReactNode, useState } from 'react'
import type { HistoryPoint, Summary } from '../../api/types'
import { changeInPercent, isNegative, isZero, subtractDecimals } from '../../format/decimal'
import { useFormats } from '../../language/use-formats'
import { Figure } from '../../ui/figure'
import { sentence } from '../../ui/problem-notice'
import { NetWorthChart } from './net-worth-chart'
import { RANGE_NAMES, type Range } from './range'

interface NetWorthPanelProps {
  summary: Summary
  points: readonly HistoryPoint[]
  range: Range
  /** Figures of another currency or day are on their way. */
  busy: boolean
  onRange: (range: Range) => void
  onDate: (date: string) => void
  onExplain: () => void
  /** The choices of currency and day. */
  controls: ReactNode
  /** What stands in place of the line where there is none. */
  instead: ReactNode
}

/** The answer to the question that the page is for, and how it came to be over time. */
export function NetWorthPanel(props: NetWorthPanelProps) {
  const { summary, points, range, busy, onRange, onDate, onExplain, controls, instead } = props
  const { t } = useLingui()
  const formats = useFormats()
  const [hovered, setHovered] = useState<HistoryPoint | null>(null)
  const { amount, currency } = summary.total
  return (
    <section
      aria-labelledby="net-worth"
      aria-busy={busy}
      data-shown={`${summary.as_of} ${currency}`}
    >
      <div className="flex flex-wrap items-end justify-between gap-x-8 gap-y-4">
        <div className={`min-w-0 motion-safe:transition-opacity ${busy ? 'opacity-50' : ''}`}>
          <h1 id="net-worth" className="text-soft">
            <Trans>
              Net worth on <span className="text-ink">{formats.date(summary.as_of)}</span>
            </Trans>
          </h1>
          <p className="mt-0.5 text-[clamp(1.6rem,7.4vw,2.9rem)] leading-tight font-semibold tracking-tight">
            <Figure hint={t`Show how this comes about`} onExplain={onExplain}>
              <span data-figure="net-worth">{formats.amount(amount)}</span>
              <span className="ml-2 text-[0.45em] font-medium tracking-normal text-soft">
                {currency}
              </span>
            </Figure>
          </p>
        </div>
        {controls}
      </div>
      <div className="mt-4 flex min-h-8 flex-wrap items-center justify-between gap-x-6 gap-y-2">
        <p className="figures text-[0.8125rem] text-soft">
          {hovered ? (
            <>
              {formats.date(hovered.date)}
              <span className="ml-3 font-medium text-ink">
                {hovered.total ? formats.money(hovered.total) : <Trans>not known</Trans>}
              </span>
            </>
          ) : (
            <Change points={points} currency={currency} />
          )}
        </p>
        <RangeChoice range={range} onRange={onRange} />
      </div>
      <div className={`mt-1 motion-safe:transition-opacity ${busy ? 'opacity-50' : ''}`}>
        {points.length > 0 ? (
          <NetWorthChart points={points} onPick={onDate} onHover={setHovered} />
        ) : (
          instead
        )}
      </div>
      <Gaps points={points} />
    </section>
  )
}

/** What the line did from its first point to its last. */
function Change({ points, currency }: { points: readonly HistoryPoint[]; currency: string }) {
  const formats = useFormats()
  const known = points.filter(({ total }) => total)
  const [first, last] = [known[0], known.at(-1)]
  // While the line of another currency is on its way, the two must not be mixed up.
  if (!first?.total || !last?.total || last.total.currency !== currency) return null
  const change = subtractDecimals(last.total.amount, first.total.amount)
  const percent = changeInPercent(first.total.amount, last.total.amount)
  const colour = isZero(change) ? 'text-ink' : isNegative(change) ? 'text-loss' : 'text-gain'
  return (
    <Trans>
      <span className={`font-medium ${colour}`}>
        {formats.change(change)} {currency}
        {percent && ` (${formats.change(percent)}%)`}
      </span>{' '}
      since {formats.date(first.date)}
    </Trans>
  )
}

/** A gap in the line is explained in the server's words, the first reason for all. */
function Gaps({ points }: { points: readonly HistoryPoint[] }) {
  const unknown = points.filter(({ total }) => !total)
  const reason = unknown[0]?.reason
  if (!reason) return null
  return (
    <p className="mt-1 text-xs text-warn">
      <Plural
        value={unknown.length}
        one="The line has a gap where the net worth of # day is not known:"
        other="The line has gaps where the net worth of # days is not known:"
      />{' '}
      {sentence(reason)}
    </p>
  )
}

function RangeChoice({ range, onRange }: { range: Range; onRange: (range: Range) => void }) {
  const { t } = useLingui()
  const names: Readonly<Record<Range, string>> = {
    '3m': t`3 months`,
    '1y': t`1 year`,
    '5y': t`5 years`,
  }
  return (
    <fieldset className="flex text-[0.8125rem]">
      <legend className="sr-only">
        <Trans>How far back</Trans>
      </legend>
      {RANGE_NAMES.map(name => (
        <label
          key={name}
          className="cursor-pointer rounded-md px-2 py-1 text-soft hover:text-accent has-checked:bg-tint has-checked:font-medium has-checked:text-accent has-focus-visible:outline-2 has-focus-visible:outline-accent"
        >
          <input
            type="radio"
            name="range"
            className="sr-only"
            checked={range === name}
            onChange={() => onRange(name)}
          />
          {names[name]}
        </label>
      ))}
    </fieldset>
  )
}
