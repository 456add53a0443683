//! The rows of many commands, changed in one flight as if the commands came one after the other.
//!
//! Commands of different tenants never meet. Neighbours of one tenant that run the same statements
//! go as arrays where each statement has a table of its own and changes one row by a unique key, or
//! adds one: two of them can then meet in one statement only, on one row, and that statement would
//! touch a row too few. Whatever else there is goes one statement after the other, pipelined.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

use deadpool_postgres::Object;
use futures_util::future::{join_all, maybe_done};
use futures_util::poll;
use kernel::TenantId;
use tokio_postgres::Statement as Prepared;

use super::many::{columns, prepare_arrays};
use super::{PostgresTx, borrow, failed};
use crate::bulk::BulkKind;
use crate::error::StorageError;
use crate::journal::RowChange;
use crate::level::Level;
use crate::statement::Statement;
use crate::value::Params;

/// The columns of a table's unique keys, a row for each.
const UNIQUE_KEYS: &str = "
    SELECT ARRAY(SELECT attname::text FROM pg_attribute
                 WHERE attrelid = indrelid AND attnum = ANY (indkey))
    FROM pg_index
    WHERE indrelid = $1::text::regclass AND indisunique AND indimmediate
      AND indpred IS NULL AND indexprs IS NULL";

/// What is on its way to the server; whether it touched the rows it must.
type Sent<'a> = Pin<Box<dyn Future<Output = Result<bool, StorageError>> + Send + 'a>>;

/// A statement of the flight, with the parameters of one command or of many.
struct Part<'a> {
    statement: &'static Statement,
    prepared: Prepared,
    params: Vec<&'a Params>,
    as_arrays: bool,
    /// How many rows it must touch.
    rows: Option<u64>,
}

impl PostgresTx {
    /// Changes the rows of commands, each of a tenant; whether each change touched the rows it
    /// must. Where one did not, or failed, the caller gives all of them up.
    pub(crate) async fn change_rows(
        &mut self,
        commands: &[(TenantId, Vec<RowChange>)],
    ) -> Result<bool, StorageError> {
        let mut planned = Vec::new();
        for (tenant, runs) in runs(commands) {
            planned.push((tenant, plan(self.client()?, &runs).await?));
        }
        let mut told = Vec::with_capacity(planned.len());
        for (tenant, _) in &planned {
            self.bind(Level::of(*tenant));
            told.push(self.take_before());
        }
        let client = self.client()?;
        let mut flight: Vec<Sent<'_>> = Vec::new();
        for (told, (_, parts)) in told.iter().zip(&planned) {
            flight.push(Box::pin(tell(client, told)));
            flight.extend(parts.iter().map(|part| Box::pin(part.run(client)) as Sent<'_>));
        }
        self.answer(in_order(flight)).await
    }
}

/// Commands of one tenant, one behind the other, that run the same statements.
type Run<'a> = Vec<&'a [RowChange]>;

fn runs(commands: &[(TenantId, Vec<RowChange>)]) -> BTreeMap<TenantId, Vec<Run<'_>>> {
    let mut tenants: BTreeMap<TenantId, Vec<Run<'_>>> = BTreeMap::new();
    for (tenant, changes) in commands {
        let runs = tenants.entry(*tenant).or_default();
        match runs.last_mut() {
            Some(run) if run_the_same(run[0], changes) => run.push(changes),
            _ => runs.push(vec![changes]),
        }
    }
    tenants
}

fn run_the_same(one: &[RowChange], next: &[RowChange]) -> bool {
    let same = |(one, next): (&RowChange, &RowChange)| {
        std::ptr::eq(one.statement, next.statement) && one.params.len() == next.params.len()
    };
    one.len() == next.len() && one.iter().zip(next).all(same)
}

/// The statements of one tenant's commands, in their order.
async fn plan<'a>(client: &Object, runs: &[Run<'a>]) -> Result<Vec<Part<'a>>, StorageError> {
    let mut parts = Vec::new();
    for run in runs {
        let as_arrays = run.len() > 1 && go_as_arrays(client, run).await?;
        if as_arrays {
            for (index, first) in run[0].iter().enumerate() {
                let params = run.iter().map(|changes| &changes[index].params).collect();
                let rows = Some(run.len() as u64);
                parts
                    .push(Part::prepare(client, first.statement, (params, as_arrays, rows)).await?);
            }
        } else {
            let changes: Vec<&RowChange> = run.iter().copied().flatten().collect();
            for change in changes {
                let (params, rows) = (vec![&change.params], change.rows);
                let part = Part::prepare(client, change.statement, (params, as_arrays, rows));
                parts.push(part.await?);
            }
        }
    }
    Ok(parts)
}

