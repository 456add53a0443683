//! Checks the import of the ECB's whole history against an independent reading of the same file.
//!
//! `cargo run -p markets --example verify_rates -- DATA` imports `DATA/fx/eurofxref-hist.zip` into
//! a temporary SQLite database, twice, prints counts and times, and compares some dozens of cells
//! chosen at random, each asked for alone, and then every cell by one table with what the csv crate
//! finds in the file. It ends with an error where anything differs.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use std::time::Instant;

use kernel::time::parse_date;
use kernel::{Actor, CommodityCode, Context, Date, Env, TenantId};
use markets::{
    ConversionRate, ImportedRates, MarketsError, RateFile, RateQuery, RateTable, import_common,
};
use storage::{Database, Level, Limits, Mode, migrate};

/// How many cells are compared.
const CELLS: usize = 60;

/// The file as rows of text, read without this module.
struct Sheet {
    currencies: Vec<CommodityCode>,
    rows: Vec<Vec<String>>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: verify_rates DATA")?;
    let path = Path::new(&folder).join("fx/eurofxref-hist.zip");
    let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(verify(bytes))
}

async fn verify(bytes: Vec<u8>) -> Result<(), Box<dyn Error>> {
    let sheet = Sheet::read(&bytes)?;
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite:{}", folder.path().join("rates.db").display());
    let database = Database::open(&url, Env::system(), Limits::default())?;
    migrate::migrate(&database, &[markets::MODULE]).await?;
    let first = import(&database, &bytes).await?;
    let second = import(&database, &bytes).await?;
    let stated = sheet.count();
    println!("the file states {stated} rates");
    let counts = [first.added, first.known, second.added, second.known];
    if counts != [stated, 0, 0, stated] {
        return Err("the imports did not add each rate once".into());
    }
    compare(&database, &sheet).await
}

async fn import(database: &Database, bytes: &[u8]) -> Result<ImportedRates, MarketsError> {
    let actor = Actor::system("verify_rates");
    let context = Context::new(database.env().clone(), TenantId::COMMON, actor);
    let start = Instant::now();
    let file = RateFile::new("eurofxref-hist.zip", bytes.to_vec());
    let imported = import_common(database, &context, file).await?;
    println!(
        "{} added, {} known, {} currencies, {} to {}, in {} ms",
        imported.added,
        imported.known,
        imported.currencies.len(),
        imported.first,
        imported.last,
        start.elapsed().as_millis()
    );
    Ok(imported)
}

/// Compares some cells by single questions, then all of them by one table.
async fn compare(database: &Database, sheet: &Sheet) -> Result<(), Box<dyn Error>> {
    let mut tx = database.begin(Level::Common, Mode::Read).await?;
    let start = Instant::now();
    let mut stated = 0;
    for _ in 0..CELLS {
        let row = &sheet.rows[random_below(sheet.rows.len())?];
        let column = 1 + random_below(sheet.currencies.len())?;
        let query = query(sheet.currencies[column - 1], parse_date(&row[0])?)?;
        stated += check(&query, markets::rate(&mut tx, &query, None).await, &row[column])?;
    }
    let millis = start.elapsed().as_millis();
    println!("of {CELLS} cells at random, {stated} hold the rate that is known; {millis} ms");

    let start = Instant::now();
    let ends = (sheet.rows.last().ok_or("no row")?, sheet.rows.first().ok_or("no row")?);
    let days = (parse_date(&ends.0[0])?, parse_date(&ends.1[0])?);
    let mut currencies: BTreeSet<CommodityCode> = sheet.currencies.iter().copied().collect();
    currencies.insert(CommodityCode::parse("EUR")?);
    let table = RateTable::load(&mut tx, &currencies, days, None).await?;
    let mut stated = 0;
    for row in &sheet.rows {
        let date = parse_date(&row[0])?;
        for (currency, cell) in sheet.currencies.iter().zip(&row[1..]) {
            let query = query(*currency, date)?;
            stated += check(&query, table.rate(&query), cell)?;
        }
    }
    let (all, millis) = (sheet.rows.len() * sheet.currencies.len(), start.elapsed().as_millis());
    println!("of all {all} cells, {stated} hold the rate that is known; {millis} ms");
    tx.commit().await?;
    Ok(())
}

fn query(currency: CommodityCode, date: Date) -> Result<RateQuery, Box<dyn Error>> {
    Ok(RateQuery::new(CommodityCode::parse("EUR")?, currency, date).with_age_days_max(0))
}

/// 1 where the cell is the rate that was found, 0 where there is neither.
fn check(
    query: &RateQuery,
    answer: Result<ConversionRate, MarketsError>,
    cell: &str,
) -> Result<usize, Box<dyn Error>> {
    let place = format!("{} on {}", query.to, query.date);
    match answer {
        Err(MarketsError::RateMissing { .. } | MarketsError::RateTooOld { .. })
            if cell == "N/A" =>
        {
            Ok(0)
        }
        Ok(found) => match found.legs.as_slice() {
            [leg] if leg.rate.rate.to_string() == cell && !leg.inverse => Ok(1),
            legs => Err(format!("{place}: {legs:?} instead of {cell}").into()),
        },
        Err(error) => Err(format!("{place}: {error} instead of {cell}").into()),
    }
}

impl Sheet {
    fn read(zipped: &[u8]) -> Result<Self, Box<dyn Error>> {
        let mut archive = zip::ZipArchive::new(Cursor::new(zipped))?;
        let mut text = String::new();
        archive.by_index(0)?.read_to_string(&mut text)?;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        // The first column is the day, the last is behind the comma at the end.
        let names = reader.headers()?.iter().skip(1).filter(|name| !name.is_empty());
        let currencies = names.map(CommodityCode::parse).collect::<Result<_, _>>()?;
        let row = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
        let rows = reader.records().map(|record| record.map(row)).collect::<Result<_, _>>()?;
        Ok(Self { currencies, rows })
    }

    fn count(&self) -> u64 {
        let cells = self.rows.iter().flat_map(|row| row.iter().skip(1));
        cells.filter(|cell| !cell.is_empty() && *cell != "N/A").map(|_| 1).sum()
    }
}

fn random_below(end: usize) -> Result<usize, Box<dyn Error>> {
    let random = getrandom::u64().map_err(|error| error.to_string())?;
    Ok(usize::try_from(random % u64::try_from(end)?)?)
}
