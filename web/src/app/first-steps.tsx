import { Trans } from '@lingui/react/macro'
import type { ReactNode } from 'react'

/** A family that has nothing here yet: what to do first, and where. */
export function FirstSteps({ imports }: { imports: ReactNode }) {
  const step =
    'relative border-t border-rule py-3 pl-9 [counter-increment:step] before:absolute ' +
    'before:left-0 before:text-lg before:font-semibold before:text-accent ' +
    'before:content-[counter(step)]'
  return (
    <div className="grid gap-x-12 gap-y-8 lg:grid-cols-[minmax(0,1fr)_26rem]">
      <div>
        <h1 className="text-2xl font-semibold tracking-tight">
          <Trans>Nothing is recorded yet</Trans>
        </h1>
        <p className="mt-1 max-w-prose text-soft">
          <Trans>
            Florin works out what you are worth from what your banks say and from what you own
            besides.
          </Trans>
        </p>
        <ol className="mt-6 max-w-prose">
          <li className={step}>
            <h2 className="font-medium">
              <Trans>Get a statement from your bank</Trans>
            </h2>
            <p className="text-soft">
              <Trans>
                Most banks offer it where they list your transactions: as OFX or “Money”, as
                CAMT.053, or as CSV.
              </Trans>
            </p>
          </li>
          <li className={step}>
            <h2 className="font-medium">
              <Trans>Drop it here</Trans>
            </h2>
            <p className="text-soft">
              <Trans>
                You see every line before it is booked, and you can undo the whole import later. The
                same file twice changes nothing.
              </Trans>
            </p>
          </li>
          <li className={step}>
            <h2 className="font-medium">
              <Trans>Add what has no statement</Trans>
            </h2>
            <p className="text-soft">
              <Trans>
                A house, a car or a loan is recorded through{' '}
                <a href="/docs" className="text-accent underline underline-offset-4">
                  the API
                </a>{' '}
                for now, with its value and the day of it.
              </Trans>
            </p>
          </li>
        </ol>
      </div>
      {imports}
    </div>
  )
}
