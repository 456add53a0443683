//! Reads Rust source just closely enough to judge it: which bytes are code, and where tests and
//! functions begin and end. A parser would know more and cost more than all the rules together.

use std::ops::Range;

use super::File;

/// One Rust file. Offsets into `code` are offsets into the file's text.
#[derive(Debug)]
pub struct Source<'a> {
    pub text: &'a str,
    /// The text with comments and the insides of literals blanked, in ASCII, byte for byte.
    pub code: String,
    line_starts: Vec<usize>,
    tests: Vec<Range<usize>>,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function<'a> {
    pub name: &'a str,
    pub line: usize,
    pub line_count: usize,
}

impl<'a> Source<'a> {
    pub fn new(text: &'a str) -> Self {
        let code = mask(text);
        let tests = test_items(&code).map(|item| item.range).collect();
        let line_starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, code, line_starts, tests }
    }

    /// The line that holds the byte at `offset`, counted from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// Whether the byte at `offset` belongs to an item that only tests compile.
    pub fn in_test(&self, offset: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&offset))
    }

    pub fn functions(&self) -> Vec<Function<'_>> {
        let functions = words(&self.code, "fn").filter_map(|at| {
            let rest = self.code[at + 2..].trim_start();
            let name_length = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
            let end = item_end(&self.code, at)?;
            (name_length > 0 && self.code.as_bytes()[end - 1] == b'}').then(|| Function {
                name: &rest[..name_length],
                line: self.line(at),
                line_count: self.line(end - 1) - self.line(at) + 1,
            })
        });
        functions.collect()
    }
}

/// Paths of the files that `file` declares as modules for tests alone (`#[cfg(test)] mod x;`).
pub fn test_modules(file: &File) -> Vec<String> {
    if file.extension() != "rs" {
        return Vec::new();
    }
    let code = mask(&file.text);
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let stem = name.trim_end_matches(".rs");
    let home = match stem {
        "lib" | "main" | "mod" => folder.to_owned(),
        _ => format!("{folder}/{stem}"),
    };
    let names = test_items(&code).filter_map(|item| {
        let declaration = code[item.range].trim_end().strip_suffix(';')?;
        declaration.rsplit_once("mod ").map(|(_, module)| module.trim().to_owned())
    });
    names.flat_map(|name| [format!("{home}/{name}.rs"), format!("{home}/{name}/")]).collect()
}

/// Where `word` stands in `code` as a word of its own.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let opens = word.starts_with(is_word);
    let closes = word.ends_with(is_word);
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = code[..*at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let joined = opens && before.is_some_and(is_word) || closes && after.is_some_and(is_word);
        !joined
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// An item with its attribute.
struct TestItem {
    range: Range<usize>,
}

fn test_items(code: &str) -> impl Iterator<Item = TestItem> {
    let whole = code.contains("#![cfg(test)]").then_some(TestItem { range: 0..code.len() });
    let marked = ["#[cfg(test)]", "#[test]", "#[tokio::test"].into_iter().flat_map(move |mark| {
        code.match_indices(mark).filter_map(move |(start, _)| {
            let end = item_end(code, start)?;
            Some(TestItem { range: start..end })
        })
    });
    whole.into_iter().chain(marked)
}

/// The end of the item at `start`: behind its block, or behind its semicolon. Attributes,
/// parameters and array types before the block are passed over.
fn item_end(code: &str, start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (offset, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.checked_sub(1)?,
            b';' if depth == 0 => return Some(offset + 1),
            b'{' if depth == 0 => return block_end(code, offset),
            _ => {}
        }
    }
    None
}

fn block_end(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (offset, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(offset + 1);
        }
    }
    None
}

/// Blanks comments and the insides of literals, and leaves line ends and literals' quotes.
fn mask(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = String::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let (end, is_code) = piece(bytes, at);
        for (offset, byte) in bytes[at..end].iter().enumerate() {
            let is_quote = *byte == b'"' && (offset == 0 || at + offset + 1 == end);
            code.push(match byte {
                b'\n' => '\n',
                _ if !is_code && !is_quote => ' ',
                byte if byte.is_ascii() => char::from(*byte),
                _ => '_',
            });
        }
        at = end;
    }
    code
}

/// The end of the comment, literal, word or single byte at `at`, and whether it is code.
fn piece(bytes: &[u8], at: usize) -> (usize, bool) {
    let rest = &bytes[at..];
    match rest[0] {
        b'/' if rest.starts_with(b"//") => (find(bytes, at, b"\n"), false),
        b'/' if rest.starts_with(b"/*") => (comment_end(bytes, at), false),
        b'"' => (string_end(bytes, at + 1), false),
        b'\'' => quote(bytes, at),
        byte if is_word_byte(byte) => word(bytes, at),
        _ => (at + 1, true),
    }
}