/// Whether each statement of commands that run the same has a table of its own, in which it adds
/// one row or changes one that it names by a unique key.
async fn go_as_arrays(client: &Object, run: &[&[RowChange]]) -> Result<bool, StorageError> {
    let mut tables = BTreeSet::new();
    for (index, first) in run[0].iter().enumerate() {
        let Some(bulk) = first.statement.postgres_bulk() else { return Ok(false) };
        let is_one_row = match &bulk.kind {
            BulkKind::Insert => true,
            BulkKind::Query | BulkKind::InsertOrLeave => false,
            BulkKind::Update { compared, keyed } => match keyed.get() {
                Some(keyed) => *keyed,
                None => {
                    let found = holds_a_key(client, &bulk.table, compared).await;
                    let found = found.map_err(|error| failed(first.statement.place(), &error))?;
                    *keyed.get_or_init(|| found)
                }
            },
        };
        let asks_for_one = run.iter().all(|changes| changes[index].rows == Some(1));
        if !is_one_row || !asks_for_one || !tables.insert(&bulk.table) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a table has at most one row for values of these columns.
async fn holds_a_key(
    client: &Object,
    table: &str,
    columns: &[String],
) -> Result<bool, tokio_postgres::Error> {
    let keys = client.query(UNIQUE_KEYS, &[&table]).await?;
    for key in &keys {
        let key: Vec<String> = key.try_get(0)?;
        if key.iter().all(|column| columns.contains(column)) {
            return Ok(true);
        }
    }
    Ok(false)
}

impl<'a> Part<'a> {
    async fn prepare(
        client: &Object,
        statement: &'static Statement,
        (params, as_arrays, rows): (Vec<&'a Params>, bool, Option<u64>),
    ) -> Result<Self, StorageError> {
        let bulk = statement.postgres_bulk().filter(|_| as_arrays);
        let prepared = match bulk {
            Some(bulk) => prepare_arrays(client, statement, bulk).await,
            None => client.prepare_cached(statement.postgres()).await,
        };
        let prepared = prepared.map_err(|error| failed(statement.place(), &error))?;
        Ok(Self { statement, prepared, params, as_arrays, rows })
    }

    async fn run(&self, client: &Object) -> Result<bool, StorageError> {
        let width = self.params.first().map_or(0, |params| params.len());
        let touched = if self.as_arrays {
            client.execute_raw(&self.prepared, columns(&self.params, width)).await
        } else {
            let params = self.params.iter().flat_map(|params| borrow(params));
            client.execute(&self.prepared, &params.collect::<Vec<_>>()).await
        };
        let touched = touched.map_err(|error| failed(self.statement.place(), &error))?;
        Ok(self.rows.is_none_or(|rows| rows == touched))
    }
}

/// Sends everything in its order, and waits for all answers. Of failures the first counts: those
/// behind it follow from it.
async fn in_order(flight: Vec<Sent<'_>>) -> Result<bool, StorageError> {
    let mut under_way = Vec::with_capacity(flight.len());
    for sent in flight {
        let mut sent = Box::pin(maybe_done(sent));
        // It is sent when it is polled first.
        let _ = poll!(sent.as_mut());
        let unsent = matches!(sent.as_mut().output_mut(), Some(Err(_)));
        under_way.push(sent);
        if unsent {
            break;
        }
    }
    join_all(under_way.iter_mut().map(Pin::as_mut)).await;
    let mut fits = true;
    for sent in &mut under_way {
        fits &= sent.as_mut().take_output().unwrap_or(Ok(true))?;
    }
    Ok(fits)
}

async fn tell(client: &Object, text: &str) -> Result<bool, StorageError> {
    let failed = |error| failed("the tenant of carried rows".to_owned(), &error);
    client.batch_execute(text).await.map_err(failed)?;
    Ok(true)
}
