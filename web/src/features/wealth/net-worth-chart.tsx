import { useLingui } from '@lingui/react/macro'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import type { HistoryPoint } from '../../api/types'
import { axisLabels } from '../../format/axis'
import { useFormats } from '../../language/use-formats'
import { useTheme } from '../../ui/theme'
import { dayOf, timeLabels } from './time-scale'

interface NetWorthChartProps {
  points: readonly HistoryPoint[]
  /** A point was chosen: the page goes to its day. */
  onPick: (date: string) => void
  /** The point under the cursor, or none. */
  onHover: (point: HistoryPoint | null) => void
}

const HEIGHT_PX = 232
const LABEL_WIDTH_PX = 76

/** Net worth over time. The line is drawn on a canvas; a slider under it serves the keyboard. */
export function NetWorthChart({ points, onPick, onHover }: NetWorthChartProps) {
  const { t } = useLingui()
  const formats = useFormats()
  const theme = useTheme()
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const [index, setIndex] = useState(points.length - 1)
  // The chart lives longer than a render, and calls what is current.
  const current = useRef({ points, onPick, onHover })
  useEffect(() => {
    current.current = { points, onPick, onHover }
  })

  // biome-ignore lint/correctness/useExhaustiveDependencies: a canvas must be drawn anew for another theme.
  useEffect(() => {
    const element = box.current
    if (!element) return
    const chart = new uPlot(
      chartOptions(element, points, formats.conventions, hovered => {
        const point = hovered === null ? null : (current.current.points[hovered] ?? null)
        current.current.onHover(point)
      }),
      chartData(points),
      element,
    )
    plot.current = chart
    // By the place of the click: losing the focus has just taken the cursor away.
    const pick = (event: MouseEvent) => {
      const { left } = chart.over.getBoundingClientRect()
      const point = current.current.points[chart.posToIdx(event.clientX - left)]
      if (point) current.current.onPick(point.date)
    }
    chart.over.addEventListener('click', pick)
    const watch = new ResizeObserver(() => {
      chart.setSize({ width: element.clientWidth, height: HEIGHT_PX })
    })
    watch.observe(element)
    return () => {
      watch.disconnect()
      chart.destroy()
      plot.current = null
    }
  }, [points, formats, theme])

  const at = Math.min(Math.max(index, 0), points.length - 1)
  const point = points[at]
  const last = points.at(-1)
  if (!point || !last) return null

  const move = (to: number) => {
    const target = points[to]
    if (!target) return
    setIndex(to)
    plot.current?.setCursor({ left: plot.current.valToPos(dayOf(target.date), 'x'), top: 0 })
  }
  const leave = () => {
    setIndex(points.length - 1)
    plot.current?.setCursor({ left: -10, top: -10 })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') onPick(point.date)
  }
  return (
    <div className="relative rounded focus-within:outline-2 focus-within:outline-offset-4 focus-within:outline-accent has-[:focus:not(:focus-visible)]:outline-none">
      <div ref={box} aria-hidden className="cursor-pointer" style={{ height: HEIGHT_PX }} />
      <input
        type="range"
        min={0}
        max={points.length - 1}
        value={at}
        onChange={event => move(event.target.valueAsNumber)}
        onKeyDown={onKeyDown}
        onBlur={leave}
        aria-label={t`Net worth over time; Enter goes to the day`}
        aria-valuetext={`${formats.date(point.date)}: ${point.total ? formats.money(point.total) : t`not known`}`}
        className="pointer-events-none absolute inset-x-0 bottom-0 opacity-0"
      />
    </div>
  )
}

/**
 * The only place where an amount becomes a binary fraction: a position on a screen. A day without
 * a figure is a gap in the line.
 */
function chartData(points: readonly HistoryPoint[]): uPlot.AlignedData {
  return [
    points.map(({ date }) => dayOf(date)),
    points.map(({ total }) => (total ? Number(total.amount) : null)),
  ]
}

function chartOptions(
  element: HTMLElement,
  points: readonly HistoryPoint[],
  conventions: Parameters<typeof axisLabels>[2],
  onHover: (index: number | null) => void,
): uPlot.Options {
  const colour = (name: string) => resolvedColour(element, name)
  const [from = '', to = ''] = [points[0]?.date, points.at(-1)?.date]
  // A label at the very edge would be cut off.
  const labelsFor = (chart: uPlot) =>
    timeLabels(from, to, Math.floor(chart.width / LABEL_WIDTH_PX), conventions).filter(
      ({ day }) => chart.valToPos(day, 'x') >= LABEL_WIDTH_PX / 3,
    )
  const font = `12px ${getComputedStyle(element).fontFamily}`
  const axis: uPlot.Axis = { stroke: colour('soft'), font, ticks: { show: false } }
  const line = { stroke: colour('rule'), width: 1 }
  return {
    width: element.clientWidth,
    height: HEIGHT_PX,
    padding: [12, 4, 0, 4],
    legend: { show: false },
    cursor: {
      y: false,
      // Nothing is dragged here; a click that moved by a fraction of a pixel is still a click.
      drag: { x: false, y: false, click: () => undefined },
      points: { size: 9, width: 2 },
    },
    scales: { x: { time: false }, y: { range: spread } },
    hooks: { setCursor: [chart => onHover(chart.cursor.idx ?? null)] },
    series: [
      {},
      {
        stroke: colour('accent'),
        width: 2,
        points: {
          size: 7,
          width: 2,
          fill: colour('paper'),
          // The end of the line is the figure above it; a single day would else show nothing.
          filter: (_, seriesIndex) => (seriesIndex === 1 ? [points.length - 1] : null),
          show: true,
        },
      },
    ],
    axes: [
      {
        ...axis,
        size: 28,
        grid: { show: false },
        splits: chart => labelsFor(chart).map(({ day }) => day),
        values: chart => labelsFor(chart).map(({ text }) => text),
      },
      {
        ...axis,
        side: 1,
        size: (chart, values) => labelWidth(chart, values, font),
        gap: 8,
        grid: line,
        values: (_, splits, __, ___, step) => axisLabels(splits, step, conventions),
      },
    ],
  }
}

/** Room above and below the line; around a flat one enough to lie in the middle. */
function spread(_: uPlot, min: number | null, max: number | null): [number, number] {
  const [low, high] = [min ?? 0, max ?? 0]
  const room = high > low ? (high - low) * 0.12 : Math.max(Math.abs(high) * 0.05, 1)
  return [low - room, high + room]
}

function labelWidth(chart: uPlot, values: string[] | null, font: string): number {
  chart.ctx.save()
  chart.ctx.font = font
  const widths = (values ?? []).map(text => chart.ctx.measureText(text).width)
  chart.ctx.restore()
  return Math.ceil(Math.max(0, ...widths)) + 12
}

/** A canvas knows no variables of CSS: the colour as the theme in force gives it. */
function resolvedColour(element: HTMLElement, name: string): string {
  const kept = element.style.color
  element.style.color = `var(--color-${name})`
  const { color } = getComputedStyle(element)
  element.style.color = kept
  return color
}
