import type { ButtonHTMLAttributes } from 'react'

type Look = 'primary' | 'secondary' | 'quiet'

const BASE =
  'inline-flex items-center justify-center gap-2 rounded-md px-3 min-h-9 font-medium ' +
  'motion-safe:transition-colors disabled:opacity-55 select-none'

const LOOKS: Readonly<Record<Look, string>> = {
  primary: 'bg-accent text-onaccent enabled:hover:bg-accent/88',
  secondary:
    'border border-edge/60 bg-raised enabled:hover:border-accent enabled:hover:text-accent',
  quiet: 'text-soft enabled:hover:bg-tint enabled:hover:text-accent',
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look
  /** The action is under way: the button waits, and says so to a screen reader. */
  busy?: boolean
}

export function Button({ look = 'secondary', busy, className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled || busy}
      aria-busy={busy}
      className={`${BASE} ${LOOKS[look]} ${className ?? ''}`}
    />
  )
}
