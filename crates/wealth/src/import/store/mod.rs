//! The only SQL of imports.
//!
//! What must stay true: every statement binds the tenant in each of its tables; an import is only
//! changed where it still has the version and the status that were read, and only deleted where
//! nothing of it was ever booked.

pub(crate) mod accounts;
pub(crate) mod decisions;
pub(crate) mod earlier;
pub(crate) mod gaps;
pub(crate) mod lines;

use kernel::{BookId, Commodity, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use storage::journal::RowChange;
use storage::{Row, StorageError, Tx, Value, params, sql};

use super::dedup::Cover;
use super::model::{
    DatedAmount, ImportFault, ImportId, ImportNote, ImportStatus, OpeningView, Upload,
};
use crate::model::AssetId;

sql! {
    IMPORT_INSERT =
        "INSERT INTO wealth_import
             (tenant, id, book, file_name, file_hash, byte_count, format, format_version, encoding,
              status, version, bookable_in_part, mapping, questions, faults, faults_left_out,
              notes, created_at)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11, $12, $13, $14, $15,
              $16)";
    IMPORT =
        "SELECT id, book, file_name, file_hash, byte_count, format, format_version, encoding,
             status, version, bookable_in_part, mapping, questions, faults, faults_left_out, notes,
             reason, created_at, booked_at, undone_at, first_move
         FROM wealth_import WHERE tenant = app_tenant() AND id = $1";
    IMPORTS =
        "SELECT id, book, file_name, file_hash, byte_count, format, format_version, encoding,
             status, version, bookable_in_part, mapping, questions, faults, faults_left_out, notes,
             reason, created_at, booked_at, undone_at, first_move
         FROM wealth_import
         WHERE tenant = app_tenant() AND (id < $1 OR $1 IS NULL)
         ORDER BY id DESC LIMIT $2";
    SAME_FILE =
        "SELECT id FROM wealth_import
         WHERE tenant = app_tenant() AND file_hash = $1 AND id <> $2 AND status = 'booked'
         ORDER BY booked_at, id LIMIT 1";
    IMPORT_TOUCH =
        "UPDATE wealth_import SET version = version + 1
         WHERE tenant = app_tenant() AND id = $1 AND version = $2 AND status = 'staged'";
    IMPORT_BOOK =
        "UPDATE wealth_import SET status = 'booked', version = version + 1, booked_at = $3
         WHERE tenant = app_tenant() AND id = $1 AND version = $2 AND status = 'staged'";
    IMPORT_UNDO =
        "UPDATE wealth_import
         SET status = 'undone', version = version + 1, undone_at = $3, reason = $4
         WHERE tenant = app_tenant() AND id = $1 AND version = $2 AND status = 'booked'";
    IMPORT_CHANGE =
        "UPDATE wealth_import SET version = version + 1
         WHERE tenant = app_tenant() AND id = $1 AND version = $2 AND status = 'booked'";
    IMPORT_RESTAGE =
        "UPDATE wealth_import
         SET status = 'staged', version = version + 1, first_move = $3, booked_at = NULL
         WHERE tenant = app_tenant() AND id = $1 AND version = $2 AND status = 'undone'";

    // Before its lines, in the order in which a booking changes them: of the two the later one
    // waits, and finds that it comes too late.
    IMPORT_DELETE =
        "DELETE FROM wealth_import
         WHERE tenant = app_tenant() AND id = $1 AND status IN ('staged', 'refused')";
    LINES_DELETE = "DELETE FROM wealth_import_line WHERE tenant = app_tenant() AND import = $1";
    STATEMENTS_DELETE =
        "DELETE FROM wealth_import_statement WHERE tenant = app_tenant() AND import = $1";

    STATEMENT_INSERT =
        "INSERT INTO wealth_import_statement
             (tenant, import, number, asset, label, currency, scale, from_on, to_on, covers_from,
              covers_to, opening_on, opening_amount, opening_origin, closing_on, closing_amount,
              refused, notes)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
              $16, $17)";
    STATEMENTS =
        "SELECT number, asset, label, currency, scale, from_on, to_on, covers_from, covers_to,
             opening_on, opening_amount, opening_origin, closing_on, closing_amount, refused, notes
         FROM wealth_import_statement
         WHERE tenant = app_tenant() AND import = $1 ORDER BY number";
    STATEMENTS_REBIND =
        "UPDATE wealth_import_statement SET asset = $3
         WHERE tenant = app_tenant() AND import = $1 AND asset = $2";
}

