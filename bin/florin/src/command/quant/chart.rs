//! A line in the console: braille characters, each of two by four dots.
#![allow(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "places of dots, each within the chart"
)]

/// Characters from left to right.
pub(super) const WIDTH: usize = 72;
/// Dots of a character, across and down.
pub(super) const DOTS: (usize, usize) = (2, 4);
/// The bits of a character's dots, row by row from the top, as Unicode has them.
pub(super) const BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
/// The braille character without a dot.
pub(super) const BLANK: u32 = 0x2800;

/// Draws `values` over `rows` lines of text, with the highest and the lowest named by `label` at
/// the left. What is no number is left blank; a column that stands for several values reaches
/// from their lowest to their highest, so that no fall is lost.
pub fn line(values: &[f64], rows: usize, label: impl Fn(f64) -> String) -> String {
    let known = || values.iter().copied().filter(|value| value.is_finite());
    let (low, high) =
        (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    if rows == 0 || known().count() < 2 {
        return String::new();
    }
    let dots = spans(values, Scale { low, high, dots: rows * DOTS.1 });
    let mut cells = vec![[0_u32; WIDTH]; rows];
    for (x, span) in dots.iter().enumerate() {
        for y in span.iter().flat_map(|(from, to)| *from..=*to) {
            let down = rows * DOTS.1 - 1 - y;
            cells[down / DOTS.1][x / DOTS.0] |= BITS[down % DOTS.1][x % DOTS.0];
        }
    }
    let labels = [label(high), label(low)];
    let width = labels.iter().map(|text| text.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for (row, cells) in cells.iter().enumerate() {
        let name = match row {
            0 => &labels[0],
            _ if row + 1 == rows => &labels[1],
            _ => "",
        };
        let drawn: String = cells.iter().filter_map(|bits| char::from_u32(BLANK + bits)).collect();
        text.push_str(&format!("{name:>width$} ┤{}\n", drawn.trim_end_matches('\u{2800}')));
    }
    text
}

/// What is at the bottom and at the top, and how many dots are between.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    pub low: f64,
    pub high: f64,
    pub dots: usize,
}

impl Scale {
    /// The dot of a value between both ends.
    pub fn place(&self, value: f64) -> usize {
        let last = (self.dots - 1) as f64;
        // Halves, so that the range of two large numbers of different sign is still a number.
        let range = self.high / 2.0 - self.low / 2.0;
        let share = if range > 0.0 { (value / 2.0 - self.low / 2.0) / range } else { 0.5 };
        (share * last).round() as usize
    }
}

/// The lowest and the highest dot of each column of dots; nothing where there are no values.
fn spans(values: &[f64], scale: Scale) -> Vec<Option<(usize, usize)>> {
    let columns = WIDTH * DOTS.0;
    let mut spans: Vec<Option<(usize, usize)>> = Vec::with_capacity(columns);
    for x in 0..columns {
        let from = x * values.len() / columns;
        let to = ((x + 1) * values.len() / columns).max(from + 1);
        let known = values[from..to].iter().copied().filter(|value| value.is_finite());
        let places = known.map(|value| scale.place(value));
        let mut span = places
            .map(|place| (place, place))
            .reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
        // A column begins where the one before ended, so that steps are no gaps.
        if let (Some((low, high)), Some(Some(before))) = (&mut span, spans.last()) {
            *low = (*low).min(before.1 + 1);
            *high = (*high).max(before.0.saturating_sub(1));
        }
        spans.push(span);
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rising_line_rises_and_a_gap_is_blank() {
        let rising: Vec<f64> = (0..144).map(f64::from).collect();
        let text = line(&rising, 4, |value| format!("{value}"));
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows.len(), 4);
        assert!(rows[0].starts_with("143 ┤") && rows[3].starts_with("  0 ┤"), "{text}");
        // The lowest row is drawn at the left only, the highest at the right only.
        assert!(rows[3].chars().nth(5).is_some_and(|dots| dots != '\u{2800}'), "{text}");
        assert!(rows[3].chars().count() < 30, "{text}");
        assert_eq!(rows[0].chars().nth(5), Some('\u{2800}'), "{text}");
        assert_eq!(rows[0].chars().count(), 5 + WIDTH, "{text}");

        let gap: Vec<f64> = (0..144).map(|x| if x < 72 { f64::NAN } else { 1.0 }).collect();
        let text = line(&gap, 1, |_| String::new());
        assert_eq!(text.chars().filter(|dots| *dots > '\u{2800}').count(), WIDTH / 2, "{text}");
        assert_eq!(line(&[f64::NAN, 1.0], 4, |_| String::new()), "");
    }

    #[test]
    fn one_deep_day_among_thousands_is_seen() {
        let mut values = vec![1.0; 100_000];
        values[50_000] = 0.0;
        let text = line(&values, 4, |_| String::new());
        let lowest = text.lines().last().unwrap();
        assert_eq!(lowest.chars().filter(|dots| *dots > '\u{2800}').count(), 1, "{text}");
    }

    #[test]
    fn numbers_at_the_edge_of_their_range_are_drawn() {
        for values in [[f64::MAX, f64::MIN], [0.0, f64::MIN_POSITIVE], [-0.0, 0.0]] {
            assert_eq!(line(&values, 3, |_| String::new()).lines().count(), 3);
        }
    }
}
