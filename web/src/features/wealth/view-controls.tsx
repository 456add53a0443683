import { Trans, useLingui } from '@lingui/react/macro'
import { dateParts } from '../../format/date'
import { USUAL_CURRENCIES } from '../../format/names'
import { useFormats } from '../../language/use-formats'
import { Button } from '../../ui/button'
import { Input, Select } from '../../ui/field'

interface ViewControlsProps {
  currency: string
  /** Currencies that the family owns something in; they come first. */
  owned: readonly string[]
  asOf: string | undefined
  /** The day that the figures on the page are of. */
  shown: string
  today: string
  onCurrency: (currency: string) => void
  onAsOf: (asOf: string | undefined) => void
}

/** In which currency, and on which day. */
export function ViewControls(props: ViewControlsProps) {
  const { currency, owned, asOf, shown, today, onCurrency, onAsOf } = props
  const { t } = useLingui()
  const formats = useFormats()
  const first = [...new Set([currency, ...owned])].sort()
  const others = USUAL_CURRENCIES.filter(code => !first.includes(code))
  const options = (codes: readonly string[]) =>
    codes.map(code => (
      <option key={code} value={code}>
        {code} · {formats.currency(code)}
      </option>
    ))
  return (
    <div className="flex w-full flex-wrap items-end gap-2 sm:w-auto">
      <div className="min-w-40 flex-1 sm:w-58 sm:flex-none">
        <Select
          label={<Trans>Currency</Trans>}
          labelHidden
          value={currency}
          onChange={event => onCurrency(event.target.value)}
        >
          <optgroup label={t`The family's`}>{options(first)}</optgroup>
          <optgroup label={t`Others`}>{options(others)}</optgroup>
        </Select>
      </div>
      <div className="w-36">
        <Input
          type="date"
          label={<Trans>On the day</Trans>}
          labelHidden
          max={today}
          // Uncontrolled between keystrokes: a date is no date until its last digit.
          key={shown}
          defaultValue={shown}
          onChange={event => {
            if (dateParts(event.target.value)) onAsOf(event.target.value)
          }}
        />
      </div>
      {asOf !== undefined && (
        <Button look="quiet" onClick={() => onAsOf(undefined)}>
          <Trans>Today</Trans>
        </Button>
      )}
    </div>
  )
}
