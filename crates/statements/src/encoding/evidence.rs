//! Which encoding of one byte a character a text is in, by what its characters would do there.
//!
//! What must stay true: an encoding is preferred to the usual one only where the usual one puts
//! characters where no writer does; where nothing tells two apart the usual one is taken.

use encoding_rs::{Encoding, WINDOWS_1252};

use super::code_page::CodePage;

/// What bytes say about their encoding, as they come.
pub(super) struct Evidence {
    /// Whether any of them is a control character in Latin-1.
    pub has_c1: bool,
    /// The last two bytes: a character is judged with those around it.
    last: [u8; 2],
    /// How many characters stand where no writer puts them: in the usual encoding, in each page.
    oddities: [usize; 3],
    /// What the upper half of each of them means.
    upper: [Vec<char>; 3],
    run: Run,
    /// How many bytes stand in runs of letters of Windows-1251, and how many alone.
    in_runs: usize,
    alone: usize,
}

/// High bytes that stand together.
#[derive(Clone, Copy, Default)]
struct Run {
    length: usize,
    last: u8,
    /// Whether they are one byte over and over.
    is_uniform: bool,
}

/// The page of Western Europe comes first: both have most letters in the same places.
const PAGES: [CodePage; 2] = [CodePage::Ibm850, CodePage::Ibm437];

impl Default for Evidence {
    fn default() -> Self {
        let [first, second] = PAGES.map(CodePage::upper_half);
        Self {
            has_c1: false,
            last: [b' '; 2],
            oddities: [0; 3],
            upper: [upper_half(WINDOWS_1252), first, second],
            run: Run::default(),
            in_runs: 0,
            alone: 0,
        }
    }
}

impl Evidence {
    /// Takes the next bytes into account.
    pub fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if !(byte.is_ascii() && self.last.is_ascii()) {
                self.take_one(*byte);
            }
            let [_, last] = self.last;
            self.last = [last, *byte];
        }
    }

    /// Takes the end into account.
    pub fn end(&mut self) {
        self.take(b"  ");
    }

    /// Whether Cyrillic words stand in the bytes if they are Windows-1251: runs of high bytes,
    /// where western text has single ones between ASCII letters.
    pub fn is_cyrillic(&self) -> bool {
        self.in_runs > self.alone
    }

    /// The code page, where the bytes make better text in one than in Windows-1252.
    pub fn code_page(&self) -> Option<CodePage> {
        let [usual, counted @ ..] = self.oddities;
        let counted = counted.into_iter().zip(PAGES);
        let best = counted.reduce(|best, next| if next.0 < best.0 { next } else { best });
        best.filter(|(count, _)| *count < usual).map(|(_, page)| page)
    }

    /// The byte behind the last two.
    fn take_one(&mut self, byte: u8) {
        self.has_c1 |= (0x80..0xa0).contains(&byte);
        self.take_run(byte);
        let [before, middle] = self.last;
        if middle.is_ascii() {
            return;
        }
        for (count, upper) in self.oddities.iter_mut().zip(&self.upper) {
            let character = |byte: u8| match byte.checked_sub(128) {
                None => char::from(byte),
                Some(index) => upper.get(usize::from(index)).copied().unwrap_or('\u{fffd}'),
            };
            *count += usize::from(is_odd(character(before), character(middle), character(byte)));
        }
    }

    fn take_run(&mut self, byte: u8) {
        if byte >= 0xc0 || byte == 0xa8 || byte == 0xb8 {
            let is_uniform = self.run.length == 0 || (self.run.is_uniform && self.run.last == byte);
            self.run = Run { length: self.run.length + 1, last: byte, is_uniform };
            return;
        }
        let run = std::mem::take(&mut self.run);
        match run.length {
            // A line of one byte is drawn, not written.
            length if length > 3 && run.is_uniform => {}
            length @ 3.. => self.in_runs += length,
            length => self.alone += length,
        }
    }
}

fn upper_half(encoding: &'static Encoding) -> Vec<char> {
    let character = |byte: u8| encoding.decode_without_bom_handling(&[byte]).0.chars().next();
    (128..=u8::MAX).map(|byte| character(byte).unwrap_or('\u{fffd}')).collect()
}

/// Whether a character stands where no writer puts it.
fn is_odd(before: char, character: char, after: char) -> bool {
    let in_word = before.is_alphabetic() && after.is_alphabetic();
    match character {
        // A letter touches no digit; a capital follows no small letter, and a small letter does
        // not stand between capitals.
        _ if character.is_alphabetic() => {
            before.is_ascii_digit()
                || after.is_ascii_digit()
                || (character.is_uppercase() && before.is_lowercase())
                || (character.is_lowercase() && before.is_uppercase() && after.is_uppercase())
        }
        _ if character.is_control() || character == '\u{fffd}' => true,
        // Apostrophes, dashes and soft hyphens stand within words.
        '\u{2019}' | '\u{2013}' | '\u{2014}' | '\u{ad}' | '\u{b7}' => false,
        // What opens does not follow a letter, what marks a name does not precede one.
        '„' | '‚' | '¿' | '¡' => before.is_alphabetic(),
        '™' | '®' => after.is_alphabetic(),
        '\u{2500}'..='\u{259f}' => before.is_alphabetic() || after.is_alphabetic(),
        _ => in_word,
    }
}
