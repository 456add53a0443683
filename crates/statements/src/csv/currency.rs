//! The currency of a table that has no column for it.
//!
//! What must stay true: the caller's currency stands in only where the file states none at all; a
//! file that hints at one without being plain is asked about.

use std::collections::BTreeSet;

use kernel::CommodityCode;

use super::columns::{Column, nearly_all};
use super::layout::Layout;
use super::mapping::CsvMapping;
use super::{numbers, vocabulary};
use crate::value;

/// What a file states about its currency.
pub(super) enum Stated {
    /// One currency, plainly.
    One(CommodityCode),
    /// Several, or something that is none.
    Unclear,
    /// Nothing.
    Nothing,
}

/// The currency that the header, the lines above it or the numbers name. `given` is the caller's.
pub(super) fn stated(
    layout: &Layout,
    mapping: &CsvMapping,
    columns: &[Column],
    given: Option<CommodityCode>,
) -> Stated {
    let money = mapping.number_columns().into_iter();
    let units: BTreeSet<&str> =
        money.filter_map(|index| vocabulary::unit(&mapping.columns.get(index)?.name)).collect();
    // A lone sign, as in `Amount ($)`, belongs to too many currencies to say anything.
    let is_word = |unit: &&&str| unit.chars().filter(|unit| unit.is_alphabetic()).count() > 1;
    let named = units.iter().filter_map(|unit| match numbers::currency_of_sign(unit) {
        Some(currency) => Some(Some(currency)),
        None => Some(value::currency_code(unit)).filter(|_| is_word(&unit)),
    });
    let announced = layout.preamble.iter().enumerate().flat_map(|(index, cells)| {
        let below = layout.preamble.get(index + 1).map(|below| announced_below(cells, below));
        below.filter(|below| !below.is_empty()).unwrap_or_else(|| announced(cells))
    });
    let mut plain: Vec<Option<CommodityCode>> = named.collect();
    if plain.is_empty() {
        plain.extend(announced);
    }
    if plain.is_empty() {
        let printed = columns.iter().filter(|facts| nearly_all(facts.numbers, facts.filled));
        plain.extend(printed.flat_map(|facts| facts.currencies.iter().copied().map(Some)));
    }
    let mut mentioned: Vec<Option<CommodityCode>> = Vec::new();
    if plain.is_empty() {
        let names = mapping.columns.iter().map(|column| column.name.as_str());
        let texts = names.chain(layout.preamble.iter().flatten().map(String::as_str));
        mentioned.extend(texts.flat_map(codes).map(Some));
        // A mention is no statement: it must not contradict the caller.
        mentioned.extend(given.filter(|_| !mentioned.is_empty()).map(Some));
    }
    plain.extend(mentioned);
    match plain.split_first() {
        None => Stated::Nothing,
        Some((Some(first), others)) if others.iter().all(|other| *other == Some(*first)) => {
            Stated::One(*first)
        }
        Some(_) => Stated::Unclear,
    }
}

/// What stands behind words that announce a currency, `Currency;AUD` or `Currency: AUD`; `None`
/// where that is no currency.
fn announced(cells: &[String]) -> Vec<Option<CommodityCode>> {
    let beside = cells.windows(2).filter_map(|pair| match pair {
        [word, text] if vocabulary::is_currency_word(word) => Some(text.trim()),
        _ => None,
    });
    let within = cells.iter().filter_map(|cell| {
        let (word, text) = cell.split_once(':')?;
        vocabulary::is_currency_word(word).then(|| text.trim())
    });
    let stated = beside.chain(within).filter(|text| !text.is_empty());
    stated.map(value::currency_code).collect()
}

/// What stands below a word that announces a currency, where that is one.
fn announced_below(words: &[String], cells: &[String]) -> Vec<Option<CommodityCode>> {
    let pairs = words.iter().zip(cells).filter(|(word, _)| vocabulary::is_currency_word(word));
    let codes = pairs.filter_map(|(_, cell)| value::currency_code(cell.trim()));
    codes.map(Some).collect()
}

/// The codes of currencies that stand in a text: three capital letters, no more and no fewer.
fn codes(text: &str) -> impl Iterator<Item = CommodityCode> {
    let words = text.split(|character: char| !character.is_ascii_uppercase());
    words.filter_map(value::currency_code)
}
