import { Trans, useLingui } from '@lingui/react/macro'
import type { Money } from '../../api/types'
import { compareDecimals, isNegative, permilleOf } from '../../format/decimal'
import { useFormats } from '../../language/use-formats'
import { Figure } from '../../ui/figure'
import { Section } from '../../ui/section'

export interface Part<Key extends string> {
  readonly key: Key
  readonly label: string
  readonly value: Money
}

interface BreakdownProps<Key extends string> {
  title: string
  parts: readonly Part<Key>[]
  onExplain: (key: Key) => void
}

/** What the net worth is made of, largest first, each with a bar; a debt's bar has its own colour. */
export function Breakdown<Key extends string>({ title, parts, onExplain }: BreakdownProps<Key>) {
  const { t } = useLingui()
  const formats = useFormats()
  const sorted = [...parts].sort((a, b) => compareDecimals(b.value.amount, a.value.amount))
  const largest = largestOf(parts.map(({ value }) => value.amount))
  return (
    <Section title={title} aside={parts[0]?.value.currency}>
      <table className="w-full">
        <caption className="sr-only">{title}</caption>
        <thead className="sr-only">
          <tr>
            <th scope="col">{title}</th>
            <th scope="col">
              <Trans>Worth</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted.map(({ key, label, value }) => (
            <tr key={key} className="border-t border-rule">
              <th scope="row" className="w-full py-1.5 pr-3 text-left font-normal">
                {label}
                <Bar
                  permille={permilleOf(value.amount, largest)}
                  negative={isNegative(value.amount)}
                />
              </th>
              <td className="py-1.5 text-right align-top">
                <Figure hint={t`Show how this comes about`} onExplain={() => onExplain(key)}>
                  {formats.amount(value.amount)}
                </Figure>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  )
}

function Bar({ permille, negative }: { permille: number; negative: boolean }) {
  return (
    <div aria-hidden className="mt-1 h-1.5 w-full rounded-full bg-rule/60">
      <div
        className={`h-full min-w-0.5 rounded-full ${negative ? 'bg-lossbar' : 'bg-accent'}`}
        style={{ width: `${permille / 10}%` }}
      />
    </div>
  )
}

/** The size of the amount that is farthest from zero. */
function largestOf(amounts: readonly string[]): string {
  const sizes = amounts.map(amount => amount.replace(/^-/, ''))
  return sizes.reduce((best, next) => (compareDecimals(next, best) > 0 ? next : best), '0')
}
