// The language of the page: which one, where the choice is kept, and its sentences.

import { i18n } from '@lingui/core'
import type { Language } from '../format/conventions'
import { messages as english } from './catalogues/en.po'

const KEPT = 'florin.language'

/** The language of an earlier visit, else the first of the browser's that the page knows. */
export function preferredLanguage(kept: string | null, wanted: readonly string[]): Language {
  if (isLanguage(kept)) return kept
  const known = wanted.map(tag => tag.split('-')[0]?.toLowerCase() ?? '').find(isLanguage)
  return known ?? 'en'
}

export async function restoreLanguage(): Promise<void> {
  await activate(preferredLanguage(localStorage.getItem(KEPT), navigator.languages))
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(KEPT, language)
  await activate(language)
}

async function activate(language: Language): Promise<void> {
  const messages = language === 'mn' ? (await import('./catalogues/mn.po')).messages : english
  // English follows because browsers know no rules for the plural in Mongolian; the two are alike.
  i18n.loadAndActivate({ locale: language, locales: [language, 'en'], messages })
  document.documentElement.lang = language
}

function isLanguage(text: string | null | undefined): text is Language {
  return text === 'en' || text === 'mn'
}
