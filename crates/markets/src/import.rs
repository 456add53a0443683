//! Import of files of rates.
//!
//! What must stay true: what is known already is not added again; a rate that differs from the last
//! known of its source and day is added beside it; the rates of a file go in by transactions that
//! are short, and the last of them carries the one event that tells of them.

use std::collections::BTreeSet;

use kernel::{CommodityCode, Context, Date, TenantId};
use storage::{Database, Level, Mode, Params, StorageError};

use crate::error::MarketsError;
use crate::event::RatesImported;
use crate::file::{RateFile, RateFormat, StatedRates};
use crate::limits::{IMPORT_ATTEMPTS_MAX, PAIRS_MAX, STATEMENT_ROWS_MAX, TRANSACTION_ROWS_MAX};
use crate::model::{Scope, SourceCode};
use crate::sheet::SeriesKey;
use crate::store::{self, Latest};

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedRates {
    /// The format of the file.
    pub format: RateFormat,
    /// Who states its rates.
    pub sources: BTreeSet<SourceCode>,
    /// The currencies of its rates.
    pub currencies: BTreeSet<CommodityCode>,
    /// The first day it has a rate of.
    pub first: Date,
    /// The last day it has a rate of.
    pub last: Date,
    /// How many rates were added.
    pub added: u64,
    /// How many of those replace another rate of their source and day.
    pub corrected: u64,
    /// How many were known already.
    pub known: u64,
}

/// A rate to add, after what is known last of its day.
struct Addition<'a> {
    key: &'a SeriesKey,
    date: Date,
    next: Latest,
}

/// Adds rates for everybody.
pub async fn import_common(
    database: &Database,
    context: &Context,
    file: RateFile,
) -> Result<ImportedRates, MarketsError> {
    // Whoever does it: the rates and the event are everybody's.
    let context = Context { tenant: TenantId::COMMON, ..context.clone() };
    import(database, &context, (Scope::Common, Level::Common), file).await
}

/// Adds rates of the context's tenant.
pub async fn import_tenant(
    database: &Database,
    context: &Context,
    file: RateFile,
) -> Result<ImportedRates, MarketsError> {
    if context.tenant == TenantId::COMMON {
        return Err(MarketsError::NoTenant);
    }
    import(database, context, (Scope::Own, Level::Tenant(context.tenant)), file).await
}

async fn import(
    database: &Database,
    context: &Context,
    place: (Scope, Level),
    file: RateFile,
) -> Result<ImportedRates, MarketsError> {
    let reading = tokio::task::spawn_blocking(move || file.read());
    let stated = reading.await.map_err(|error| StorageError::Damaged {
        text: format!("the reader of a file of rates ended early: {error}"),
    })??;
    let mut imported = ImportedRates::nothing_of(&stated)?;
    let mut attempt = 1;
    loop {
        let additions = plan(database, place, &stated).await?;
        match add(database, context, place, &additions, &mut imported).await {
            // Another import added the same meanwhile: look again at what is there.
            Err(MarketsError::Storage(
                StorageError::Duplicate { .. } | StorageError::Locked { .. },
            )) if attempt < IMPORT_ATTEMPTS_MAX => attempt += 1,
            outcome => return outcome.map(|()| imported),
        }
    }
}

/// Compares what a file states with what is known.
async fn plan<'a>(
    database: &Database,
    (scope, level): (Scope, Level),
    stated: &'a StatedRates,
) -> Result<Vec<Addition<'a>>, MarketsError> {
    let mut tx = database.begin(level, Mode::Read).await?;
    let pairs: BTreeSet<_> = store::pairs(&mut tx, scope).await?.into_iter().collect();
    let stated_pairs = stated.series.keys().map(|key| (key.base, key.quote));
    if pairs.into_iter().chain(stated_pairs).collect::<BTreeSet<_>>().len() > PAIRS_MAX {
        return Err(MarketsError::TooManyPairs);
    }
    let mut additions = Vec::new();
    for (key, days) in &stated.series {
        let ends = days.first_key_value().zip(days.last_key_value());
        let Some(((first, _), (last, _))) = ends else { continue };
        let known = store::series(&mut tx, scope, key, (*first, *last)).await?;
        for (date, stated) in days {
            let latest = known.get(date);
            let is_known = latest
                .is_some_and(|latest| (latest.rate, latest.kind) == (stated.rate, stated.kind));
            if !is_known {
                let next = Latest {
                    revision: latest.map_or(0, |latest| latest.revision.saturating_add(1)),
                    rate: stated.rate,
                    kind: stated.kind,
                    recorded: latest.map_or_else(Default::default, |latest| latest.recorded),
                };
                additions.push(Addition { key, date: *date, next });
            }
        }
        tokio::task::yield_now().await;
    }
    tx.commit().await?;
    Ok(additions)
}

