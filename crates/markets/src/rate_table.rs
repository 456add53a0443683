//! Rates in memory: read once for a span of days, then asked for every day of it.
//!
//! What must stay true: the answer for a day depends on the rates, the day and the limit only;
//! allowing rates older than usual never changes an answer that there is without them.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kernel::{CommodityCode, Date, Timestamp};
use storage::Tx;

use crate::conversion::ConversionRate;
use crate::error::MarketsError;
use crate::limits::{RATE_AGE_DAYS_MAX, TABLE_CODES_MAX, TABLE_DAYS_MAX};
use crate::model::{Rate, RateQuery, Scope, age_days};
use crate::path::{Graph, Pair, Path, pair};
use crate::store::{self, Span};

/// The rates between some currencies over some days, as known at a time.
#[derive(Clone, Debug)]
pub struct RateTable {
    first: Date,
    last: Date,
    currencies: BTreeSet<CommodityCode>,
    paths: BTreeMap<Pair, Vec<Path>>,
    rates: BTreeMap<Pair, PairRates>,
}

/// The rates of a pair, in whichever direction they are stated.
#[derive(Clone, Debug, Default)]
struct PairRates {
    own: BTreeMap<Date, Arc<Rate>>,
    common: BTreeMap<Date, Arc<Rate>>,
}

/// The rate from one currency to another on a day; in a transaction of the tenant that asks.
///
/// For many days or currencies load a [`RateTable`] once.
///
/// # Errors
/// [`MarketsError::RateMissing`] where none is known on or before the day,
/// [`MarketsError::RateTooOld`] where the last known is older than the query allows.
pub async fn rate(
    tx: &mut Tx,
    query: &RateQuery,
    known_at: Option<Timestamp>,
) -> Result<ConversionRate, MarketsError> {
    let currencies = BTreeSet::from([query.from, query.to]);
    let table = RateTable::load(tx, &currencies, (query.date, query.date), known_at).await?;
    table.rate(query)
}

impl RateTable {
    /// Reads the rates between these currencies for the days from `first` to `last`: the tenant's
    /// own and the common ones, and those of the currencies that lie between.
    pub async fn load(
        tx: &mut Tx,
        currencies: &BTreeSet<CommodityCode>,
        (first, last): (Date, Date),
        known_at: Option<Timestamp>,
    ) -> Result<Self, MarketsError> {
        if currencies.len() > TABLE_CODES_MAX || age_days(first, last) > TABLE_DAYS_MAX {
            return Err(MarketsError::TableTooLarge);
        }
        let mut stated = Vec::new();
        for scope in [Scope::Own, Scope::Common] {
            for found in store::pairs(tx, scope).await? {
                stated.push((scope, found));
            }
        }
        let graph = Graph::new(stated.iter().map(|(_, (base, quote))| pair(*base, *quote)));
        let paths = paths_between(&graph, currencies);
        let ways = paths.values().flatten();
        let needed: BTreeSet<Pair> = ways.flat_map(legs).collect();
        let mut rates: BTreeMap<Pair, PairRates> = BTreeMap::new();
        let span = Span { first, last, known_at };
        for (scope, (base, quote)) in stated {
            if needed.contains(&pair(base, quote)) {
                let found = store::rates(tx, scope, (base, quote), span).await?;
                rates.entry(pair(base, quote)).or_default().add(scope, found);
            }
        }
        Ok(Self { first, last, currencies: currencies.clone(), paths, rates })
    }

    /// The rate from one currency to another on a day.
    ///
    /// Of the ways whose oldest rate is at most [`RATE_AGE_DAYS_MAX`] days old, the one with the
    /// fewest legs is taken, then the freshest, then the one over the euro, then by name. Where
    /// there is none and the query allows older rates, the freshest is. A currency to itself is one
    /// for one.
    ///
    /// # Errors
    /// As [`rate`]; and where the table was not loaded for the currencies or the day.
    pub fn rate(&self, query: &RateQuery) -> Result<ConversionRate, MarketsError> {
        let RateQuery { from, to, date, age_days_max } = *query;
        for code in [from, to] {
            let is_covered = self.currencies.contains(&code) || from == to;
            if !is_covered || date < self.first || date > self.last {
                return Err(MarketsError::OutsideTable { code, date });
            }
        }
        if from == to {
            return Ok(ConversionRate::over((from, to), date, []));
        }
        let usual_days_max = age_days_max.min(RATE_AGE_DAYS_MAX);
        let ways = self.paths.get(&pair(from, to)).into_iter().flatten().enumerate();
        let best = ways.filter_map(|(index, way)| {
            let rates = self.rates_over(way, date, usual_days_max)?;
            let oldest = rates.iter().map(|rate| rate.date).min()?;
            let (age_days, legs) = (age_days(oldest, date), rates.len());
            let age = usize::try_from(age_days).unwrap_or(usize::MAX);
            let rank = match age_days <= usual_days_max {
                true => (false, legs, age, index),
                false => (true, age, legs, index),
            };
            Some((rank, rates))
        });
        let Some((_, mut rates)) = best.min_by_key(|(rank, _)| *rank) else {
            return Err(MarketsError::RateMissing { from, to, date });
        };
        if from > to {
            rates.reverse();
        }
        let found = ConversionRate::over((from, to), date, rates);
        if found.age_days() > age_days_max {
            return Err(MarketsError::RateTooOld { rate: Box::new(found), age_days_max });
        }
        Ok(found)
    }

