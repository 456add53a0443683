import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/provider'
import type { AssetType, Money, Rate, ValuedAsset } from '../../api/types'
import { daysBetween } from '../../format/date'
import { compareDecimals } from '../../format/decimal'
import { useFormats } from '../../language/use-formats'
import { ProblemNotice } from '../../ui/problem-notice'
import { Waiting } from '../../ui/section'
import { Sheet } from '../../ui/sheet'
import { AccountGaps } from '../imports/account-gaps'
import { explanationQuery, type View } from './queries'
import { useAssetTypes } from './words'

/** The figure that is asked about, and the value that the page shows for it. */
export interface Question {
  readonly about:
    | { readonly all: true }
    | { readonly country: string }
    | { readonly type: AssetType }
    | { readonly asset: string; readonly name: string }
  readonly value: Money
}

interface ExplanationProps {
  question: Question
  view: View
  onClose: () => void
}

/** What a figure comes from: balance times price times rate, each with its date and source. */
export function Explanation({ question, view, onClose }: ExplanationProps) {
  const { t } = useLingui()
  const formats = useFormats()
  const types = useAssetTypes()
  const answer = useQuery(explanationQuery(useApi(), view))
  const { about, value } = question
  const title =
    'asset' in about
      ? about.name
      : 'country' in about
        ? formats.country(about.country)
        : 'type' in about
          ? types[about.type]
          : t`Net worth`
  const assets = answer.data?.assets
    .filter(asset => isAbout(asset, about))
    .sort((a, b) => compareDecimals(b.value.amount, a.value.amount))
  return (
    <Sheet title={title} onClose={onClose}>
      {'asset' in about && <AccountGaps asset={about.asset} />}
      {answer.isPending && <Waiting lines={6} label={t`Loading`} />}
      {answer.isError && (
        <ProblemNotice thrown={answer.error} retry={() => void answer.refetch()} />
      )}
      {answer.data && assets && (
        <>
          <p className="mb-3 text-soft">
            <Trans>
              On {formats.date(answer.data.as_of)}, in {formats.currency(answer.data.currency)}.
              Balances come from the ledger; prices and rates are the last known on that day.
            </Trans>
          </p>
          <ul>
            {assets.map(asset => (
              <li key={asset.id} className="border-t border-rule py-3">
                <Calculation asset={asset} asOf={answer.data.as_of} />
              </li>
            ))}
          </ul>
          {assets.length !== 1 && (
            <p className="sum-line flex justify-between font-semibold">
              <span className="flex-1 py-2">
                <Trans>Together</Trans>
              </span>
              <span className="figures py-2">{formats.money(value)}</span>
            </p>
          )}
        </>
      )}
    </Sheet>
  )
}

function isAbout(asset: ValuedAsset, about: Question['about']): boolean {
  if ('asset' in about) return asset.id === about.asset
  if ('country' in about) return asset.country === about.country
  if ('type' in about) return asset.type === about.type
  return true
}

/** One asset: a line for each factor, and what they make. */
function Calculation({ asset, asOf }: { asset: ValuedAsset; asOf: string }) {
  const formats = useFormats()
  const inputs = asset.explain
  return (
    <>
      <h3 className="font-medium">{asset.name}</h3>
      <dl className="mt-1 grid grid-cols-[1fr_auto] gap-x-4 gap-y-1 text-[0.8125rem]">
        {inputs && (
          <Factor
            name={
              inputs.is_debt ? <Trans>Balance owed, counts negative</Trans> : <Trans>Balance</Trans>
            }
            note={<code className="text-[0.6875rem] break-all">{inputs.account}</code>}
          >
            <Balance asset={asset} balance={inputs.balance} />
          </Factor>
        )}
        {asset.price && (
          <Factor name={<Trans>Price of one</Trans>} note={<Source {...asset.price} asOf={asOf} />}>
            {'× '}
            {formats.quantity(asset.price.price)} {asset.price.currency}
          </Factor>
        )}
        {asset.rate && (
          <Factor
            name={<RateName asset={asset} rate={asset.rate} />}
            note={<RatePath rate={asset.rate} asOf={asOf} />}
          >
            {'× '}
            {formats.quantity(asset.rate.rate)}
          </Factor>
        )}
        <Factor name={<Trans>Worth</Trans>} strong>
          {'= '}
          {formats.money(asset.value)}
        </Factor>
      </dl>
    </>
  )
}

/** What a thing is the only one of is a code that says nothing; then the count stands alone. */
function Balance({ asset, balance }: { asset: ValuedAsset; balance: Money }) {
  const formats = useFormats()
  if (!asset.price) return formats.money(balance)
  const isOwn = balance.currency.startsWith('ASSET-')
  return `${formats.quantity(balance.amount)}${isOwn ? '' : `\u00a0${balance.currency}`}`
}

interface FactorProps {
  name: ReactNode
  note?: ReactNode
  strong?: boolean
  children: ReactNode
}

function Factor({ name, note, strong, children }: FactorProps) {
  return (
    <>
      <dt className="min-w-0 text-soft">
        {name}
        {note && <span className="block text-xs">{note}</span>}
      </dt>
      <dd className={`figures text-right ${strong ? 'font-medium' : ''}`}>{children}</dd>
    </>
  )
}

function RateName({ asset, rate }: { asset: ValuedAsset; rate: Rate }) {
  const [from, to] = [asset.native.currency, asset.value.currency]
  return rate.path.length > 1 ? (
    <Trans>
      Cross rate from {from} to {to}
    </Trans>
  ) : (
    <Trans>
      Rate from {from} to {to}
    </Trans>
  )
}

/** Where a rate comes from; of a cross rate every leg. */
function RatePath({ rate, asOf }: { rate: Rate; asOf: string }) {
  const formats = useFormats()
  return rate.path.map(leg => (
    <span key={`${leg.base}${leg.quote}`} className="block">
      {rate.path.length > 1 && `1 ${leg.base} = ${formats.quantity(leg.rate)} ${leg.quote} · `}
      <Source {...leg} asOf={asOf} />
    </span>
  ))
}

interface SourceProps {
  date: string
  asOf: string
  source: string
  kind: string
}

/** Of which day, how old then, and who says so; what is invented says that it is. */
function Source({ date, asOf, source, kind }: SourceProps) {
  const formats = useFormats()
  return (
    <>
      {formats.date(date)}
      <Age days={daysBetween(date, asOf)} /> · {source}
      {kind === 'made_up' && (
        <span className="text-warn">
          {' · '}
          <Trans>made up</Trans>
        </span>
      )}
    </>
  )
}

/** Nothing to say of what is of the day itself. */
function Age({ days }: { days: number }) {
  if (days <= 0) return null
  return (
    <>
      , <Plural value={days} one="# day old" other="# days old" />
    </>
  )
}
