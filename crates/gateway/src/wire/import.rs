//! Imports of statements, and the transactions of assets.

use kernel::Commodity;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::money::Money;

/// The bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it is only a shape")]
pub(crate) struct FileBytes(Vec<u8>);

/// A file that is brought.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadQuery {
    /// What it is called.
    #[param(example = "january.ofx")]
    pub file_name: String,
    /// How to read the columns of a CSV file, as JSON: the `mapping` of an earlier import, edited.
    pub mapping: Option<String>,
    /// The asset that it is about, where the file does not say.
    pub account: Option<String>,
}

/// What became of an import.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ImportStatus {
    Staged,
    Booked,
    Undone,
    Refused,
}

/// What becomes of a line.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LineStatus {
    New,
    Known,
    Review,
    Pending,
    Faulty,
    Booked,
    Skipped,
    Undone,
}

/// A file on its way into the ledger.
#[derive(Serialize, ToSchema)]
pub(crate) struct Import {
    pub id: String,
    pub file_name: String,
    /// Nothing where it is none that is read here.
    pub format: Option<String>,
    pub format_version: Option<String>,
    pub encoding: Option<String>,
    pub status: ImportStatus,
    /// Whether something of it may be booked although it has faults.
    pub bookable_in_part: bool,
    pub statements: Vec<ImportStatement>,
    pub faults: Vec<ImportFault>,
    /// How many faults are not listed.
    pub faults_left_out: u64,
    pub notes: Vec<ImportNote>,
    /// CSV only: how its columns were understood.
    #[schema(value_type = Option<Object>)]
    pub mapping: Option<serde_json::Value>,
    /// CSV only: what the file leaves open.
    #[schema(value_type = Vec<Object>)]
    pub questions: Vec<serde_json::Value>,
    /// Why it was undone.
    pub reason: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub booked_at: Option<String>,
    #[schema(format = DateTime)]
    pub undone_at: Option<String>,
}

/// A statement of an import.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportStatement {
    pub number: u32,
    pub account: ImportAccount,
    #[schema(format = Date)]
    pub from: Option<String>,
    #[schema(format = Date)]
    pub to: Option<String>,
    pub opening: Option<OpeningBalance>,
    pub closing: Option<DatedBalance>,
    /// How many entries it has.
    pub entries: u64,
    pub new: u64,
    pub known: u64,
    pub review: u64,
    pub pending: u64,
    pub faulty: u64,
    pub booked: u64,
    pub skipped: u64,
    pub undone: u64,
    /// The bank's closing balance against the ledger's; before booking, what it would be.
    pub closing_check: Option<BalanceCheck>,
    /// The same for the opening balance, where the account was known before.
    pub opening_check: Option<BalanceCheck>,
    pub notes: Vec<String>,
}

/// The account of a statement.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportAccount {
    /// The asset that it is; of one that is to be opened, once it is booked.
    pub asset: Option<String>,
    /// Whether this import opens it.
    pub opens: bool,
    pub label: String,
    pub currency: Option<String>,
}

/// An opening balance.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpeningBalance {
    #[schema(format = Date)]
    pub date: String,
    pub balance: Money,
    /// `stated`, `inferred`, `manual` or `unknown`.
    pub origin: String,
}

/// A balance at the end of a day.
#[derive(Serialize, ToSchema)]
pub(crate) struct DatedBalance {
    #[schema(format = Date)]
    pub date: String,
    pub balance: Money,
}

/// A balance of the bank against the ledger's.
#[derive(Serialize, ToSchema)]
pub(crate) struct BalanceCheck {
    #[schema(format = Date)]
    pub date: String,
    pub stated: Money,
    pub ledger: Money,
    /// Stated less ledger; zero where they agree.
    pub difference: Money,
    /// Whether they agree by construction.
    pub inferred: bool,
}

/// Something in a file that is not as it must be.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportFault {
    /// From 1.
    pub line: u32,
    pub field: String,
    pub found: String,
    pub expected: String,
    /// From 0; nothing where it is the whole file.
    pub statement: Option<u32>,
    /// From 0.
    pub entry: Option<u32>,
}

