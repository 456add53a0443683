import { Plural, Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../api/provider'
import { useFormats } from '../../language/use-formats'
import { Notice } from '../../ui/notice'
import { assetGapsQuery } from './queries'

/** What the bank states of an account and the ledger does not have, until it is resolved. */
export function AccountGaps({ asset }: { asset: string }) {
  const formats = useFormats()
  const { data } = useQuery(assetGapsQuery(useApi(), asset))
  if (!data || (data.items.length === 0 && data.undecided === 0 && !data.opening_unknown)) {
    return null
  }
  return (
    <Notice tone="warn" title={<Trans>The bank and the ledger do not agree</Trans>}>
      <ul className="list-disc pl-5">
        {data.opening_unknown && (
          <li>
            <Trans>The opening balance is not known: zero stands for it.</Trans>
          </li>
        )}
        {data.items.map(({ after, until, amount }) => (
          <li key={`${after} ${until}`}>
            {after ? (
              <Trans>
                After {formats.date(after)}, until {formats.date(until)}: {formats.money(amount)}{' '}
                are missing.
              </Trans>
            ) : (
              <Trans>
                Until {formats.date(until)}: {formats.money(amount)} are missing.
              </Trans>
            )}
          </li>
        ))}
        {data.undecided > 0 && (
          <li>
            <Plural
              value={data.undecided}
              one="# line is to be decided about."
              other="# lines are to be decided about."
            />
          </li>
        )}
      </ul>
    </Notice>
  )
}
