//! What can go wrong with an imported statement.

use kernel::{ErrorKind, FieldFault, Problematic};
use ledger::TransferId;

use super::model::{ImportFault, ImportId, ImportStatus};
use super::{IMPORT_ACCOUNTS_MAX, IMPORT_BYTES_MAX, IMPORT_LINES_MAX, IMPORT_STATEMENTS_MAX};
use crate::model::AssetId;

/// An error of an import. No text of it holds a name, a number of an account or a line's text.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no such import, or not for this tenant.
    #[error("there is no import {import}")]
    ImportUnknown {
        /// The import asked for.
        import: ImportId,
    },
    /// There is no such line.
    #[error("import {import} has no line {line}")]
    LineUnknown {
        /// The import.
        import: ImportId,
        /// The number asked for.
        line: u32,
    },
    /// No line of an import is booked by this transfer.
    #[error("transfer {transfer} books no line of an import")]
    TransferUnknown {
        /// The transfer asked for.
        transfer: TransferId,
    },
    /// No file was kept of the import: it was empty, or brought before files were kept.
    #[error("no file is kept of import {import}")]
    FileUnknown {
        /// The import.
        import: ImportId,
    },
    /// The file is larger than is read.
    #[error("the file has {bytes} bytes; a file of statements has at most {IMPORT_BYTES_MAX}")]
    FileTooLarge {
        /// Its size.
        bytes: usize,
    },
    /// More lines than one command books.
    #[error(
        "the file has {lines} lines; at most {IMPORT_LINES_MAX} are imported at once: ask the bank \
         for a shorter period"
    )]
    TooManyLines {
        /// How many.
        lines: usize,
    },
    /// More statements than are imported at once.
    #[error("the file has {statements} statements; at most {IMPORT_STATEMENTS_MAX} are imported")]
    TooManyStatements {
        /// How many.
        statements: usize,
    },
    /// More accounts than are imported at once.
    #[error("the file has {accounts} accounts; at most {IMPORT_ACCOUNTS_MAX} are imported at once")]
    TooManyAccounts {
        /// How many.
        accounts: usize,
    },
    /// An asset was named for a file of several accounts.
    #[error("the file is about {accounts} accounts, and one asset was named for it")]
    SeveralAccounts {
        /// How many.
        accounts: usize,
    },
    /// The asset is not counted in the currency of the file.
    #[error("asset {asset} is not an account in {currency}, the currency of the file")]
    CurrencyDiffers {
        /// The asset.
        asset: AssetId,
        /// The currency of the file.
        currency: String,
    },
    /// The names of one account belong to two assets.
    #[error("the account of the file is known as asset {one} and as asset {other}; name one")]
    AccountAmbiguous {
        /// By the first name.
        one: AssetId,
        /// By another.
        other: AssetId,
    },
    /// The file leaves open which account it is about, and may be about one that is there.
    #[error(
        "import {import} leaves open which account it is about, and may be about {}; bring the \
         file again and say which",
        list(.candidates)
    )]
    AccountOpen {
        /// The import.
        import: ImportId,
        /// The assets that files of the same columns were about.
        candidates: Vec<AssetId>,
    },
    /// The file has faults, and was not to be booked in part.
    #[error("import {import} has faults and is refused whole; it can be booked in part")]
    Faulty {
        /// The import.
        import: ImportId,
        /// The faults.
        faults: Vec<ImportFault>,
    },
    /// Nothing of the file can be booked.
    #[error("nothing of import {import} can be booked")]
    Refused {
        /// The import.
        import: ImportId,
        /// Why.
        faults: Vec<ImportFault>,
    },
    /// The import is not in the state for this.
    #[error("import {import} is {status}, not {expected}")]
    WrongStatus {
        /// The import.
        import: ImportId,
        /// What it is.
        status: ImportStatus,
        /// What it would have to be.
        expected: ImportStatus,
    },
    /// Only an import of which nothing was booked is discarded.
    #[error("import {import} is {status}; only one of which nothing was booked is discarded")]
    NotDiscardable {
        /// The import.
        import: ImportId,
        /// What it is.
        status: ImportStatus,
    },
    /// A decision about a line that the bank has not booked, or that cannot be booked.
    #[error("nothing can be decided about line {line} of import {import}")]
    NotForReview {
        /// The import.
        import: ImportId,
        /// The line.
        line: u32,
    },
    /// Others were booked on top of it.
    #[error(
        "{} on import {import}; undo {} first: {}",
        rests(.dependants.len()),
        if .dependants.len() == 1 { "it" } else { "them" },
        list(.dependants)
    )]
    HasDependants {
        /// The import.
        import: ImportId,
        /// Those that rest on it.
        dependants: Vec<ImportId>,
    },
    /// Something else was booked in between, again and again.
    #[error("the accounts of import {import} are changed by others all the time; try again")]
    Changed {
        /// The import.
        import: ImportId,
    },
    /// Reading the file, or comparing its lines, ended without an answer.
    #[error("the file could not be worked on: {text}")]
    Unread {
        /// What happened.
        text: String,
    },
}

