// The names of countries and currencies. English ones come from the browser; Mongolian ones are
// ours, for those that a family of Mongolia and Australia is likely to meet.

import type { Language } from './conventions'

const MONGOLIAN_COUNTRIES: Readonly<Record<string, string>> = {
  AU: 'Австрали',
  CA: 'Канад',
  CH: 'Швейцар',
  CN: 'Хятад',
  CZ: 'Чех',
  DE: 'Герман',
  FR: 'Франц',
  GB: 'Их Британи',
  HK: 'Хонконг',
  ID: 'Индонез',
  IN: 'Энэтхэг',
  JP: 'Япон',
  KR: 'Өмнөд Солонгос',
  KZ: 'Казахстан',
  MN: 'Монгол',
  MY: 'Малайз',
  NZ: 'Шинэ Зеланд',
  PL: 'Польш',
  RU: 'Орос',
  SE: 'Швед',
  SG: 'Сингапур',
  TH: 'Тайланд',
  TR: 'Турк',
  US: 'АНУ',
  VN: 'Вьетнам',
}

/** What stands for a country that nobody has stated. */
const NO_COUNTRY = 'ZZ'
const NO_COUNTRY_NAMES: Readonly<Record<Language, string>> = { en: 'Not stated', mn: 'Заагаагүй' }

const MONGOLIAN_CURRENCIES: Readonly<Record<string, string>> = {
  AUD: 'Австралийн доллар',
  CAD: 'Канадын доллар',
  CHF: 'Швейцарын франк',
  CNY: 'Хятадын юань',
  EUR: 'Евро',
  GBP: 'Английн фунт',
  HKD: 'Хонконгийн доллар',
  INR: 'Энэтхэгийн рупи',
  JPY: 'Японы иен',
  KRW: 'Солонгосын вон',
  KZT: 'Казахстаны тэнгэ',
  MNT: 'Монголын төгрөг',
  NZD: 'Шинэ Зеландын доллар',
  RUB: 'Оросын рубль',
  SEK: 'Шведийн крон',
  SGD: 'Сингапурын доллар',
  THB: 'Тайландын бат',
  TRY: 'Туркийн лир',
  USD: 'Америк доллар',
  VND: 'Вьетнамын донг',
}

/** What a choice of currencies offers; more come with what a family owns. */
export const USUAL_CURRENCIES = Object.keys(MONGOLIAN_CURRENCIES)

/** What a choice of countries offers. */
export const USUAL_COUNTRIES = Object.keys(MONGOLIAN_COUNTRIES)

/** The name of a country by its code of two letters; the code itself where no name is known. */
export function countryName(code: string, language: Language): string {
  if (code === NO_COUNTRY) return NO_COUNTRY_NAMES[language]
  const ours = language === 'mn' ? MONGOLIAN_COUNTRIES[code] : undefined
  return ours ?? englishName('region', code)
}

/** The name of a currency by its code of three letters; the code itself where none is known. */
export function currencyName(code: string, language: Language): string {
  const ours = language === 'mn' ? MONGOLIAN_CURRENCIES[code] : undefined
  return ours ?? englishName('currency', code)
}

function englishName(type: 'region' | 'currency', code: string): string {
  try {
    return new Intl.DisplayNames('en', { type }).of(code) ?? code
  } catch {
    // A code that is not even shaped like one, as a custom commodity may have.
    return code
  }
}
