//! A file as it was read, in the words of imports. Pure.
//!
//! What must stay true: an amount is the one in the file, in minor units of the account's currency,
//! or its line is faulty; texts hold nothing that a database refuses.

use kernel::{Amount, Commodity, CommodityCode, Date};
use statements::{
    AccountKind, AccountRef, Balance, BalanceCheck, CsvMapping, Entry, EntryStatus, Fault, Format,
    Note, Reading, Scope, Statement,
};

use super::dedup::{Cover, Family};
use super::model::{
    DatedAmount, ImportFault, ImportNote, LineStatus, OpeningOrigin, OpeningView, Why,
};
use crate::import::store::accounts::Naming;
use crate::model::AssetType;

/// What was read from a file.
#[derive(Debug)]
pub(crate) struct Draft {
    pub format: Option<Format>,
    pub format_version: Option<String>,
    pub encoding: Option<String>,
    pub mapping: Option<CsvMapping>,
    pub questions: Vec<serde_json::Value>,
    pub statements: Vec<DraftStatement>,
    pub faults: Vec<ImportFault>,
    pub faults_left_out: usize,
    pub notes: Vec<ImportNote>,
    /// Whether something of it may be booked.
    pub bookable_in_part: bool,
}

/// A statement of it.
#[derive(Debug)]
pub(crate) struct DraftStatement {
    pub number: u32,
    pub account: AccountRef,
    pub currency: Option<Commodity>,
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub opening: Option<OpeningView>,
    pub closing: Option<DatedAmount>,
    /// The days that it has completely.
    pub cover: Option<Cover>,
    pub refused: usize,
    /// Whether none of its lines may be booked.
    pub is_faulty: bool,
    pub lines: Vec<DraftLine>,
    pub notes: Vec<String>,
}

/// A line of a statement.
#[derive(Debug)]
pub(crate) struct DraftLine {
    pub file_line: u32,
    pub booked_on: Date,
    pub value_on: Option<Date>,
    pub amount: Amount,
    pub counterparty: Option<String>,
    pub purpose: Option<String>,
    pub reference: Option<String>,
    pub bank_reference: Option<String>,
    pub metadata: serde_json::Value,
    /// `New` until it is compared with what is booked.
    pub status: LineStatus,
    pub why: Option<Why>,
}

impl Draft {
    /// Takes a reading over.
    pub(crate) fn of(reading: Reading) -> Self {
        // A fault of the file may stand for an entry of any of its statements.
        let has_all = !reading.faults.iter().any(|fault| fault.scope == Scope::File);
        let soundness = |number| {
            let is_bookable = reading.is_statement_bookable_in_part(number);
            Soundness { is_bookable, has_all: has_all && is_bookable }
        };
        let statements: Vec<DraftStatement> = reading
            .statements
            .iter()
            .enumerate()
            .map(|(number, statement)| draft_statement(number, statement, soundness(number)))
            .collect();
        let bookable_in_part = statements.iter().any(|statement| !statement.is_faulty);
        let questions = reading.questions.iter();
        Self {
            format: reading.format,
            format_version: reading.version.as_deref().and_then(clean),
            encoding: reading.encoding.map(|encoding| encoding.name),
            mapping: reading.csv_mapping,
            questions: questions.filter_map(|asked| serde_json::to_value(asked).ok()).collect(),
            statements,
            faults: reading.faults.iter().map(fault).collect(),
            faults_left_out: reading.faults_left_out,
            notes: reading.notes.iter().map(note).collect(),
            bookable_in_part,
        }
    }

    /// How many lines there are.
    pub(crate) fn line_count(&self) -> usize {
        self.statements.iter().map(|statement| statement.lines.len()).sum()
    }

    /// The family of the format.
    pub(crate) fn family(&self) -> Family {
        match self.format {
            Some(Format::Ofx1 | Format::Ofx2) => Family::Ofx,
            Some(Format::Camt052 | Format::Camt053 | Format::Camt054) => Family::Camt,
            Some(Format::Mt940 | Format::Mt942) => Family::Mt,
            Some(Format::Bai2) => Family::Bai,
            Some(Format::Qif) => Family::Qif,
            Some(Format::Csv | Format::Xlsx | Format::Pdf) | None => Family::Csv,
        }
    }
}

