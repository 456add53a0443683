import type { ReactNode } from 'react'

interface FigureProps {
  /** The number as it is written. */
  children: ReactNode
  /** What a screen reader says the click does. */
  hint: string
  onExplain: () => void
  className?: string
}

/** A figure that can be questioned: a click shows what it came from. */
export function Figure({ children, hint, onExplain, className }: FigureProps) {
  return (
    <button
      type="button"
      title={hint}
      onClick={onExplain}
      className={`figures -mx-1 rounded px-1 underline decoration-transparent decoration-dotted decoration-1 underline-offset-4 hover:decoration-accent hover:text-accent ${className ?? ''}`}
    >
      {children}
    </button>
  )
}
