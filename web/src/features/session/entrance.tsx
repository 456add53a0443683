import { Trans } from '@lingui/react/macro'
import type { ReactNode } from 'react'

interface EntranceProps {
  title: ReactNode
  children: ReactNode
  /** The way to the other page of the entrance. */
  elsewhere: ReactNode
}

/** What stands around signing in and registering: the coin, and what Florin answers. */
export function Entrance({ title, children, elsewhere }: EntranceProps) {
  return (
    <main className="mx-auto grid min-h-dvh w-full max-w-5xl content-center gap-x-20 gap-y-8 px-5 py-10 md:grid-cols-[1fr_22rem]">
      <div className="self-center">
        <img src="/florin.svg" alt="" className="size-12 md:size-16" />
        <p className="mt-4 text-2xl font-semibold tracking-tight md:text-4xl">Florin</p>
        <p className="mt-2 max-w-md text-soft md:text-lg">
          <Trans>What your family is worth, in any currency, today and on any past day.</Trans>
        </p>
      </div>
      <div className="border-t border-ink/80 pt-4">
        <h1 className="text-lg font-semibold">{title}</h1>
        <div className="mt-4">{children}</div>
        <p className="mt-5 border-t border-rule pt-4 text-soft">{elsewhere}</p>
      </div>
    </main>
  )
}
