import { Trans, useLingui } from '@lingui/react/macro'
import type { UseFormRegister } from 'react-hook-form'
import { Input, Select } from '../../ui/field'
import { COLUMN_ROLES, type CsvMapping, type CsvQuestion } from './mapping'
import type { ReadingValues } from './reading-form'
import { useColumnRoles } from './words'

interface MappingFieldsProps {
  mapping: CsvMapping
  /** What the file leaves open, and a person must say. */
  questions: readonly CsvQuestion[]
  register: UseFormRegister<ReadingValues>
}

/** How a CSV file was understood, to be corrected; what it leaves open is marked. */
export function MappingFields({ mapping, questions, register }: MappingFieldsProps) {
  const { t } = useLingui()
  const open = (name: CsvQuestion['question'], words: string) => {
    const question = questions.find(one => one.question === name)
    if (!question) return undefined
    const shown = question.example?.text ?? question.words?.join(', ')
    return shown ? `${words} (${shown})` : words
  }
  const hasFlag = mapping.columns.some(({ role }) => role === 'flag')
  return (
    <>
      <div className="grid items-start gap-4 sm:grid-cols-2 lg:grid-cols-5">
        <Select {...register('mapping.delimiter')} label={<Trans>Between columns</Trans>}>
          <option value=",">{t`Comma`}</option>
          <option value=";">{t`Semicolon`}</option>
          <option value={'\t'}>{t`Tab`}</option>
          <option value="|">{t`Bar`}</option>
        </Select>
        <Select
          {...register('mapping.date_order')}
          label={<Trans>Dates</Trans>}
          error={open('date_order', t`Which comes first, day or month?`)}
        >
          <option value="">{t`As found in the file`}</option>
          <option value="year_month_day">{t`Year, month, day`}</option>
          <option value="day_month_year">{t`Day, month, year`}</option>
          <option value="month_day_year">{t`Month, day, year`}</option>
        </Select>
        <Select
          {...register('mapping.decimal_sign')}
          label={<Trans>Decimal sign</Trans>}
          error={open('decimal_sign', t`Which sign stands before the decimals?`)}
        >
          <option value="">{t`As found in the file`}</option>
          <option value="point">{t`Point: 1,234.50`}</option>
          <option value="comma">{t`Comma: 1.234,50`}</option>
        </Select>
        <Select {...register('mapping.amount_sign')} label={<Trans>Positive amounts</Trans>}>
          <option value="">{t`As found in the file`}</option>
          <option value="positive_in">{t`Come in`}</option>
          <option value="positive_out">{t`Go out`}</option>
        </Select>
        <Input
          {...register('mapping.currency')}
          label={<Trans>Currency</Trans>}
          maxLength={3}
          error={open('currency', t`The file does not say which currency it is.`)}
        />
      </div>
      {hasFlag && (
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <Input
            {...register('mapping.debit_words')}
            label={<Trans>Words for money that goes out</Trans>}
            error={open('flag_words', t`Which words mean that money goes out?`)}
          />
          <Input
            {...register('mapping.credit_words')}
            label={<Trans>Words for money that comes in</Trans>}
          />
        </div>
      )}
      <Columns
        mapping={mapping}
        register={register}
        error={
          open('booked_column', t`Which column is the day of booking?`) ??
          open('amount_column', t`Which column is the amount?`)
        }
      />
    </>
  )
}

interface ColumnsProps {
  mapping: CsvMapping
  register: UseFormRegister<ReadingValues>
  error: string | undefined
}

function Columns({ mapping, register, error }: ColumnsProps) {
  const roles = useColumnRoles()
  return (
    <fieldset>
      <legend className="text-[0.8125rem] font-medium">
        <Trans>What the columns hold</Trans>
      </legend>
      {error && <p className="mt-1 text-xs text-loss">{error}</p>}
      <div className="mt-2 grid gap-x-4 gap-y-3 sm:grid-cols-2 lg:grid-cols-5">
        {mapping.columns.map((column, index) => (
          <Select
            // biome-ignore lint/suspicious/noArrayIndexKey: two columns may have one name; their place is their id.
            key={index}
            {...register(`mapping.roles.${index}`)}
            label={column.name || <Trans>Column {index + 1}</Trans>}
          >
            {COLUMN_ROLES.map(role => (
              <option key={role} value={role}>
                {roles[role]}
              </option>
            ))}
          </Select>
        ))}
      </div>
    </fieldset>
  )
}
