//! A statement with many rows of parameters: pipelined, or as arrays.

use std::pin::pin;

use deadpool_postgres::Object;
use futures_util::future::{join, join3, maybe_done, try_join_all};
use futures_util::{TryStreamExt, poll};
use tokio_postgres::Statement as Prepared;
use tokio_postgres::types::Type;

use super::{borrow, commit_failed, failed};
use crate::bulk::{Bulk, BulkKind};
use crate::error::StorageError;
use crate::statement::Statement;
use crate::value::Value;

/// The statements of one bulk call that are under way at a time.
pub(super) const PIPELINE_MAX: usize = 512;
/// The fewest questions that are asked as arrays: for each that is asked alone the server begins
/// and ends a statement, which can take longer than the answer.
const QUESTIONS_MIN: usize = 4;
/// The fewest rows that are inserted as arrays.
const BULK_ROWS_MIN: usize = 16;
/// The most that one statement inserts.
const BULK_ROWS_MAX: usize = 1_024;
/// The bulk inserts of one call that are under way at a time.
const BULKS_PIPELINED_MAX: usize = 4;

/// Whether it matters how many rows each row of parameters touched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    Asked,
    Unasked,
}

/// How a statement goes to the server with many rows of parameters.
#[derive(Clone, Copy)]
pub(super) enum Way<'a> {
    /// Pipelined, a row each.
    Each,
    /// As arrays of so many columns.
    Arrays(&'a Bulk, usize),
}

impl<'a> Way<'a> {
    /// How a query is asked.
    pub(super) fn of_query(
        statement: &'a Statement,
        many: &[Vec<Value>],
    ) -> Result<Self, StorageError> {
        let width = width(statement, many)?;
        let goes =
            |bulk: &&Bulk| matches!(bulk.kind, BulkKind::Query) && many.len() >= QUESTIONS_MIN;
        let bulk = statement.postgres_bulk().filter(goes);
        Ok(bulk.map_or(Self::Each, |bulk| Self::Arrays(bulk, width)))
    }

    pub(super) fn of(
        statement: &'a Statement,
        many: &[Vec<Value>],
        counts: Counts,
    ) -> Result<Self, StorageError> {
        let width = width(statement, many)?;
        let goes = |bulk: &&Bulk| match bulk.kind {
            BulkKind::Insert => many.len() >= BULK_ROWS_MIN,
            BulkKind::InsertOrLeave => many.len() >= BULK_ROWS_MIN && counts == Counts::Unasked,
            BulkKind::Query | BulkKind::Update { .. } => false,
        };
        let bulk = statement.postgres_bulk().filter(goes);
        Ok(bulk.map_or(Self::Each, |bulk| Self::Arrays(bulk, width)))
    }

    /// Whether all of it is sent when it is polled first, or it fails at once.
    pub(super) const fn is_one_flight(self, many: &[Vec<Value>]) -> bool {
        match self {
            Self::Each => many.len() < BULK_ROWS_MIN,
            Self::Arrays(..) => many.len() <= BULK_ROWS_MAX * BULKS_PIPELINED_MAX,
        }
    }

    pub(super) async fn prepare(
        self,
        client: &Object,
        statement: &Statement,
    ) -> Result<Prepared, tokio_postgres::Error> {
        match self {
            Self::Each => client.prepare_cached(statement.postgres()).await,
            Self::Arrays(bulk, _) => prepare_arrays(client, statement, bulk).await,
        }
    }

    /// The rows of each answer.
    pub(super) async fn ask(
        self,
        client: &Object,
        prepared: &Prepared,
        many: &[Vec<Value>],
    ) -> Result<Vec<Vec<tokio_postgres::Row>>, tokio_postgres::Error> {
        let mut answers = Vec::with_capacity(many.len());
        let Self::Arrays(_, width) = self else {
            for chunk in many.chunks(PIPELINE_MAX) {
                let under_way = chunk.iter().map(|params| {
                    let params = borrow(params);
                    async move { client.query(prepared, &params).await }
                });
                answers.extend(try_join_all(under_way).await?);
            }
            return Ok(answers);
        };
        answers.resize_with(many.len(), Vec::new);
        let mut rows = pin!(client.query_raw(prepared, columns(many, width)).await?);
        while let Some(row) = rows.try_next().await? {
            // Behind the columns of the query.
            let place: i64 = row.try_get(row.len() - 1)?;
            let answer = usize::try_from(place - 1).ok().and_then(|place| answers.get_mut(place));
            if let Some(answer) = answer {
                answer.push(row);
            }
        }
        Ok(answers)
    }

