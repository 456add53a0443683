import type { ReactNode } from 'react'

type Tone = 'plain' | 'good' | 'warn' | 'bad'

const TONES: Readonly<Record<Tone, string>> = {
  plain: 'border-rule bg-raised',
  good: 'border-gain/40 bg-raised',
  warn: 'border-warn/40 bg-warntint',
  bad: 'border-loss/50 bg-raised',
}

const MARKS: Readonly<Record<Tone, string>> = {
  plain: 'bg-edge',
  good: 'bg-gain',
  warn: 'bg-warn',
  bad: 'bg-loss',
}

interface NoticeProps {
  tone?: Tone
  title: ReactNode
  children?: ReactNode
  /** What can be done about it. */
  actions?: ReactNode
}

/** Something that a person should know here and now. What is bad is read aloud at once. */
export function Notice({ tone = 'plain', title, children, actions }: NoticeProps) {
  return (
    <div
      role={tone === 'bad' ? 'alert' : 'status'}
      className={`flex overflow-hidden rounded-md border ${TONES[tone]}`}
    >
      <div aria-hidden className={`w-1 shrink-0 ${MARKS[tone]}`} />
      <div className="flex min-w-0 flex-1 flex-wrap items-center justify-between gap-x-6 gap-y-2 px-3 py-2.5">
        <div className="min-w-0">
          <p className="font-medium">{title}</p>
          {children && <div className="mt-0.5 text-[0.8125rem] text-soft">{children}</div>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </div>
    </div>
  )
}
