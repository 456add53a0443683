import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useApi } from '../api/provider'
import { ImportPage } from '../features/imports/import-page'
import { assetsQuery } from '../features/wealth/queries'

const route = getRouteApi('/signed-in/imports/$import')

export function ImportRoute() {
  const { import: id } = route.useParams()
  const go = route.useNavigate()
  const assets = useQuery(assetsQuery(useApi()))
  return (
    <ImportPage
      key={id}
      id={id}
      accounts={assets.data?.items ?? []}
      onStaged={staged =>
        void go({ to: '/imports/$import', params: { import: staged.id }, replace: true })
      }
      back={
        <Link to="/" className="text-accent underline underline-offset-4">
          <Trans>Back to net worth</Trans>
        </Link>
      }
    />
  )
}
