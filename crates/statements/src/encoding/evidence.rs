//! Which encoding of one byte a character a text is in, by what its characters would do there.
//!
//! What must stay true: an encoding is preferred to the usual one only where the usual one puts
//! characters where no writer does; where nothing tells two apart the usual one is taken.

use encoding_rs::{Encoding, WINDOWS_1252};

use super::code_page::CodePage;

/// The code page, where the bytes make better text in one than in Windows-1252.
pub(super) fn code_page(bytes: &[u8]) -> Option<CodePage> {
    let usual = oddities(bytes, &upper_half(WINDOWS_1252));
    // The page of Western Europe comes first: both have most letters in the same places.
    let pages = [CodePage::Ibm850, CodePage::Ibm437];
    let counted = pages.map(|page| (oddities(bytes, &page.upper_half()), page));
    let best = counted.into_iter().reduce(|best, next| if next.0 < best.0 { next } else { best });
    best.filter(|(count, _)| *count < usual).map(|(_, page)| page)
}

/// Whether Cyrillic words stand in the bytes if they are Windows-1251: runs of high bytes, where
/// western text has single ones between ASCII letters. A line of one byte is drawn, not written.
pub(super) fn is_cyrillic(bytes: &[u8]) -> bool {
    let is_high = |byte: u8| byte >= 0xc0 || byte == 0xa8 || byte == 0xb8;
    let (mut in_runs, mut alone) = (0_usize, 0_usize);
    for run in bytes.split(|byte| !is_high(*byte)) {
        let is_drawn = run.len() > 3 && run.windows(2).all(|pair| pair.first() == pair.last());
        match run.len() {
            _ if is_drawn => {}
            3.. => in_runs += run.len(),
            length => alone += length,
        }
    }
    in_runs > alone
}

fn upper_half(encoding: &'static Encoding) -> Vec<char> {
    let character = |byte: u8| encoding.decode_without_bom_handling(&[byte]).0.chars().next();
    (128..=u8::MAX).map(|byte| character(byte).unwrap_or('\u{fffd}')).collect()
}

/// How many characters stand where no writer puts them.
fn oddities(bytes: &[u8], upper: &[char]) -> usize {
    let character = |byte: u8| match byte.checked_sub(128) {
        None => char::from(byte),
        Some(index) => upper.get(usize::from(index)).copied().unwrap_or('\u{fffd}'),
    };
    let mut count = 0;
    for (index, byte) in bytes.iter().enumerate().filter(|(_, byte)| !byte.is_ascii()) {
        let near = |index: Option<usize>| index.and_then(|index| bytes.get(index).copied());
        let before = near(index.checked_sub(1)).map_or(' ', character);
        let after = near(index.checked_add(1)).map_or(' ', character);
        count += usize::from(is_odd(before, character(*byte), after));
    }
    count
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
