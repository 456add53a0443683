import { i18n } from '@lingui/core'
import { I18nProvider } from '@lingui/react'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiProvider } from './api/provider'
import { createPageRouter } from './app/router'
import { createServices } from './app/services'
import { SessionProvider } from './features/session/session-provider'
import { restoreLanguage } from './language/language'
import './styles.css'

const services = createServices(window.location.origin, window.sessionStorage)
const router = createPageRouter(services)
const element = document.getElementById('root')
if (!element) throw new Error('index.html has no #root')

await restoreLanguage()
createRoot(element).render(
  <StrictMode>
    <I18nProvider i18n={i18n}>
      <QueryClientProvider client={services.queries}>
        <SessionProvider session={services.session}>
          <ApiProvider api={services.api}>
            <RouterProvider router={router} />
          </ApiProvider>
        </SessionProvider>
      </QueryClientProvider>
    </I18nProvider>
  </StrictMode>,
)
