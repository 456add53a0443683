// The contract's shapes by the names that the page uses.

import type { components } from './contract'

type Schemas = components['schemas']

export type Money = Schemas['Money']
export type Session = Schemas['Session']
export type Registration = Schemas['RegisterRequest']

export type Asset = Schemas['Asset']
export type AssetPrice = Schemas['AssetPrice']
export type AssetType = Schemas['AssetType']
export type HistoryPoint = Schemas['HistoryPoint']
export type NetWorth = Schemas['NetWorth']
export type Rate = Schemas['Rate']
export type Summary = Schemas['Summary']
export type ValuedAsset = Schemas['ValuedAsset']

export type Transaction = Schemas['Transaction']

export type AccountLine = Schemas['AccountLine']
export type Chart = Schemas['Chart']
export type ChartGroup = Schemas['ChartGroup']
export type GroupBalance = Schemas['GroupBalance']
export type LedgerAccount = Schemas['LedgerAccount']
export type LedgerAccountType = Schemas['LedgerAccountType']
export type LedgerStatement = Schemas['LedgerStatement']
export type TransferRecord = Schemas['TransferRecord']
export type Transfer = Schemas['Transfer']
export type TransferType = Schemas['TransferType']

export type Approval = Schemas['Approval']

export type Case = Schemas['Case']

export type BalanceCheck = Schemas['BalanceCheck']
export type Decision = Schemas['Decision']
export type Import = Schemas['Import']
export type Notice = Schemas['Notice']
export type ImportFault = Schemas['ImportFault']
export type ImportLine = Schemas['ImportLine']
export type ImportStatement = Schemas['ImportStatement']
export type LineExplanation = Schemas['LineExplanation']
export type LineStatus = Schemas['LineStatus']
