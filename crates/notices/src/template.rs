//! Texts: a file for each language, made of sections.
//!
//! ```text
//! == wealth.import_faults
//! {file} has {faults} {faults|fault|faults}
//!
//! The text, in as many lines as it needs.
//! ```
//!
//! The first line is the title; the lines of a paragraph are one. `{name}` is a parameter as the
//! language writes it; `{name|a|b}` is `a` where the parameter is the number one and `b` where it
//! is not, which is what English, German and Mongolian tell apart (CLDR's plural rules).

use std::collections::BTreeSet;

use crate::error::NoticesError;
use crate::format;
use crate::kind::{Kind, Param, ParamType};
use crate::model::Language;

/// What begins a section.
const SECTION: &str = "== ";

/// Title and text of a kind, with its parameters in them.
pub(crate) fn render(
    kind: &Kind,
    params: &[(String, Param)],
    language: Language,
) -> Result<(String, String), NoticesError> {
    let (title, text) = section(kind, language)?;
    let paragraphs = text.split("\n\n").map(|lines| lines.lines().collect::<Vec<_>>().join(" "));
    let text = paragraphs.collect::<Vec<_>>().join("\n\n");
    Ok((fill(title, params, language), fill(&text, params, language)))
}

/// Checks that a kind has a text in every language, and that each names every parameter and no
/// other. A module calls it in a test, for each of its kinds.
///
/// # Errors
/// Says what is missing, and in which language.
pub fn check_texts(kind: &Kind) -> Result<(), NoticesError> {
    for language in Language::ALL {
        let (title, text) = section(kind, *language)?;
        let wrong = |what: String| {
            NoticesError::configuration(format!("{} in {language}: {what}", kind.name))
        };
        let mut named = BTreeSet::new();
        for (name, plural) in title.split('{').skip(1).chain(text.split('{').skip(1)).map(hole) {
            let declared = kind.params.iter().find(|(declared, _)| *declared == name);
            let (_, declared) =
                declared.ok_or_else(|| wrong(format!("{{{name}}} is no parameter")))?;
            if plural && *declared != ParamType::Count {
                return Err(wrong(format!("{{{name}}} is no number")));
            }
            named.insert(name);
        }
        let missing = kind.params.iter().find(|(name, _)| !named.contains(name));
        if let Some((name, _)) = missing {
            return Err(wrong(format!("{{{name}}} is not named")));
        }
        if title.is_empty() || text.is_empty() {
            return Err(wrong("a title and a text are needed".to_owned()));
        }
    }
    Ok(())
}

/// The title and text of a kind in a language.
fn section(kind: &Kind, language: Language) -> Result<(&'static str, &'static str), NoticesError> {
    let file = kind.texts.iter().find(|(of, _)| *of == language).map(|(_, file)| *file);
    let sections = file.into_iter().flat_map(|file| file.split(SECTION));
    let found = sections.filter_map(|section| section.split_once('\n'));
    let found = found.into_iter().find(|(name, _)| name.trim() == kind.name);
    let (_, section) = found.ok_or_else(|| {
        NoticesError::configuration(format!("{} has no text in {language}", kind.name))
    })?;
    let (title, text) = section.split_once('\n').unwrap_or((section, ""));
    Ok((title.trim(), text.trim()))
}

/// The name of a hole, whose opening brace is gone, and whether it chooses by number.
fn hole(rest: &'static str) -> (&'static str, bool) {
    let inside = rest.split('}').next().unwrap_or(rest);
    inside.split_once('|').map_or((inside, false), |(name, _)| (name, true))
}

fn fill(text: &str, params: &[(String, Param)], language: Language) -> String {
    let mut pieces = text.split('{');
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (inside, after) = piece.split_once('}').unwrap_or((piece, ""));
        filled.push_str(&content(inside, params, language));
        filled.push_str(after);
    }
    filled
}

fn content(inside: &str, params: &[(String, Param)], language: Language) -> String {
    let mut parts = inside.split('|');
    let name = parts.next().unwrap_or_default();
    let param = params.iter().find(|(given, _)| given == name).map(|(_, param)| param);
    match (param, parts.next(), parts.next()) {
        (Some(Param::Count { count: 1 }), Some(one), _) => one.to_owned(),
        (Some(_), Some(_), Some(other)) => other.to_owned(),
        (Some(param), ..) => format::param(param, language),
        // A notice of an older program may lack what a newer text names.
        (None, ..) => "–".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Severity;

    static KIND: Kind = Kind {
        name: "house.post",
        severity: Severity::Info,
        params: &[("letters", ParamType::Count), ("from", ParamType::Text)],
        texts: &[
            (
                Language::En,
                "== house.other\nno\n\nno\n== house.post\n{letters} {letters|letter|letters}\n\n\
                 From {from}.\n",
            ),
            (Language::De, "== house.post\n{letters} {letters|Brief|Briefe}\n\nVon {from}.\n"),
            (Language::Mn, "== house.post\n{letters} захидал\n\n{from}-аас.\n"),
        ],
    };

    fn said(count: u64, language: Language) -> (String, String) {
        let params = [
            ("letters".to_owned(), Param::count(count)),
            ("from".to_owned(), Param::text("A{b}\nc")),
        ];
        render(&KIND, &params, language).unwrap()
    }

    #[test]
    fn a_text_has_its_parameters_in_it_and_what_stands_in_them_is_not_read_again() {
        check_texts(&KIND).unwrap();
        let own = |title: &str, text: &str| (title.to_owned(), text.to_owned());
        assert_eq!(said(1, Language::En), own("1 letter", "From A{b} c."));
        assert_eq!(said(2_000, Language::De), own("2.000 Briefe", "Von A{b} c."));
        assert_eq!(said(3, Language::Mn), own("3 захидал", "A{b} c-аас."));
    }

    #[test]
    fn a_text_that_lacks_a_parameter_or_names_another_is_found() {
        let texts = |mn: &'static str| -> &'static [(Language, &'static str)] {
            Box::leak(Box::new([KIND.texts[0], KIND.texts[1], (Language::Mn, mn)]))
        };
        for (mn, word) in [
            ("== house.post\n{letters}\n\nno sender\n", "{from} is not named"),
            ("== house.post\n{letters}\n\n{from} {who}\n", "{who} is no parameter"),
            ("== house.post\n{letters}\n\n{from|a|b}\n", "{from} is no number"),
            ("== house.posts\n{letters}\n\n{from}\n", "no text in mn"),
        ] {
            let kind = Kind { texts: texts(mn), ..KIND };
            let error = check_texts(&kind).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