/// How far a statement may be trusted.
#[derive(Clone, Copy)]
struct Soundness {
    /// Its entries may be booked.
    is_bookable: bool,
    /// No entry is missing for a fault that is not its own.
    has_all: bool,
}

fn draft_statement(
    number: usize,
    statement: &Statement,
    Soundness { is_bookable, has_all }: Soundness,
) -> DraftStatement {
    let code = statement.currency.map(|code| code.as_str().to_owned()).unwrap_or_default();
    let currency = Commodity::well_known(&code).ok();
    let lines: Vec<DraftLine> = match currency {
        Some(currency) => {
            let entries = statement.entries.iter();
            entries.filter_map(|entry| line(entry, currency, is_bookable)).collect()
        }
        None => Vec::new(),
    };
    let mut notes = Vec::new();
    if let BalanceCheck::Differs { difference } = statement.balance_check() {
        notes.push(format!(
            "opening balance and entries do not make the closing balance: {difference} differ"
        ));
    }
    if !statement.holdings.is_empty() {
        let count = statement.holdings.len();
        notes.push(format!("{count} securities are listed; they are not imported"));
    }
    let unread = statement.entries.len() - lines.len();
    if unread > 0 {
        notes.push(format!("{unread} entries have an amount that cannot be booked"));
    }
    let is_whole = has_all && statement.refused == 0 && unread == 0;
    let booked = || lines.iter().filter(|line| line.status == LineStatus::New);
    let first = booked().map(|line| line.booked_on).min();
    let last = booked().map(|line| line.booked_on).max();
    let cover = first.zip(last).map(|(from, to)| Cover { from, to }).filter(|_| is_whole);
    let closing = currency.and_then(|currency| dated(statement.closing(), currency));
    let opening = currency.filter(|_| is_bookable).and_then(|currency| {
        let stated = dated(statement.opening(), currency);
        opening(stated, closing.filter(|_| is_whole), &lines)
    });
    DraftStatement {
        number: u32::try_from(number).unwrap_or(u32::MAX),
        account: cleaned(&statement.account),
        currency,
        from: statement.from,
        to: statement.to,
        opening,
        closing,
        cover,
        refused: statement.refused + unread,
        is_faulty: !is_bookable || currency.is_none(),
        lines,
        notes,
    }
}

/// The balance before the first entry: the stated one, else the closing balance less the entries.
fn opening(
    stated: Option<DatedAmount>,
    closing: Option<DatedAmount>,
    lines: &[DraftLine],
) -> Option<OpeningView> {
    let booked = || lines.iter().filter(|line| line.status == LineStatus::New);
    let first = booked().map(|line| line.booked_on).min();
    if let Some(DatedAmount { on, amount }) = stated {
        let on = first.map_or(on, |first| first.min(on));
        return Some(OpeningView { on, amount, origin: OpeningOrigin::Stated });
    }
    let closing = closing?;
    let until = booked().filter(|line| line.booked_on <= closing.on);
    let sum = Amount::checked_sum(until.map(|line| line.amount)).ok()?;
    let amount = closing.amount.checked_sub(sum).ok()?;
    let on = first.map_or(closing.on, |first| first.min(closing.on));
    Some(OpeningView { on, amount, origin: OpeningOrigin::Inferred })
}

fn dated(balance: Option<&Balance>, currency: Commodity) -> Option<DatedAmount> {
    let balance = balance.filter(|balance| balance.currency == currency.code)?;
    let amount = balance.amount.to_amount_exact(currency.scale).ok()?;
    Some(DatedAmount { on: balance.date, amount })
}

fn line(entry: &Entry, currency: Commodity, is_bookable: bool) -> Option<DraftLine> {
    let amount = entry.amount.to_amount_exact(currency.scale).ok()?;
    let (status, why) = match entry.status {
        _ if !is_bookable => (LineStatus::Faulty, Some(Why::StatementFaulty)),
        _ if entry.currency != currency.code => (LineStatus::Faulty, Some(Why::OtherCurrency)),
        EntryStatus::Booked => (LineStatus::New, None),
        EntryStatus::Pending => (LineStatus::Pending, Some(Why::NotBooked)),
        EntryStatus::Information => (LineStatus::Pending, Some(Why::Information)),
    };
    let text = |text: &Option<String>| text.as_deref().and_then(clean);
    Some(DraftLine {
        file_line: entry.line,
        booked_on: entry.booked,
        value_on: entry.value,
        amount,
        counterparty: text(&entry.counterparty.name),
        purpose: text(&entry.purpose),
        reference: text(&entry.reference),
        bank_reference: text(&entry.bank_reference),
        metadata: metadata(entry),
        status,
        why,
    })
}

