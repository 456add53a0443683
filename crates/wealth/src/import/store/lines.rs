//! The lines of imports.

use kernel::{Amount, Commodity, Date, Uuid};
use ledger::TransferId;
use storage::journal::RowChange;
use storage::{Row, StorageError, Tx, Value, params, sql};
use vault::{AsJson, Column as _, Opened, RowKey, Sealed, SealedColumn, SealedTable, Sealer};

use super::{currency, damaged, parsed};
use crate::error::WealthError;
use crate::import::dedup::{Family, Found, Key, LineRef, Traits};
use crate::import::draft::DraftLine;
use crate::import::ids::{again, line_transfer};
use crate::import::model::{
    Decision, ImportId, ImportLine, LineCandidate, LineCounts, LineStatus, Why,
};
use crate::import::texts::{LineTexts, Texts, row as row_key};
use crate::model::AssetId;

sql! {
    LINE_INSERT =
        "INSERT INTO wealth_import_line
             (tenant, import, number, statement, file_line, asset, booked_on, value_on, amount,
              texts, family, id_key, text_key, status, why, transfer)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    STAGED =
        "SELECT number, statement, asset, booked_on, amount, family, id_key, text_key, status,
             decision, of_import, of_line, why, value_on, told_import, told_line, transfer
         FROM wealth_import_line
         WHERE tenant = app_tenant() AND import = $1 ORDER BY number";
    LINES =
        "SELECT line.number, line.statement, line.file_line, line.booked_on, line.value_on,
             line.amount, statement.currency, statement.scale, line.texts, line.status, line.why,
             line.of_import, line.of_line, line.decision, line.transfer
         FROM wealth_import_line AS line
         JOIN wealth_import_statement AS statement
             ON statement.tenant = app_tenant() AND statement.import = line.import
             AND statement.number = line.statement
         WHERE line.tenant = app_tenant() AND line.import = $1 AND line.number > $2
             AND (line.status = $3 OR $3 IS NULL)
         ORDER BY line.number LIMIT $4";
    SEALED_PAGE =
        "SELECT import, number, texts FROM wealth_import_line
         WHERE tenant = app_tenant() AND (import, number) > ($1, $2)
         ORDER BY import, number LIMIT $3";
    SEALED_UPDATE =
        "UPDATE wealth_import_line SET texts = $3
         WHERE tenant = app_tenant() AND import = $1 AND number = $2
             AND texts IS NOT DISTINCT FROM $4";
    LINE_JUDGE =
        "UPDATE wealth_import_line
         SET status = $3, why = $4, of_import = $5, of_line = $6, told_import = $7, told_line = $8
         WHERE tenant = app_tenant() AND import = $1 AND number = $2";
    LINE_DECIDE =
        "UPDATE wealth_import_line SET decision = $3
         WHERE tenant = app_tenant() AND import = $1 AND number = $2";
    LINES_BOOK =
        "UPDATE wealth_import_line SET status = 'booked'
         WHERE tenant = app_tenant() AND import = $1 AND status = 'new'";
    LINES_UNDO =
        "UPDATE wealth_import_line SET status = 'undone'
         WHERE tenant = app_tenant() AND import = $1 AND status = 'booked'";
    // What was booked once, or taken back, is booked again by a transfer of its own.
    REBOOKED =
        "SELECT number, transfer FROM wealth_import_line
         WHERE tenant = app_tenant() AND import = $1 AND status IN ('undone', 'skipped')
         ORDER BY number";
    LINE_RESTAGE =
        "UPDATE wealth_import_line SET status = 'new', transfer = $3
         WHERE tenant = app_tenant() AND import = $1 AND number = $2";
    FOUND =
        "SELECT of_import, of_line, told_import, told_line FROM wealth_import_line
         WHERE tenant = app_tenant() AND import = $1 AND number = $2";
    LINES_REBIND =
        "UPDATE wealth_import_line SET asset = $3
         WHERE tenant = app_tenant() AND import = $1 AND asset = $2";
    COUNTS =
        "SELECT statement, status, count(*) FROM wealth_import_line
         WHERE tenant = app_tenant() AND import = $1
         GROUP BY statement, status ORDER BY statement, status";
    DAY_SUMS =
        "SELECT statement, booked_on, status, amt_sum(amount) FROM wealth_import_line
         WHERE tenant = app_tenant() AND import = $1 AND status IN ('new', 'booked', 'known')
         GROUP BY statement, booked_on, status ORDER BY statement, booked_on, status";

    // Booked imports with lines that are known through this one, and how much each has booked.
    RESTING =
        "SELECT other.id,
             (SELECT count(*) FROM wealth_import_line AS own
              WHERE own.tenant = app_tenant() AND own.import = other.id
                  AND own.status = 'booked')
             + (SELECT count(*) FROM wealth_import_opening AS step
              WHERE step.tenant = app_tenant() AND step.import = other.id)
         FROM wealth_import AS other
         WHERE other.tenant = app_tenant() AND other.status = 'booked' AND other.id <> $1
             AND EXISTS (SELECT 1 FROM wealth_import_line AS line
                 WHERE line.tenant = app_tenant() AND line.import = other.id
                     AND line.of_import = $1 AND line.status = 'known')
         ORDER BY other.id";
    // Other booked imports that booked on an asset after this one.
    BOOKED_AFTER =
        "SELECT DISTINCT other.id
         FROM wealth_import AS other
         JOIN wealth_import_line AS line
             ON line.tenant = app_tenant() AND line.import = other.id
         WHERE other.tenant = app_tenant() AND other.status = 'booked' AND other.id <> $1
             AND other.booked_at >= $3 AND line.asset = $2 AND line.status = 'booked'
         ORDER BY other.id";
}

