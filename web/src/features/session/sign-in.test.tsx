// @vitest-environment happy-dom
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { describe, expect, it, type Mock, vi } from 'vitest'
import { Problem } from '../../api/problem'
import { renderPart } from '../../testing/render'
import { Register } from './register'
import { SignIn } from './sign-in'

const type = (label: string | RegExp, value: string) =>
  fireEvent.input(screen.getByLabelText(label), { target: { value } })
const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }))

describe('signing in', () => {
  function show(signIn: Mock<() => Promise<never>>, expired = false) {
    const onSession = vi.fn()
    renderPart(<SignIn {...{ signIn, onSession, expired }} elsewhere="" />)
    return onSession
  }

  it('asks for what is missing before it asks the server', async () => {
    const signIn = vi.fn()
    show(signIn)
    type('E-mail', 'not an address')
    press('Sign in')
    expect(await screen.findByText(/Write an e-mail address/)).toBeTruthy()
    expect(screen.getByText('Write your password.')).toBeTruthy()
    expect(screen.getByLabelText('E-mail').getAttribute('aria-invalid')).toBe('true')
    expect(signIn).not.toHaveBeenCalled()
  })

  it('begins the session that the server opens', async () => {
    const onSession = show(vi.fn().mockResolvedValue('session'))
    type('E-mail', ' demo@example.org ')
    type('Password', ' secret ')
    press('Sign in')
    await waitFor(() => expect(onSession).toHaveBeenCalled())
    expect(onSession.mock.calls[0]?.[0]).toBe('session')
  })

  it('says what the server says, with the id of the request', async () => {
    const detail = 'e-mail address or password is wrong'
    const requestId = 'req_1'
    show(
      vi
        .fn()
        .mockRejectedValue(
          new Problem({ status: 401, code: 'sign_in_refused', detail, requestId }),
        ),
    )
    type('E-mail', 'demo@example.org')
    type('Password', 'wrong')
    press('Sign in')
    expect(await screen.findByText('E-mail address or password is wrong.')).toBeTruthy()
    expect(screen.getByText('req_1')).toBeTruthy()
  })

  it('says when a session has ended', () => {
    show(vi.fn(), true)
    expect(screen.getByText('Your session has ended. Sign in to go on.')).toBeTruthy()
  })
})

describe('registering', () => {
  it('shows the fault of a field under the field', async () => {
    const faults = [{ field: 'password', rule: 'length_min', detail: 'has 3 characters' }]
    const refused = new Problem({ status: 400, code: 'invalid_fields', detail: 'no', faults })
    const register = vi.fn().mockRejectedValue(refused)
    renderPart(<Register register={register} onSession={vi.fn()} elsewhere="" />)
    type('Your name', 'Nomin')
    type("The family's name", 'Bold')
    type('E-mail', 'nomin@example.org')
    type('Password', 'abc')
    press('Register')
    const password = await screen.findByLabelText('Password')
    await waitFor(() => expect(password.getAttribute('aria-invalid')).toBe('true'))
    expect(register.mock.calls[0]?.[0]).toEqual({
      name: 'Nomin',
      family_name: 'Bold',
      email: 'nomin@example.org',
      password: 'abc',
      currency: 'AUD',
      country: 'AU',
    })
  })
})
