import { Trans } from '@lingui/react/macro'
import { useEffect, useRef, useState } from 'react'
import type { Import } from '../../api/types'
import { Button } from '../../ui/button'
import { Icon } from '../../ui/icon'
import { Notice } from '../../ui/notice'
import { ProblemNotice } from '../../ui/problem-notice'
import { FILE_BYTES_MAX } from './queries'
import { staging, useStage } from './use-stage'

type Refusal = 'several' | 'too_large' | 'empty'

/** Why a choice of files is not sent, or the one file that is. */
export function chosenFile(files: readonly File[]): File | Refusal | null {
  const [file, ...others] = files
  if (!file) return null
  if (others.length > 0) return 'several'
  if (file.size === 0) return 'empty'
  return file.size > FILE_BYTES_MAX ? 'too_large' : file
}

/** Takes a statement, wherever on the page it is dropped or by a button. */
export function DropZone({ onStaged }: { onStaged: (staged: Import) => void }) {
  const [refusal, setRefusal] = useState<Refusal | null>(null)
  const input = useRef<HTMLInputElement>(null)
  const stage = useStage(onStaged)
  const take = (files: readonly File[]) => {
    const chosen = chosenFile(files)
    setRefusal(typeof chosen === 'string' ? chosen : null)
    if (chosen instanceof File) stage.mutate(staging(chosen))
  }
  const over = useFileDrop(take)
  return (
    <div className="grid gap-3">
      <div
        className={`grid justify-items-center gap-2 rounded-lg border border-dashed px-4 py-5 text-center motion-safe:transition-colors ${over ? 'border-accent bg-tint' : 'border-edge'}`}
      >
        <span className="text-accent">
          <Icon name="file" />
        </span>
        <p>
          <Trans>Drop a bank statement here</Trans>
        </p>
        <p className="text-xs text-soft">
          <Trans>
            OFX, QIF, CAMT, MT940, BAI2, XLSX, CSV or PDF. You see what would be booked before it
            is.
          </Trans>
        </p>
        <Button className="mt-1" busy={stage.isPending} onClick={() => input.current?.click()}>
          {stage.isPending ? <Trans>Reading the file…</Trans> : <Trans>Choose a file</Trans>}
        </Button>
        <input
          ref={input}
          type="file"
          hidden
          data-testid="statement-file"
          onChange={event => {
            take([...(event.target.files ?? [])])
            // The same file may be chosen again after it was corrected.
            event.target.value = ''
          }}
        />
      </div>
      {refusal && <Notice tone="warn" title={<RefusalWords refusal={refusal} />} />}
      {stage.isError && (
        <ProblemNotice
          title={<Trans>The file was not read</Trans>}
          thrown={stage.error}
          retry={() => stage.mutate(stage.variables)}
        />
      )}
    </div>
  )
}

function RefusalWords({ refusal }: { refusal: Refusal }) {
  switch (refusal) {
    case 'several':
      return <Trans>One file at a time, please: each gets a preview of its own.</Trans>
    case 'empty':
      return <Trans>This file is empty.</Trans>
    case 'too_large':
      return <Trans>This file is larger than 16 MB, which is the most that is read.</Trans>
  }
}

/**
 * Listens for files over the whole window: one that misses the zone by a finger's width would make
 * the browser leave the page and show the file.
 */
function useFileDrop(onFiles: (files: readonly File[]) => void): boolean {
  const [over, setOver] = useState(false)
  const current = useRef(onFiles)
  useEffect(() => {
    current.current = onFiles
  })
  useEffect(() => {
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false
    const onDragOver = (event: DragEvent) => {
      if (!carriesFiles(event)) return
      event.preventDefault()
      setOver(true)
    }
    const onDragLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false)
    }
    const onDrop = (event: DragEvent) => {
      if (!carriesFiles(event)) return
      event.preventDefault()
      setOver(false)
      current.current([...(event.dataTransfer?.files ?? [])])
    }
    window.addEventListener('dragover', onDragOver)
    window.addEventListener('dragleave', onDragLeave)
    window.addEventListener('drop', onDrop)
    return () => {
      window.removeEventListener('dragover', onDragOver)
      window.removeEventListener('dragleave', onDragLeave)
      window.removeEventListener('drop', onDrop)
    }
  }, [])
  return over
}
