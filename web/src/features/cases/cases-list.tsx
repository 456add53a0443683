import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { newIdempotencyKey } from '../../api/client'
import { useApi } from '../../api/provider'
import type { Case } from '../../api/types'
import { useFormats } from '../../language/use-formats'
import { Button } from '../../ui/button'
import { ProblemNotice } from '../../ui/problem-notice'
import { Section } from '../../ui/section'
import { casesQuery, decideCase } from './queries'

interface CasesListProps {
  /** A link to the page of an import, around what is to be looked at. */
  link: (id: string, text: ReactNode) => ReactNode
}

/** What somebody must look at; a button for each choice, where one may decide. */
export function CasesList({ link }: CasesListProps) {
  const { t } = useLingui()
  const api = useApi()
  const queries = useQueryClient()
  const formats = useFormats()
  const choices = useChoices()
  const cases = useQuery(casesQuery(api))
  const decide = useMutation({
    mutationFn: (choice: Parameters<typeof decideCase>[1]) => decideCase(api, choice),
    // What was decided changed what the case is about.
    onSettled: () => queries.invalidateQueries(),
  })
  return (
    <Section title={<Trans>Cases</Trans>}>
      {cases.isError && <ProblemNotice thrown={cases.error} retry={() => void cases.refetch()} />}
      {decide.isError && (
        <ProblemNotice title={<Trans>Nothing was decided</Trans>} thrown={decide.error} />
      )}
      {cases.data?.items.length === 0 && (
        <p className="py-2 text-soft">
          <Trans>There is nothing to look at.</Trans>
        </p>
      )}
      <ul aria-label={t`Open cases`}>
        {cases.data?.items.map(one => (
          <li key={one.id} className="border-t border-rule py-3 first:border-0">
            <div className="flex flex-wrap items-baseline justify-between gap-x-4">
              <h3 className="font-medium">
                <What one={one} link={link} />
              </h3>
              {one.priority === 'urgent' && (
                <span className="text-[0.8125rem] text-loss">
                  <Trans>Urgent</Trans>
                </span>
              )}
            </div>
            <p className="mt-1 text-xs text-soft">
              <Trans>Due {formats.moment(one.due_at)}</Trans>
            </p>
            {one.may_decide && (
              <div className="mt-2 flex gap-2">
                {one.choices.map(choice => (
                  <Button
                    key={choice}
                    busy={decide.isPending}
                    onClick={() => decide.mutate({ id: one.id, choice, key: newIdempotencyKey() })}
                  >
                    {choices[choice] ?? choice}
                  </Button>
                ))}
              </div>
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}

function What({ one, link }: { one: Case; link: CasesListProps['link'] }) {
  if (one.kind !== 'wealth.import.review') return one.kind
  return link(one.subject.id, <Trans>Lines that may be known already</Trans>)
}

function useChoices(): Readonly<Record<string, string>> {
  const { t } = useLingui()
  return { book: t`Book them`, skip: t`Leave them out` }
}
