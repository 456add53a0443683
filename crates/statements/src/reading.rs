//! The one kind of reading for all formats, and what a caller may say beforehand.

use kernel::{CommodityCode, Date};
use serde::Serialize;

use crate::csv::{CsvMapping, Question};
use crate::encoding::TextEncoding;
use crate::fault::{Fault, Findings, Note, Scope};
use crate::model::Statement;

/// What the caller knows that the file may not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The encoding, by its label (`windows-1251`), instead of the one that would be found.
    pub encoding: Option<String>,
    /// The currency of the account, used only where the file states none.
    pub currency: Option<CommodityCode>,
    /// The last day that a booking can have (today, for a file that was downloaded today). It rules
    /// out orders of day, month and year in CSV, and nothing else.
    pub not_after: Option<Date>,
    /// How to read a CSV file. What it leaves open is found in the file.
    pub csv_mapping: Option<CsvMapping>,
}

/// What was read from a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// The format; `None` where it is none that is read here (a fault says so).
    pub format: Option<Format>,
    /// The version that the file states: `102`, `220`, `camt.053.001.08`.
    pub version: Option<String>,
    /// The encoding, and how it was found.
    pub encoding: Option<TextEncoding>,
    /// CSV only: how the columns were understood. Pass it back in [`ReadOptions`] to override it.
    pub csv_mapping: Option<CsvMapping>,
    /// CSV only: what the file leaves open, each with a fault. Answer in the mapping.
    pub questions: Vec<Question>,
    /// The statements, in the order of the file.
    pub statements: Vec<Statement>,
    /// Everything that is not as it must be, at most [`FAULTS_MAX`](crate::limits::FAULTS_MAX).
    pub faults: Vec<Fault>,
    /// How many faults are not listed.
    pub faults_left_out: usize,
    /// What was handled and may matter, at most [`NOTES_MAX`](crate::limits::NOTES_MAX).
    pub notes: Vec<Note>,
    /// How many notes are not listed.
    pub notes_left_out: usize,
}

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// OFX 1.x, in SGML.
    Ofx1,
    /// OFX 2.x, in XML.
    Ofx2,
    /// CAMT.052, a report during the day.
    Camt052,
    /// CAMT.053, a statement.
    Camt053,
    /// CAMT.054, a notification of debits and credits.
    Camt054,
    /// MT940, a statement.
    Mt940,
    /// MT942, a report during the day.
    Mt942,
    /// BAI2, balances and details of cash management.
    Bai2,
    /// QIF, registers of Quicken.
    Qif,
    /// A workbook with a table in it.
    Xlsx,
    /// A printed statement, read by the places of its words.
    Pdf,
    /// Comma-separated values and their kin.
    Csv,
}

impl Reading {
    /// Whether nothing at all is wrong with the file.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    /// Whether neither the file, nor this statement, nor any of its entries has a fault.
    #[must_use]
    pub fn is_statement_sound(&self, index: usize) -> bool {
        self.faults_left_out == 0
            && self.faults.iter().all(|fault| match fault.scope {
                Scope::File => false,
                Scope::Statement { statement }
                | Scope::Balance { statement }
                | Scope::Entry { statement, .. } => statement != index,
            })
    }

    /// Whether the entries that stand in this statement may be booked although the file has faults:
    /// none of them concerns the statement itself.
    #[must_use]
    pub fn is_statement_bookable_in_part(&self, index: usize) -> bool {
        self.faults_left_out == 0
            && self.faults.iter().all(|fault| match fault.scope {
                Scope::File | Scope::Balance { .. } | Scope::Entry { .. } => true,
                Scope::Statement { statement } => statement != index,
            })
    }

    /// A reading of a format, before anything was read.
    pub(crate) fn new(format: Option<Format>) -> Self {
        Self {
            format,
            version: None,
            encoding: None,
            csv_mapping: None,
            questions: Vec::new(),
            statements: Vec::new(),
            faults: Vec::new(),
            faults_left_out: 0,
            notes: Vec::new(),
            notes_left_out: 0,
        }
    }

    /// Takes over what was found, ordered by line.
    pub(crate) fn close(mut self, mut findings: Findings) -> Self {
        findings.faults.sort_by_key(|fault| fault.line);
        findings.notes.sort_by_key(|note| note.line);
        self.faults = findings.faults;
        self.faults_left_out = findings.faults_left_out;
        self.notes = findings.notes;
        self.notes_left_out = findings.notes_left_out;
        self
    }
}
