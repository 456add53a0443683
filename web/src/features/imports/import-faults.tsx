import { Plural, Trans } from '@lingui/react/macro'
import type { ImportFault } from '../../api/types'
import { Section } from '../../ui/section'

interface ImportFaultsProps {
  faults: readonly ImportFault[]
  /** How many are not listed. */
  more: number
}

/** What is wrong with a file: where, what stands there, and what was expected. */
export function ImportFaults({ faults, more }: ImportFaultsProps) {
  const heading = 'py-1.5 pr-4 text-left text-xs font-medium text-soft'
  return (
    <Section title={<Trans>Faults in the file</Trans>} aside={faults.length + more}>
      <div className="overflow-x-auto">
        <table className="w-full">
          <caption className="sr-only">
            <Trans>Faults in the file</Trans>
          </caption>
          <thead>
            <tr>
              <th scope="col" className={heading}>
                <Trans>Line</Trans>
              </th>
              <th scope="col" className={heading}>
                <Trans>Field</Trans>
              </th>
              <th scope="col" className={heading}>
                <Trans>Found</Trans>
              </th>
              <th scope="col" className={heading}>
                <Trans>Expected</Trans>
              </th>
            </tr>
          </thead>
          <tbody>
            {faults.map(({ line, field, found, expected }) => (
              <tr
                key={`${line} ${field} ${expected}`}
                className="border-t border-rule align-baseline"
              >
                <td className="figures py-1.5 pr-4">{line}</td>
                <td className="py-1.5 pr-4 font-medium break-all">{field}</td>
                <td className="py-1.5 pr-4 break-all text-loss">
                  {found === '' ? <Trans>nothing</Trans> : <code>{found}</code>}
                </td>
                <td className="py-1.5">{expected}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more > 0 && (
        <p className="border-t border-rule py-2 text-soft">
          <Plural value={more} one="# more is not listed." other="# more are not listed." />
        </p>
      )}
    </Section>
  )
}
