//! From text to the fields of messages: blocks, tags, continuation lines, ends of messages.
//!
//! What must stay true: nothing is dropped in silence: a line is a field, belongs to the field
//! above it, ends a message, or is handed on as text between messages.

use crate::lines::{Line, Walk};

/// A part of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A field, with the lines that continue it.
    Field(Field<'a>),
    /// The end of a message, or the block around one. What it says of the message's type is kept.
    Border { line: u32, text: &'a str },
    /// A line that belongs to no message.
    Text { line: u32, text: &'a str },
}

/// A field: `:61:` and what stands behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub line: u32,
    pub tag: &'a str,
    /// Everything behind the tag, line breaks included.
    pub content: &'a str,
}

/// The fields of a file, in its order.
pub(super) struct Fields<'a> {
    walk: Walk<'a>,
}

/// What a line is by its first characters.
enum Kind<'a> {
    Tag(&'a str, usize),
    Border,
    Other,
}

impl<'a> Fields<'a> {
    /// The fields of a text.
    pub fn new(text: &'a str) -> Self {
        Self { walk: Walk::new(text) }
    }

    /// Where the field ends that begins here: before the next tag or border.
    fn field_end(&self, mut position: usize) -> usize {
        while let Some(line) = self.walk.line_from(position) {
            if !matches!(kind(line.text), Kind::Other) {
                break;
            }
            position = line.next;
        }
        position
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        loop {
            let Line { start, text, next } = self.walk.here()?;
            self.walk.go_to(next);
            let line = self.walk.number_at(start);
            match kind(text) {
                Kind::Tag(tag, content_start) => {
                    let end = self.field_end(next);
                    self.walk.go_to(end);
                    let content = self.walk.between(start + content_start, end);
                    return Some(Piece::Field(Field { line, tag, content }));
                }
                Kind::Border => return Some(Piece::Border { line, text }),
                Kind::Other if is_blank(text) => {}
                Kind::Other => return Some(Piece::Text { line, text }),
            }
        }
    }
}

impl<'a> Field<'a> {
    /// Its first line, without blanks around it.
    pub fn first_line(&self) -> &'a str {
        self.lines().next().unwrap_or_default().trim()
    }

    /// Its lines, without their ends; blank ones are left out.
    pub fn lines(&self) -> impl Iterator<Item = &'a str> {
        let lines = self.content.split(['\n', '\r']);
        lines.filter(|line| !is_blank(line))
    }
}

fn is_blank(line: &str) -> bool {
    line.chars().all(|character| character.is_whitespace() || character.is_control())
}

/// What a line is. Some banks put a control character before the first one.
fn kind(line: &str) -> Kind<'_> {
    let text = line.trim_start_matches(|character: char| character.is_control());
    let skipped = line.len() - text.len();
    if let Some(tag) =
        text.strip_prefix(':').and_then(|rest| rest.split_once(':')).map(|(tag, _)| tag)
        && is_tag(tag)
    {
        return Kind::Tag(tag, skipped + tag.len() + 2);
    }
    let solid = text
        .trim_end_matches(|character: char| character.is_whitespace() || character.is_control());
    if solid == "-" || solid.starts_with("-}") || solid.starts_with("{1:") {
        return Kind::Border;
    }
    match solid.as_bytes() {
        [b'{', b'2'..=b'5', b':', ..] => Kind::Border,
        _ => Kind::Other,
    }
}

/// Two or three digits with or without a letter, or `NS`, which some banks put between them.
fn is_tag(tag: &str) -> bool {
    match tag.as_bytes() {
        [b'N', b'S'] => true,
        [one, two] => one.is_ascii_digit() && two.is_ascii_digit(),
        [one, two, three] => {
            let last = three.is_ascii_uppercase() || three.is_ascii_digit();
            one.is_ascii_digit() && two.is_ascii_digit() && last
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = Fields::new(text)
            .map(|piece| match piece {
                Piece::Field(Field { line, tag, content }) => format!("{line} {tag}={content:?}"),
                Piece::Border { line, text } => format!("{line} border {text}"),
                Piece::Text { line, text } => format!("{line} text {text}"),
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn fields_go_on_to_the_next_tag() {
        check(
            ":20:A\n:86:one\ntwo\n\n:62F:x\n-\n",
            &["1 20=\"A\\n\"", "2 86=\"one\\ntwo\\n\\n\"", "5 62F=\"x\\n\"", "6 border -"],
        );
        check("\u{1}:20:A\r\r:25:B", &["1 20=\"A\\r\\r\"", "3 25=\"B\""]);
    }

    #[test]
    fn blocks_are_borders_and_other_lines_text() {
        check(
            "BANK\n{1:F01X}{2:O9400}{4:\n:20:A\n-}{5:}",
            &["1 text BANK", "2 border {1:F01X}{2:O9400}{4:", "3 20=\"A\\n\"", "4 border -}{5:}"],
        );
        check(":20:A\n:xx:b\n:6:c", &["1 20=\"A\\n:xx:b\\n:6:c\""]);
    }
}
