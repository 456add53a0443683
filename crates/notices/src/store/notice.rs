//! The rows of notices, and of who has read them.

use std::collections::BTreeMap;

use kernel::{PartyId, Timestamp, Uuid};
use storage::log::ObjectRef;
use storage::{Params as SqlParams, Row, StorageError, Tx, params, sql};
use vault::{Sealed, SealedColumn, SealedTable};

use super::{ParamsColumn, damaged};
use crate::inbox::Reader;
use crate::kind::Param;
use crate::limits::{READ_MAX, UNREAD_MAX};
use crate::model::{NoticeId, Severity};

/// What a notice is told of, by name.
pub(crate) type Params = BTreeMap<String, Param>;

/// The columns of a notice in the order of [`notice_of`].
macro_rules! listed {
    ($rest:literal) => {
        concat!(
            "SELECT n.id, n.recipient, n.kind, n.severity, n.params, n.about_kind, n.about, \
                 n.created_at, r.read_at \
             FROM notices_notice AS n LEFT JOIN notices_reading AS r \
                 ON r.tenant = app_tenant() AND r.reader = $1 AND r.notice = n.id \
             WHERE n.tenant = app_tenant() AND (n.recipient = $2 OR n.recipient = $3) ",
            $rest
        )
    };
}

sql! {
    INSERT = "INSERT INTO notices_notice (tenant, id, recipient, kind, severity, key, params,
                  about_kind, about, is_listed, created_at)
              VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
              ON CONFLICT (tenant, key) DO NOTHING";
    BY_KEY = "SELECT id FROM notices_notice WHERE tenant = app_tenant() AND key = $1";
    ONE = "SELECT id, recipient, kind, severity, params, about_kind, about, created_at
           FROM notices_notice WHERE tenant = app_tenant() AND id = $1";
    LIST = listed!(
        "AND n.is_listed AND (n.id < $4 OR $4 IS NULL) AND (r.read_at IS NULL OR NOT $5) \
         ORDER BY n.id DESC LIMIT $6"
    );
    ONE_READ = listed!("AND n.id = $4");
    UNREAD = "SELECT count(*) FROM (
                  SELECT n.id FROM notices_notice AS n
                  WHERE n.tenant = app_tenant() AND (n.recipient = $2 OR n.recipient = $3)
                      AND n.is_listed AND NOT EXISTS (
                          SELECT 1 FROM notices_reading AS r
                          WHERE r.tenant = app_tenant() AND r.reader = $1 AND r.notice = n.id)
                  LIMIT $4) AS counted";
    MARK = "INSERT INTO notices_reading (tenant, reader, notice, read_at)
            VALUES (app_tenant(), $1, $2, $3) ON CONFLICT (tenant, reader, notice) DO NOTHING";
    MARK_ALL = "INSERT INTO notices_reading (tenant, reader, notice, read_at)
                SELECT app_tenant(), $1, n.id, $5 FROM notices_notice AS n
                WHERE n.tenant = app_tenant() AND (n.recipient = $2 OR n.recipient = $3)
                    AND n.is_listed AND n.id <= $4 AND NOT EXISTS (
                        SELECT 1 FROM notices_reading AS r
                        WHERE r.tenant = app_tenant() AND r.reader = $1 AND r.notice = n.id)
                ORDER BY n.id DESC LIMIT $6
                ON CONFLICT (tenant, reader, notice) DO NOTHING";

    SEALED_PAGE = "SELECT id, CAST(0 AS bigint), params FROM notices_notice
                   WHERE tenant = app_tenant() AND (id, CAST(0 AS bigint)) > ($1, $2)
                   ORDER BY id LIMIT $3";
    SEALED_UPDATE = "UPDATE notices_notice SET params = $3
                     WHERE tenant = app_tenant() AND id = $1 AND $2 = CAST(0 AS bigint)
                         AND params = $4";
}

/// Its sealed columns.
pub(super) static SEALED: SealedTable = SealedTable {
    name: "notices_notice",
    columns: &[SealedColumn::of::<ParamsColumn>()],
    first: vault::RowKey::FIRST_NUMBER,
    page: &SEALED_PAGE,
    update: &SEALED_UPDATE,
};

