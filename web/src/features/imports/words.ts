import { useLingui } from '@lingui/react/macro'
import type { Import, LineStatus } from '../../api/types'
import type { ColumnRole } from './mapping'

/** What each state of an import is called. */
export function useImportStatuses(): Readonly<Record<Import['status'], string>> {
  const { t } = useLingui()
  return {
    staged: t`Preview`,
    booked: t`Booked`,
    undone: t`Undone`,
    refused: t`Refused`,
  }
}

/** What each state of a line is called. */
export function useLineStatuses(): Readonly<Record<LineStatus, string>> {
  const { t } = useLingui()
  return {
    new: t`To book`,
    known: t`Known already`,
    review: t`To decide`,
    pending: t`Not booked by the bank`,
    faulty: t`Faulty`,
    booked: t`Booked`,
    skipped: t`Left out`,
    undone: t`Undone`,
  }
}

/** What a column of a CSV file may hold. */
export function useColumnRoles(): Readonly<Record<ColumnRole, string>> {
  const { t } = useLingui()
  return {
    ignored: t`Not used`,
    booked: t`Day booked`,
    value: t`Value date`,
    amount: t`Amount`,
    debit: t`Amount out`,
    credit: t`Amount in`,
    flag: t`In or out`,
    balance: t`Balance after`,
    currency: t`Currency`,
    account: t`Account`,
    counterparty: t`With whom`,
    counterparty_account: t`Their account`,
    counterparty_bank: t`Their bank`,
    purpose: t`For what`,
    reference: t`Reference`,
    bank_reference: t`Bank's reference`,
    end_to_end: t`Payer's reference`,
    type_code: t`Bank's word for it`,
    status: t`Whether booked`,
  }
}

/** The formats by the names that banks give them; one that is new to the page by the server's. */
export function formatName({ format, format_version }: Import): string | null {
  if (!format) return null
  const names: Readonly<Record<string, string>> = {
    ofx1: 'OFX',
    ofx2: 'OFX',
    camt052: 'CAMT.052',
    camt053: 'CAMT.053',
    camt054: 'CAMT.054',
    mt940: 'MT940',
    mt942: 'MT942',
    bai2: 'BAI2',
    qif: 'QIF',
    xlsx: 'XLSX',
    pdf: 'PDF',
    csv: 'CSV',
  }
  const name = names[format] ?? format
  return format_version && name === 'OFX' ? `${name} ${format_version}` : name
}