/// Something about a file that a person may want to know.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportNote {
    pub line: u32,
    pub statement: Option<u32>,
    pub text: String,
}

/// Which lines.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LinesQuery {
    /// Those with this status.
    pub status: Option<LineStatus>,
    /// At most so many items, 1 to 200; 50 where it is left out.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; nothing for the first.
    pub cursor: Option<String>,
}

/// A line of an import.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportLine {
    /// From 1.
    pub line: u32,
    /// From 0.
    pub statement: u32,
    /// Where it begins in the file, from 1.
    pub file_line: u32,
    #[schema(format = Date)]
    pub booked: String,
    #[schema(format = Date)]
    pub value: Option<String>,
    /// Positive into the account.
    pub amount: Option<Money>,
    pub counterparty: Option<String>,
    pub purpose: Option<String>,
    pub reference: Option<String>,
    pub bank_reference: Option<String>,
    /// Whether its texts are gone, because the party was erased whom they are about.
    pub erased: bool,
    pub status: LineStatus,
    /// Why, where it is not simply new.
    pub why: Option<String>,
    /// The line that is the same, or may be.
    pub candidate: Option<LineCandidate>,
    /// What a person decided.
    pub decision: Option<Decision>,
    /// The transfer by which it was booked.
    pub transfer: Option<String>,
}

/// A line of another import.
#[derive(Serialize, ToSchema)]
pub(crate) struct LineCandidate {
    pub import: String,
    pub line: u32,
}

/// What a person decides about a line.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decision {
    Book,
    Skip,
}

/// A decision about a line.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecideRequest {
    pub decision: Decision,
}

/// How to book.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BookRequest {
    /// Whether a file with faults is booked as far as it is sound.
    #[serde(default)]
    pub partial: bool,
}

/// Why an import is undone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoRequest {
    pub reason: String,
}

/// Which transactions.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TransactionQuery {
    /// Those of one asset.
    pub asset: Option<String>,
    /// From this date.
    #[param(format = Date)]
    pub from: Option<String>,
    /// Up to this one.
    #[param(format = Date)]
    pub to: Option<String>,
    /// At most so many items, 1 to 200; 50 where it is left out.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; nothing for the first.
    pub cursor: Option<String>,
}

/// What one transfer changed about an asset.
#[derive(Serialize, ToSchema)]
pub(crate) struct Transaction {
    /// The transfer.
    pub id: String,
    pub asset: String,
    pub asset_name: String,
    #[schema(format = Date)]
    pub date: String,
    /// What comes in is above zero, what goes out below.
    pub amount: Money,
    pub counterparty: Option<String>,
    pub purpose: Option<String>,
    pub reference: Option<String>,
    /// What it was: `opening`, `imported_line`, `adjustment`, …
    pub kind: String,
    /// What is on the other side: `income_uncategorised`, `expense_uncategorised`, `opening`, …, an
    /// asset's id, or an account's.
    pub category: String,
}

fn money(amount: kernel::Amount, commodity: Option<Commodity>) -> Option<Money> {
    commodity.map(|commodity| kernel::Money::new(amount, commodity).into())
}

impl Import {
    pub(crate) fn of(import: wealth::Import) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: import.id.to_string(),
            file_name: import.file_name,
            format: import.format,
            format_version: import.format_version,
            encoding: import.encoding,
            status: import.status.into(),
            bookable_in_part: import.bookable_in_part,
            statements: import.statements.into_iter().map(ImportStatement::of).collect(),
            faults: import.faults.into_iter().map(ImportFault::from).collect(),
            faults_left_out: import.faults_left_out,
            notes: import.notes.into_iter().map(ImportNote::from).collect(),
            mapping: import.mapping.map(serde_json::to_value).transpose()?,
            questions: import.questions,
            reason: import.reason,
            created_at: import.created_at.to_string(),
            booked_at: import.booked_at.map(|time| time.to_string()),
            undone_at: import.undone_at.map(|time| time.to_string()),
        })
    }
}

