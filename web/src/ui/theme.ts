// Light or dark: the system's choice, until a person makes another one.

import { useSyncExternalStore } from 'react'

export type Theme = 'light' | 'dark'

const KEPT = 'florin.theme'
const system = window.matchMedia('(prefers-color-scheme: dark)')
const listeners = new Set<() => void>()

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, currentTheme)
}

/** The choice that equals the system's is no choice: later the page follows the system again. */
export function chooseTheme(theme: Theme): void {
  const isSystem = theme === systemTheme()
  const { dataset } = document.documentElement
  if (isSystem) {
    delete dataset['theme']
    localStorage.removeItem(KEPT)
  } else {
    dataset['theme'] = theme
    localStorage.setItem(KEPT, theme)
  }
  for (const listener of listeners) listener()
}

function currentTheme(): Theme {
  const chosen = document.documentElement.dataset['theme']
  return chosen === 'light' || chosen === 'dark' ? chosen : systemTheme()
}

function systemTheme(): Theme {
  return system.matches ? 'dark' : 'light'
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  system.addEventListener('change', listener)
  return () => {
    listeners.delete(listener)
    system.removeEventListener('change', listener)
  }
}