/// An import without its statements.
#[derive(Clone, Debug)]
pub(crate) struct ImportRow {
    pub id: ImportId,
    pub book: BookId,
    pub file_name: String,
    pub file_hash: [u8; 32],
    pub byte_count: u64,
    pub format: Option<String>,
    pub format_version: Option<String>,
    pub encoding: Option<String>,
    pub status: ImportStatus,
    pub version: u64,
    pub bookable_in_part: bool,
    pub mapping: Option<statements::CsvMapping>,
    pub questions: Vec<serde_json::Value>,
    pub faults: Vec<ImportFault>,
    pub faults_left_out: u64,
    pub notes: Vec<ImportNote>,
    pub reason: Option<String>,
    pub created_at: Timestamp,
    pub booked_at: Option<Timestamp>,
    pub undone_at: Option<Timestamp>,
    /// The number of the first move of an opening balance: those before it were undone.
    pub first_move: u32,
}

/// A statement as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct StatementRow {
    pub number: u32,
    pub asset: Option<AssetId>,
    pub label: String,
    pub currency: Option<Commodity>,
    pub from: Option<kernel::Date>,
    pub to: Option<kernel::Date>,
    pub cover: Option<Cover>,
    pub opening: Option<OpeningView>,
    pub closing: Option<DatedAmount>,
    pub refused: u64,
    pub notes: Vec<String>,
}

impl ImportRow {
    /// An import that was read just now.
    pub(crate) fn staged(
        id: ImportId,
        (book, file_hash): (BookId, [u8; 32]),
        upload: &Upload,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            book,
            file_name: upload.file_name.clone(),
            file_hash,
            byte_count: u64::try_from(upload.bytes.len()).unwrap_or(u64::MAX),
            format: None,
            format_version: None,
            encoding: None,
            status: ImportStatus::Staged,
            version: 1,
            bookable_in_part: false,
            mapping: None,
            questions: Vec::new(),
            faults: Vec::new(),
            faults_left_out: 0,
            notes: Vec::new(),
            reason: None,
            created_at: now,
            booked_at: None,
            undone_at: None,
            first_move: 0,
        }
    }
}

pub(crate) async fn insert(tx: &mut Tx, import: &ImportRow) -> Result<(), StorageError> {
    let row = params![
        import.id.uuid(),
        import.book.uuid(),
        import.file_name.as_str(),
        import.file_hash,
        import.byte_count,
        import.format.clone(),
        import.format_version.clone(),
        import.encoding.clone(),
        import.status.code(),
        import.bookable_in_part,
        import.mapping.as_ref().map(json).transpose()?.unwrap_or(Value::Null),
        json(&import.questions)?,
        json(&import.faults)?,
        import.faults_left_out,
        json(&import.notes)?,
        import.created_at,
    ];
    tx.execute_one(&IMPORT_INSERT, row).await
}

pub(crate) async fn import(tx: &mut Tx, id: ImportId) -> Result<Option<ImportRow>, StorageError> {
    tx.row(&IMPORT, params![id.uuid()]).await?.as_ref().map(import_of).transpose()
}

/// The latest first, before one of them.
pub(crate) async fn imports(
    tx: &mut Tx,
    before: Option<ImportId>,
    limit: usize,
) -> Result<Vec<ImportRow>, StorageError> {
    let rows = tx.rows(&IMPORTS, params![before.map(ImportId::uuid), limit]).await?;
    rows.iter().map(import_of).collect()
}

