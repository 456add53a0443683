import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, useId } from 'react'

const CONTROL =
  'w-full min-h-9 rounded-md border border-edge/70 bg-raised px-2.5 text-ink ' +
  'hover:border-accent aria-invalid:border-loss'

interface Labelled {
  label: ReactNode
  /** What a person should know before typing. */
  hint?: ReactNode
  /** What is wrong with what was typed. */
  error?: ReactNode
  /** The label is read aloud but not shown: the place says what the control is. */
  labelHidden?: boolean
}

type InputProps = Labelled & InputHTMLAttributes<HTMLInputElement>

export function Input({ label, hint, error, labelHidden, className, ...rest }: InputProps) {
  const ids = useIds(hint, error)
  return (
    <Labels {...{ label, hint, error, ids }} labelHidden={labelHidden}>
      <input {...rest} {...controlOf(ids, error)} className={`${CONTROL} ${className ?? ''}`} />
    </Labels>
  )
}

type SelectProps = Labelled & SelectHTMLAttributes<HTMLSelectElement>

export function Select({ label, hint, error, labelHidden, className, ...rest }: SelectProps) {
  const ids = useIds(hint, error)
  return (
    <Labels {...{ label, hint, error, ids }} labelHidden={labelHidden}>
      <select {...rest} {...controlOf(ids, error)} className={`${CONTROL} ${className ?? ''}`} />
    </Labels>
  )
}

interface Ids {
  readonly control: string
  readonly hint: string | undefined
  readonly error: string | undefined
}

function useIds(hint: ReactNode, error: ReactNode): Ids {
  const control = useId()
  return {
    control,
    hint: hint ? `${control}-hint` : undefined,
    error: error ? `${control}-error` : undefined,
  }
}

function controlOf(ids: Ids, error: ReactNode) {
  const described = [ids.hint, ids.error].filter(Boolean).join(' ')
  return {
    id: ids.control,
    'aria-invalid': error ? true : undefined,
    'aria-describedby': described || undefined,
  }
}

function Labels({
  label,
  hint,
  error,
  labelHidden,
  ids,
  children,
}: {
  label: ReactNode
  hint?: ReactNode
  error?: ReactNode
  labelHidden?: boolean | undefined
  ids: Ids
  children: ReactNode
}) {
  return (
    <div className="min-w-0">
      <label
        htmlFor={ids.control}
        className={labelHidden ? 'sr-only' : 'mb-1 block text-[0.8125rem] font-medium'}
      >
        {label}
      </label>
      {children}
      {hint && (
        <p id={ids.hint} className="mt-1 text-xs text-soft">
          {hint}
        </p>
      )}
      {error && (
        <p id={ids.error} className="mt-1 text-xs text-loss">
          {error}
        </p>
      )}
    </div>
  )
}
