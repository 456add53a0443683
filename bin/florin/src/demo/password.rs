//! A password that can be read from a terminal and typed: four words that nobody has heard before.
//!
//! Source of the words: D. S. Wilkerson, "A Proposal for Proquints: Identifiers that are Readable,
//! Spellable, and Pronounceable" (2009). A word holds 16 bits, all four 64.

use kernel::Env;

const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
const VOWELS: &[u8; 4] = b"aiou";

/// A password from the environment's randomness.
pub fn random(env: &Env) -> String {
    let words = env.random_bytes::<8>();
    let words =
        words.chunks(2).map(|pair| pair.iter().fold(0, |word, byte| word << 8 | u16::from(*byte)));
    words.map(word).collect::<Vec<_>>().join("-")
}

/// Sixteen bits as consonant, vowel, consonant, vowel, consonant.
fn word(bits: u16) -> String {
    let consonant = |shift: u16| CONSONANTS[usize::from(bits >> shift & 0b1111)];
    let vowel = |shift: u16| VOWELS[usize::from(bits >> shift & 0b11)];
    let letters = [consonant(12), vowel(10), consonant(6), vowel(4), consonant(0)];
    letters.map(char::from).iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_proposal() {
        // 127.0.0.1 and 63.84.220.193, from its text.
        let cases = [(0x7f00, "lusab"), (0x0001, "babad"), (0x3f54, "gutih"), (0xdcc1, "tugad")];
        for (bits, expected) in cases {
            assert_eq!(word(bits), expected);
        }
    }

    #[test]
    fn a_password_has_four_words_and_is_another_each_time() {
        let env = Env::system();
        let password = random(&env);
        assert_eq!((password.len(), password.split('-').count()), (23, 4), "{password}");
        assert_ne!(password, random(&env));
    }
}
