import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useApi } from '../../api/provider'
import type { LedgerAccount, Transfer, TransferRecord } from '../../api/types'
import { useFormats } from '../../language/use-formats'
import { ProblemNotice } from '../../ui/problem-notice'
import { Waiting } from '../../ui/section'
import { Sheet } from '../../ui/sheet'
import { capturesQuery, recordQuery, transferQuery } from './queries'
import { called } from './tree'
import { useTransferName } from './words'

interface TransferSheetProps {
  book: string
  transfer: string
  accounts: ReadonlyMap<string, LedgerAccount>
  onTransfer: (transfer: string) => void
  onAccount: (account: string) => void
  onClose: () => void
}

/** A transfer with everything behind it: accounts, hold, reversal, texts, and its record. */
export function TransferSheet(props: TransferSheetProps) {
  const { book, transfer: id, accounts, onTransfer, onAccount, onClose } = props
  const { t } = useLingui()
  const api = useApi()
  const name = useTransferName()
  const transfer = useQuery(transferQuery(api, book, id))
  const record = useQuery(recordQuery(api, book, id))
  const hold = transfer.data?.type === 'hold' ? id : undefined
  const captures = useQuery(capturesQuery(api, book, hold))
  const failed = [transfer, record, captures].find(({ isError }) => isError)
  return (
    <Sheet title={transfer.data ? name(transfer.data) : t`Transfer`} onClose={onClose}>
      {transfer.isPending && <Waiting lines={8} label={t`Loading`} />}
      {failed && <ProblemNotice thrown={failed.error} retry={() => void failed.refetch()} />}
      {transfer.data && (
        <>
          <Moved transfer={transfer.data} accounts={accounts} onAccount={onAccount} />
          <Told transfer={transfer.data} />
          <Linked
            transfer={transfer.data}
            captures={captures.data?.items ?? []}
            onTransfer={onTransfer}
          />
        </>
      )}
      {record.data && <Journal record={record.data} />}
    </Sheet>
  )
}

interface PartProps {
  title: ReactNode
  children: ReactNode
}

function Part({ title, children }: PartProps) {
  return (
    <section className="border-t border-rule py-3 first:border-0 first:pt-0">
      <h3 className="mb-1 font-medium">{title}</h3>
      <dl className="grid grid-cols-[9rem_minmax(0,1fr)] gap-x-4 gap-y-1 text-[0.8125rem] max-sm:grid-cols-[7rem_minmax(0,1fr)]">
        {children}
      </dl>
    </section>
  )
}

/** One thing that is known; nothing where it is not. */
function Known({ name, children }: { name: ReactNode; children: ReactNode }) {
  if (children === null || children === undefined || children === '') return null
  return (
    <>
      <dt className="text-soft">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  )
}

const LINK =
  'rounded text-left underline decoration-rule underline-offset-4 hover:text-accent hover:decoration-accent'

interface MovedProps {
  transfer: Transfer
  accounts: ReadonlyMap<string, LedgerAccount>
  onAccount: (account: string) => void
}

/** What moved, from where to where, and from when it counts. */
function Moved({ transfer, accounts, onAccount }: MovedProps) {
  const { t } = useLingui()
  const formats = useFormats()
  const money = (amount: string | null | undefined) =>
    amount && formats.money({ amount, currency: transfer.commodity })
  const account = (id: string) => {
    const known = accounts.get(id)
    return (
      <>
        <button type="button" className={LINK} onClick={() => onAccount(id)}>
          {known ? called(known) : id}
        </button>
        {known?.path && <span className="block text-xs text-soft">{known.path}</span>}
        {transfer.closed === id && (
          <span className="block text-xs text-warn">
            <Trans>closed by this transfer</Trans>
          </span>
        )}
      </>
    )
  }
  const side = { debit: t`the debited account`, credit: t`the credited account` }
  return (
    <Part title={<Trans>What moved</Trans>}>
      <Known name={<Trans>Amount</Trans>}>
        <span className="figures font-medium">{money(transfer.amount)}</span>
      </Known>
      <Known name={<Trans>At most</Trans>}>{money(transfer.maximum)}</Known>
      <Known name={<Trans>As much as there is of</Trans>}>
        {transfer.balancing && side[transfer.balancing]}
      </Known>
      <Known name={<Trans>Debited</Trans>}>{account(transfer.debit)}</Known>
      <Known name={<Trans>Credited</Trans>}>{account(transfer.credit)}</Known>
      <Known name={<Trans>Counts from</Trans>}>{formats.date(transfer.effective)}</Known>
      <Known name={<Trans>Booked</Trans>}>{formats.moment(transfer.booked_at)}</Known>
      <Known name={<Trans>Transfer</Trans>}>
        {transfer.number} <code className="text-[0.6875rem] break-all">{transfer.id}</code>
      </Known>
    </Part>
  )
}

