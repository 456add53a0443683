//! Rates of exchange and prices of commodities: what was worth what, on which day, according to
//! whom, and since when that is known. Instruments and the data of markets come to live here too.
//!
//! # What it owns
//! - `markets_rate`, `markets_pair`: rates for everybody, such as the ECB's reference rates;
//! - `markets_tenant_rate`, `markets_tenant_pair`: a tenant's own, such as Mongolbank's for the
//!   tugrik;
//! - `markets_price`: what one unit of a tenant's commodity is worth.
//!
//! # What must stay true
//! - Rates and prices are added, never changed: a correction is a row with the next revision, and
//!   what was known at an earlier time stays what it was.
//! - A rate in use names its legs, their dates, sources and ages; one that is older than allowed is
//!   an error, never an answer.
//! - A cross rate is a fraction; nothing is rounded before the amount is.
//! - The same rates give the same answer, and from B to A the inverse of that from A to B.
//! - A file with a fault adds nothing; a file imported twice adds nothing the second time.
//!
//! # What it emits
//! - `markets.rates.imported` (1): a file of rates added some;
//! - `markets.price.recorded` (1): a price was added.
//!
//! It listens to nothing.
//!
//! ```no_run
//! use kernel::{CommodityCode, Context, Money, Commodity, Rounding, time::parse_date};
//! use markets::{RateFile, RateQuery};
//! use storage::{Database, Level, Mode};
//!
//! # async fn example(
//! #     database: &Database, context: &Context, bytes: Vec<u8>,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! markets::import_common(database, context, RateFile::new("eurofxref-hist.zip", bytes)).await?;
//!
//! let (aud, jpy) = (Commodity::well_known("AUD")?, Commodity::well_known("JPY")?);
//! let mut tx = database.begin(Level::Tenant(context.tenant), Mode::Read).await?;
//! let query = RateQuery::new(aud.code, jpy.code, parse_date("2026-10-31")?);
//! let rate = markets::rate(&mut tx, &query, None).await?;
//! let yen = rate.convert(Money::parse("100.00", "AUD")?, jpy, Rounding::HalfEven)?;
//! assert_eq!((yen.to_string().as_str(), rate.age_days()), ("11046 JPY", 1));
//! # Ok(()) }
//! ```

mod conversion;
mod ecb;
mod ecb_xml;
pub mod error;
pub mod event;
pub mod fault;
mod feed;
mod file;
mod import;
pub mod limits;
mod lines;
mod model;
mod path;
mod plain;
mod prices;
mod rate_table;
mod sheet;
mod store;
mod zipped;

pub use conversion::{ConversionRate, RateLeg};
pub use error::MarketsError;
pub use feed::{EcbFeed, FetchEcbRates};
pub use file::{RateFile, RateFormat, StatedRates};
pub use import::{ImportedRates, import_common, import_tenant};
pub use model::{NewPrice, Price, PriceKind, Rate, RateKind, RateQuery, Scope, SourceCode};
pub use prices::{PriceTable, RecordedPrice, add_price, first_price, price, price_change};
pub use rate_table::{RateTable, rate};
pub use sheet::{Series, SeriesKey, StatedRate};

/// The tables of this module.
pub const MODULE: storage::Module =
    storage::migrations!("markets", 1 "rates and prices" = "0001_rates_and_prices.sql");
