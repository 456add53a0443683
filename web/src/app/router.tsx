import { Trans, useLingui } from '@lingui/react/macro'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  Link,
  Outlet,
  redirect,
  useRouter,
} from '@tanstack/react-router'
import { Bell } from '../features/notices/bell'
import { useSessionState } from '../features/session/session-provider'
import { Notice } from '../ui/notice'
import { ProblemNotice } from '../ui/problem-notice'
import { Waiting } from '../ui/section'
import { DecideRoute } from './decide-route'
import { RegisterRoute, SignInRoute } from './entrance-routes'
import { Header } from './header'
import { ImportRoute } from './import-route'
import { LedgerRoute } from './ledger-route'
import { Overview } from './overview'
import { entranceSearch, ledgerSearch, overviewSearch } from './search'
import type { Services } from './services'

const root = createRootRouteWithContext<Services>()({ component: Outlet })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: entranceSearch,
  component: SignInRoute,
})

const register = createRoute({
  getParentRoute: () => root,
  path: '/register',
  validateSearch: entranceSearch,
  component: RegisterRoute,
})

/** Everything that needs a session. */
const home = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  component: Home,
  beforeLoad: async ({ context, location }) => {
    const { status } = await context.session.restore()
    if (status !== 'signed_in') {
      const next = location.href === '/' ? undefined : location.href
      throw redirect({ to: '/sign-in', search: { next } })
    }
  },
})

const overview = createRoute({
  getParentRoute: () => home,
  path: '/',
  validateSearch: overviewSearch,
  component: Overview,
})

const oneImport = createRoute({
  getParentRoute: () => home,
  path: '/imports/$import',
  component: ImportRoute,
})

const ledger = createRoute({
  getParentRoute: () => home,
  path: '/ledger',
  validateSearch: ledgerSearch,
  component: LedgerRoute,
})

const decide = createRoute({
  getParentRoute: () => home,
  path: '/decide',
  component: DecideRoute,
})

const routeTree = root.addChildren([
  signIn,
  register,
  home.addChildren([overview, oneImport, ledger, decide]),
])

export function createPageRouter(services: Services) {
  const router = createRouter({
    routeTree,
    context: services,
    defaultErrorComponent: Failure,
    defaultNotFoundComponent: Nowhere,
    defaultPendingComponent: Restoring,
    scrollRestoration: true,
  })
  // A session that ends, by choice or by time, leads to its door from wherever one is.
  services.session.subscribe(() => {
    if (services.session.current().status === 'signed_out') void router.invalidate()
  })
  return router
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPageRouter>
  }
}

const PLACE = 'mr-2 rounded px-1 text-soft hover:text-accent'
const PLACE_HERE = { className: 'font-medium text-ink!' }
const PAGE = 'mx-auto max-w-[84rem] px-4 py-7 sm:px-6'

function Home() {
  const { entrance, session } = home.useRouteContext()
  const state = useSessionState()
  if (state.status !== 'signed_in') return null
  const onSignOut = () => {
    const refresh_token = session.refreshToken()
    session.end(false)
    // Signed out here and now; that the server hears of it is a courtesy that may fail.
    if (refresh_token) {
      entrance.POST('/api/v1/auth/logout', { body: { refresh_token } }).catch(() => undefined)
    }
  }
  return (
    <>
      <Header
        home={name => (
          <Link to="/" className="rounded">
            {name}
          </Link>
        )}
        links={
          <>
            <Link to="/ledger" className={PLACE} activeProps={PLACE_HERE}>
              <Trans>Ledger</Trans>
            </Link>
            <Link to="/decide" className={PLACE} activeProps={PLACE_HERE}>
              <Trans>To decide</Trans>
            </Link>
          </>
        }
        bell={className => (
          <Bell
            className={className}
            link={(id, title) => (
              <Link to="/imports/$import" params={{ import: id }} className="hover:text-accent">
                {title}
              </Link>
            )}
          />
        )}
        family={state.tenant.name}
        person={state.user.name}
        onSignOut={onSignOut}
      />
      <main className={PAGE}>
        <Outlet />
      </main>
    </>
  )
}

function Failure({ error }: ErrorComponentProps) {
  const router = useRouter()
  return (
    <main className={PAGE}>
      <ProblemNotice
        title={<Trans>The page cannot be shown</Trans>}
        thrown={error}
        retry={() => void router.invalidate()}
      />
    </main>
  )
}

function Nowhere() {
  return (
    <main className={PAGE}>
      <Notice
        title={<Trans>There is no such page</Trans>}
        actions={
          <Link to="/" className="text-accent underline underline-offset-4">
            <Trans>Back to net worth</Trans>
          </Link>
        }
      />
    </main>
  )
}

function Restoring() {
  const { t } = useLingui()
  return (
    <main className={PAGE}>
      <Waiting lines={10} label={t`Loading`} />
    </main>
  )
}
