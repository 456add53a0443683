import { Trans, useLingui } from '@lingui/react/macro'
import { useForm } from 'react-hook-form'
import type { Import, ImportStatement } from '../../api/types'
import { Button } from '../../ui/button'
import { Select } from '../../ui/field'
import { Notice } from '../../ui/notice'
import { ProblemNotice } from '../../ui/problem-notice'
import { changedMapping, type MappingValues, mappingOf, questionsOf, valuesOf } from './mapping'
import { MappingFields } from './mapping-fields'
import { fileOf } from './staged-files'
import { staging, useStage } from './use-stage'

export interface ReadingValues {
  account: string
  /** Of a CSV file alone. */
  mapping?: MappingValues
}

interface ReadingFormProps {
  one: Import
  accounts: readonly { readonly id: string; readonly name: string }[]
  onStaged: (staged: Import) => void
}

/** The asset that a statement belongs to, where it is one that the family has already. */
function assetOf(statement: ImportStatement | undefined): string | null {
  return (!statement?.account.opens && statement?.account.asset) || null
}

/** Shows how a file was understood, and reads it again as a person says. */
export function ReadingForm({ one, accounts, onStaged }: ReadingFormProps) {
  const { t } = useLingui()
  const stage = useStage(onStaged)
  const file = fileOf(one.id)
  const found = mappingOf(one)
  const form = useForm<ReadingValues>({
    defaultValues: {
      account: assetOf(one.statements[0]) ?? '',
      ...(found && { mapping: valuesOf(found) }),
    },
  })
  const onSubmit = form.handleSubmit(({ account, mapping }) => {
    if (!file) return
    stage.mutate(
      staging(file, {
        account: account || undefined,
        mapping: found && mapping ? changedMapping(found, mapping) : undefined,
      }),
    )
  })
  return (
    <form className="grid gap-4 border-t border-rule pt-3" onSubmit={onSubmit}>
      {one.statements.length <= 1 && (
        <div className="max-w-xs">
          <Select {...form.register('account')} label={<Trans>Book into</Trans>}>
            <option value="">{t`A new account`}</option>
            {accounts.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </Select>
        </div>
      )}
      {found && (
        <MappingFields mapping={found} questions={questionsOf(one)} register={form.register} />
      )}
      {stage.isError && (
        <ProblemNotice title={<Trans>The file was not read</Trans>} thrown={stage.error} />
      )}
      {file ? (
        <div>
          <Button type="submit" busy={stage.isPending} disabled={!form.formState.isDirty}>
            <Trans>Read it again like this</Trans>
          </Button>
        </div>
      ) : (
        <Notice title={<Trans>To read it another way, drop the file again</Trans>}>
          <Trans>The page was loaded anew and no longer holds it.</Trans>
        </Notice>
      )}
    </form>
  )
}