/// What else the file says of an entry.
fn metadata(entry: &Entry) -> serde_json::Value {
    let mut map = serde_json::Map::new();
    let mut put = |name: &str, value: Option<serde_json::Value>| {
        if let Some(value) = value {
            map.insert(name.to_owned(), value);
        }
    };
    let text = |text: &Option<String>| text.as_deref().and_then(clean).map(Into::into);
    put("kind", serde_json::to_value(entry.kind).ok());
    put("type", text(&entry.type_code));
    put("end_to_end", text(&entry.end_to_end));
    put("counterparty_account", text(&entry.counterparty.account));
    put("counterparty_bank", text(&entry.counterparty.bank));
    put("corrects", text(&entry.corrects));
    if let Some(original) = &entry.original {
        put("original_amount", original.amount.map(|amount| amount.to_string().into()));
        put("original_currency", Some(original.currency.as_str().into()));
        put("original_rate", original.rate.map(|rate| rate.to_string().into()));
    }
    if entry.details.len() > 1 {
        put("transactions", Some(entry.details.len().into()));
    }
    serde_json::Value::Object(map)
}

fn fault(fault: &Fault) -> ImportFault {
    let (statement, entry) = place(fault.scope);
    let text = |text: &str| clean(text).unwrap_or_default();
    ImportFault {
        line: fault.line,
        statement,
        entry,
        field: text(&fault.field),
        found: text(&fault.found),
        expected: text(&fault.expected),
    }
}

fn note(note: &Note) -> ImportNote {
    let (statement, _) = place(note.scope);
    ImportNote { line: note.line, statement, text: clean(&note.text).unwrap_or_default() }
}

fn place(scope: Scope) -> (Option<u32>, Option<u32>) {
    let number = |index: usize| u32::try_from(index).ok();
    match scope {
        Scope::File => (None, None),
        Scope::Statement { statement } | Scope::Balance { statement } => (number(statement), None),
        Scope::Entry { statement, entry } => (number(statement), number(entry)),
    }
}

fn cleaned(account: &AccountRef) -> AccountRef {
    let text = |text: &Option<String>| text.as_deref().and_then(clean);
    AccountRef {
        iban: text(&account.iban),
        number: text(&account.number),
        bank: text(&account.bank),
        branch: text(&account.branch),
        name: text(&account.name),
        kind: account.kind,
    }
}

/// A text without control characters; nothing where nothing is left.
pub(crate) fn clean(text: &str) -> Option<String> {
    let visible = |character: char| if character.is_control() { ' ' } else { character };
    let text: String = text.chars().map(visible).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// What an account is to its owner.
pub(crate) const fn asset_type(kind: AccountKind) -> AssetType {
    match kind {
        AccountKind::Card | AccountKind::Loan => AssetType::Debt,
        AccountKind::Investment => AssetType::Investment,
        AccountKind::Checking
        | AccountKind::Savings
        | AccountKind::TermDeposit
        | AccountKind::Other
        | AccountKind::Unstated => AssetType::Cash,
    }
}

/// The format for a table.
pub(crate) const fn format_code(format: Format) -> &'static str {
    match format {
        Format::Ofx1 => "ofx1",
        Format::Ofx2 => "ofx2",
        Format::Camt052 => "camt052",
        Format::Camt053 => "camt053",
        Format::Camt054 => "camt054",
        Format::Mt940 => "mt940",
        Format::Mt942 => "mt942",
        Format::Bai2 => "bai2",
        Format::Qif => "qif",
        Format::Xlsx => "xlsx",
        Format::Pdf => "pdf",
        Format::Csv => "csv",
    }
}

