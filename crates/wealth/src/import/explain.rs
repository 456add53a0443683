//! Why a line is what it is: which question answered it, through which line of which file, with
//! what was compared; and who said otherwise.
//!
//! What must stay true: what is shown is what stands in the rows now; nothing is judged anew.

use kernel::Context;
use ledger::TransferId;
use storage::{Level, Mode, Tx};

use super::decide::one_line;
use super::dedup::{Found, LineRef, Words};
use super::error::ImportError;
use super::model::{
    Agreement, Compared, FoundLine, ImportId, ImportLine, LineCandidate, LineExplanation, Why,
};
use super::query::import_row;
use super::store::{decisions, lines};
use crate::Wealth;
use crate::error::WealthError;

impl Wealth {
    /// Why a line of an import is new, known, up for review, left out or booked.
    ///
    /// # Errors
    /// [`ImportError::LineUnknown`] where there is no such line.
    pub async fn explain_line(
        &self,
        context: &Context,
        import: ImportId,
        line: u32,
    ) -> Result<LineExplanation, WealthError> {
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Read).await?;
        let explained = explain(&mut tx, LineRef { import, number: line }).await?;
        tx.commit().await?;
        Ok(explained)
    }

    /// The same of the line that a transfer books.
    ///
    /// # Errors
    /// [`ImportError::TransferUnknown`] where none does.
    pub async fn explain_transfer(
        &self,
        context: &Context,
        transfer: TransferId,
    ) -> Result<LineExplanation, WealthError> {
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Read).await?;
        let line = decisions::of_transfer(&mut tx, transfer).await?;
        let line = line.ok_or(ImportError::TransferUnknown { transfer })?;
        let explained = explain(&mut tx, line).await?;
        tx.commit().await?;
        Ok(explained)
    }
}

async fn explain(tx: &mut Tx, place: LineRef) -> Result<LineExplanation, WealthError> {
    let import = import_row(tx, place.import).await?;
    let line = one_line(tx, place.import, place.number).await?;
    let mut found = None;
    let mut told = None;
    let mut compared = Vec::new();
    if let Some(Found { line: of, told: by }) = lines::found_of(tx, place).await? {
        let there = shown(tx, of).await?;
        if by != of {
            told = shown(tx, by).await?;
        }
        let other = told.as_ref().or(there.as_ref());
        compared = other.map(|other| compare(&line, &other.line)).unwrap_or_default();
        found = there;
    }
    let decisions = decisions::of_line(tx, (place.import, place.number)).await?;
    Ok(LineExplanation {
        import: import.id,
        file_name: import.file_name,
        question: line.why.and_then(Why::question),
        line,
        found,
        told,
        compared,
        decisions,
    })
}

/// A line with the file that it stands in; nothing where its import was discarded.
async fn shown(tx: &mut Tx, of: LineRef) -> Result<Option<FoundLine>, WealthError> {
    let Some(import) = super::store::import(tx, of.import).await? else { return Ok(None) };
    let line = one_line(tx, of.import, of.number).await?;
    let place = LineCandidate { import: of.import, number: of.number };
    Ok(Some(FoundLine { place, file_name: import.file_name, status: import.status, line }))
}

/// Field by field; those that neither line has are left out.
fn compare(here: &ImportLine, there: &ImportLine) -> Vec<Compared> {
    let fields = |line: &ImportLine| {
        let metadata = line.metadata.as_ref();
        let end_to_end = metadata.and_then(|map| map.get("end_to_end")?.as_str());
        [
            ("booked", Some(line.booked_on.to_string())),
            ("value", line.value_on.map(|day| day.to_string())),
            ("amount", Some(amount_text(line))),
            ("bank_reference", line.bank_reference.clone()),
            ("counterparty", line.counterparty.clone()),
            ("purpose", line.purpose.clone()),
            ("reference", line.reference.clone()),
            ("end_to_end", end_to_end.map(str::to_owned)),
        ]
    };
    let pairs = fields(here).into_iter().zip(fields(there));
    let one =
        |((field, here), (_, there)): ((&'static str, Option<String>), (_, Option<String>))| {
            if here.is_none() && there.is_none() {
                return None;
            }
            let agreement = agreement(here.as_deref(), there.as_deref());
            Some(Compared { field, here, there, agreement })
        };
    pairs.filter_map(one).collect()
}

fn agreement(here: Option<&str>, there: Option<&str>) -> Agreement {
    let (Some(here), Some(there)) = (here, there) else { return Agreement::Missing };
    let [one, other] = [here, there].map(|text| Words::of([text]));
    if here == there {
        Agreement::Equal
    } else if one.is_same(&other) {
        Agreement::Spelling
    } else if one.is_like(&other) {
        Agreement::Cut
    } else {
        Agreement::Different
    }
}

fn amount_text(line: &ImportLine) -> String {
    match line.currency {
        Some(currency) => kernel::Money::new(line.amount, currency).to_string(),
        None => line.amount.to_string(),
    }
}
