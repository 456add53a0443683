//! The only SQL of this module.
//!
//! What must stay true: rows are added and never changed; every statement on a tenant table binds
//! the tenant; nothing depends on how a database orders text.

use kernel::{CommodityCode, Date, Decimal, Timestamp};
use storage::journal::RowChange;
use storage::{Params, Row, Statement, StorageError, Tx, params, sql};

use crate::limits::PAIRS_MAX;
use crate::model::{NewPrice, Price, Rate, RateKind, Scope};
use crate::sheet::SeriesKey;

/// A time after everything that was recorded (the last second of the year 9999).
const END_OF_TIME: Timestamp = Timestamp::from_micros(253_402_300_799_000_000);

sql! {
    COMMON_PAIRS = "SELECT base, quote FROM markets_pair LIMIT $1";
    OWN_PAIRS = "SELECT base, quote FROM markets_tenant_pair WHERE tenant = app_tenant() LIMIT $1";

    // From the last rate on or before the first day, so that this day has one.
    COMMON_RATES =
        "SELECT on_date, source, revision, rate, kind, recorded FROM markets_rate
         WHERE base = $1 AND quote = $2 AND on_date <= $4 AND recorded <= $5
           AND on_date >= coalesce((
             SELECT earlier.on_date FROM markets_rate AS earlier
             WHERE earlier.base = $1 AND earlier.quote = $2 AND earlier.on_date <= $3
               AND earlier.recorded <= $5
             ORDER BY earlier.on_date DESC LIMIT 1), $3)";
    OWN_RATES =
        "SELECT on_date, source, revision, rate, kind, recorded FROM markets_tenant_rate
         WHERE tenant = app_tenant() AND base = $1 AND quote = $2 AND on_date <= $4
           AND recorded <= $5
           AND on_date >= coalesce((
             SELECT earlier.on_date FROM markets_tenant_rate AS earlier
             WHERE earlier.tenant = app_tenant() AND earlier.base = $1 AND earlier.quote = $2
               AND earlier.on_date <= $3 AND earlier.recorded <= $5
             ORDER BY earlier.on_date DESC LIMIT 1), $3)";

    COMMON_SERIES =
        "SELECT on_date, revision, rate, kind, recorded FROM markets_rate
         WHERE base = $1 AND quote = $2 AND source = $3 AND on_date >= $4 AND on_date <= $5
         ORDER BY on_date, revision";
    OWN_SERIES =
        "SELECT on_date, revision, rate, kind, recorded FROM markets_tenant_rate
         WHERE tenant = app_tenant()
           AND base = $1 AND quote = $2 AND source = $3 AND on_date >= $4 AND on_date <= $5
         ORDER BY on_date, revision";

    COMMON_PAIR_INSERT =
        "INSERT INTO markets_pair (base, quote) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    OWN_PAIR_INSERT =
        "INSERT INTO markets_tenant_pair (tenant, base, quote) VALUES (app_tenant(), $1, $2)
         ON CONFLICT DO NOTHING";

    COMMON_RATE_INSERT =
        "INSERT INTO markets_rate (base, quote, on_date, source, revision, rate, kind, recorded)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    OWN_RATE_INSERT =
        "INSERT INTO markets_tenant_rate
           (tenant, base, quote, on_date, source, revision, rate, kind, recorded)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8)";

    PRICES =
        "SELECT on_date, source, revision, price, currency, kind, recorded FROM markets_price
         WHERE tenant = app_tenant() AND commodity = $1 AND on_date <= $3 AND recorded <= $4
           AND on_date >= coalesce((
             SELECT earlier.on_date FROM markets_price AS earlier
             WHERE earlier.tenant = app_tenant() AND earlier.commodity = $1
               AND earlier.on_date <= $2 AND earlier.recorded <= $4
             ORDER BY earlier.on_date DESC LIMIT 1), $2)";
    PRICE_LATEST =
        "SELECT on_date, source, revision, price, currency, kind, recorded FROM markets_price
         WHERE tenant = app_tenant() AND commodity = $1 AND on_date = $2 AND source = $3
         ORDER BY revision DESC LIMIT 1";
    PRICE_INSERT =
        "INSERT INTO markets_price
           (tenant, commodity, on_date, source, revision, price, currency, kind, recorded)
         VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8)";
}

/// The days that are read, and as of when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub first: Date,
    pub last: Date,
    /// Only what was recorded by then.
    pub known_at: Option<Timestamp>,
}

/// What is known last of a series on a day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latest {
    pub revision: u32,
    pub rate: Decimal,
    pub kind: RateKind,
    pub recorded: Timestamp,
}

/// The pairs that have a rate, as base and quote.
pub(crate) async fn pairs(
    tx: &mut Tx,
    scope: Scope,
) -> Result<Vec<(CommodityCode, CommodityCode)>, StorageError> {
    let statement = match scope {
        Scope::Own => &OWN_PAIRS,
        Scope::Common => &COMMON_PAIRS,
    };
    // Imports at the same time may together add some more than each may.
    let rows = tx.rows(statement, params![2 * PAIRS_MAX]).await?;
    rows.iter().map(|row| Ok((parsed(row, 0)?, parsed(row, 1)?))).collect()
}

