import { Trans, useLingui } from '@lingui/react/macro'
import { useState } from 'react'
import { Button } from '../../ui/button'
import { Input } from '../../ui/field'
import { ProblemNotice } from '../../ui/problem-notice'
import { Sheet } from '../../ui/sheet'

interface UndoSheetProps {
  busy: boolean
  /** What was thrown when it was tried. */
  problem: unknown
  /** Instead of it, where another person must say yes first. */
  onAsk: ((reason: string) => void) | undefined
  onUndo: (reason: string) => void
  onClose: () => void
}

/** Asks why: what is undone stays in the history, and later somebody will wonder. */
export function UndoSheet({ busy, problem, onAsk, onUndo, onClose }: UndoSheetProps) {
  const { t } = useLingui()
  const [reason, setReason] = useState(t`Imported by mistake`)
  return (
    <Sheet title={<Trans>Undo this import</Trans>} onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={event => {
          event.preventDefault()
          onUndo(reason.trim())
        }}
      >
        <p>
          <Trans>
            Every line of it is booked back. The history keeps both, so that past figures can still
            be explained.
          </Trans>
        </p>
        {problem !== null && (
          <ProblemNotice title={<Trans>Nothing was undone</Trans>} thrown={problem} />
        )}
        <Input
          label={<Trans>Why</Trans>}
          value={reason}
          maxLength={200}
          onChange={event => setReason(event.target.value)}
        />
        <div className="flex gap-2">
          {onAsk && (
            <Button look="primary" onClick={() => onAsk(reason.trim())}>
              <Trans>Ask for approval</Trans>
            </Button>
          )}
          <Button
            type="submit"
            look={onAsk ? 'secondary' : 'primary'}
            busy={busy}
            disabled={reason.trim() === ''}
          >
            <Trans>Undo the import</Trans>
          </Button>
          <Button onClick={onClose}>
            <Trans>Keep it</Trans>
          </Button>
        </div>
      </form>
    </Sheet>
  )
}
