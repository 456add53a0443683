//! What banks call their columns, and the words they put into them.
//!
//! What must stay true: a name decides what a column is only where the whole name is known; the
//! mapping that comes of it is shown, and can be overridden.

use super::mapping::Role;
use crate::value;

/// Names of columns in small letters without signs, by role. Within a role the surer name comes
/// first: where a file has two, the surer one wins.
#[rustfmt::skip]
const NAMES: &[(Role, &[&str])] = &[
    (Role::Booked, &[
        "booking date", "booked", "booking", "date booked", "posting date", "posted date",
        "post date", "posted", "date posted", "buchungstag", "buchungsdatum", "buchung",
        "buchungstag datum", "boekingsdatum", "boekdatum", "date comptable",
        "date de comptabilisation", "date operation", "date opération", "fecha contable",
        "fecha operacion", "fecha operación", "data contabile", "data księgowania",
        "дата проводки", "дата операции", "гүйлгээний огноо", "огноо", "transaction date",
        "date of transaction", "txn date", "tran date", "trans date", "transactiedatum",
        "completed date", "process date", "processed date", "date", "datum", "fecha",
        "data", "дата", "umsatzdatum", "belegdatum", "transaction date time", "date time",
        "started date", "dato", "bogført dato", "bogføringsdato", "bokföringsdag", "bokført dato",
        "data operacji", "abschlussdatum", "transaktionsdatum",
    ]),
    (Role::Value, &[
        "value date", "valuta", "valutadatum", "wertstellung", "wertstellungsdatum", "wert",
        "rentedatum", "date valeur", "date de valeur", "fecha valor", "data valuta",
        "data waluty", "дата валютирования", "value dt", "value dat", "effective date",
        "interest date",
        "rentedato",
    ]),
    (Role::Amount, &[
        "amount", "betrag", "umsatz", "bedrag", "montant", "importe", "importo", "kwota",
        "сумма", "дүн", "гүйлгээний дүн", "transaction amount", "amount local",
        "net amount", "betrag in kontowährung", "transaktionsbetrag", "paid in out",
        "money in out", "value", "belob", "beløb", "belopp", "monto",
    ]),
    (Role::Debit, &[
        "debit", "debit amount", "dr", "debits", "withdrawal", "withdrawals", "withdrawal amount",
        "withdrawal amt", "money out", "paid out", "soll", "belastung", "lastschrift",
        "ausgang", "ausgaben", "af", "débit", "debe", "cargo", "uitgaven", "dare", "дебет",
        "дебит", "дебит гүйлгээ", "дебет гүйлгээ", "зарлага", "зарлагын гүйлгээ", "расход",
        "spent",
    ]),
    (Role::Credit, &[
        "credit", "credit amount", "cr", "credits", "deposit", "deposits", "deposit amount",
        "deposit amt", "money in", "paid in", "haben", "gutschrift", "eingang", "einnahmen",
        "bij", "crédit", "haber", "abono", "inkomsten", "avere", "кредит", "кредит гүйлгээ",
        "орлого", "орлогын гүйлгээ", "приход", "received",
    ]),
    (Role::Flag, &[
        "debit credit", "credit debit", "dr cr", "cr dr", "drcr", "crdr", "dc", "d c", "cd",
        "af bij", "debet credit", "soll haben", "s h", "sh", "umsatztyp sh",
        "credit debit indicator", "debit credit indicator", "sign",
    ]),
    (Role::Balance, &[
        "balance", "bal", "running balance", "running bal", "account balance", "balance after",
        "balance after transaction", "closing balance", "ledger balance", "saldo",
        "saldo nach buchung", "saldo po operacji", "kontostand", "saldo na mutatie",
        "saldo na trn", "solde",
        "saldo contable", "остаток", "үлдэгдэл", "эцсийн үлдэгдэл",
        "эцсийн үлд", "balance local",
    ]),
    (Role::Currency, &[
        "currency", "ccy", "currency code", "account currency", "währung", "waehrung",
        "valuta code", "munt", "muntsoort", "devise", "divisa", "moneda", "waluta",
        "валюта", "валют",
    ]),
    (Role::Account, &[
        "account", "account number", "account no", "bank account", "own account",
        "kontonummer", "auftragskonto", "iban auftragskonto", "rekening", "rekeningnummer",
        "iban bban", "compte", "cuenta", "номер счета", "счет", "данс",
        "дансны дугаар",
    ]),
    (Role::Counterparty, &[
        "counterparty", "counterparty name", "counter party", "payee", "payer", "payee name",
        "merchant",
        "merchant name", "name", "beneficiary", "beneficiary name",
        "beneficiary originator", "begünstigter zahlungspflichtiger",
        "beguenstigter zahlungspflichtiger", "auftraggeber empfänger",
        "auftraggeber begünstigter", "zahlungsempfänger", "zahlungsempfänger in",
        "zahlungspflichtiger",
        "name zahlungsbeteiligter", "empfänger", "partner name", "naam tegenpartij",
        "naam omschrijving", "tegenpartij", "contrepartie", "tiers", "beneficiario",
        "контрагент", "nadawca odbiorca", "харьцсан дансны нэр", "other party",
    ]),
    (Role::CounterpartyAccount, &[
        "counterparty account", "counterparty iban", "counterparty account number",
        "partner iban", "kontonummer iban", "iban zahlungsbeteiligter", "gläubiger konto",
        "tegenrekening", "tegenrekening iban bban", "счет контрагента", "харьцсан данс",
        "other account", "beneficiary account", "iban empfänger",
    ]),
    (Role::CounterpartyBank, &[
        "bic tegenpartij", "bic", "blz", "bic swift code",
        "bic swift code zahlungsbeteiligter", "swift",
        "bank", "counterparty bank",
    ]),
    (Role::Purpose, &[
        "description", "details", "narrative", "narration", "memo", "particulars",
        "transaction details", "transaction detail", "transaction description",
        "transaction remarks", "remarks",
        "reference text", "verwendungszweck", "vwz", "buchungsdetails", "zweck",
        "omschrijving", "omschrijving 1", "omschrijving 2", "omschrijving 3",
        "mededelingen", "libellé", "libelle", "concepto",
        "descripción", "descrizione", "causale", "opis", "tytuł", "назначение платежа",
        "назначение", "описание", "гүйлгээний утга", "утга", "message", "note", "notes",
        "text", "payment details", "purpose", "additional information", "tekst", "avisierungstext",
        "opis operacji", "beschreibung",
    ]),
    (Role::Reference, &[
        "reference", "ref", "payment reference", "customer reference", "cheque number",
        "check number", "cheque", "cheque no", "chq ref no", "chq ref number", "chqno",
        "serial", "ref no cheque no", "check or slip",
        "kundenreferenz", "betalingskenmerk", "referencia", "référence",
    ]),
    (Role::BankReference, &[
        "transaction id", "bank reference", "transaction reference", "fitid", "id",
        "transaction number", "volgnr", "transactiereferentie", "receipt number",
        "номер операции", "гүйлгээний дугаар", "entry reference",
    ]),
    (Role::EndToEnd, &[
        "end to end id", "end to end reference", "endtoendid", "kundenreferenz end to end",
    ]),
    (Role::TypeCode, &[
        "type", "transaction type", "buchungstext", "umsatzart", "buchungsart", "type code",
        "mutatiesoort", "code", "category code", "vorgang", "tipo", "тип операции",
    ]),
    (Role::Status, &[
        "status", "state", "transaction status", "статус",
    ]),
];

