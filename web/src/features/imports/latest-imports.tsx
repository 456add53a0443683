import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/provider'
import type { Import } from '../../api/types'
import { useFormats } from '../../language/use-formats'
import { ProblemNotice } from '../../ui/problem-notice'
import { Section } from '../../ui/section'
import { DropZone } from './drop-zone'
import { ImportStatus } from './import-status'
import { latestImportsQuery } from './queries'

interface LatestImportsProps {
  onStaged: (staged: Import) => void
  /** A link to the page of an import, around its name. */
  link: (id: string, name: ReactNode) => ReactNode
}

/** Where statements come in, and those that came last. */
export function LatestImports({ onStaged, link }: LatestImportsProps) {
  const { t } = useLingui()
  const formats = useFormats()
  const imports = useQuery(latestImportsQuery(useApi()))
  return (
    <Section title={<Trans>Statements</Trans>}>
      <DropZone onStaged={onStaged} />
      {imports.isError && (
        <div className="mt-3">
          <ProblemNotice thrown={imports.error} retry={() => void imports.refetch()} />
        </div>
      )}
      <ul aria-label={t`Latest imports`} className="mt-2">
        {imports.data?.items.map(one => (
          <li
            key={one.id}
            className="flex items-baseline justify-between gap-3 border-t border-rule py-2 first:border-0"
          >
            <span className="min-w-0">
              <span className="block truncate">{link(one.id, one.file_name)}</span>
              <span className="text-xs text-soft">{formats.moment(one.created_at)}</span>
            </span>
            <ImportStatus status={one.status} />
          </li>
        ))}
      </ul>
    </Section>
  )
}