/// The sealed column of lines, for whoever seals them anew or shows what is held about a party.
pub(crate) static SEALED: [SealedTable; 1] = [SealedTable {
    name: Texts::TABLE,
    columns: &[SealedColumn::of::<Texts>()],
    first: RowKey::FIRST_NUMBER,
    page: &SEALED_PAGE,
    update: &SEALED_UPDATE,
}];

/// A line that is to be staged.
pub(crate) struct NewLine<'a> {
    pub number: u32,
    pub statement: u32,
    pub asset: Option<AssetId>,
    pub family: Family,
    pub id_key: Option<Key>,
    pub text_key: Key,
    pub line: &'a DraftLine,
}

/// A staged line, as far as it is judged.
#[derive(Clone, Debug)]
pub(crate) struct StagedLine {
    pub number: u32,
    pub statement: u32,
    pub asset: Option<AssetId>,
    pub traits: Traits,
    pub decision: Option<Decision>,
    pub verdict: LineVerdict,
    /// The transfer that books it.
    pub transfer: TransferId,
}

/// What becomes of a line, as the table has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineVerdict {
    pub status: LineStatus,
    pub why: Option<Why>,
    pub of: Option<Found>,
}

/// Sums of lines of one day and status.
pub(crate) struct DaySum {
    pub statement: u32,
    pub day: Date,
    pub status: LineStatus,
    pub sum: Amount,
}

/// An import whose lines are known through another.
pub(crate) struct Resting {
    pub import: ImportId,
    pub booked: u64,
}