    /// The last known rate of each leg of a way, where each has one.
    fn rates_over(&self, way: &Path, date: Date, usual_days_max: u32) -> Option<Vec<Arc<Rate>>> {
        let rate = |pair: Pair| self.rates.get(&pair)?.on(date, usual_days_max);
        legs(way).map(rate).collect()
    }
}

impl PairRates {
    /// Takes in rates of one level. Of a source's revisions the last counts; of several sources of
    /// a day the one of the best kind, then the one recorded last, then by name.
    fn add(&mut self, scope: Scope, rates: Vec<Rate>) {
        let mut latest: BTreeMap<_, Rate> = BTreeMap::new();
        for rate in rates {
            match latest.entry((rate.date, rate.source.clone())) {
                Entry::Vacant(place) => {
                    place.insert(rate);
                }
                Entry::Occupied(mut place) if place.get().revision < rate.revision => {
                    place.insert(rate);
                }
                Entry::Occupied(_) => {}
            }
        }
        let days = match scope {
            Scope::Own => &mut self.own,
            Scope::Common => &mut self.common,
        };
        for ((date, _), rate) in latest {
            match days.entry(date) {
                Entry::Vacant(place) => {
                    place.insert(Arc::new(rate));
                }
                Entry::Occupied(mut place) if rank(&rate) < rank(place.get()) => {
                    place.insert(Arc::new(rate));
                }
                Entry::Occupied(_) => {}
            }
        }
    }

    /// The last known rate on or before a day: the tenant's own as long as it is not older than
    /// usual, else the fresher of own and common.
    fn on(&self, date: Date, usual_days_max: u32) -> Option<Arc<Rate>> {
        let last = |days: &BTreeMap<Date, Arc<Rate>>| {
            days.range(..=date).next_back().map(|(_, rate)| Arc::clone(rate))
        };
        match (last(&self.own), last(&self.common)) {
            (Some(own), Some(common)) => {
                let is_usual = own.age_days(date) <= usual_days_max;
                Some(if is_usual || own.date >= common.date { own } else { common })
            }
            (own, common) => own.or(common),
        }
    }
}

/// Which of two rates of a pair and day counts: the one with the lower rank.
fn rank(rate: &Rate) -> impl Ord + use<'_> {
    (rate.kind, Reverse(rate.recorded), &rate.source, rate.base)
}

fn paths_between(graph: &Graph, currencies: &BTreeSet<CommodityCode>) -> BTreeMap<Pair, Vec<Path>> {
    let mut paths = BTreeMap::new();
    for from in currencies {
        for to in currencies.range(from..).skip(1) {
            paths.insert((*from, *to), graph.paths((*from, *to)));
        }
    }
    paths
}

