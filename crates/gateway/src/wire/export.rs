//! Exports of whole books.

use ledger::ExportFormat;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How to write a book.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportQuery {
    /// JSON lines where it is left out.
    #[param(inline)]
    pub format: Option<BookFormat>,
}

/// How a book is written.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BookFormat {
    Csv,
    Jsonl,
    Beancount,
    Hledger,
}

impl BookFormat {
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Jsonl => "application/x-ndjson",
            Self::Beancount | Self::Hledger => "text/plain; charset=utf-8",
        }
    }
}

impl From<BookFormat> for ExportFormat {
    fn from(format: BookFormat) -> Self {
        match format {
            BookFormat::Csv => Self::Csv,
            BookFormat::Jsonl => Self::JsonLines,
            BookFormat::Beancount => Self::Beancount,
            BookFormat::Hledger => Self::Hledger,
        }
    }
}