pub(crate) async fn insert(
    tx: &mut Tx,
    import: ImportId,
    (lines, sealer): (&[NewLine<'_>], &Sealer),
) -> Result<(), WealthError> {
    let mut many = Vec::with_capacity(lines.len());
    for new in lines {
        let line = new.line;
        many.push(params![
            import.uuid(),
            new.number,
            new.statement,
            line.file_line,
            new.asset.map(AssetId::uuid),
            line.booked_on,
            line.value_on,
            line.amount,
            sealer.seal::<Texts>(row_key(import, new.number), &AsJson(LineTexts::of(line)))?,
            new.family.code(),
            new.id_key.map_or(Value::Null, Value::from),
            new.text_key,
            line.status.code(),
            line.why.map(Why::code),
            line_transfer(import, new.number).uuid(),
        ]);
    }
    tx.execute_many(&LINE_INSERT, many).await?;
    Ok(())
}

/// The lines of an import, in their order, as far as they are judged.
pub(crate) async fn staged(tx: &mut Tx, import: ImportId) -> Result<Vec<StagedLine>, StorageError> {
    let rows = tx.rows(&STAGED, params![import.uuid()]).await?;
    let line = |row: &Row| {
        let asset: Option<Uuid> = row.get(2)?;
        Ok(StagedLine {
            number: row.get(0)?,
            statement: row.get(1)?,
            asset: asset.map(AssetId::from_uuid),
            traits: Traits {
                day: row.get(3)?,
                value: row.get(13)?,
                amount: row.get(4)?,
                family: family(row, 5)?,
                id: optional_key(row, 6)?,
                text: key(row, 7)?,
            },
            decision: optional(row, 9)?,
            verdict: LineVerdict {
                status: parsed(row, 8)?,
                why: optional(row, 12)?,
                of: found(row, (10, 14))?,
            },
            transfer: TransferId::from_uuid(row.get(16)?),
        })
    };
    rows.iter().map(line).collect()
}

/// Lines after a number, as a person sees them.
pub(crate) async fn page(
    tx: &mut Tx,
    import: ImportId,
    (after, status): (u32, Option<LineStatus>),
    limit: usize,
) -> Result<Vec<ImportLine>, WealthError> {
    let params = params![import.uuid(), after, status.map(LineStatus::code), limit];
    let rows = tx.rows(&LINES, params).await?;
    let mut sealed = Vec::with_capacity(rows.len());
    for row in &rows {
        sealed.push(row.get::<Option<Sealed<Texts>>>(8)?);
    }
    let opener = vault::opener(tx, sealed.iter().flatten().filter_map(Sealed::key)).await?;
    let mut lines = Vec::with_capacity(rows.len());
    for (row, sealed) in rows.iter().zip(&sealed) {
        let texts = match sealed {
            None => Opened::Content(AsJson(LineTexts::default())),
            Some(sealed) => opener.open(row_key(import, row.get(0)?), sealed)?,
        };
        lines.push(line_of(row, texts)?);
    }
    Ok(lines)
}

fn line_of(row: &Row, texts: Opened<AsJson<LineTexts>>) -> Result<ImportLine, StorageError> {
    let (number, amount): (u32, Amount) = (row.get(0)?, row.get(5)?);
    let is_erased = texts == Opened::Erased;
    let AsJson(texts) = texts.content().unwrap_or(AsJson(LineTexts::default()));
    let status = parsed(row, 9)?;
    let has_transfer = matches!(status, LineStatus::Booked | LineStatus::Undone);
    let transfer = TransferId::from_uuid(row.get(14)?);
    let transfer = (has_transfer && !amount.is_zero()).then_some(transfer);
    let currency: Option<Commodity> = currency(row, 6)?;
    Ok(ImportLine {
        number,
        statement: row.get(1)?,
        file_line: row.get(2)?,
        booked_on: row.get(3)?,
        value_on: row.get(4)?,
        amount,
        currency,
        counterparty: texts.counterparty,
        purpose: texts.purpose,
        reference: texts.reference,
        bank_reference: texts.bank_reference,
        metadata: texts.metadata,
        is_erased,
        status,
        why: optional(row, 10)?,
        candidate: line_ref(row, 11)?
            .map(|line| LineCandidate { import: line.import, number: line.number }),
        decision: optional(row, 13)?,
        transfer,
    })
}

/// Writes what becomes of lines.
pub(crate) async fn judge(
    tx: &mut Tx,
    import: ImportId,
    verdicts: &[(u32, LineVerdict)],
) -> Result<(), StorageError> {
    let row = |(number, verdict): &(u32, LineVerdict)| {
        params![
            import.uuid(),
            *number,
            verdict.status.code(),
            verdict.why.map(Why::code),
            verdict.of.map(|of| of.line.import.uuid()),
            verdict.of.map(|of| of.line.number),
            verdict.of.map(|of| of.told.import.uuid()),
            verdict.of.map(|of| of.told.number),
        ]
    };
    tx.execute_many(&LINE_JUDGE, verdicts.iter().map(row).collect()).await?;
    Ok(())
}

/// Writes what a person decided.
pub(crate) async fn decide(
    tx: &mut Tx,
    import: ImportId,
    (number, decision): (u32, Decision),
) -> Result<(), StorageError> {
    tx.execute_one(&LINE_DECIDE, params![import.uuid(), number, decision.code()]).await
}

/// Books as many lines as are new.
pub(crate) fn book(import: ImportId, count: u64) -> RowChange {
    RowChange { rows: Some(count), ..RowChange::one(&LINES_BOOK, params![import.uuid()]) }
}

/// Takes as many lines back as are booked.
pub(crate) fn undo(import: ImportId, count: u64) -> RowChange {
    RowChange { rows: Some(count), ..RowChange::one(&LINES_UNDO, params![import.uuid()]) }
}

/// Makes the lines of an import that was undone new again, as far as they were booked.
pub(crate) async fn restage(tx: &mut Tx, import: ImportId) -> Result<(), StorageError> {
    let rows = tx.rows(&REBOOKED, params![import.uuid()]).await?;
    let row = |row: &Row| {
        let (number, transfer): (u32, Uuid) = (row.get(0)?, row.get(1)?);
        let transfer = again(TransferId::from_uuid(transfer));
        Ok::<_, StorageError>(params![import.uuid(), number, transfer.uuid()])
    };
    let many = rows.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    tx.execute_many(&LINE_RESTAGE, many).await?;
    Ok(())
}

/// What a line was found to be.
pub(crate) async fn found_of(tx: &mut Tx, line: LineRef) -> Result<Option<Found>, StorageError> {
    let row = tx.row(&FOUND, params![line.import.uuid(), line.number]).await?;
    row.map_or(Ok(None), |row| found(&row, (0, 2)))
}

/// Gives lines that were of one asset to another.
pub(super) async fn rebind(
    tx: &mut Tx,
    import: ImportId,
    (from, to): (AssetId, AssetId),
) -> Result<(), StorageError> {
    tx.execute(&LINES_REBIND, params![import.uuid(), from.uuid(), to.uuid()]).await?;
    Ok(())
}

/// How many lines of each status each statement has.
pub(crate) async fn counts(
    tx: &mut Tx,
    import: ImportId,
) -> Result<Vec<(u32, LineCounts)>, StorageError> {
    let mut found: Vec<(u32, LineCounts)> = Vec::new();
    for row in tx.rows(&COUNTS, params![import.uuid()]).await? {
        let statement: u32 = row.get(0)?;
        if found.last().is_none_or(|(last, _)| *last != statement) {
            found.push((statement, LineCounts::default()));
        }
        if let Some((_, counts)) = found.last_mut() {
            *counts.of(parsed(&row, 1)?) = row.get(2)?;
        }
    }
    Ok(found)
}

pub(crate) async fn day_sums(tx: &mut Tx, import: ImportId) -> Result<Vec<DaySum>, StorageError> {
    let rows = tx.rows(&DAY_SUMS, params![import.uuid()]).await?;
    let sum = |row: &Row| {
        let status = parsed(row, 2)?;
        Ok(DaySum { statement: row.get(0)?, day: row.get(1)?, status, sum: row.get(3)? })
    };
    rows.iter().map(sum).collect()
}

pub(crate) async fn resting(tx: &mut Tx, import: ImportId) -> Result<Vec<Resting>, StorageError> {
    let rows = tx.rows(&RESTING, params![import.uuid()]).await?;
    let one = |row: &Row| {
        let import = ImportId::from_uuid(row.get(0)?);
        Ok(Resting { import, booked: row.get(1)? })
    };
    rows.iter().map(one).collect()
}

pub(crate) async fn booked_after(
    tx: &mut Tx,
    (import, asset): (ImportId, AssetId),
    booked_at: kernel::Timestamp,
) -> Result<Vec<ImportId>, StorageError> {
    let rows = tx.rows(&BOOKED_AFTER, params![import.uuid(), asset.uuid(), booked_at]).await?;
    rows.iter().map(|row| Ok(ImportId::from_uuid(row.get(0)?))).collect()
}

pub(super) fn family(row: &Row, column: usize) -> Result<Family, StorageError> {
    let code: String = row.get(column)?;
    Family::from_code(&code).ok_or_else(|| damaged(column, &code))
}

pub(super) fn key(row: &Row, column: usize) -> Result<Key, StorageError> {
    optional_key(row, column)?.ok_or_else(|| damaged(column, &"no key"))
}

pub(super) fn optional_key(row: &Row, column: usize) -> Result<Option<Key>, StorageError> {
    let Some(bytes) = row.get::<Option<Vec<u8>>>(column)? else { return Ok(None) };
    bytes.try_into().map(Some).map_err(|_| damaged(column, &"a key of another length"))
}

pub(super) fn optional<T: std::str::FromStr>(
    row: &Row,
    column: usize,
) -> Result<Option<T>, StorageError> {
    let text: Option<String> = row.get(column)?;
    text.map(|_| parsed(row, column)).transpose()
}

fn found(row: &Row, (line, told): (usize, usize)) -> Result<Option<Found>, StorageError> {
    let found = line_ref(row, line)?.zip(line_ref(row, told)?);
    Ok(found.map(|(line, told)| Found { line, told }))
}

pub(super) fn line_ref(row: &Row, column: usize) -> Result<Option<LineRef>, StorageError> {
    let import: Option<Uuid> = row.get(column)?;
    let number: Option<u32> = row.get(column + 1)?;
    Ok(import
        .zip(number)
        .map(|(import, number)| LineRef { import: ImportId::from_uuid(import), number }))
}
