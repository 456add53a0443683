//! Lines and marks over a plane in the console: an efficient frontier, a forecast and its bounds.
#![allow(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "places of dots, each within the chart"
)]

use super::chart::{BITS, BLANK, DOTS, Scale, WIDTH};

/// A point: across and up.
pub type Point = (f64, f64);

/// A chart that is drawn into.
pub struct Plane {
    across: Scale,
    up: Scale,
    rows: usize,
    cells: Vec<[u32; WIDTH]>,
    marks: Vec<(usize, usize, char)>,
}

impl Plane {
    /// A chart that has room for `points` over `rows` lines of text; none without two points.
    pub fn around(points: &[Point], rows: usize) -> Option<Self> {
        let range = |pick: fn(&Point) -> f64| {
            let low = points.iter().map(pick).fold(f64::INFINITY, f64::min);
            (low, points.iter().map(pick).fold(f64::NEG_INFINITY, f64::max))
        };
        let (x, y) = (range(|point| point.0), range(|point| point.1));
        let is_known = [x.0, x.1, y.0, y.1].iter().all(|end| end.is_finite());
        (is_known && points.len() > 1 && rows > 0).then(|| Self {
            across: Scale { low: x.0, high: x.1, dots: WIDTH * DOTS.0 },
            up: Scale { low: y.0, high: y.1, dots: rows * DOTS.1 },
            rows,
            cells: vec![[0; WIDTH]; rows],
            marks: Vec::new(),
        })
    }

    /// Draws a line through points.
    pub fn line(&mut self, points: &[Point]) {
        for pair in points.windows(2) {
            let (from, to) = (self.place(pair[0]), self.place(pair[1]));
            let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
            let between = |a: usize, b: usize, step: usize| {
                let share = step as f64 / steps as f64;
                (a as f64 + share * (b as f64 - a as f64)).round() as usize
            };
            for step in 0..=steps {
                self.dot(between(from.0, to.0, step), between(from.1, to.1, step));
            }
        }
    }

    /// Puts a sign over whatever is drawn at a point.
    pub fn mark(&mut self, point: Point, sign: char) {
        let (x, y) = self.place(point);
        self.marks.push((self.rows - 1 - y / DOTS.1, x / DOTS.0, sign));
    }

    /// The chart, with the ends of both directions named.
    pub fn text(&self, label: impl Fn(f64) -> String) -> String {
        let mut text = self.text_without_ends(&label);
        let (low, high) = (label(self.across.low), label(self.across.high));
        let width = text.chars().position(|sign| sign == '┤').unwrap_or_default() + 1;
        let room = WIDTH - low.chars().count().min(WIDTH);
        text.push_str(&format!("{:>width$}{low}{high:>room$}\n", ""));
        text
    }

    /// The chart, with the ends of its height alone named: what lies across has no numbers.
    pub fn text_without_ends(&self, label: impl Fn(f64) -> String) -> String {
        let labels = [label(self.up.high), label(self.up.low)];
        let width = labels.iter().map(|text| text.chars().count()).max().unwrap_or_default();
        let mut text = String::new();
        for (row, cells) in self.cells.iter().enumerate() {
            let name = match row {
                0 => &labels[0],
                _ if row + 1 == self.rows => &labels[1],
                _ => "",
            };
            let mut drawn: Vec<char> =
                cells.iter().map(|bits| char::from_u32(BLANK + bits).unwrap_or(' ')).collect();
            for (_, column, sign) in self.marks.iter().filter(|(at, _, _)| *at == row) {
                drawn[*column] = *sign;
            }
            let drawn: String = drawn.into_iter().collect();
            text.push_str(&format!("{name:>width$} ┤{}\n", drawn.trim_end_matches('\u{2800}')));
        }
        text
    }

    fn place(&self, point: Point) -> (usize, usize) {
        let within = |scale: &Scale, value: f64| scale.place(value.clamp(scale.low, scale.high));
        (within(&self.across, point.0), within(&self.up, point.1))
    }

    fn dot(&mut self, x: usize, y: usize) {
        let down = self.rows * DOTS.1 - 1 - y;
        self.cells[down / DOTS.1][x / DOTS.0] |= BITS[down % DOTS.1][x % DOTS.0];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_corner_to_corner_and_a_mark_lies_above_it() {
        let ends = [(0.0, 1.0), (2.0, 3.0)];
        let mut plane = Plane::around(&ends, 4).unwrap();
        plane.line(&ends);
        plane.mark((2.0, 3.0), '●');
        let text = plane.text(|value| format!("{value}"));
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows.len(), 5, "{text}");
        assert!(rows[0].starts_with("3 ┤") && rows[0].ends_with('●'), "{text}");
        assert!(rows[3].starts_with("1 ┤\u{2840}") || rows[3].starts_with("1 ┤⣀"), "{text}");
        assert!(rows[4].trim_start().starts_with('0') && rows[4].ends_with('2'), "{text}");
        assert_eq!(rows[0].chars().count(), rows[4].chars().count(), "{text}");
    }

    #[test]
    fn points_that_are_no_numbers_or_one_place_are_no_fault() {
        assert!(Plane::around(&[(f64::NAN, 1.0), (f64::NAN, 2.0)], 4).is_none());
        assert!(Plane::around(&[(0.0, 0.0)], 4).is_none());
        let mut plane = Plane::around(&[(1.0, 1.0), (1.0, 1.0)], 2).unwrap();
        plane.line(&[(1.0, 1.0), (f64::MAX, f64::MIN)]);
        plane.mark((-5.0, 9.0), 'x');
        assert_eq!(plane.text(|value| format!("{value}")).lines().count(), 3);
    }
}
