import { type ReactNode, useId } from 'react'

interface SectionProps {
  title: ReactNode
  /** Stands at the right of the title: a count, a choice. */
  aside?: ReactNode
  children: ReactNode
  className?: string
}

/** A part of the page under a rule, as in a printed statement. */
export function Section({ title, aside, children, className }: SectionProps) {
  const id = useId()
  return (
    <section aria-labelledby={id} className={`min-w-0 border-t border-ink/80 ${className ?? ''}`}>
      <div className="flex min-h-11 flex-wrap items-center justify-between gap-x-4 gap-y-1 py-1">
        <h2 id={id} className="text-[0.9375rem] font-semibold">
          {title}
        </h2>
        {aside && <div className="text-[0.8125rem] text-soft">{aside}</div>}
      </div>
      {children}
    </section>
  )
}

/** Lines that stand in for what is still on its way. */
export function Waiting({ lines, label }: { lines: number; label: string }) {
  return (
    <div role="status" aria-label={label} className="py-1 motion-safe:animate-pulse">
      {Array.from({ length: lines }, (_, index) => index).map(index => (
        <div key={index} className="flex justify-between border-t border-rule py-3 first:border-0">
          <div className="h-3.5 rounded bg-rule" style={{ width: `${34 - ((index * 7) % 15)}%` }} />
          <div className="h-3.5 w-24 rounded bg-rule" />
        </div>
      ))}
    </div>
  )
}