/// Words for money that goes out.
#[rustfmt::skip]
const DEBIT_WORDS: &[&str] = &[
    "d", "dr", "debit", "dbit", "s", "soll", "af", "out", "-", "withdrawal", "belastung",
    "lastschrift", "debe", "debet", "дебет", "дебит", "зарлага", "расход",
];
/// Words for money that comes in.
#[rustfmt::skip]
const CREDIT_WORDS: &[&str] = &[
    "c", "cr", "credit", "crdt", "h", "haben", "bij", "in", "+", "deposit", "gutschrift", "haber",
    "кредит", "орлого", "приход",
];
/// Words for lines that are booked.
#[rustfmt::skip]
const BOOKED_WORDS: &[&str] = &[
    "booked", "posted", "completed", "cleared", "settled", "gebucht", "umsatz gebucht", "ok",
    "done", "success", "udført", "bogført", "bokført", "bokförd",
    "successful", "processed", "амжилттай", "исполнено",
];
/// Words for lines that are not booked yet.
#[rustfmt::skip]
const PENDING_WORDS: &[&str] = &[
    "pending", "authorised", "authorized", "vorgemerkt", "umsatz vorgemerkt", "hold", "reserved",
    "in progress", "venter", "reserveret", "хүлээгдэж буй", "в обработке",
];
/// Words for lines that never will be.
#[rustfmt::skip]
const VOID_WORDS: &[&str] =
    &[
    "declined", "reverted", "failed", "cancelled", "canceled", "rejected", "storniert", "отказ",
];
/// Words of lines that sum up others.
#[rustfmt::skip]
const TOTAL_WORDS: &[&str] = &[
    "total", "totals", "sum", "subtotal", "opening balance", "closing balance",
        "beginning balance",
    "ending balance", "opening ledger balance", "closing ledger balance", "balance",
    "summe", "saldo", "anfangssaldo", "endsaldo", "kontostand", "balance brought forward",
    "balance carried forward", "balance b f", "balance c f", "saldo końcowe",
    "saldo początkowe", "нийт", "нийт дүн", "эхний үлдэгдэл",
    "эцсийн үлдэгдэл", "итого", "totaal", "totale",
];
/// How lines begin that state the balance before what follows.
#[rustfmt::skip]
const OPENING_PHRASES: &[&str] = &[
    "opening balance", "opening ledger balance", "beginning balance", "starting balance",
    "start balance", "previous balance", "balance brought forward", "brought forward",
    "balance b f", "anfangssaldo", "alter kontostand", "alter saldo", "saldovortrag",
    "übertrag von", "beginsaldo", "vorig saldo", "solde initial", "solde précédent",
    "ancien solde", "saldo inicial", "saldo anterior", "saldo iniziale", "saldo początkowe",
    "ingående saldo", "эхний үлдэгдэл", "входящий остаток",
];
/// How lines begin that state the balance behind what stands above.
#[rustfmt::skip]
const CLOSING_PHRASES: &[&str] = &[
    "closing balance", "closing ledger balance", "ending balance", "end balance", "new balance",
    "balance carried forward", "carried forward", "balance c f", "endsaldo",
    "neuer kontostand", "neuer saldo", "übertrag auf", "eindsaldo", "nieuw saldo",
    "solde final", "nouveau solde", "saldo final", "saldo finale", "saldo końcowe",
    "utgående saldo", "эцсийн үлдэгдэл", "исходящий остаток",
];
/// Words before the currency of an account in the lines above the header.
#[rustfmt::skip]
const CURRENCY_WORDS: &[&str] = &[
    "currency", "account currency", "ccy", "währung", "waehrung", "kontowährung", "valuta",
    "devise", "moneda", "waluta", "валюта", "валют", "дансны валют",
];

