//! Texts as banks change them from format to format: cut, in capitals, umlauts written out,
//! accents gone. Pure.
//!
//! What must stay true: texts are only alike where all of one stands in the other, and that is
//! more than a word that stands everywhere.

/// The least letters and digits that say something.
const LETTERS_MIN: usize = 6;

/// Who was on the other side and what it was for, folded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    fields: Vec<String>,
    all: String,
}

impl Words {
    /// Of the fields that say it, in the order in which formats that know one field write them.
    pub(crate) fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let fields: Vec<String> =
            texts.into_iter().map(folded).filter(|field| !field.is_empty()).collect();
        let all = fields.concat();
        Self { fields, all }
    }

    /// Whether they are the same but for case, accents, blanks and signs.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.says_something() && self.all == other.all
    }

    /// Whether one is the other, cut.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.is_within(other) || other.is_within(self)
    }

    fn is_within(&self, other: &Self) -> bool {
        self.says_something() && self.fields.iter().all(|field| other.all.contains(field.as_str()))
    }

    fn says_something(&self) -> bool {
        self.all.chars().count() >= LETTERS_MIN
    }
}

/// Letters and digits only, in one case, without accents; what a bank writes for an umlaut is the
/// letter below it, whether it wrote the umlaut, the letter, or the letter and an e.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase).filter(|one| one.is_alphanumeric()) {
        let letter = base(letter);
        match (folded.chars().next_back(), letter) {
            (Some('a' | 'o' | 'u'), 'e') | (Some('s'), 's') => {}
            _ => folded.push(letter),
        }
    }
    folded
}

const fn base(letter: char) -> char {
    match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' | 'æ' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'ì' | 'í' | 'î' | 'ï' | 'ī' => 'i',
        'ł' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ő' | 'œ' => 'o',
        'ř' | 'ŕ' => 'r',
        'ś' | 'š' | 'ş' | 'ß' => 's',
        'ť' | 'ț' => 't',
        'ù' | 'ú' | 'û' | 'ü' | 'ű' | 'ů' | 'ū' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_alike_where_one_is_the_other_as_a_bank_writes_it() {
        let alike = |one: &[&str], other: &[&str]| {
            let [one, other] = [one, other].map(|texts| Words::of(texts.iter().copied()));
            assert_eq!(one.is_like(&other), other.is_like(&one));
            (one.is_same(&other), one.is_like(&other))
        };
        let (same, cut, other) = ((true, true), (false, true), (false, false));
        let full = ["Bäckerei Müßig & Söhne", "Brötchen 4711, Straße"];
        assert_eq!(alike(&full, &["BAECKEREI MUESSIG + SOEHNE", "BROETCHEN 4711 STRASSE"]), same);
        assert_eq!(alike(&full, &["Backerei Musig & Sohne Brotchen 4711,", "Strase"]), same);
        assert_eq!(alike(&full, &["BAECKEREI MUESSIG + SO", "BROETCHEN 47"]), cut);
        assert_eq!(alike(&full, &["Brötchen 4711"]), cut);
        assert_eq!(alike(&full, &["Bäckerei Müßig", "Kuchen 4712"]), other);
        // Too little to say anything, and nothing at all.
        assert_eq!(alike(&full, &["Bäck"]), other);
        assert_eq!(alike(&full, &[]), other);
        assert_eq!(alike(&["Fee"], &["FEE"]), other);
    }
}
