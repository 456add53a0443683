import { Plural, Trans } from '@lingui/react/macro'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { newIdempotencyKey } from '../../api/client'
import { asProblem } from '../../api/problem'
import { useApi } from '../../api/provider'
import type { Import } from '../../api/types'
import { useFormats } from '../../language/use-formats'
import { Button } from '../../ui/button'
import { Notice } from '../../ui/notice'
import { ProblemNotice, sentence } from '../../ui/problem-notice'
import { askUndo } from '../approvals/queries'
import { bookImport, redoImport, undoImport } from './queries'
import { readinessOf, totalsOf } from './totals'
import { UndoSheet } from './undo-sheet'

interface ImportActionsProps {
  one: Import
  back: ReactNode
}

/** Where the import stands, and what can be done with it now: book it, or take it back. */
export function ImportActions({ one, back }: ImportActionsProps) {
  const api = useApi()
  const queries = useQueryClient()
  const [asking, setAsking] = useState(false)
  // Everything that the page shows may follow from what was booked.
  const onSuccess = async (changed: Import) => {
    queries.setQueryData(['imports', one.id], changed)
    setAsking(false)
    // A figure of before must not stand there as if it were of now, not even until the new one comes.
    queries.removeQueries({ type: 'inactive' })
    await queries.invalidateQueries()
  }
  const book = useMutation({
    mutationFn: ({ partial, key }: { partial: boolean; key: string }) =>
      bookImport(api, one.id, partial, key),
    onSuccess,
  })
  const undo = useMutation({
    mutationFn: ({ reason, key }: { reason: string; key: string }) =>
      undoImport(api, one.id, reason, key),
    onSuccess,
  })
  const redo = useMutation({
    mutationFn: (key: string) => redoImport(api, one.id, key),
    onSuccess,
  })
  const ask = useMutation({
    mutationFn: ({ reason, key }: { reason: string; key: string }) =>
      askUndo(api, one.id, reason, key),
    onSuccess: async () => {
      setAsking(false)
      await queries.invalidateQueries({ queryKey: ['approvals'] })
    },
  })
  const isAlone = undo.isError && asProblem(undo.error).code === 'approval_needed'
  const onBook = (partial: boolean) => book.mutate({ partial, key: newIdempotencyKey() })
  return (
    <div className="grid gap-3">
      {book.isError && (
        <ProblemNotice
          title={<Trans>Nothing was booked</Trans>}
          thrown={book.error}
          retry={() => book.mutate(book.variables)}
        />
      )}
      {redo.isError && (
        <ProblemNotice
          title={<Trans>Nothing was booked</Trans>}
          thrown={redo.error}
          retry={() => redo.mutate(redo.variables)}
        />
      )}
      {one.status === 'staged' && <Staged one={one} busy={book.isPending} onBook={onBook} />}
      {one.status === 'booked' && <Booked one={one} back={back} onUndo={() => setAsking(true)} />}
      {one.status === 'undone' && (
        <Notice
          title={<Trans>This import was undone: every line was booked back.</Trans>}
          actions={
            <Button busy={redo.isPending} onClick={() => redo.mutate(newIdempotencyKey())}>
              <Trans>Book again</Trans>
            </Button>
          }
        >
          {one.reason && sentence(one.reason)}
        </Notice>
      )}
      {one.status === 'refused' && <Refused isOpen={one.questions.length > 0} />}
      {ask.isSuccess && one.status === 'booked' && (
        <Notice title={<Trans>Somebody else was asked</Trans>}>
          <Trans>Once they have approved, undo the import with the same reason.</Trans>
        </Notice>
      )}
      {asking && (
        <UndoSheet
          busy={undo.isPending}
          problem={ask.error ?? undo.error}
          onAsk={isAlone ? reason => ask.mutate({ reason, key: newIdempotencyKey() }) : undefined}
          onUndo={reason => undo.mutate({ reason, key: newIdempotencyKey() })}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  )
}

/** A file that leaves something open is refused as well, but not for good. */
function Refused({ isOpen }: { isOpen: boolean }) {
  return isOpen ? (
    <Notice tone="warn" title={<Trans>This file can be read in more than one way</Trans>}>
      <Trans>Nothing is guessed about money: answer what is marked below and read it again.</Trans>
    </Notice>
  ) : (
    <Notice tone="bad" title={<Trans>This file cannot be booked</Trans>}>
      <Trans>Nothing of it is in your books. The faults are listed below.</Trans>
    </Notice>
  )
}

interface StagedProps {
  one: Import
  busy: boolean
  onBook: (partial: boolean) => void
}

function Staged({ one, busy, onBook }: StagedProps) {
  const totals = totalsOf(one.statements)
  const count = totals.new
  switch (readinessOf(one)) {
    case 'account_open':
      return (
        <Notice tone="warn" title={<Trans>Which account is this file about?</Trans>}>
          <Trans>It does not say. Choose the account below and read the file again.</Trans>
        </Notice>
      )
    case 'undecided':
      return (
        <Notice tone="warn" title={<Trans>Nothing is booked before you decide</Trans>}>
          <Trans>The lines below look like ones that are known; say which are to be booked.</Trans>
        </Notice>
      )
    case 'nothing':
      return (
        <Notice title={<Trans>There is nothing new in this file</Trans>}>
          <Trans>Every line that is sound is in your books already.</Trans>
        </Notice>
      )
    case 'faulty':
      return (
        <Notice tone="bad" title={<Trans>No line of this file can be booked</Trans>}>
          <Trans>The faults are listed below.</Trans>
        </Notice>
      )
    case 'ready':
      return (
        <Notice
          title={<Trans>This is a preview: nothing is booked yet</Trans>}
          actions={
            <Button look="primary" busy={busy} onClick={() => onBook(false)}>
              <Plural value={count} one="Book # transaction" other="Book # transactions" />
            </Button>
          }
        >
          {totals.review > 0 ? (
            <Plural
              value={totals.review}
              one="# line may be known already: it is left out unless you decide otherwise below."
              other="# lines may be known already: they are left out unless you decide otherwise below."
            />
          ) : (
            <Trans>Booking can be undone as a whole.</Trans>
          )}
        </Notice>
      )
    case 'in_part':
      return (
        <Notice
          tone="warn"
          title={<Trans>This file has faults</Trans>}
          actions={
            <Button busy={busy} onClick={() => onBook(true)}>
              <Plural
                value={count}
                one="Book the # that is sound"
                other="Book the # that are sound"
              />
            </Button>
          }
        >
          <Trans>Ask your bank for a sound one, or book what is sound without the rest.</Trans>
        </Notice>
      )
  }
}

interface BookedProps {
  one: Import
  back: ReactNode
  onUndo: () => void
}

function Booked({ one, back, onUndo }: BookedProps) {
  const formats = useFormats()
  return (
    <Notice
      tone="good"
      title={<Trans>This statement is in your books</Trans>}
      actions={
        <Button onClick={onUndo}>
          <Trans>Undo</Trans>
        </Button>
      }
    >
      {one.booked_at && <Trans>Booked {formats.moment(one.booked_at)}.</Trans>} {back}
    </Notice>
  )
}