/// What a status column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StatusWord {
    Booked,
    Pending,
    Void,
}

/// The role of a column by its name, and how sure the name is (0 is surest).
pub(super) fn role(name: &str) -> Option<(Role, usize)> {
    let known = |name: String| {
        NAMES.iter().find_map(|(role, names)| {
            let rank = names.iter().position(|known| *known == name)?;
            Some((*role, rank))
        })
    };
    known(normal(name)).or_else(|| known(normal(without_unit(name).0)))
}

/// The unit in brackets behind a name: `Amount (AUD)`.
pub(super) fn unit(name: &str) -> Option<&str> {
    without_unit(name).1
}

/// Whether a word says debit (`Some(true)`) or credit (`Some(false)`).
pub(super) fn is_debit_word(word: &str) -> Option<bool> {
    let word = flag_word(word);
    if DEBIT_WORDS.contains(&word.as_str()) {
        return Some(true);
    }
    CREDIT_WORDS.contains(&word.as_str()).then_some(false)
}

/// A word of a flag column as it is compared.
pub(super) fn flag_word(word: &str) -> String {
    word.trim().trim_end_matches('.').to_lowercase()
}

/// What a word in a status column means.
pub(super) fn status(word: &str) -> Option<StatusWord> {
    if word.is_empty() {
        return Some(StatusWord::Booked);
    }
    let word = normal(word);
    let is_in = |words: &[&str]| words.contains(&word.as_str());
    if is_in(BOOKED_WORDS) || word.is_empty() {
        Some(StatusWord::Booked)
    } else if is_in(PENDING_WORDS) {
        Some(StatusWord::Pending)
    } else {
        is_in(VOID_WORDS).then_some(StatusWord::Void)
    }
}

