import { useLingui } from '@lingui/react/macro'
import type { LedgerAccountType, Transfer, TransferType } from '../../api/types'

/** What each type of account is called. */
export function useAccountTypes(): Readonly<Record<LedgerAccountType, string>> {
  const { t } = useLingui()
  return {
    asset: t`Asset`,
    liability: t`Liability`,
    equity: t`Equity`,
    income: t`Income`,
    expense: t`Expense`,
  }
}

/** What a transfer does, in words. */
export function useTransferTypes(): Readonly<Record<TransferType, string>> {
  const { t } = useLingui()
  return {
    transfer: t`Posting`,
    post_up_to: t`Posting of as much as there is`,
    close_into: t`Closing of an account`,
    hold: t`Hold`,
    post_hold: t`Capture of a hold`,
    void_hold: t`Release of a hold`,
  }
}

/** What a transfer is called: what it takes back is no ordinary posting. */
export function useTransferName(): (transfer: Pick<Transfer, 'type' | 'reverses'>) => string {
  const { t } = useLingui()
  const types = useTransferTypes()
  return ({ type, reverses }) => (reverses ? t`Reversal` : types[type])
}