/// Every revision of the rates of a pair in a span, and of the last day before it that has one.
pub(crate) async fn rates(
    tx: &mut Tx,
    scope: Scope,
    (base, quote): (CommodityCode, CommodityCode),
    span: Span,
) -> Result<Vec<Rate>, StorageError> {
    let statement = match scope {
        Scope::Own => &OWN_RATES,
        Scope::Common => &COMMON_RATES,
    };
    let known_at = span.known_at.unwrap_or(END_OF_TIME);
    let params = params![base.as_str(), quote.as_str(), span.first, span.last, known_at];
    let rows = tx.rows(statement, params).await?;
    let rate = |row: &Row| {
        Ok(Rate {
            base,
            quote,
            date: row.get(0)?,
            rate: parsed(row, 3)?,
            source: parsed(row, 1)?,
            kind: parsed(row, 4)?,
            scope,
            revision: row.get(2)?,
            recorded: row.get(5)?,
        })
    };
    rows.iter().map(rate).collect()
}

/// What is known last of a series, for each day from `first` to `last` that has a rate.
pub(crate) async fn series(
    tx: &mut Tx,
    scope: Scope,
    key: &SeriesKey,
    (first, last): (Date, Date),
) -> Result<std::collections::BTreeMap<Date, Latest>, StorageError> {
    let statement = match scope {
        Scope::Own => &OWN_SERIES,
        Scope::Common => &COMMON_SERIES,
    };
    let params = params![key.base.as_str(), key.quote.as_str(), key.source.as_str(), first, last];
    let rows = tx.rows(statement, params).await?;
    let latest = |row: &Row| {
        let (revision, recorded) = (row.get(1)?, row.get(4)?);
        let latest = Latest { revision, rate: parsed(row, 2)?, kind: parsed(row, 3)?, recorded };
        Ok((row.get(0)?, latest))
    };
    // Ordered by revision, so that the last of a day stays.
    rows.iter().map(latest).collect()
}

/// Notes that a pair has rates.
pub(crate) async fn add_pair(
    tx: &mut Tx,
    scope: Scope,
    (base, quote): (CommodityCode, CommodityCode),
) -> Result<(), StorageError> {
    let statement = match scope {
        Scope::Own => &OWN_PAIR_INSERT,
        Scope::Common => &COMMON_PAIR_INSERT,
    };
    tx.execute(statement, params![base.as_str(), quote.as_str()]).await?;
    Ok(())
}

/// Adds rates.
pub(crate) async fn add_rates(
    tx: &mut Tx,
    scope: Scope,
    rows: Vec<Params>,
) -> Result<(), StorageError> {
    let statement: &'static Statement = match scope {
        Scope::Own => &OWN_RATE_INSERT,
        Scope::Common => &COMMON_RATE_INSERT,
    };
    tx.execute_many(statement, rows).await?;
    Ok(())
}

/// The row of a rate, for [`add_rates`].
pub(crate) fn rate_row(key: &SeriesKey, date: Date, latest: &Latest) -> Params {
    params![
        key.base.as_str(),
        key.quote.as_str(),
        date,
        key.source.as_str(),
        latest.revision,
        latest.rate.to_string(),
        latest.kind.code(),
        latest.recorded,
    ]
}

/// Every revision of the prices of a commodity in a span, and of the last day before it that has
/// one.
pub(crate) async fn prices(
    tx: &mut Tx,
    commodity: CommodityCode,
    span: Span,
) -> Result<Vec<Price>, StorageError> {
    let known_at = span.known_at.unwrap_or(END_OF_TIME);
    let params = params![commodity.as_str(), span.first, span.last, known_at];
    let rows = tx.rows(&PRICES, params).await?;
    rows.iter().map(|row| price(row, commodity)).collect()
}

/// What is known last of the price that a source states for a day.
pub(crate) async fn latest_price(
    tx: &mut Tx,
    new: &NewPrice,
) -> Result<Option<Price>, StorageError> {
    let params = params![new.commodity.as_str(), new.date, new.source.as_str()];
    let row = tx.row(&PRICE_LATEST, params).await?;
    row.map(|row| price(&row, new.commodity)).transpose()
}

/// The row by which a price is added.
pub(crate) fn price_row(price: &Price) -> RowChange {
    let params = params![
        price.commodity.as_str(),
        price.date,
        price.source.as_str(),
        price.revision,
        price.price.to_string(),
        price.currency.as_str(),
        price.kind.code(),
        price.recorded,
    ];
    RowChange::one(&PRICE_INSERT, params)
}

fn price(row: &Row, commodity: CommodityCode) -> Result<Price, StorageError> {
    Ok(Price {
        commodity,
        date: row.get(0)?,
        price: parsed(row, 3)?,
        currency: parsed(row, 4)?,
        source: parsed(row, 1)?,
        kind: parsed(row, 5)?,
        revision: row.get(2)?,
        recorded: row.get(6)?,
    })
}

/// A cell of text as what it stands for.
fn parsed<T: std::str::FromStr>(row: &Row, column: usize) -> Result<T, StorageError> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| StorageError::Damaged {
        text: format!("column {column} of a rate or price holds {text:?}"),
    })
}
