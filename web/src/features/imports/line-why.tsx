import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../api/provider'
import type { Import, ImportLine, LineExplanation } from '../../api/types'
import { useFormats } from '../../language/use-formats'
import { ProblemNotice, sentence } from '../../ui/problem-notice'
import { Waiting } from '../../ui/section'
import { Sheet } from '../../ui/sheet'
import { LineDecision } from './line-decision'
import type { ColumnRole } from './mapping'
import { lineExplanationQuery } from './queries'
import { useColumnRoles, useLineStatuses } from './words'

interface LineWhyProps {
  one: Import
  line: number
  onClose: () => void
}

/** Why a line is what it is, what it was compared with, and what people decided about it. */
export function LineWhy({ one, line, onClose }: LineWhyProps) {
  const { t } = useLingui()
  const found = useQuery(lineExplanationQuery(useApi(), one.id, line))
  const why = found.data
  const open = one.status === 'staged' || one.status === 'booked'
  return (
    <Sheet title={<Trans>Why is this line so?</Trans>} onClose={onClose}>
      {found.isPending && <Waiting lines={5} label={t`Loading`} />}
      {found.isError && <ProblemNotice thrown={found.error} retry={() => void found.refetch()} />}
      {why && (
        <div className="grid gap-4">
          <Verdict why={why} />
          {why.compared.length > 0 && <Compared why={why} />}
          {open && canBeDecided(why.line) && <LineDecision importId={one.id} line={why.line} />}
          {why.decisions.length > 0 && <Decisions why={why} />}
        </div>
      )}
    </Sheet>
  )
}

function Verdict({ why: { line, found, told } }: { why: LineExplanation }) {
  const words = useLineStatuses()
  const there = told ?? found
  return (
    <div>
      <p className="font-medium">{words[line.status]}</p>
      <p className="text-soft">
        {line.why ? sentence(line.why) : <Trans>No line like it was there.</Trans>}
      </p>
      {there && (
        <p className="text-soft">
          <Trans>
            Line {there.line.file_line} of {there.file_name}
          </Trans>
        </p>
      )}
    </div>
  )
}

function Compared({ why }: { why: LineExplanation }) {
  const roles = useColumnRoles()
  const heading = 'py-1.5 pr-3 text-left text-xs font-medium text-soft'
  return (
    <table className="w-full text-[0.8125rem]">
      <thead>
        <tr>
          <td />
          <th scope="col" className={heading}>
            <Trans>This line</Trans>
          </th>
          <th scope="col" className={heading}>
            <Trans>The other line</Trans>
          </th>
        </tr>
      </thead>
      <tbody>
        {why.compared.map(({ field, here, there, agreement }) => (
          <tr key={field} className="border-t border-rule align-baseline">
            <th scope="row" className={heading}>
              {roles[field as ColumnRole] ?? field}
            </th>
            <td className="py-1.5 pr-3">{here ?? '–'}</td>
            <td className={`py-1.5 ${agreement === 'different' ? 'text-warn' : ''}`}>
              {there ?? '–'}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Decisions({ why }: { why: LineExplanation }) {
  const formats = useFormats()
  const words = useLineStatuses()
  return (
    <div>
      <h3 className="text-xs font-medium text-soft">
        <Trans>What was decided</Trans>
      </h3>
      <ul className="mt-1 text-[0.8125rem]">
        {why.decisions.map(({ at, from, to }) => (
          <li key={at}>
            {formats.moment(at)}: {words[from]} → {words[to]}
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Whether a person has a say: not where the bank has not booked it, or it cannot be booked. */
export function canBeDecided({ status }: ImportLine): boolean {
  return status !== 'pending' && status !== 'faulty' && status !== 'undone'
}
