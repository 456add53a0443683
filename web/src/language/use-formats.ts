import { useLingui } from '@lingui/react'
import { useMemo } from 'react'
import type { Money } from '../api/types'
import { formatAmount, formatChange, formatQuantity } from '../format/amount'
import { CONVENTIONS, type Conventions, type Language } from '../format/conventions'
import { formatDate, formatMoment } from '../format/date'
import { countryName, currencyName } from '../format/names'

export interface Formats {
  readonly conventions: Conventions
  amount(text: string): string
  change(text: string): string
  quantity(text: string): string
  /** With the code, not a sign: "$" is the sign of two dozen currencies. */
  money(money: Money): string
  date(text: string): string
  moment(text: string): string
  country(code: string): string
  currency(code: string): string
}

/** How the chosen language writes everything that is not a sentence. */
export function useFormats(): Formats {
  const { i18n } = useLingui()
  return useMemo(() => formatsOf(i18n.locale === 'mn' ? 'mn' : 'en'), [i18n.locale])
}

function formatsOf(language: Language): Formats {
  const conventions = CONVENTIONS[language]
  return {
    conventions,
    amount: text => formatAmount(text, conventions),
    change: text => formatChange(text, conventions),
    quantity: text => formatQuantity(text, conventions),
    money: ({ amount, currency }) => `${formatAmount(amount, conventions)}\u00a0${currency}`,
    date: text => formatDate(text, conventions),
    moment: text => formatMoment(text, conventions),
    country: code => countryName(code, language),
    currency: code => currencyName(code, language),
  }
}
