//! Ways from one currency to another over the pairs that have rates.
//!
//! What must stay true: the same pairs give the same ways in the same order, and the ways from A to
//! B are those from B to A turned round.

use std::collections::{BTreeMap, BTreeSet};

use kernel::CommodityCode;

use crate::limits::{LEGS_MAX, PATHS_MAX};

/// The currency that is preferred on the way between two others: the one whose rates are published
/// for all others.
const PIVOT: &str = "EUR";

/// Two currencies, the one that sorts first at first.
pub(crate) type Pair = (CommodityCode, CommodityCode);

/// The currencies of a way in order, both ends included; from the one that sorts first.
pub(crate) type Path = Vec<CommodityCode>;

/// Two currencies as a pair.
pub(crate) fn pair(one: CommodityCode, other: CommodityCode) -> Pair {
    (one.min(other), one.max(other))
}

/// Which currencies have a rate with which.
pub(crate) struct Graph {
    neighbours: BTreeMap<CommodityCode, BTreeSet<CommodityCode>>,
}

impl Graph {
    pub(crate) fn new(pairs: impl IntoIterator<Item = Pair>) -> Self {
        let mut neighbours: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (one, other) in pairs.into_iter().filter(|pair| pair.0 != pair.1) {
            neighbours.entry(one).or_default().insert(other);
            neighbours.entry(other).or_default().insert(one);
        }
        Self { neighbours }
    }

    /// The ways of a pair that pass no currency twice and have at most [`LEGS_MAX`] legs: those
    /// with fewer legs first, then those over the euro, then by name.
    pub(crate) fn paths(&self, (from, to): Pair) -> Vec<Path> {
        let mut paths = Vec::new();
        self.extend(&mut vec![from], to, &mut paths);
        let pivot = |path: &Path| !path.iter().any(|code| code.as_str() == PIVOT);
        paths.sort_by_cached_key(|path| (path.len(), pivot(path), path.clone()));
        paths.truncate(PATHS_MAX);
        paths
    }

    fn extend(&self, way: &mut Path, to: CommodityCode, paths: &mut Vec<Path>) {
        let next = way.last().and_then(|last| self.neighbours.get(last));
        let Some(next) = next else { return };
        if next.contains(&to) {
            paths.push(way.iter().copied().chain([to]).collect());
        }
        if way.len() >= LEGS_MAX {
            return;
        }
        for code in next.iter().filter(|code| **code != to) {
            if !way.contains(code) {
                way.push(*code);
                self.extend(way, to, paths);
                way.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> CommodityCode {
        CommodityCode::parse(text).unwrap()
    }

    #[track_caller]
    fn check(pairs: &str, ends: &str, expected: &[&str]) {
        let split = |text: &str| {
            let (one, other) = text.split_once('-').unwrap();
            pair(code(one), code(other))
        };
        let graph = Graph::new(pairs.split(' ').map(split));
        let shown = |path: Path| {
            path.iter().map(|code| code.as_str().to_owned()).collect::<Vec<_>>().join("-")
        };
        let found: Vec<String> = graph.paths(split(ends)).into_iter().map(shown).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn fewer_legs_then_the_euro_then_names() {
        check("EUR-USD", "USD-EUR", &["EUR-USD"]);
        check("EUR-USD EUR-AUD", "USD-AUD", &["AUD-EUR-USD"]);
        check("EUR-USD EUR-AUD USD-MNT", "MNT-AUD", &["AUD-EUR-USD-MNT"]);
        check(
            "CHF-AUD CHF-USD EUR-USD EUR-AUD AUD-USD",
            "AUD-USD",
            &["AUD-USD", "AUD-EUR-USD", "AUD-CHF-USD"],
        );
        check("EUR-USD EUR-AUD USD-MNT MNT-XAF", "AUD-XAF", &[]);
        check("EUR-USD", "EUR-JPY", &[]);
    }

    #[test]
    fn no_currency_is_passed_twice() {
        check(
            "AUD-EUR AUD-USD EUR-USD USD-MNT EUR-MNT",
            "AUD-MNT",
            &["AUD-EUR-MNT", "AUD-USD-MNT", "AUD-EUR-USD-MNT", "AUD-USD-EUR-MNT"],
        );
    }
}