    /// The rows that each row of parameters touched.
    pub(super) async fn execute(
        self,
        client: &Object,
        prepared: &Prepared,
        many: &[Vec<Value>],
    ) -> Result<Vec<u64>, tokio_postgres::Error> {
        let Self::Arrays(_, width) = self else {
            let mut touched = Vec::with_capacity(many.len());
            for chunk in many.chunks(PIPELINE_MAX) {
                let under_way = chunk.iter().map(|params| {
                    let params = borrow(params);
                    async move { client.execute(prepared, &params).await }
                });
                touched.extend(try_join_all(under_way).await?);
            }
            return Ok(touched);
        };
        for chunk in many.chunks(BULK_ROWS_MAX * BULKS_PIPELINED_MAX) {
            let under_way = chunk.chunks(BULK_ROWS_MAX).map(|rows| {
                let arrays = columns(rows, width);
                async move { client.execute_raw(prepared, arrays).await }
            });
            try_join_all(under_way).await?;
        }
        Ok(vec![1; many.len()])
    }
}

/// How many parameters each row has.
fn width(statement: &Statement, many: &[Vec<Value>]) -> Result<usize, StorageError> {
    let width = many.first().map_or(0, Vec::len);
    if many.iter().any(|row| row.len() != width) {
        let text = "its rows have different numbers of parameters".to_owned();
        return Err(StorageError::Statement { place: statement.place(), text });
    }
    Ok(width)
}

/// Prepares a statement that takes arrays.
pub(super) async fn prepare_arrays(
    client: &Object,
    statement: &Statement,
    bulk: &Bulk,
) -> Result<Prepared, tokio_postgres::Error> {
    let one = client.prepare_cached(statement.postgres()).await?;
    client.prepare_cached(bulk.sql(one.params().iter().map(Type::name))).await
}

/// Sends text, a statement with many rows of parameters and a commit, one right behind the other.
pub(super) async fn fly(
    client: &Object,
    text: &str,
    statement: &Statement,
    (way, many): (Way<'_>, &[Vec<Value>]),
) -> Result<(), StorageError> {
    let refused = |error: tokio_postgres::Error| failed(statement.place(), &error);
    let prepared = way.prepare(client, statement).await.map_err(refused)?;
    let mut before = pin!(maybe_done(client.batch_execute(text)));
    let mut executed = pin!(maybe_done(way.execute(client, &prepared, many)));
    let _ = (poll!(before.as_mut()), poll!(executed.as_mut()));
    if let Some(Err(error)) = executed.as_mut().output_mut() {
        // It was never sent, and nothing must be committed without it.
        return Err(failed(statement.place(), error));
    }
    let committed = client.batch_execute("COMMIT");
    let ((), (), committed) = join3(before.as_mut(), executed.as_mut(), committed).await;
    let before = before.take_output().unwrap_or(Ok(()));
    match (before.and(executed.take_output().unwrap_or(Ok(Vec::new()))), committed) {
        (Ok(_), committed) => committed.map_err(|error| commit_failed(&error)),
        (Err(error), Ok(())) => Err(refused(error)),
        // The connection broke, and nobody knows where.
        (Err(error), Err(_)) => Err(commit_failed(&error)),
    }
}

/// Sends text and a statement right behind it, and waits for both.
pub(super) async fn behind<T>(
    client: &Object,
    text: &str,
    statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, tokio_postgres::Error> {
    if text.is_empty() {
        return statement.await;
    }
    // Each is sent when it is polled first, and these are polled in this order.
    let (before, statement) = join(client.batch_execute(text), statement).await;
    before.and(statement)
}

/// The columns of rows, each an array.
pub(super) fn columns<R: AsRef<[Value]>>(
    rows: &[R],
    count: usize,
) -> impl ExactSizeIterator<Item = Vec<&Value>> {
    (0..count).map(move |index| rows.iter().filter_map(|row| row.as_ref().get(index)).collect())
}
