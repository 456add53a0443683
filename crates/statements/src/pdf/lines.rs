//! The characters of pages as lines of words.
//!
//! What must stay true: lines come from top to bottom and words from left to right, in whatever
//! order a page shows them.

use super::content::Glyph;

/// A word, and from where to where it stands, in millionths of a point.
#[derive(Debug)]
pub(super) struct Word {
    pub left: i64,
    pub right: i64,
    pub text: String,
}

/// A line of a page.
#[derive(Debug)]
pub(super) struct Line {
    /// The page, and the line on it, both from 1.
    pub page: u32,
    pub row: u32,
    pub base: i64,
    /// The size of its largest letters.
    pub size: i64,
    pub words: Vec<Word>,
}

impl Line {
    /// Words that stand close to one another, joined: what a person sees as one cell.
    pub fn cells(&self) -> Vec<Word> {
        let mut cells: Vec<Word> = Vec::new();
        for word in &self.words {
            match cells.last_mut() {
                Some(cell) if word.left - cell.right < self.size => {
                    cell.text.push(' ');
                    cell.text.push_str(&word.text);
                    cell.right = word.right;
                }
                _ => cells.push(Word { text: word.text.clone(), ..*word }),
            }
        }
        cells
    }
}

/// The lines of a page.
pub(super) fn of_page(page: u32, mut glyphs: Vec<Glyph>) -> Vec<Line> {
    glyphs.sort_by_key(|glyph| (std::cmp::Reverse(glyph.base), glyph.left));
    let mut lines = Vec::new();
    let mut line: Vec<Glyph> = Vec::new();
    for glyph in glyphs {
        // Letters of one line stand on one base, give or take what a printer rounds.
        if line.first().is_some_and(|first| (first.base - glyph.base) * 5 > first.size * 2) {
            push_line(page, std::mem::take(&mut line), &mut lines);
        }
        line.push(glyph);
    }
    push_line(page, line, &mut lines);
    lines
}

fn push_line(page: u32, mut glyphs: Vec<Glyph>, lines: &mut Vec<Line>) {
    glyphs.sort_by_key(|glyph| glyph.left);
    let mut words: Vec<Word> = Vec::new();
    let mut is_open = false;
    let base = glyphs.first().map_or(0, |glyph| glyph.base);
    let size = glyphs.iter().map(|glyph| glyph.size).max().unwrap_or(0);
    for glyph in glyphs {
        let text = glyph.text.replace(|one: char| one.is_control() || one == '\u{ad}', "");
        if text.trim().is_empty() {
            is_open = is_open && text.is_empty();
            continue;
        }
        match words.last_mut().filter(|word| {
            let gap = glyph.left - word.right;
            // A blank is at least a fifth as wide as letters are high.
            is_open && gap * 5 < glyph.size && gap * 2 > -glyph.size
        }) {
            Some(word) => {
                word.text.push_str(&text);
                word.right = glyph.right.max(word.right);
            }
            None => words.push(Word { left: glyph.left, right: glyph.right, text }),
        }
        is_open = true;
    }
    if !words.is_empty() {
        let above = lines.last().map_or(0, |line| line.row);
        lines.push(Line { page, row: above + 1, base, size, words });
    }
}
