//! What a file says about a line in words: names, purposes, references. It stands in one sealed
//! column, for the party that the family is.

use serde::{Deserialize, Serialize};
use vault::{AsJson, Column, RowKey};

use super::draft::DraftLine;
use super::model::ImportId;
use super::store;

/// The texts of a line.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct LineTexts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<serde_json::Value>,
}

/// The column `texts` of lines.
pub(crate) struct Texts;

impl Column for Texts {
    type Content = AsJson<LineTexts>;
    const TABLE: &'static str = "wealth_import_line";
    const NAME: &'static str = "texts";
}

impl LineTexts {
    /// The texts of a line that is staged. Zero characters go, because the ledger's tables, to
    /// which some of this is handed, cannot have them on PostgreSQL.
    pub(crate) fn of(line: &DraftLine) -> Self {
        let mut metadata = line.metadata.clone();
        store::without_zeros(&mut metadata);
        Self {
            counterparty: line.counterparty.clone(),
            purpose: line.purpose.clone(),
            reference: line.reference.clone(),
            bank_reference: line.bank_reference.clone(),
            metadata: Some(metadata),
        }
    }
}

/// What a line is called where it is sealed.
pub(crate) fn row(import: ImportId, number: u32) -> RowKey {
    RowKey::numbered(import.uuid(), number.into())
}
