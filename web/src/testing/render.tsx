// Renders a part of the page as a test sees it: in English, with an API of the test's own.

import { i18n } from '@lingui/core'
import { I18nProvider } from '@lingui/react'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach } from 'vitest'
import type { Api } from '../api/client'
import { ApiProvider } from '../api/provider'
import { messages } from '../language/catalogues/en.po'

afterEach(cleanup)

export function renderPart(part: ReactNode, api: Partial<Api> = {}) {
  i18n.loadAndActivate({ locale: 'en', messages })
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  return render(
    <I18nProvider i18n={i18n}>
      <QueryClientProvider client={queries}>
        <ApiProvider api={api as Api}>{part}</ApiProvider>
      </QueryClientProvider>
    </I18nProvider>,
  )
}