/// A notice as its row has it.
#[derive(Clone, Debug)]
pub(crate) struct NoticeRow {
    pub id: NoticeId,
    pub recipient: PartyId,
    pub kind: String,
    pub severity: Severity,
    pub params: Sealed<ParamsColumn>,
    pub about: Option<ObjectRef>,
    pub created_at: Timestamp,
}

/// A notice, and when its reader read it.
pub(crate) struct ListedRow {
    pub notice: NoticeRow,
    pub read_at: Option<Timestamp>,
}

/// Adds a notice; whether there was none of this key.
pub(crate) async fn insert(
    tx: &mut Tx,
    notice: &NoticeRow,
    (key, is_listed): ([u8; 16], bool),
) -> Result<bool, StorageError> {
    let (about_kind, about) = notice.about.clone().map(|about| (about.kind, about.id)).unzip();
    let row = params![
        notice.id.uuid(),
        notice.recipient.uuid(),
        notice.kind.as_str(),
        notice.severity.as_str(),
        key,
        notice.params.clone(),
        about_kind,
        about,
        is_listed,
        notice.created_at,
    ];
    Ok(tx.execute(&INSERT, row).await? == 1)
}

pub(crate) async fn by_key(tx: &mut Tx, key: [u8; 16]) -> Result<Option<NoticeId>, StorageError> {
    let row = tx.row(&BY_KEY, params![key]).await?;
    row.map(|row| Ok(NoticeId::from_uuid(row.get(0)?))).transpose()
}

pub(crate) async fn one(tx: &mut Tx, id: NoticeId) -> Result<Option<NoticeRow>, StorageError> {
    tx.row(&ONE, params![id.uuid()]).await?.as_ref().map(notice_of).transpose()
}

/// The latest first, before one of them.
pub(crate) async fn list(
    tx: &mut Tx,
    reader: &Reader,
    (before, only_unread): (Option<NoticeId>, bool),
    limit: usize,
) -> Result<Vec<ListedRow>, StorageError> {
    let mut row = of_reader(reader);
    row.extend(params![before.map(NoticeId::uuid), only_unread, limit]);
    tx.rows(&LIST, row).await?.iter().map(listed_of).collect()
}

pub(crate) async fn one_read(
    tx: &mut Tx,
    reader: &Reader,
    id: NoticeId,
) -> Result<Option<ListedRow>, StorageError> {
    let mut row = of_reader(reader);
    row.extend(params![id.uuid()]);
    tx.row(&ONE_READ, row).await?.as_ref().map(listed_of).transpose()
}

pub(crate) async fn unread(tx: &mut Tx, reader: &Reader) -> Result<u64, StorageError> {
    let mut row = of_reader(reader);
    row.extend(params![UNREAD_MAX]);
    tx.row(&UNREAD, row).await?.map_or(Ok(0), |row| row.get(0))
}

pub(crate) async fn mark(
    tx: &mut Tx,
    reader: &Reader,
    id: NoticeId,
    now: Timestamp,
) -> Result<(), StorageError> {
    tx.execute(&MARK, params![reader.id, id.uuid(), now]).await.map(drop)
}

pub(crate) async fn mark_all(
    tx: &mut Tx,
    reader: &Reader,
    through: NoticeId,
    now: Timestamp,
) -> Result<u64, StorageError> {
    let mut row = of_reader(reader);
    row.extend(params![through.uuid(), now, READ_MAX]);
    tx.execute(&MARK_ALL, row).await
}

/// Who reads, and the two parties whose notices they see, which may be one.
fn of_reader(reader: &Reader) -> SqlParams {
    let household: Uuid = reader.household.unwrap_or(reader.own).uuid();
    params![reader.id, reader.own.uuid(), household]
}

fn notice_of(row: &Row) -> Result<NoticeRow, StorageError> {
    let (kind, id): (Option<String>, Option<String>) = (row.get(5)?, row.get(6)?);
    let severity: String = row.get(3)?;
    Ok(NoticeRow {
        id: NoticeId::from_uuid(row.get(0)?),
        recipient: PartyId::from_uuid(row.get(1)?),
        kind: row.get(2)?,
        severity: severity.parse().map_err(damaged)?,
        params: row.get(4)?,
        about: kind.zip(id).map(|(kind, id)| ObjectRef { kind, id }),
        created_at: row.get(7)?,
    })
}

fn listed_of(row: &Row) -> Result<ListedRow, StorageError> {
    Ok(ListedRow { notice: notice_of(row)?, read_at: row.get(8)? })
}
