import { Trans, useLingui } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import { chooseLanguage } from '../language/language'
import { Icon } from '../ui/icon'
import { chooseTheme, useTheme } from '../ui/theme'

interface HeaderProps {
  /** The way home, around the name. */
  home: (name: ReactNode) => ReactNode
  /** The ways to the other pages. */
  links: ReactNode
  /** What there is to be told, as a tool of this look. */
  bell: (className: string) => ReactNode
  family: string
  person: string
  onSignOut: () => void
}

const TOOL =
  'grid min-h-9 min-w-9 place-items-center rounded-md px-2 text-soft hover:bg-tint hover:text-accent'

export function Header({ home, links, bell, family, person, onSignOut }: HeaderProps) {
  const { t } = useLingui()
  return (
    <header className="border-b border-rule">
      <div className="mx-auto flex min-h-14 max-w-[84rem] flex-wrap items-center gap-x-3 px-4 sm:px-6">
        {home(
          <span className="flex items-center gap-2.5">
            <img src="/florin.svg" alt="" className="size-7" />
            <span className="text-base font-semibold tracking-tight">Florin</span>
          </span>,
        )}
        <span className="min-w-0 truncate border-l border-rule pl-3 text-soft max-sm:hidden">
          {family}
        </span>
        <nav
          aria-label={t`Pages`}
          className="shrink-0 max-sm:order-last max-sm:w-full max-sm:pb-2 sm:ml-3"
        >
          {links}
        </nav>
        <div className="ml-auto flex items-center gap-0.5">
          {bell(TOOL)}
          <LanguageButton />
          <ThemeButton />
          <span className="mx-2 hidden text-soft sm:inline">{person}</span>
          <button type="button" className={TOOL} title={t`Sign out`} onClick={onSignOut}>
            <Icon name="leave" />
            <span className="sr-only">
              <Trans>Sign out</Trans>
            </span>
          </button>
        </div>
      </div>
    </header>
  )
}

/** Names the other language in that language, for whoever cannot read this one. */
export function LanguageButton() {
  const { i18n } = useLingui()
  const [language, name] =
    i18n.locale === 'mn' ? (['en', 'English'] as const) : (['mn', 'Монгол'] as const)
  return (
    <button
      type="button"
      lang={language}
      className={TOOL}
      onClick={() => void chooseLanguage(language)}
    >
      {name}
    </button>
  )
}

export function ThemeButton() {
  const { t } = useLingui()
  const isDark = useTheme() === 'dark'
  return (
    <button
      type="button"
      className={TOOL}
      aria-label={isDark ? t`Light colours` : t`Dark colours`}
      title={isDark ? t`Light colours` : t`Dark colours`}
      onClick={() => chooseTheme(isDark ? 'light' : 'dark')}
    >
      <Icon name={isDark ? 'sun' : 'moon'} />
    </button>
  )
}