/** What somebody wrote about it. */
function Told({ transfer }: { transfer: Transfer }) {
  const { reference, purpose, counterparty, metadata, code } = transfer
  if (!reference && !purpose && !counterparty && !metadata && code === 0) return null
  return (
    <Part title={<Trans>What is said of it</Trans>}>
      <Known name={<Trans>With</Trans>}>{counterparty}</Known>
      <Known name={<Trans>For</Trans>}>{purpose}</Known>
      <Known name={<Trans>Reference</Trans>}>{reference}</Known>
      <Known name={<Trans>Code</Trans>}>{code === 0 ? null : String(code)}</Known>
      {Object.entries(metadata ?? {}).map(([name, value]) => (
        <Known key={name} name={name}>
          {typeof value === 'string' ? value : JSON.stringify(value)}
        </Known>
      ))}
    </Part>
  )
}

interface LinkedProps {
  transfer: Transfer
  captures: readonly Transfer[]
  onTransfer: (transfer: string) => void
}

/** The other transfers that it belongs with: a hold and its captures, a reversal and its original. */
function Linked({ transfer, captures, onTransfer }: LinkedProps) {
  const { t } = useLingui()
  const formats = useFormats()
  const name = useTransferName()
  const { hold, rest, left, expires_at, reverses, reversed_by, commodity } = transfer
  const isHold = transfer.type === 'hold'
  if (!isHold && !hold && !reverses && !reversed_by) return null
  const link = (id: string | null | undefined, text: ReactNode = id) =>
    id && (
      <button type="button" className={`${LINK} break-all`} onClick={() => onTransfer(id)}>
        {text}
      </button>
    )
  const rests = { release: t`released`, keep: t`kept for another capture` }
  return (
    <Part title={<Trans>What belongs with it</Trans>}>
      <Known name={<Trans>Still held</Trans>}>
        {isHold ? (left ? formats.money({ amount: left, currency: commodity }) : t`nothing`) : null}
      </Known>
      <Known name={<Trans>Expires</Trans>}>{expires_at && formats.moment(expires_at)}</Known>
      {captures.map(one => (
        <Known key={one.id} name={name(one)}>
          {link(one.id, formats.money({ amount: one.amount, currency: commodity }))}
          <span className="ml-2 text-soft">{formats.date(one.effective)}</span>
        </Known>
      ))}
      <Known name={<Trans>Hold</Trans>}>{link(hold)}</Known>
      <Known name={<Trans>Its rest</Trans>}>{rest && rests[rest]}</Known>
      <Known name={<Trans>Takes back</Trans>}>{link(reverses)}</Known>
      <Known name={<Trans>Taken back by</Trans>}>{link(reversed_by)}</Known>
    </Part>
  )
}

/** Where it stands in the journal, and who sent it. */
function Journal({ record }: { record: TransferRecord }) {
  const { t } = useLingui()
  const formats = useFormats()
  const code = (text: string) => <code className="text-[0.6875rem] break-all">{text}</code>
  const { actor } = record
  const senders: Readonly<Record<string, string>> = {
    user: t`a member of the family`,
    owner: t`the owner of the data directory`,
    system: t`Florin itself`,
  }
  return (
    <Part title={<Trans>In the journal</Trans>}>
      <Known name={<Trans>Record</Trans>}>{String(record.seq)}</Known>
      <Known name={<Trans>Decided</Trans>}>{formats.moment(record.decided_at)}</Known>
      <Known name={<Trans>Hash</Trans>}>{code(record.hash)}</Known>
      <Known name={<Trans>Hash before it</Trans>}>{code(record.previous_hash)}</Known>
      <Known name={<Trans>Sent by</Trans>}>
        {actor && (
          <>
            {senders[actor.kind] ?? actor.kind} {code(actor.id ?? actor.name ?? '')}
          </>
        )}
      </Known>
      <Known name={<Trans>On behalf of</Trans>}>
        {record.on_behalf_of && code(record.on_behalf_of)}
      </Known>
      <Known name={<Trans>As part of</Trans>}>
        {record.correlation && code(record.correlation)}
      </Known>
    </Part>
  )
}
