//! The lines of a text: which one a place is in, and one after the other.

/// Counts lines on the way through a text. A line ends with LF; only in a text without any LF it
/// ends with CR.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    end: u8,
    position: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    /// At the beginning.
    pub fn new(text: &'a str) -> Self {
        Self::of_part(text, line_end(text), 1)
    }

    /// At the beginning of a part of a text whose lines end with `end`, on this line.
    pub fn of_part(part: &'a str, end: u8, line: u32) -> Self {
        Self { bytes: part.as_bytes(), end, position: 0, line }
    }

    /// The line of a position that is not before the last one asked for.
    pub fn line_at(&mut self, position: usize) -> u32 {
        let passed = self.bytes.get(self.position..position).unwrap_or_default();
        let ends = passed.iter().filter(|byte| **byte == self.end).count();
        self.line = self.line.saturating_add(u32::try_from(ends).unwrap_or(u32::MAX));
        self.position = self.position.max(position);
        self.line
    }
}

/// Goes through the lines of a text, for formats in which a line is a record or a part of one.
pub(crate) struct Walk<'a> {
    text: &'a str,
    end: u8,
    /// Where the walk stands.
    position: usize,
    lines: Lines<'a>,
}

/// A line of a [`Walk`].
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    /// Where it begins.
    pub start: usize,
    /// It, without its end.
    pub text: &'a str,
    /// Where the one behind it begins.
    pub next: usize,
}

impl<'a> Walk<'a> {
    /// Before the first line.
    pub fn new(text: &'a str) -> Self {
        Self { text, end: line_end(text), position: 0, lines: Lines::new(text) }
    }

    /// The line that begins at a place; `None` at the end.
    pub fn line_from(&self, start: usize) -> Option<Line<'a>> {
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let length = rest.find(char::from(self.end)).unwrap_or(rest.len());
        let text = rest.get(..length).unwrap_or_default();
        Some(Line { start, text, next: start + (length + 1).min(rest.len()) })
    }

    /// The line where the walk stands.
    pub fn here(&self) -> Option<Line<'a>> {
        self.line_from(self.position)
    }

    /// The next line from there on that is not blank, without what is blank around it.
    pub fn solid(&self) -> Option<Line<'a>> {
        let mut line = self.here()?;
        loop {
            let text = line.text.trim_matches(|one: char| one.is_whitespace() || one == '\0');
            if !text.is_empty() {
                return Some(Line { text, ..line });
            }
            line = self.line_from(line.next)?;
        }
    }

    /// Goes on to a place behind the one where it stands.
    pub fn go_to(&mut self, position: usize) {
        self.position = position;
    }

    /// The number of the line of a place, which is not before the last one asked for.
    pub fn number_at(&mut self, position: usize) -> u32 {
        self.lines.line_at(position)
    }

    /// The text between two places.
    pub fn between(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }
}

/// A line ends with LF; only in a text without any LF it ends with CR.
fn line_end(text: &str) -> u8 {
    if text.contains('\n') { b'\n' } else { b'\r' }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[track_caller]
    fn check(text: &str, expected: [u32; 3]) {
        let mut lines = Lines::new(text);
        let found = ["a", "b", "c"].map(|letter| lines.line_at(text.find(letter).unwrap()));
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_end_in_three_ways() {
        check("a\nb\n\nc", [1, 2, 4]);
        check("a\r\nb\r\r\nc", [1, 2, 3]);
        check("a\rb\r\rc", [1, 2, 4]);
    }
}
