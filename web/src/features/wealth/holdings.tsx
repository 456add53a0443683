import { Plural, Trans, useLingui } from '@lingui/react/macro'
import type { Money, ValuedAsset } from '../../api/types'
import { compareDecimals, isNegative } from '../../format/decimal'
import { useFormats } from '../../language/use-formats'
import { Figure } from '../../ui/figure'
import { Section } from '../../ui/section'
import { useAssetTypes } from './words'

/** From this age on, in days, a rate is marked as old. */
const RATE_AGE_DAYS_NOTED = 7

interface HoldingsProps {
  assets: readonly ValuedAsset[]
  total: Money
  onExplain: (asset: ValuedAsset) => void
  onExplainTotal: () => void
}

/** Every account and asset: in its own currency, at which rate, worth what. */
export function Holdings({ assets, total, onExplain, onExplainTotal }: HoldingsProps) {
  const { t } = useLingui()
  const formats = useFormats()
  const types = useAssetTypes()
  const sorted = [...assets].sort((a, b) => compareDecimals(b.value.amount, a.value.amount))
  const heading = 'py-1.5 text-xs font-medium text-soft'
  const wide = 'max-md:hidden'
  return (
    <Section
      title={<Trans>What we own and owe</Trans>}
      aside={<Plural value={assets.length} one="# account" other="# accounts" />}
    >
      <table className="w-full">
        <caption className="sr-only">
          <Trans>What we own and owe</Trans>
        </caption>
        <thead>
          <tr>
            <th scope="col" className={`${heading} text-left`}>
              <Trans>Account</Trans>
            </th>
            <th scope="col" className={`${heading} ${wide} text-left`}>
              <Trans>Type</Trans>
            </th>
            <th scope="col" className={`${heading} ${wide} text-left`}>
              <Trans>Country</Trans>
            </th>
            <th scope="col" className={`${heading} ${wide} pr-4 text-right`}>
              <Trans>In its own currency</Trans>
            </th>
            <th scope="col" className={`${heading} text-right`}>
              <Trans>Worth in {total.currency}</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {sorted.map(asset => (
            <tr key={asset.id} className="border-t border-rule align-baseline hover:bg-tint/50">
              <th scope="row" className="py-2 pr-4 text-left font-medium">
                {asset.name}
                <span className="block text-xs font-normal text-soft md:hidden">
                  {[types[asset.type], formats.country(asset.country), asset.owner]
                    .filter(Boolean)
                    .join(' · ')}
                </span>
                {asset.owner && (
                  <span className="ml-2 text-xs font-normal text-soft max-md:hidden">
                    {asset.owner}
                  </span>
                )}
              </th>
              <td className={`${wide} py-2 pr-4 text-soft`}>{types[asset.type]}</td>
              <td className={`${wide} py-2 pr-4 text-soft`}>{formats.country(asset.country)}</td>
              <td className={`${wide} figures py-2 pr-4 text-right`}>
                <Native asset={asset} />
              </td>
              <td className="py-2 text-right">
                <Figure hint={t`Show how this comes about`} onExplain={() => onExplain(asset)}>
                  <span className={isNegative(asset.value.amount) ? 'text-loss' : ''}>
                    {formats.amount(asset.value.amount)}
                  </span>
                </Figure>
                <span className="figures block text-xs text-soft md:hidden">
                  <Native asset={asset} />
                </span>
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr className="sum-line font-semibold">
            <th scope="row" className="py-2 text-left">
              <Trans>Net worth</Trans>
            </th>
            <td className={wide} colSpan={3} />
            <td className="py-2 text-right">
              <Figure hint={t`Show how this comes about`} onExplain={onExplainTotal}>
                {formats.amount(total.amount)}
              </Figure>
            </td>
          </tr>
        </tfoot>
      </table>
    </Section>
  )
}

/** The value before conversion, and what a person should know of the rate: that it is old, or invented. */
function Native({ asset }: { asset: ValuedAsset }) {
  const formats = useFormats()
  if (asset.native.currency === asset.value.currency) return null
  const age = asset.rate?.age_days ?? 0
  return (
    <>
      {formats.money(asset.native)}
      {age >= RATE_AGE_DAYS_NOTED && (
        <span className="block text-xs text-warn">
          <Plural value={age} one="rate # day old" other="rate # days old" />
        </span>
      )}
      {asset.rate?.made_up && (
        <span className="block text-xs text-warn">
          <Trans>rate made up</Trans>
        </span>
      )}
    </>
  )
}
