// A statement as a bank in Australia gives it: OFX 1.0.2 of an account that the family has not
// imported before. Its entries lie in the days before the one that the page shows.

import { randomInt } from 'node:crypto'

export interface SampleStatement {
  readonly fileName: string
  readonly text: string
  readonly closing: string
  /** Who the entries are with, the last one first. */
  readonly counterparties: readonly string[]
}

const ENTRIES = [
  { daysBefore: 6, amount: '-84.35', name: 'JOURNEY GROCER', memo: 'groceries' },
  { daysBefore: 5, amount: '2310.55', name: 'JOURNEY EMPLOYER', memo: 'salary' },
  { daysBefore: 4, amount: '-212.40', name: 'JOURNEY ENERGY', memo: 'bill 8841' },
]

const CLOSING = '4820.15'

/** `lastDay` is the day of the closing balance, as YYYY-MM-DD. */
export function sampleStatement(lastDay: string): SampleStatement {
  const account = String(randomInt(10_000_000, 99_999_999))
  const day = (daysBefore: number) => {
    const date = new Date(`${lastDay}T00:00:00Z`)
    date.setUTCDate(date.getUTCDate() - daysBefore)
    return date.toISOString().slice(0, 10).replaceAll('-', '')
  }
  const entries = ENTRIES.map(
    ({ daysBefore, amount, name, memo }, index) => `<STMTTRN>
<TRNTYPE>OTHER
<DTPOSTED>${day(daysBefore)}
<TRNAMT>${amount}
<FITID>${account}${index}
<NAME>${name} ${account}
<MEMO>${memo}
</STMTTRN>`,
  )
  const text = `OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX>
<SIGNONMSGSRSV1>
<SONRS>
<STATUS><CODE>0<SEVERITY>INFO</STATUS>
<DTSERVER>${day(0)}120000
<LANGUAGE>ENG
</SONRS>
</SIGNONMSGSRSV1>
<BANKMSGSRSV1>
<STMTTRNRS>
<TRNUID>1
<STATUS><CODE>0<SEVERITY>INFO</STATUS>
<STMTRS>
<CURDEF>AUD
<BANKACCTFROM>
<BANKID>063000
<ACCTID>${account}
<ACCTTYPE>SAVINGS
</BANKACCTFROM>
<BANKTRANLIST>
<DTSTART>${day(7)}
<DTEND>${day(0)}
${entries.join('\n')}
</BANKTRANLIST>
<LEDGERBAL>
<BALAMT>${CLOSING}
<DTASOF>${day(0)}
</LEDGERBAL>
</STMTRS>
</STMTTRNRS>
</BANKMSGSRSV1>
</OFX>
`
  return {
    fileName: `savings-${account}.ofx`,
    text,
    closing: CLOSING,
    counterparties: ENTRIES.map(({ name }) => `${name} ${account}`).reverse(),
  }
}
