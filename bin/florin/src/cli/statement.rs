//! The words of `florin statement`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use kernel::{CommodityCode, Date};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use statements::{AmountSign, DateOrder, DecimalSign, Role, WriteFormat};

/// Files of banks, read without a database or a server.
#[derive(Debug, Subcommand)]
pub enum Statement {
    /// Read files of any format; ends with 1 where one of them has a fault
    Read(StatementRead),
    /// Write a file for other programs; what they have no place for is told
    Convert(StatementConvert),
}

impl Statement {
    /// What was said about the files.
    pub const fn answers(&self) -> &Answers {
        match self {
            Self::Read(asked) => &asked.answers,
            Self::Convert(asked) => &asked.answers,
        }
    }
}

/// Reading files.
#[derive(Debug, Args)]
pub struct StatementRead {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// What the files do not say.
    #[command(flatten)]
    pub answers: Answers,
}

/// Writing a file for another program.
#[derive(Debug, Args)]
pub struct StatementConvert {
    /// The file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The format
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub to: Target,
    /// Where to write it [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write what is sound of a faulty file, and list the rest
    #[arg(long)]
    pub partial: bool,
    /// What the file does not say.
    #[command(flatten)]
    pub answers: Answers,
}

/// The formats that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// A table with a header
    Csv,
    /// OFX 2.2
    Ofx,
    /// CAMT.053, version 8
    Camt053,
    /// Text of beancount
    Beancount,
    /// A journal of hledger
    Hledger,
}

impl Target {
    /// As the writers call it.
    pub const fn format(self) -> WriteFormat {
        match self {
            Self::Csv => WriteFormat::Csv,
            Self::Ofx => WriteFormat::Ofx,
            Self::Camt053 => WriteFormat::Camt053,
            Self::Beancount => WriteFormat::Beancount,
            Self::Hledger => WriteFormat::Hledger,
        }
    }
}

/// What a file may leave open. All but encoding and currency are about tables: CSV, XLSX, PDF, QIF.
#[derive(Debug, Args)]
#[command(next_help_heading = "What a file does not say")]
pub struct Answers {
    /// The encoding [default: found in the file]: utf-8, windows-1252, ibm850, …
    #[arg(long, value_name = "LABEL")]
    pub encoding: Option<String>,
    /// The currency, where the file states none
    #[arg(long, value_name = "CODE", value_parser = currency)]
    pub currency: Option<CommodityCode>,
    /// The last day that a booking can have: it rules out orders of dates
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = kernel::time::parse_date)]
    pub not_after: Option<Date>,
    /// How to read the columns of a CSV file, as JSON (florin statement read --json prints it)
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// What a table may leave open.
    #[command(flatten)]
    pub table: TableAnswers,
}

/// What a table may leave open.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "What a table does not say")]
pub struct TableAnswers {
    /// day-month-year, month-day-year or year-month-day
    #[arg(long, value_name = "ORDER", value_parser = word::<DateOrder>)]
    pub date_order: Option<DateOrder>,
    /// The sign before the decimals: point or comma
    #[arg(long, value_name = "SIGN", value_parser = word::<DecimalSign>)]
    pub decimal: Option<DecimalSign>,
    /// What an amount without a sign is: positive-in, or positive-out as on some cards
    #[arg(long, value_name = "SIGN", value_parser = word::<AmountSign>)]
    pub amount_sign: Option<AmountSign>,
    /// What a column holds, counted from 1: 3=amount, 4=balance, 5=ignored
    #[arg(long = "column", value_name = "NUMBER=ROLE", value_parser = column)]
    pub columns: Vec<(usize, Role)>,
    /// A word that says that money goes out
    #[arg(long = "debit-word", value_name = "WORD")]
    pub debit_words: Vec<String>,
    /// A word that says that money comes in
    #[arg(long = "credit-word", value_name = "WORD")]
    pub credit_words: Vec<String>,
}

/// A word of a mapping, with `_` or with `-`.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(Json::String(text.replace('-', "_"))).map_err(|error| error.to_string())
}

fn currency(text: &str) -> Result<CommodityCode, String> {
    let known = kernel::iso4217::find(text);
    let known = known.ok_or("it is no currency code of ISO 4217 such as EUR")?;
    CommodityCode::parse(known.code).map_err(|error| error.to_string())
}

fn column(text: &str) -> Result<(usize, Role), String> {
    let (number, role) = text.split_once('=').ok_or("a column is said as 3=amount")?;
    let number: usize = number.trim().parse().map_err(|_| "columns are counted from 1")?;
    let index = number.checked_sub(1).ok_or("columns are counted from 1")?;
    Ok((index, word(role.trim())?))
}
