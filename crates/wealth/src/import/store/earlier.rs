//! What is known of an account from earlier imports, as the lines of a file are compared with it.

use std::collections::{BTreeMap, BTreeSet};

use kernel::time::{date_from_days, days_since_epoch};
use kernel::{Amount, Date};
use storage::{Row, StorageError, Tx, params, sql};
use vault::{AsJson, Opened, Sealed};

use super::lines::{family, key, line_ref, optional_key};
use crate::error::WealthError;
use crate::import::dedup::{Earlier, LineRef, Traits, VALUE_DAYS_MAX, Words};
use crate::import::model::{ImportId, LineStatus};
use crate::import::store::parsed;
use crate::import::texts::{LineTexts, Texts, row as row_key};
use crate::model::AssetId;

sql! {
    // Lines of the account that are booked, known, or were left out, about the days of the file.
    EARLIER =
        "SELECT line.import, line.number, line.booked_on, line.amount, line.id_key, line.text_key,
             line.family, line.status, line.value_on, line.of_import, line.of_line
         FROM wealth_import_line AS line
         JOIN wealth_import AS import
             ON import.tenant = app_tenant() AND import.id = line.import
         WHERE line.tenant = app_tenant() AND line.asset = $1 AND line.import <> $2
             AND line.booked_on >= $3 AND line.booked_on <= $4 AND import.status = 'booked'
             AND line.status IN ('booked', 'known', 'review', 'skipped')
         ORDER BY import.booked_at, line.import, line.number";
    // Those of other days that have a reference which stands in the file too.
    EARLIER_BY_REFERENCE =
        "SELECT DISTINCT line.import, line.number, line.booked_on, line.amount, line.id_key,
             line.text_key, line.family, line.status, line.value_on, line.of_import, line.of_line
         FROM wealth_import_line AS staged
         JOIN wealth_import_line AS line
             ON line.tenant = app_tenant() AND line.asset = staged.asset
             AND line.id_key = staged.id_key
         JOIN wealth_import AS import
             ON import.tenant = app_tenant() AND import.id = line.import
         WHERE staged.tenant = app_tenant() AND staged.import = $2 AND staged.asset = $1
             AND line.import <> $2 AND import.status = 'booked' AND line.status = 'booked'
             AND (line.booked_on < $3 OR line.booked_on > $4)
         ORDER BY line.import, line.number";
    BOOKED_BEFORE =
        "SELECT amt_sum(line.amount)
         FROM wealth_import_line AS line
         JOIN wealth_import AS import
             ON import.tenant = app_tenant() AND import.id = line.import
         WHERE line.tenant = app_tenant() AND line.asset = $1 AND line.import <> $2
             AND line.booked_on < $3 AND line.status = 'booked' AND import.status = 'booked'";
    TEXTS =
        "SELECT texts FROM wealth_import_line
         WHERE tenant = app_tenant() AND import = $1 AND number = $2";
}

/// What is known of an account.
pub(crate) struct Known {
    pub lines: Vec<Earlier>,
    /// The tellings that a person left out.
    pub declined: BTreeSet<LineRef>,
}

/// A line as it stands.
struct Standing {
    line: LineRef,
    status: LineStatus,
    of: Option<LineRef>,
    traits: Traits,
}

/// The most steps from a line that is known through one that is known through another.
const STEPS_MAX: usize = 8;

/// What is known of an account about the days of a staged import, and by its references.
pub(crate) async fn earlier(
    tx: &mut Tx,
    (import, asset): (ImportId, AssetId),
    (first, last): (Date, Date),
) -> Result<Known, StorageError> {
    let days = (moved(first, -VALUE_DAYS_MAX), moved(last, VALUE_DAYS_MAX));
    let params = || params![asset.uuid(), import.uuid(), days.0, days.1];
    let mut rows = tx.rows(&EARLIER, params()).await?;
    rows.extend(tx.rows(&EARLIER_BY_REFERENCE, params()).await?);
    let standing = rows.iter().map(standing).collect::<Result<Vec<_>, _>>()?;
    Ok(known(standing))
}