fn legs(way: &Path) -> impl Iterator<Item = Pair> + '_ {
    way.windows(2).filter_map(|ends| match ends {
        [one, other] => Some(pair(*one, *other)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::iter::once;

    use kernel::{Decimal, time};
    use proptest::prelude::*;

    use super::*;
    use crate::model::{RateKind, SourceCode};

    const CODES: [&str; 6] = ["AUD", "CHF", "EUR", "JPY", "MNT", "USD"];
    const DAYS: i32 = 30;

    fn code(index: usize) -> CommodityCode {
        CommodityCode::parse(CODES[index]).unwrap()
    }

    fn day(number: i32) -> Date {
        time::date_from_days(20_000 + number).unwrap()
    }

    prop_compose! {
        fn any_rate()(
            (base, step) in (0..6_usize, 1..6_usize),
            (number, scale) in (1..1_000_000_000_000_i128, 0..=12_u8),
            (days, is_own, kind) in (0..DAYS, any::<bool>(), 0..3_usize),
            (source, revision, recorded) in (0..3_usize, 0..3_u32, 0..3_i64),
        ) -> Rate {
            Rate {
                base: code(base),
                quote: code((base + step) % 6),
                date: day(days),
                rate: Decimal::new(number, scale).unwrap(),
                source: SourceCode::parse(["a", "b", "c"][source]).unwrap(),
                kind: [RateKind::Reference, RateKind::Market, RateKind::MadeUp][kind],
                scope: if is_own { Scope::Own } else { Scope::Common },
                revision,
                recorded: Timestamp::from_micros(recorded),
            }
        }
    }

    /// A table of these rates; of those with one key, which no database holds, the first.
    fn table<'a>(rates: impl Iterator<Item = &'a Rate>) -> RateTable {
        let mut stored = BTreeMap::new();
        for rate in rates {
            let key = (rate.scope, rate.base, rate.quote);
            let row = (rate.date, rate.source.clone(), rate.revision);
            let rows: &mut Vec<(_, Rate)> = stored.entry(key).or_default();
            if !rows.iter().any(|other| other.0 == row) {
                rows.push((row, rate.clone()));
            }
        }
        let currencies: BTreeSet<CommodityCode> = (0..6).map(code).collect();
        let graph = Graph::new(stored.keys().map(|(_, base, quote)| pair(*base, *quote)));
        let paths = paths_between(&graph, &currencies);
        let mut rates: BTreeMap<Pair, PairRates> = BTreeMap::new();
        for ((scope, base, quote), rows) in stored {
            let found = rows.into_iter().map(|row| row.1).collect();
            rates.entry(pair(base, quote)).or_default().add(scope, found);
        }
        RateTable { first: day(0), last: day(2 * DAYS), currencies, paths, rates }
    }

    /// Of all ways of at most three legs over the rates as given, the fewest legs of those that are
    /// at most `days_max` old; found by trying every order of currencies.
    fn fewest_legs(rates: &[Rate], ends: (usize, usize), on: Date, days_max: u32) -> Option<usize> {
        let is_linked = |one: usize, other: usize| {
            rates.iter().any(|rate| {
                let is_of_pair = (rate.base, rate.quote) == (code(one), code(other))
                    || (rate.base, rate.quote) == (code(other), code(one));
                is_of_pair && rate.date <= on && rate.age_days(on) <= days_max
            })
        };
        let between = || (0..6).filter(|index| *index != ends.0 && *index != ends.1);
        let ways = once(vec![])
            .chain(between().map(|one| vec![one]))
            .chain(between().flat_map(|one| between().map(move |other| vec![one, other])));
        let whole = ways.map(|way| once(ends.0).chain(way).chain(once(ends.1)).collect::<Vec<_>>());
        let linked = whole
            .filter(|way| way.windows(2).all(|leg| leg[0] != leg[1] && is_linked(leg[0], leg[1])));
        linked.map(|way| way.len() - 1).min()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn answers_keep_the_rules(
            rates in prop::collection::vec(any_rate(), 0..40),
            (from, step, on) in (0..6_usize, 1..6_usize, 0..2 * DAYS),
            more_days in 0..90_u32,
        ) {
            let to = (from + step) % 6;
            let table = table(rates.iter());
            let query = RateQuery::new(code(from), code(to), day(on));
            let wider = query.with_age_days_max(RATE_AGE_DAYS_MAX + more_days);
            match table.rate(&query) {
                Ok(found) => {
                    prop_assert!(found.age_days() <= RATE_AGE_DAYS_MAX);
                    prop_assert!(found.legs.iter().all(|leg| leg.rate.date <= query.date));
                    let fewest = fewest_legs(&rates, (from, to), query.date, RATE_AGE_DAYS_MAX);
                    prop_assert_eq!(Some(found.legs.len()), fewest);
                    prop_assert_eq!(table.rate(&wider).ok(), Some(found));
                }
                Err(_) => {
                    let fewest = fewest_legs(&rates, (from, to), query.date, RATE_AGE_DAYS_MAX);
                    prop_assert_eq!(fewest, None);
                    let ever = fewest_legs(&rates, (from, to), query.date, u32::MAX);
                    let eternal = query.with_age_days_max(u32::MAX);
                    prop_assert_eq!(table.rate(&eternal).is_ok(), ever.is_some());
                }
            }
        }

        #[test]
        fn the_way_back_is_the_exact_inverse(
            rates in prop::collection::vec(any_rate(), 20..60),
            (from, step, on) in (0..6_usize, 1..6_usize, 0..2 * DAYS),
        ) {
            let table = table(rates.iter());
            let (from, to) = (code(from), code((from + step) % 6));
            let ask = |from, to| {
                table.rate(&RateQuery::new(from, to, day(on)).with_age_days_max(u32::MAX))
            };
            if let (Ok(there), Ok(back)) = (ask(from, to), ask(to, from)) {
                // Three legs of twelve digits each still make a fraction that fits.
                let ((above, below), (over, under)) = (there.ratio()?, back.ratio()?);
                prop_assert_eq!((above, below), (under, over));
                prop_assert!(there.factor().is_ok());
            } else {
                prop_assert_eq!(ask(from, to).is_ok(), ask(to, from).is_ok());
            }
        }

        #[test]
        fn the_order_of_rows_means_nothing(
            rates in prop::collection::vec(any_rate(), 0..40),
            (from, step, on) in (0..6_usize, 1..6_usize, 0..2 * DAYS),
        ) {
            let mut unique: BTreeMap<_, Rate> = BTreeMap::new();
            for rate in rates {
                let key = (rate.scope, rate.base, rate.quote, rate.date, rate.source.clone());
                unique.entry((key, rate.revision)).or_insert(rate);
            }
            let query = RateQuery::new(code(from), code((from + step) % 6), day(on));
            let forward = table(unique.values()).rate(&query);
            let backward = table(unique.values().rev()).rate(&query);
            prop_assert_eq!(format!("{forward:?}"), format!("{backward:?}"));
        }
    }
}