/// The names by which a bank's account is found again; empty where the file names none.
pub(crate) fn account_names(account: &AccountRef, currency: CommodityCode) -> Vec<String> {
    let solid = |text: &str| {
        let solid = text.chars().filter(|letter| !letter.is_whitespace());
        solid.collect::<String>().to_uppercase()
    };
    let part = |text: &Option<String>| text.as_deref().map(solid).unwrap_or_default();
    let mut names = Vec::new();
    if account.iban.is_some() {
        names.push(format!("iban:{}:{currency}", part(&account.iban)));
    }
    if account.number.is_some() {
        let (bank, branch) = (part(&account.bank), part(&account.branch));
        names.push(format!("number:{bank}/{branch}/{}:{currency}", part(&account.number)));
    }
    names
}

/// The number of an account at its bank, whatever a format writes around it, and how it is named;
/// nothing where it is too short to say anything.
pub(crate) fn bank_number(account: &AccountRef) -> Option<(String, Naming)> {
    const LETTERS_MIN: usize = 6;
    let solid = |text: &str| {
        let solid = text.chars().filter(|letter| letter.is_ascii_alphanumeric());
        solid.collect::<String>().to_uppercase()
    };
    let (number, naming) = match (account.iban.as_deref(), account.number.as_deref()) {
        (Some(iban), _) => {
            let iban = solid(iban);
            let country = IBAN_NUMBERS.iter().find(|(country, _)| iban.starts_with(country));
            let (_, length) = country?;
            let begins = iban.len().checked_sub(*length)?;
            (iban[begins..].to_owned(), Naming::Iban)
        }
        (None, Some(number)) if account.bank.is_some() => (solid(number), Naming::Bank),
        (None, Some(number)) => (solid(number), Naming::Bare),
        (None, None) => return None,
    };
    let number = number.trim_start_matches('0');
    (number.len() >= LETTERS_MIN).then(|| (number.to_owned(), naming))
}

/// The length of the account's number at the end of an IBAN, of the countries whose banks write it
/// by itself too (SWIFT, IBAN Registry).
const IBAN_NUMBERS: [(&str, usize); 8] =
    [("AT", 11), ("CH", 12), ("DE", 10), ("GB", 8), ("IE", 8), ("LI", 12), ("MN", 12), ("NL", 10)];

/// What an account of a file is called: `OFX CHECKING …1234`.
pub(crate) fn label(account: &AccountRef, family: Family, currency: Option<Commodity>) -> String {
    let family = family.code().to_uppercase();
    let kind = match account.kind {
        AccountKind::Checking => "CHECKING",
        AccountKind::Savings => "SAVINGS",
        AccountKind::Card => "CARD",
        AccountKind::Loan => "LOAN",
        AccountKind::Investment => "INVESTMENT",
        AccountKind::TermDeposit => "TERM DEPOSIT",
        AccountKind::Other | AccountKind::Unstated => "ACCOUNT",
    };
    let number = account.iban.as_deref().or(account.number.as_deref()).unwrap_or_default();
    let letters: Vec<char> = number.chars().filter(|letter| letter.is_alphanumeric()).collect();
    let end: String = letters[letters.len().saturating_sub(4)..].iter().collect();
    match (end.as_str(), currency) {
        ("", Some(currency)) => format!("{family} {kind} ({currency})"),
        ("", None) => format!("{family} {kind}"),
        (end, _) => format!("{family} {kind} …{end}"),
    }
}

/// The texts of a line as they are compared: letters and digits only, in one case.
pub(crate) fn normalised(line: &DraftLine) -> String {
    let texts = [&line.counterparty, &line.purpose, &line.reference];
    let mut words = String::new();
    for text in texts.into_iter().flatten() {
        for word in text.split(|letter: char| !letter.is_alphanumeric()) {
            if !word.is_empty() {
                words.push_str(&word.to_lowercase());
                words.push(' ');
            }
        }
    }
    words
}

/// The bank's reference of a line, where it is one: some banks write a word, or zeros, for none.
pub(crate) fn bank_id(line: &DraftLine) -> Option<String> {
    const NONE: [&str; 6] = ["NONREF", "NOREF", "NONE", "NOTPROVIDED", "N/A", "NULL"];
    let id = line.bank_reference.as_deref()?.trim();
    let says_none = NONE.iter().any(|none| id.eq_ignore_ascii_case(none));
    let is_blank = id.chars().all(|letter| letter == '0' || !letter.is_alphanumeric());
    (!says_none && !is_blank).then(|| id.to_owned())
}
