import { Trans } from '@lingui/react/macro'
import { useState } from 'react'
import { newIdempotencyKey } from '../../api/client'
import { Button } from '../../ui/button'
import { Input } from '../../ui/field'
import type { Word } from './queries'

interface ApprovalButtonsProps {
  busy: boolean
  onSay: (verdict: Word['verdict'], reason: string, key: string) => void
}

/** Yes, or no with a reason: whoever asked will want to know. */
export function ApprovalButtons({ busy, onSay }: ApprovalButtonsProps) {
  const [reason, setReason] = useState('')
  const [refusing, refuse] = useState(false)
  if (!refusing) {
    return (
      <div className="mt-2 flex gap-2">
        <Button
          look="primary"
          busy={busy}
          onClick={() => onSay('approve', '', newIdempotencyKey())}
        >
          <Trans>Approve</Trans>
        </Button>
        <Button onClick={() => refuse(true)}>
          <Trans>Refuse</Trans>
        </Button>
      </div>
    )
  }
  return (
    <form
      className="mt-2 flex flex-wrap items-end gap-2"
      onSubmit={event => {
        event.preventDefault()
        onSay('refuse', reason.trim(), newIdempotencyKey())
      }}
    >
      <Input
        label={<Trans>Why is it refused?</Trans>}
        value={reason}
        maxLength={500}
        onChange={event => setReason(event.target.value)}
      />
      <Button type="submit" busy={busy} disabled={reason.trim() === ''}>
        <Trans>Refuse it</Trans>
      </Button>
      <Button look="quiet" onClick={() => refuse(false)}>
        <Trans>Back</Trans>
      </Button>
    </form>
  )
}
