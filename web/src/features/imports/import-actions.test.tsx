// @vitest-environment happy-dom
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { Problem } from '../../api/problem'
import type { Import } from '../../api/types'
import { renderPart } from '../../testing/render'
import { ImportActions } from './import-actions'
import { stagedImport, statementOf } from './import-sample'

function show(part: Partial<Import>, POST = vi.fn()) {
  renderPart(<ImportActions one={{ ...stagedImport, ...part }} back="back" />, { POST } as never)
  return POST
}

/** What was sent: path, import, key and body of each call. */
function sent(POST: ReturnType<typeof vi.fn>) {
  return POST.mock.calls.map(([path, { params, body }]) => [
    path,
    params.path.import,
    params.header['Idempotency-Key'],
    body,
  ])
}

const anyKey = expect.stringMatching(/^[0-9a-f-]{36}$/)

describe('a preview', () => {
  it('that is sound is booked as a whole, once a click', async () => {
    const POST = show(
      {},
      vi.fn().mockResolvedValue({ data: { ...stagedImport, status: 'booked' } }),
    )
    fireEvent.click(screen.getByRole('button', { name: 'Book 2 transactions' }))
    await waitFor(() => expect(POST).toHaveBeenCalled())
    expect(sent(POST)).toEqual([
      ['/api/v1/imports/{import}/book', 'import_1', anyKey, { partial: false }],
    ])
  })

  it('that is sound in part is booked in part', async () => {
    const statements = [statementOf({ new: 1 })]
    const POST = show(
      { statements, faults_left_out: 1 },
      vi.fn().mockResolvedValue({ data: { ...stagedImport, status: 'booked' } }),
    )
    fireEvent.click(screen.getByRole('button', { name: 'Book the 1 that is sound' }))
    await waitFor(() => expect(POST).toHaveBeenCalled())
    expect(sent(POST)[0]?.[3]).toEqual({ partial: true })
  })

  it.each([
    ['known', { known: 4 }, 'There is nothing new in this file'],
    ['undecided', { review: 4 }, 'Nothing is booked before you decide'],
  ])('of which all is %s offers nothing to book', (_, counts, words) => {
    show({ statements: [statementOf(counts)] })
    expect(screen.getByText(words)).toBeTruthy()
    expect(screen.queryByRole('button')).toBeNull()
  })

  it('that could not be booked says why, and tries again with the same key', async () => {
    const refused = new Problem({ status: 500, code: 'internal', detail: 'it is ours' })
    const POST = show({}, vi.fn().mockRejectedValue(refused))
    fireEvent.click(screen.getByRole('button', { name: 'Book 2 transactions' }))
    expect(await screen.findByText('It is ours.')).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
    await waitFor(() => expect(POST).toHaveBeenCalledTimes(2))
    const [first, second] = sent(POST)
    expect(second).toEqual(first)
  })
})

describe('a booked import', () => {
  it('is undone with a reason', async () => {
    const POST = show(
      { status: 'booked' },
      vi.fn().mockResolvedValue({ data: { ...stagedImport, status: 'undone' } }),
    )
    fireEvent.click(screen.getByRole('button', { name: 'Undo' }))
    fireEvent.change(screen.getByLabelText('Why'), { target: { value: ' Wrong account ' } })
    fireEvent.click(screen.getByRole('button', { name: 'Undo the import' }))
    await waitFor(() => expect(POST).toHaveBeenCalled())
    expect(sent(POST)).toEqual([
      ['/api/v1/imports/{import}/undo', 'import_1', anyKey, { reason: 'Wrong account' }],
    ])
  })

  it('of long ago is undone once somebody else was asked', async () => {
    const code = 'approval_needed'
    const POST = show(
      { status: 'booked' },
      vi
        .fn()
        .mockRejectedValueOnce(new Problem({ status: 422, code, detail: 'ask for it' }))
        .mockResolvedValue({ data: { id: 'approval_1' } }),
    )
    fireEvent.click(screen.getByRole('button', { name: 'Undo' }))
    fireEvent.change(screen.getByLabelText('Why'), { target: { value: 'Wrong account' } })
    expect(screen.queryByRole('button', { name: 'Ask for approval' })).toBeNull()
    fireEvent.click(screen.getByRole('button', { name: 'Undo the import' }))
    fireEvent.click(await screen.findByRole('button', { name: 'Ask for approval' }))
    await screen.findByText('Somebody else was asked')
    expect(sent(POST)[1]).toEqual([
      '/api/v1/imports/{import}/undo/approval',
      'import_1',
      anyKey,
      { reason: 'Wrong account' },
    ])
  })

  it('is not undone without one', () => {
    show({ status: 'booked' })
    fireEvent.click(screen.getByRole('button', { name: 'Undo' }))
    fireEvent.change(screen.getByLabelText('Why'), { target: { value: ' ' } })
    const button = screen.getByRole('button', { name: 'Undo the import' })
    expect((button as HTMLButtonElement).disabled).toBe(true)
  })
})
