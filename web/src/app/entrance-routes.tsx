import { Trans } from '@lingui/react/macro'
import { getRouteApi, Link, useRouter } from '@tanstack/react-router'
import { answer } from '../api/client'
import type { Session } from '../api/types'
import { Register } from '../features/session/register'
import { useSession, useSessionState } from '../features/session/session-provider'
import { SignIn } from '../features/session/sign-in'
import { LanguageButton, ThemeButton } from './header'

const signInRoute = getRouteApi('/sign-in')
const registerRoute = getRouteApi('/register')

const LINK = 'text-accent underline underline-offset-4'

export function SignInRoute() {
  const { next } = signInRoute.useSearch()
  const { entrance } = signInRoute.useRouteContext()
  const state = useSessionState()
  return (
    <>
      <Tools />
      <SignIn
        expired={state.status === 'signed_out' && state.expired}
        signIn={body => answer(entrance.POST('/api/v1/auth/login', { body }))}
        onSession={useEnter(next)}
        elsewhere={
          <Trans>
            New here?{' '}
            <Link to="/register" search={{ next }} className={LINK}>
              Register a family
            </Link>
          </Trans>
        }
      />
    </>
  )
}

export function RegisterRoute() {
  const { next } = registerRoute.useSearch()
  const { entrance } = registerRoute.useRouteContext()
  return (
    <>
      <Tools />
      <Register
        register={body => answer(entrance.POST('/api/v1/auth/register', { body }))}
        onSession={useEnter(next)}
        elsewhere={
          <Trans>
            Registered already?{' '}
            <Link to="/sign-in" search={{ next }} className={LINK}>
              Sign in
            </Link>
          </Trans>
        }
      />
    </>
  )
}

/** Begins the session and goes where the person was on the way to. */
function useEnter(next: string | undefined): (session: Session) => void {
  const session = useSession()
  const router = useRouter()
  return started => {
    session.start(started)
    router.history.replace(next ?? '/')
  }
}

function Tools() {
  return (
    <div className="absolute top-3 right-3 flex">
      <LanguageButton />
      <ThemeButton />
    </div>
  )
}