fn rests(count: usize) -> String {
    if count == 1 { "another import rests".to_owned() } else { format!("{count} imports rest") }
}

fn list<T: ToString>(ids: &[T]) -> String {
    let named: Vec<String> = ids.iter().take(5).map(ToString::to_string).collect();
    let more = if ids.len() > named.len() { ", …" } else { "" };
    format!("{}{more}", named.join(", "))
}

impl Problematic for ImportError {
    fn code(&self) -> &'static str {
        match self {
            Self::ImportUnknown { .. } => "import_unknown",
            Self::LineUnknown { .. } => "import_line_unknown",
            Self::TransferUnknown { .. } => "import_transfer_unknown",
            Self::FileUnknown { .. } => "import_file_unknown",
            Self::FileTooLarge { .. } => "file_too_large",
            Self::TooManyLines { .. } => "too_many_lines",
            Self::TooManyStatements { .. } => "too_many_statements",
            Self::TooManyAccounts { .. } => "too_many_accounts",
            Self::SeveralAccounts { .. } => "several_accounts",
            Self::CurrencyDiffers { .. } => "currency_differs",
            Self::AccountAmbiguous { .. } => "account_ambiguous",
            Self::AccountOpen { .. } => "account_open",
            Self::Faulty { .. } => "import_faulty",
            Self::Refused { .. } => "import_refused",
            Self::WrongStatus { .. } | Self::NotDiscardable { .. } => "import_status",
            Self::NotForReview { .. } => "not_for_review",
            Self::HasDependants { .. } => "import_has_dependants",
            Self::Changed { .. } => "changed_meanwhile",
            Self::Unread { .. } => "internal",
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::ImportUnknown { .. }
            | Self::LineUnknown { .. }
            | Self::TransferUnknown { .. }
            | Self::FileUnknown { .. } => ErrorKind::NotFound,
            Self::FileTooLarge { .. }
            | Self::TooManyLines { .. }
            | Self::TooManyStatements { .. }
            | Self::TooManyAccounts { .. } => ErrorKind::TooLarge,
            Self::SeveralAccounts { .. } | Self::CurrencyDiffers { .. } => ErrorKind::Invalid,
            Self::AccountAmbiguous { .. }
            | Self::AccountOpen { .. }
            | Self::Faulty { .. }
            | Self::Refused { .. }
            | Self::NotForReview { .. }
            | Self::HasDependants { .. } => ErrorKind::Refused,
            Self::WrongStatus { .. } | Self::NotDiscardable { .. } | Self::Changed { .. } => {
                ErrorKind::Conflict
            }
            Self::Unread { .. } => ErrorKind::Internal,
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Faulty { faults, .. } | Self::Refused { faults, .. } => {
                faults.iter().map(ImportFault::to_field).collect()
            }
            Self::SeveralAccounts { .. }
            | Self::CurrencyDiffers { .. }
            | Self::AccountAmbiguous { .. }
            | Self::AccountOpen { .. } => {
                vec![FieldFault::new("account", self.code(), self)]
            }
            _ => Vec::new(),
        }
    }
}

impl ImportFault {
    /// The fault as a field of the file: `line 12, TRNAMT`.
    fn to_field(&self) -> FieldFault {
        let found = if self.found.is_empty() { "nothing" } else { self.found.as_str() };
        let detail = format!("found {found}, expected {}", self.expected);
        FieldFault::new(format!("line {}, {}", self.line, self.field), "file_faulty", detail)
    }
}