/// Another import of the same bytes that is booked.
pub(crate) async fn same_file(
    tx: &mut Tx,
    import: &ImportRow,
) -> Result<Option<ImportId>, StorageError> {
    let row = tx.row(&SAME_FILE, params![import.file_hash, import.id.uuid()]).await?;
    row.map(|row| Ok(ImportId::from_uuid(row.get(0)?))).transpose()
}

/// Counts a change of a staged import.
pub(crate) async fn touch(tx: &mut Tx, import: &ImportRow) -> Result<(), StorageError> {
    tx.execute_one(&IMPORT_TOUCH, params![import.id.uuid(), import.version]).await
}

/// Notes that a staged import is booked.
pub(crate) fn book(import: &ImportRow, now: Timestamp) -> RowChange {
    RowChange::one(&IMPORT_BOOK, params![import.id.uuid(), import.version, now])
}

/// Notes that a booked import is undone.
pub(crate) fn undo(import: &ImportRow, now: Timestamp, reason: &str) -> RowChange {
    RowChange::one(&IMPORT_UNDO, params![import.id.uuid(), import.version, now, reason])
}

/// Counts a change of a booked import.
pub(crate) fn change(import: &ImportRow) -> RowChange {
    RowChange::one(&IMPORT_CHANGE, params![import.id.uuid(), import.version])
}

/// Notes that an import that was undone is staged again.
pub(crate) async fn restage(
    tx: &mut Tx,
    import: &ImportRow,
    first_move: u32,
) -> Result<(), StorageError> {
    tx.execute_one(&IMPORT_RESTAGE, params![import.id.uuid(), import.version, first_move]).await
}

/// Forgets an import of which nothing was booked, and everything that was read from its file.
pub(crate) async fn delete(tx: &mut Tx, import: ImportId) -> Result<(), StorageError> {
    tx.execute_one(&IMPORT_DELETE, params![import.uuid()]).await?;
    tx.execute(&LINES_DELETE, params![import.uuid()]).await?;
    tx.execute(&STATEMENTS_DELETE, params![import.uuid()]).await?;
    decisions::delete(tx, import).await?;
    accounts::delete(tx, import).await
}

pub(crate) async fn insert_statements(
    tx: &mut Tx,
    import: ImportId,
    statements: &[StatementRow],
) -> Result<(), StorageError> {
    let mut many = Vec::with_capacity(statements.len());
    for statement in statements {
        let StatementRow { currency, cover, opening, closing, .. } = statement;
        many.push(params![
            import.uuid(),
            statement.number,
            statement.asset.map(AssetId::uuid),
            statement.label.as_str(),
            currency.map(|currency| currency.code.as_str().to_owned()),
            currency.map(|currency| currency.scale),
            statement.from,
            statement.to,
            cover.map(|cover| cover.from),
            cover.map(|cover| cover.to),
            opening.map(|opening| opening.on),
            opening.map(|opening| opening.amount),
            opening.map(|opening| opening.origin.code()),
            closing.map(|closing| closing.on),
            closing.map(|closing| closing.amount),
            statement.refused,
            json(&statement.notes)?,
        ]);
    }
    tx.execute_many(&STATEMENT_INSERT, many).await?;
    Ok(())
}

pub(crate) async fn statements(
    tx: &mut Tx,
    import: ImportId,
) -> Result<Vec<StatementRow>, StorageError> {
    tx.rows(&STATEMENTS, params![import.uuid()]).await?.iter().map(statement_of).collect()
}

/// Gives statements and lines that were of one asset to another.
pub(crate) async fn rebind(
    tx: &mut Tx,
    import: ImportId,
    (from, to): (AssetId, AssetId),
) -> Result<(), StorageError> {
    let params = params![import.uuid(), from.uuid(), to.uuid()];
    tx.execute(&STATEMENTS_REBIND, params).await?;
    lines::rebind(tx, import, (from, to)).await
}

