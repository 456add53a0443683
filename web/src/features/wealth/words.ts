import { useLingui } from '@lingui/react/macro'
import type { AssetType } from '../../api/types'

/** What each type of asset is called. */
export function useAssetTypes(): Readonly<Record<AssetType, string>> {
  const { t } = useLingui()
  return {
    cash: t`Cash`,
    property: t`Property`,
    vehicle: t`Vehicles`,
    investment: t`Investments`,
    crypto: t`Crypto`,
    superannuation: t`Superannuation`,
    debt: t`Debt`,
  }
}