impl ImportStatement {
    fn of(statement: wealth::StatementView) -> Self {
        let currency = statement.account.currency;
        let counts = statement.counts;
        let check = |check: wealth::BalanceCheck| {
            let [stated, ledger, difference] =
                [check.stated, check.ledger, check.difference].map(|one| money(one, currency));
            Some(BalanceCheck {
                date: check.on.to_string(),
                stated: stated?,
                ledger: ledger?,
                difference: difference?,
                inferred: check.inferred,
            })
        };
        Self {
            number: statement.number,
            opening: statement.opening.and_then(|opening| {
                let (date, origin) = (opening.on.to_string(), opening.origin.to_string());
                Some(OpeningBalance { date, balance: money(opening.amount, currency)?, origin })
            }),
            closing: statement.closing.and_then(|closing| {
                let date = closing.on.to_string();
                Some(DatedBalance { date, balance: money(closing.amount, currency)? })
            }),
            from: statement.from.map(|date| date.to_string()),
            to: statement.to.map(|date| date.to_string()),
            entries: counts.total() + statement.refused,
            new: counts.new,
            known: counts.known,
            review: counts.review,
            pending: counts.pending,
            faulty: counts.faulty + statement.refused,
            booked: counts.booked,
            skipped: counts.skipped,
            undone: counts.undone,
            closing_check: statement.closing_check.and_then(check),
            opening_check: statement.opening_check.and_then(check),
            notes: statement.notes,
            account: ImportAccount {
                asset: statement.account.asset.map(|asset| asset.to_string()),
                opens: statement.account.opens,
                label: statement.account.label,
                currency: currency.map(|currency| currency.code.to_string()),
            },
        }
    }
}

impl From<wealth::ImportFault> for ImportFault {
    fn from(fault: wealth::ImportFault) -> Self {
        let wealth::ImportFault { line, statement, entry, field, found, expected } = fault;
        Self { line, field, found, expected, statement, entry }
    }
}

impl From<wealth::ImportNote> for ImportNote {
    fn from(note: wealth::ImportNote) -> Self {
        let wealth::ImportNote { line, statement, text } = note;
        Self { line, statement, text }
    }
}

impl From<wealth::ImportLine> for ImportLine {
    fn from(line: wealth::ImportLine) -> Self {
        Self {
            line: line.number,
            statement: line.statement,
            file_line: line.file_line,
            booked: line.booked_on.to_string(),
            value: line.value_on.map(|date| date.to_string()),
            amount: money(line.amount, line.currency),
            counterparty: line.counterparty,
            purpose: line.purpose,
            reference: line.reference,
            bank_reference: line.bank_reference,
            erased: line.is_erased,
            status: line.status.into(),
            why: line.why.map(|why| why.text().to_owned()),
            candidate: line
                .candidate
                .map(|one| LineCandidate { import: one.import.to_string(), line: one.number }),
            decision: line.decision.map(Into::into),
            transfer: line.transfer.map(|transfer| transfer.to_string()),
        }
    }
}

impl From<wealth::Transaction> for Transaction {
    fn from(one: wealth::Transaction) -> Self {
        use wealth::OtherSide;
        Self {
            id: one.transfer.to_string(),
            asset: one.asset.to_string(),
            asset_name: one.asset_name,
            date: one.date.to_string(),
            amount: one.amount.into(),
            counterparty: one.counterparty,
            purpose: one.purpose,
            reference: one.reference,
            kind: one.code.to_string(),
            category: match one.other {
                OtherSide::Role(role) => role.code().to_owned(),
                OtherSide::Asset(asset) => asset.to_string(),
                OtherSide::Account(account) => account.to_string(),
            },
        }
    }
}

super::asset::same_variants!(ImportStatus = wealth::ImportStatus: Staged, Booked, Undone, Refused);
super::asset::same_variants!(LineStatus = wealth::LineStatus:
    New, Known, Review, Pending, Faulty, Booked, Skipped, Undone);
super::asset::same_variants!(Decision = wealth::Decision: Book, Skip);