fn import_of(row: &Row) -> Result<ImportRow, StorageError> {
    let mapping: Option<String> = row.get(11)?;
    Ok(ImportRow {
        id: ImportId::from_uuid(row.get(0)?),
        book: BookId::from_uuid(row.get(1)?),
        file_name: row.get(2)?,
        file_hash: row.get(3)?,
        byte_count: row.get(4)?,
        format: row.get(5)?,
        format_version: row.get(6)?,
        encoding: row.get(7)?,
        status: parsed(row, 8)?,
        version: row.get(9)?,
        bookable_in_part: row.get(10)?,
        mapping: mapping.map(|_| from_json(row, 11)).transpose()?,
        questions: from_json(row, 12)?,
        faults: from_json(row, 13)?,
        faults_left_out: row.get(14)?,
        notes: from_json(row, 15)?,
        reason: row.get(16)?,
        created_at: row.get(17)?,
        booked_at: row.get(18)?,
        undone_at: row.get(19)?,
        first_move: row.get(20)?,
    })
}

fn statement_of(row: &Row) -> Result<StatementRow, StorageError> {
    let asset: Option<kernel::Uuid> = row.get(1)?;
    let cover: (Option<kernel::Date>, Option<kernel::Date>) = (row.get(7)?, row.get(8)?);
    let opening: (Option<kernel::Date>, Option<kernel::Amount>) = (row.get(9)?, row.get(10)?);
    let closing: (Option<kernel::Date>, Option<kernel::Amount>) = (row.get(12)?, row.get(13)?);
    let opening = match opening {
        (Some(on), Some(amount)) => Some(OpeningView { on, amount, origin: parsed(row, 11)? }),
        _ => None,
    };
    Ok(StatementRow {
        number: row.get(0)?,
        asset: asset.map(AssetId::from_uuid),
        label: row.get(2)?,
        currency: currency(row, 3)?,
        from: row.get(5)?,
        to: row.get(6)?,
        cover: cover.0.zip(cover.1).map(|(from, to)| Cover { from, to }),
        opening,
        closing: closing.0.zip(closing.1).map(|(on, amount)| DatedAmount { on, amount }),
        refused: row.get(14)?,
        notes: from_json(row, 15)?,
    })
}

/// A code and, in the next column, a scale.
pub(super) fn currency(row: &Row, column: usize) -> Result<Option<Commodity>, StorageError> {
    let Some(code) = row.get::<Option<String>>(column)? else { return Ok(None) };
    let scale: u16 = row.get(column + 1)?;
    let scale = u8::try_from(scale).unwrap_or(u8::MAX);
    Commodity::new(&code, scale).map(Some).map_err(|_| damaged(column, &code))
}

/// A cell of text as what it stands for.
pub(super) fn parsed<T: std::str::FromStr>(row: &Row, column: usize) -> Result<T, StorageError> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| damaged(column, &text))
}

/// A cell of JSON as what it stands for.
pub(super) fn from_json<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T, StorageError> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| damaged(column, &error))
}

/// What is kept as JSON. PostgreSQL keeps no zero characters, which names of columns may hold.
pub(super) fn json<T: Serialize>(value: &T) -> Result<Value, StorageError> {
    let mut value = serde_json::to_value(value).map_err(|error| damaged(0, &error))?;
    without_zeros(&mut value);
    Ok(Value::Json(value.to_string()))
}

pub(crate) fn without_zeros(value: &mut serde_json::Value) {
    use serde_json::Value::{Array, Bool, Null, Number, Object, String};
    match value {
        String(text) if text.contains('\0') => *text = text.replace('\0', "\u{fffd}"),
        Array(items) => items.iter_mut().for_each(without_zeros),
        Object(map) => map.values_mut().for_each(without_zeros),
        Null | Bool(_) | Number(_) | String(_) => {}
    }
}

pub(super) fn damaged(column: usize, found: &impl ToString) -> StorageError {
    StorageError::Damaged { text: format!("column {column} of an import: {}", found.to_string()) }
}