/// Whether a cell begins a line that sums up others.
pub(super) fn is_total_word(word: &str) -> bool {
    let word = normal(word);
    // A word alone may begin a payee's name; a phrase is plain also with a date behind it.
    let begins = |phrase: &&str| phrase.contains(' ') && word.starts_with(*phrase);
    TOTAL_WORDS.contains(&word.as_str()) || TOTAL_WORDS.iter().any(begins)
}

/// Whether words state the balance before what follows (`Some(true)`) or behind what stands above.
pub(super) fn is_opening(label: &str) -> Option<bool> {
    let label = normal(label);
    let begins = |phrases: &[&str]| {
        let mut rests = phrases.iter().filter_map(|phrase| label.strip_prefix(phrase));
        rests.any(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    if begins(OPENING_PHRASES) {
        return Some(true);
    }
    begins(CLOSING_PHRASES).then_some(false)
}

/// Whether a cell announces the currency of the account.
pub(super) fn is_currency_word(word: &str) -> bool {
    let word = normal(word);
    CURRENCY_WORDS.contains(&word.as_str())
}

/// A name in small letters, every run of other characters than letters and digits as one blank.
pub(super) fn normal(name: &str) -> String {
    let words = name.split(|character: char| !character.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).take(NAME_WORDS_MAX).collect();
    words.join(" ").to_lowercase()
}

/// No name of a column has more words.
const NAME_WORDS_MAX: usize = 12;

fn without_unit(name: &str) -> (&str, Option<&str>) {
    let brackets = [('(', ')'), ('[', ']')];
    for (open, close) in brackets {
        let inner = name.trim_end().strip_suffix(close).and_then(|name| name.rsplit_once(open));
        if let Some((name, unit)) = inner {
            return (name, Some(unit.trim()));
        }
    }
    // Swiss banks write `Saldo in CHF`.
    match name.trim_end().rsplit_once(" in ") {
        Some((name, unit)) if value::currency_code(unit).is_some() => (name, Some(unit)),
        Some(_) | None => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_several_languages() {
        let role = |name| role(name).map(|(role, _)| role);
        assert_eq!(role("Transaction Date"), Some(Role::Booked));
        assert_eq!(role("Amount (AUD)"), Some(Role::Amount));
        assert_eq!(role("Beguenstigter/Zahlungspflichtiger"), Some(Role::Counterparty));
        assert_eq!(role("ГҮЙЛГЭЭНИЙ УТГА"), Some(Role::Purpose));
        assert_eq!(role("Эхний үлдэгдэл"), None);
        assert_eq!(role("Favourite colour"), None);
        assert_eq!(role("Kundenreferenz (End-to-End)"), Some(Role::EndToEnd));
        assert_eq!(unit("Betrag (EUR)"), Some("EUR"));
        assert_eq!(
            (role("Saldo in CHF"), unit("Saldo in CHF")),
            (Some(Role::Balance), Some("CHF"))
        );
        assert_eq!(unit("paid in out"), None);
    }

    #[test]
    fn no_name_has_two_roles() {
        let mut seen = std::collections::BTreeMap::new();
        for (role, names) in NAMES {
            for name in *names {
                assert_eq!(normal(name), *name, "not in its normal form");
                assert_eq!(seen.insert(*name, *role), None, "{name} has two roles");
            }
        }
    }
}
