// @vitest-environment happy-dom
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import type { Approval } from '../../api/types'
import { renderPart } from '../../testing/render'
import { ApprovalsList } from './approvals-list'

const pending: Approval = {
  id: 'approval_1',
  kind: 'wealth.import.undo',
  subject: { kind: 'import', id: 'imp_1' },
  state: 'pending',
  hash: '00',
  reason: 'wrong account',
  people: 1,
  roles: ['owner', 'adult'],
  decisions: [],
  may_decide: true,
  created_at: '2026-04-30T10:30:00Z',
  expires_at: '2026-05-14T10:30:00Z',
  changed_at: '2026-04-30T10:30:00Z',
}

function show(part: Partial<Approval>) {
  const GET = vi.fn().mockResolvedValue({ data: { items: [{ ...pending, ...part }] } })
  const POST = vi.fn().mockResolvedValue({ data: pending })
  renderPart(<ApprovalsList link={(_, text) => text} />, { GET, POST } as never)
  return POST
}

const anyKey = expect.stringMatching(/^[0-9a-f-]{36}$/)

describe('a request for approval', () => {
  it('is approved by whoever has a say', async () => {
    const POST = show({})
    fireEvent.click(await screen.findByRole('button', { name: 'Approve' }))
    await waitFor(() => expect(POST).toHaveBeenCalled())
    expect(POST).toHaveBeenCalledWith('/api/v1/approvals/{approval}/approve', {
      params: { path: { approval: 'approval_1' }, header: { 'Idempotency-Key': anyKey } },
      body: { reason: '' },
    })
  })

  it('is refused with a reason', async () => {
    const POST = show({})
    fireEvent.click(await screen.findByRole('button', { name: 'Refuse' }))
    const refuse = screen.getByRole('button', { name: 'Refuse it' }) as HTMLButtonElement
    expect(refuse.disabled).toBe(true)
    fireEvent.change(screen.getByLabelText('Why is it refused?'), {
      target: { value: 'it is right' },
    })
    fireEvent.click(refuse)
    await waitFor(() => expect(POST).toHaveBeenCalled())
    expect(POST.mock.calls[0]?.[0]).toBe('/api/v1/approvals/{approval}/refuse')
    expect(POST.mock.calls[0]?.[1].body).toEqual({ reason: 'it is right' })
  })

  it('has no buttons for whoever has none', async () => {
    show({ may_decide: false })
    await screen.findByText('wrong account')
    expect(screen.queryByRole('button')).toBeNull()
  })
})
