//! The line that a byte of a text stands on.

/// Counts lines up to a byte, going forward only. A line ends with LF, CR or both.
pub(crate) struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self { text: text.as_bytes(), at: 0, line: 1 }
    }

    /// The line of the byte at an offset that is not before the last one asked for.
    pub(crate) fn at(&mut self, offset: u64) -> u64 {
        let end = usize::try_from(offset).unwrap_or(usize::MAX).min(self.text.len());
        while self.at < end {
            self.pass();
        }
        self.line
    }

    /// The line of the first byte from an offset on that does not end a line.
    pub(crate) fn of_text_after(&mut self, offset: u64) -> u64 {
        self.at(offset);
        while matches!(self.text.get(self.at), Some(b'\n' | b'\r')) {
            self.pass();
        }
        self.line
    }

    fn pass(&mut self) {
        let two = (self.text.get(self.at), self.text.get(self.at + 1));
        let ends_line = match two {
            (Some(b'\n'), _) => true,
            (Some(b'\r'), next) => next != Some(&b'\n'),
            _ => false,
        };
        self.line += u64::from(ends_line);
        self.at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_three_ways() {
        let mut lines = Lines::of("a\nb\r\nc\r\r\n\nd");
        let starts = [(0, 1), (2, 2), (5, 3), (7, 4)];
        for (offset, line) in starts {
            assert_eq!(lines.at(offset), line, "at {offset}");
        }
        assert_eq!(lines.of_text_after(7), 6);
        assert_eq!(lines.at(u64::MAX), 6);
    }
}
