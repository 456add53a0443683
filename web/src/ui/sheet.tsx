import { useLingui } from '@lingui/react/macro'
import { type ReactNode, useEffect, useId, useRef } from 'react'
import { Icon } from './icon'

interface SheetProps {
  title: ReactNode
  onClose: () => void
  children: ReactNode
}

/**
 * A sheet that slides over the page from the right; on a narrow screen it fills it. The browser's
 * own dialog keeps the focus inside, closes on Escape and gives the focus back.
 */
export function Sheet({ title, onClose, children }: SheetProps) {
  const { t } = useLingui()
  const id = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (dialog.current && !dialog.current.open) dialog.current.showModal()
  }, [])
  return (
    // The backdrop is the dialog itself: a click on it, not on what is inside, closes the sheet.
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog without our help.
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={onClose}
      onClick={event => event.target === dialog.current && onClose()}
      className="m-0 ml-auto h-dvh max-h-none w-[34rem] max-w-full bg-raised text-ink shadow-2xl"
    >
      <div className="flex min-h-full flex-col">
        <header className="sticky top-0 z-1 flex items-center justify-between gap-4 border-b border-rule bg-raised px-5 py-2.5">
          <h2 id={id} className="min-w-0 truncate text-base font-semibold">
            {title}
          </h2>
          <button
            type="button"
            aria-label={t`Close`}
            onClick={onClose}
            className="-mr-2 grid size-9 place-items-center rounded-md text-soft hover:bg-tint hover:text-accent"
          >
            <Icon name="cross" />
          </button>
        </header>
        <div className="flex-1 px-5 py-4">{children}</div>
      </div>
    </dialog>
  )
}
