//! Where the columns of a table are: below the names in its header, divided where the fewest words
//! stand.

use super::lines::{Line, Word};
use crate::csv;

/// The columns of a part of a table.
pub(super) struct Columns {
    pub names: Vec<String>,
    /// From where to where the names stand.
    names_at: Vec<(i64, i64)>,
    /// Where a column ends and the next one begins.
    ends: Vec<i64>,
}

/// A point, in which gaps between words are measured.
const POINT: i64 = super::fixed::ONE;
/// How wide pages are looked at, in points.
const WIDTH: usize = 3_000;

impl Columns {
    /// The columns that a line names; `None` where it is no header.
    pub fn named(line: &Line) -> Option<Self> {
        let is_header = |cells: &[Word]| {
            let names: Vec<String> = cells.iter().map(|cell| cell.text.clone()).collect();
            csv::is_header(&names)
        };
        let cells = line.cells();
        // Names that stand close to one another may be one word each.
        let cells = match is_header(&cells) {
            true => cells,
            false => {
                let words = line.words.iter();
                let words = words.map(|word| Word { text: word.text.clone(), ..*word }).collect();
                Some(words).filter(|words: &Vec<Word>| is_header(words))?
            }
        };
        let names_at: Vec<(i64, i64)> = cells.iter().map(|cell| (cell.left, cell.right)).collect();
        let names = cells.into_iter().map(|cell| cell.text).collect();
        Some(Self { names, names_at, ends: Vec::new() })
    }

    /// Divides the columns by the words of the lines below their names.
    pub fn divide(&mut self, lines: &[Line]) {
        let mut covered = vec![0_u32; WIDTH];
        let words = lines.iter().flat_map(|line| &line.words);
        let places = words.map(|word| (word.left, word.right));
        for (left, right) in self.names_at.iter().copied().chain(places) {
            let places = covered.iter_mut().take(point(right) + 1).skip(point(left));
            places.for_each(|count| *count += 1);
        }
        self.ends.clear();
        for pair in self.names_at.windows(2) {
            if let [(left, _), (_, right)] = pair {
                let from = self.ends.last().map_or(*left, |end| *left.max(end));
                self.ends.push(widest_gap(&covered, from, *right));
            }
        }
    }

    /// The column in which a word stands.
    pub fn of(&self, word: &Word) -> usize {
        let middle = word.left / 2 + word.right / 2;
        self.ends.iter().take_while(|end| **end <= middle).count()
    }
}

/// The middle of the widest place that the fewest words cover.
fn widest_gap(covered: &[u32], left: i64, right: i64) -> i64 {
    let (from, to) = (point(left), point(right));
    let within = || covered.iter().enumerate().take(to + 1).skip(from);
    let fewest = within().map(|(_, count)| *count).min().unwrap_or(0);
    let (mut best, mut begun): ((usize, usize), Option<usize>) = ((from, 0), None);
    for (at, count) in within() {
        if *count > fewest {
            begun = None;
            continue;
        }
        let start = *begun.get_or_insert(at);
        if at + 1 - start > best.1 {
            best = (start, at + 1 - start);
        }
    }
    let middle = 2 * best.0 + best.1;
    i64::try_from(middle).unwrap_or(0) * POINT / 2
}

fn point(at: i64) -> usize {
    usize::try_from(at / POINT).unwrap_or(0).min(WIDTH - 1)
}