/// Adds the rates, some thousands a transaction, and the event with the last of them.
async fn add(
    database: &Database,
    context: &Context,
    (scope, level): (Scope, Level),
    additions: &[Addition<'_>],
    imported: &mut ImportedRates,
) -> Result<(), MarketsError> {
    let chunks: Vec<_> = additions.chunks(TRANSACTION_ROWS_MAX).collect();
    for (index, chunk) in chunks.iter().enumerate() {
        let mut tx = database.begin(level, Mode::Write).await?;
        let now = context.now();
        for pair in chunk.iter().map(Addition::pair).collect::<BTreeSet<_>>() {
            store::add_pair(&mut tx, scope, pair).await?;
        }
        for part in chunk.chunks(STATEMENT_ROWS_MAX) {
            let row = |addition: &Addition<'_>| addition.row(now);
            store::add_rates(&mut tx, scope, part.iter().map(row).collect()).await?;
            tokio::task::yield_now().await;
        }
        let before = imported.clone();
        imported.count(chunk);
        if index + 1 == chunks.len() {
            tx.emit(context, &imported.event(scope)).await?;
        }
        if let Err(error) = tx.commit().await {
            *imported = before;
            return Err(error.into());
        }
    }
    if chunks.is_empty() && imported.added > 0 {
        // What this import added was joined by another's rest before it came to its event.
        let mut tx = database.begin(level, Mode::Write).await?;
        tx.emit(context, &imported.event(scope)).await?;
        tx.commit().await?;
    }
    Ok(())
}

impl Addition<'_> {
    fn pair(&self) -> (CommodityCode, CommodityCode) {
        (self.key.base, self.key.quote)
    }

    fn row(&self, now: kernel::Timestamp) -> Params {
        // Even where the clock was put back, a correction is not known before what it corrects.
        let next = Latest { recorded: self.next.recorded.max(now), ..self.next };
        store::rate_row(self.key, self.date, &next)
    }
}

impl ImportedRates {
    fn nothing_of(stated: &StatedRates) -> Result<Self, MarketsError> {
        let keys = || stated.series.keys();
        let days = || stated.series.values().flat_map(|days| days.keys().copied());
        let (Some(first), Some(last)) = (days().min(), days().max()) else {
            let text = "a file of rates was read without a rate".to_owned();
            return Err(StorageError::Damaged { text }.into());
        };
        Ok(Self {
            format: stated.format,
            sources: keys().map(|key| key.source.clone()).collect(),
            currencies: keys().flat_map(|key| [key.base, key.quote]).collect(),
            first,
            last,
            added: 0,
            corrected: 0,
            known: stated.series.values().map(|days| count(days.len())).sum(),
        })
    }

    fn count(&mut self, added: &[Addition<'_>]) {
        let corrections = added.iter().filter(|addition| addition.next.revision > 0);
        self.corrected += count(corrections.count());
        self.added += count(added.len());
        self.known = self.known.saturating_sub(count(added.len()));
    }

    fn event(&self, scope: Scope) -> RatesImported {
        RatesImported {
            scope,
            format: self.format.code(),
            sources: self.sources.iter().cloned().collect(),
            added: self.added,
            corrected: self.corrected,
            known: self.known,
            first: self.first,
            last: self.last,
            currencies: self.currencies.iter().copied().collect(),
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
