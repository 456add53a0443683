// @vitest-environment happy-dom
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import type { Case } from '../../api/types'
import { renderPart } from '../../testing/render'
import { CasesList } from './cases-list'

const open: Case = {
  id: 'case_1',
  kind: 'wealth.import.review',
  subject: { kind: 'import', id: 'imp_1' },
  state: 'open',
  priority: 'normal',
  due_at: '2026-04-30T10:30:00Z',
  choices: ['book', 'skip'],
  may_decide: true,
  created_at: '2026-04-23T10:30:00Z',
  changed_at: '2026-04-23T10:30:00Z',
}

function show(part: Partial<Case>) {
  const GET = vi.fn().mockResolvedValue({ data: { items: [{ ...open, ...part }] } })
  const POST = vi.fn().mockResolvedValue({ data: open })
  renderPart(<CasesList link={(_, text) => text} />, { GET, POST } as never)
  return POST
}

describe('a case', () => {
  it('is decided by one of its choices', async () => {
    const POST = show({})
    await screen.findByRole('button', { name: 'Book them' })
    fireEvent.click(screen.getByRole('button', { name: 'Leave them out' }))
    await waitFor(() => expect(POST).toHaveBeenCalled())
    expect(POST.mock.calls[0]?.[0]).toBe('/api/v1/cases/{case}/decide')
    expect(POST.mock.calls[0]?.[1].body).toEqual({ choice: 'skip' })
  })

  it('shows that it is urgent, and no buttons to whoever may only look', async () => {
    show({ priority: 'urgent', may_decide: false })
    await screen.findByText('Urgent')
    expect(screen.queryByRole('button')).toBeNull()
  })
})