fn moved(day: Date, by: i32) -> Date {
    date_from_days(days_since_epoch(day).saturating_add(by)).unwrap_or(day)
}

fn standing(row: &Row) -> Result<Standing, StorageError> {
    Ok(Standing {
        line: LineRef { import: ImportId::from_uuid(row.get(0)?), number: row.get(1)? },
        status: parsed(row, 7)?,
        of: line_ref(row, 9)?,
        traits: Traits {
            day: row.get(2)?,
            value: row.get(8)?,
            amount: row.get(3)?,
            id: optional_key(row, 4)?,
            text: key(row, 5)?,
            family: family(row, 6)?,
        },
    })
}

/// Each line as a telling of the one that is booked. Of an import each tells another one: where a
/// person left two out for one, the second stands for itself.
fn known(standing: Vec<Standing>) -> Known {
    let by_ref: BTreeMap<LineRef, (LineStatus, Option<LineRef>)> =
        standing.iter().map(|line| (line.line, (line.status, line.of))).collect();
    let mut told: BTreeSet<(ImportId, LineRef)> = standing
        .iter()
        .filter(|line| line.status == LineStatus::Booked)
        .map(|line| (line.line.import, line.line))
        .collect();
    let mut lines = Vec::with_capacity(standing.len());
    let mut declined = BTreeSet::new();
    for Standing { line, status, traits, .. } in standing {
        let is_undecided = status == LineStatus::Review;
        let mut root = root(line, &by_ref);
        if root != line && !is_undecided && !told.insert((line.import, root)) {
            if status == LineStatus::Known {
                continue;
            }
            root = line;
        }
        if status == LineStatus::Skipped {
            declined.insert(line);
        }
        let (told, words) = (line, Words::default());
        lines.push(Earlier { told, line: root, traits, words, left_out: is_undecided });
    }
    Known { lines, declined }
}

/// The line of which this one is a telling.
fn root(mut line: LineRef, by_ref: &BTreeMap<LineRef, (LineStatus, Option<LineRef>)>) -> LineRef {
    for _ in 0..STEPS_MAX {
        match by_ref.get(&line) {
            Some((LineStatus::Known | LineStatus::Skipped, Some(of))) => line = *of,
            _ => break,
        }
    }
    line
}

/// What lines say, for those that nobody was erased of.
pub(crate) async fn words(
    tx: &mut Tx,
    lines: &[LineRef],
) -> Result<BTreeMap<LineRef, Words>, WealthError> {
    let asked = lines.iter().map(|line| params![line.import.uuid(), line.number]).collect();
    let mut sealed = Vec::with_capacity(lines.len());
    for (line, rows) in lines.iter().zip(tx.rows_many(&TEXTS, asked).await?) {
        let Some(row) = rows.first() else { continue };
        if let Some(texts) = row.get::<Option<Sealed<Texts>>>(0)? {
            sealed.push((*line, texts));
        }
    }
    let opener = vault::opener(tx, sealed.iter().filter_map(|(_, texts)| texts.key())).await?;
    let mut words = BTreeMap::new();
    for (line, texts) in sealed {
        if let Opened::Content(AsJson(texts)) =
            opener.open(row_key(line.import, line.number), &texts)?
        {
            words.insert(line, words_of(&texts));
        }
    }
    Ok(words)
}

fn words_of(texts: &LineTexts) -> Words {
    let LineTexts { counterparty, purpose, reference, .. } = texts;
    let said = [counterparty, purpose].into_iter().flatten();
    match (counterparty, purpose) {
        (None, None) => Words::of(reference.as_deref()),
        _ => Words::of(said.map(String::as_str)),
    }
}

/// The sum of what other imports booked on an asset before a day.
pub(crate) async fn booked_before(
    tx: &mut Tx,
    (import, asset): (ImportId, AssetId),
    day: Date,
) -> Result<Amount, StorageError> {
    let row = tx.row(&BOOKED_BEFORE, params![asset.uuid(), import.uuid(), day]).await?;
    let sum: Option<Amount> = row.map_or(Ok(None), |row| row.get(0))?;
    Ok(sum.unwrap_or(Amount::ZERO))
}