/// A word; where it is the prefix of a raw string (`r#"`), the string with it.
fn word(bytes: &[u8], at: usize) -> (usize, bool) {
    let end = at + bytes[at..].iter().take_while(|byte| is_word_byte(**byte)).count();
    let hashes = bytes[end..].iter().take_while(|byte| **byte == b'#').count();
    let is_raw = matches!(&bytes[at..end], b"r" | b"br" | b"cr");
    if !is_raw || bytes.get(end + hashes) != Some(&b'"') {
        return (end, true);
    }
    let mut closing = vec![b'"'];
    closing.resize(hashes + 1, b'#');
    let close = find(bytes, end + hashes + 1, &closing);
    ((close + closing.len()).min(bytes.len()), false)
}

/// A character literal, or the mark of a lifetime.
fn quote(bytes: &[u8], at: usize) -> (usize, bool) {
    match bytes.get(at + 1) {
        Some(b'\\') => (find(bytes, at + 3, b"'") + 1, false),
        Some(first) => {
            let width = match first {
                0xF0.. => 4,
                0xE0.. => 3,
                0xC0.. => 2,
                _ => 1,
            };
            let closed = bytes.get(at + 1 + width) == Some(&b'\'');
            if closed { (at + width + 2, false) } else { (at + 1, true) }
        }
        None => (at + 1, true),
    }
}

fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn comment_end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    bytes.len()
}

fn find(bytes: &[u8], from: usize, wanted: &[u8]) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    rest.windows(wanted.len())
        .position(|window| window == wanted)
        .map_or(bytes.len(), |offset| from + offset)
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked() {
        let cases = [
            ("a // b\nc", "a     \nc"),
            ("/* a /* b */ c */ d", "                  d"),
            (r#"f("a\"b")"#, r#"f("    ")"#),
            (r##"r#"a"b"# + x"##, "         + x"),
            ("br\"ab\";", "     \";"),
            ("'{' + 'a", "    + 'a"),
            (r"'\'' + '\u{7b}'", "     +         "),
            ("&'static str", "&'static str"),
            ("'é' x", "     x"),
            ("r#fn x", "r#fn x"),
            ("\"open", "\"    "),
            ("naïve", "na__ve"),
        ];
        for (text, expected) in cases {
            let masked = mask(text);
            assert_eq!(masked.len(), text.len(), "offsets of {text:?}");
            assert_eq!(masked, expected, "mask of {text:?}");
        }
    }

    #[test]
    fn functions_are_measured_with_their_bodies() {
        let text = "trait T {\n    fn declared(&self);\n}\nfn one() -> [u8; 2] { [0, 1] }\n\
                    fn two<F: Fn(u8)>(f: F)\nwhere\n    F: Send,\n{\n    // }\n    f(b'}');\n}\n\
                    type P = fn(u8);\n";
        let source = Source::new(text);
        let expected = [
            Function { name: "one", line: 4, line_count: 1 },
            Function { name: "two", line: 5, line_count: 7 },
        ];
        assert_eq!(source.functions(), expected);
    }

    #[test]
    fn test_items_are_known() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n\
                    #[cfg(test)]\nmod more;\n#[test]\n#[should_panic]\nfn d() {}\n\
                    #[tokio::test(start_paused = true)]\nasync fn e() {}\nfn g() {}\n";
        let source = Source::new(text);
        let cases =
            [("a", false), ("b", true), ("c", false), ("d", true), ("e", true), ("g", false)];
        for (name, expected) in cases {
            let at = text.find(&format!("fn {name}")).expect("planted above");
            assert_eq!(source.in_test(at), expected, "fn {name}");
        }
    }

    #[test]
    fn a_file_may_be_for_tests_alone() {
        assert!(Source::new("//! Cases.\n#![cfg(test)]\nfn a() {}\n").in_test(30));
    }

    #[test]
    fn test_modules_in_files_of_their_own_are_found() {
        let file = |path: &str| File {
            path: path.to_owned(),
            text: "mod b;\n#[cfg(test)]\nmod cases;\n".to_owned(),
        };
        assert_eq!(
            test_modules(&file("crates/a/src/lib.rs")),
            ["crates/a/src/cases.rs", "crates/a/src/cases/"]
        );
        assert_eq!(
            test_modules(&file("crates/a/src/engine.rs")),
            ["crates/a/src/engine/cases.rs", "crates/a/src/engine/cases/"]
        );
    }
}
