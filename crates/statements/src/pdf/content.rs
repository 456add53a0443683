//! What a page shows: its characters and where they stand (ISO 32000-1, 8.4 and 9.4).
//!
//! What must stay true: only text that can be seen and runs from left to right is read; what lies
//! invisible over a picture is not what the bank printed.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::document::{Document, Page};
use super::fixed::{self, IDENTITY, Matrix, ONE};
use super::font::Font;
use super::object::{Dictionary, Lexer, Object};
use crate::limits::{PDF_FONTS_MAX, PDF_GLYPHS_MAX, PDF_OBJECTS_MAX};
use crate::value::Refusal;

/// A character: from where to where it stands on its line, in millionths of a point.
#[derive(Clone, Debug)]
pub(super) struct Glyph {
    pub left: i64,
    pub right: i64,
    pub base: i64,
    pub size: i64,
    pub text: String,
}

/// Reads the pages of a document, whose fonts are kept.
pub(super) struct Shower<'d> {
    document: &'d Document<'d>,
    fonts: BTreeMap<u32, Rc<Font>>,
    glyphs: Vec<Glyph>,
    /// Whether any text was left out because it is turned.
    pub turned: bool,
    /// Whether the page shows a picture.
    has_picture: bool,
}

/// What operators change, and `q` keeps.
#[derive(Clone)]
struct State {
    matrix: Matrix,
    font: Option<Rc<Font>>,
    size: i64,
    between: i64,
    between_words: i64,
    stretch: i64,
    leading: i64,
    rise: i64,
    is_invisible: bool,
}

/// How deep states and forms may stand in one another.
const STATES_MAX: usize = 256;
const FORMS_MAX: usize = 8;
/// How text is shown that is not (`Tr`).
const INVISIBLE: i64 = 3 * ONE;

/// Operators that change nothing about text (ISO 32000-1, annex A).
#[rustfmt::skip]
const OTHER_OPERATORS: &[&[u8]] = &[
    b"b", b"B", b"b*", b"B*", b"BDC", b"BMC", b"BX", b"c", b"cs", b"CS", b"d", b"d0", b"d1", b"DP",
    b"EMC", b"ET", b"EX", b"f", b"F", b"f*", b"g", b"G", b"gs", b"h", b"i", b"j", b"J", b"k", b"K",
    b"l", b"m", b"M", b"MP", b"n", b"re", b"rg", b"RG", b"ri", b"s", b"S", b"sc", b"SC", b"scn",
    b"SCN", b"sh", b"v", b"w", b"W", b"W*", b"y",
];

/// The text that is being shown: where the next character and the line begin.
struct Text {
    state: State,
    at: Matrix,
    line: Matrix,
}

impl<'d> Shower<'d> {
    /// Reads pages of a document.
    pub fn new(document: &'d Document<'d>) -> Self {
        Self {
            document,
            fonts: BTreeMap::new(),
            glyphs: Vec::new(),
            turned: false,
            has_picture: false,
        }
    }

    /// The characters of a page.
    pub fn page(&mut self, page: &Page) -> Result<Vec<Glyph>, Refusal> {
        let parts = match self.document.resolve(&page.contents) {
            Some(Object::Array(parts)) => parts,
            _ => vec![page.contents.clone()],
        };
        let mut content = Vec::new();
        for part in parts {
            let stream = self.document.stream(&part)?;
            let (_, bytes) =
                stream.ok_or_else(|| Refusal::new("Contents", "a stream that can be read"))?;
            content.extend(bytes);
            content.push(b'\n');
        }
        self.has_picture = false;
        self.run(&content, (&page.resources, IDENTITY), 0)?;
        // A page of which nothing can be read must not be missing in silence.
        let is_picture = self.has_picture && self.glyphs.is_empty();
        match is_picture {
            true => Err(Refusal::new("a picture", "pages with text: pictures are not read")),
            false => Ok(std::mem::take(&mut self.glyphs)),
        }
    }

    fn run(
        &mut self,
        content: &[u8],
        (resources, matrix): (&Dictionary, Matrix),
        depth: usize,
    ) -> Result<(), Refusal> {
        let state = State {
            matrix,
            font: None,
            size: ONE,
            between: 0,
            between_words: 0,
            stretch: ONE,
            leading: 0,
            rise: 0,
            is_invisible: false,
        };
        let mut text = Text { state, at: IDENTITY, line: IDENTITY };
        let mut kept: Vec<State> = Vec::new();
        let mut operands: Vec<Object> = Vec::new();
        let mut lexer = Lexer::new(content, 0, PDF_OBJECTS_MAX);
        let mut named: BTreeMap<String, Option<Rc<Font>>> = BTreeMap::new();
        loop {
            lexer.skip_blanks();
            if lexer.at >= content.len() {
                return Ok(());
            }
            let expected = format!("operators with at most {PDF_OBJECTS_MAX} operands to the end");
            let object = lexer.next().ok_or_else(|| Refusal::new("Contents", expected))?;
            let Object::Word(operator) = object else {
                operands.push(object);
                continue;
            };
            match operator.as_slice() {
                b"q" if kept.len() < STATES_MAX => kept.push(text.state.clone()),
                b"q" => return Err(Refusal::new("q", "fewer states in one another")),
                b"Q" => text.state = kept.pop().unwrap_or(text.state),
                b"BI" => {
                    self.has_picture = true;
                    skip_picture(content, &mut lexer);
                }
                b"Do" => self.form(&operands, (resources, &text.state), depth)?,
                b"Tf" => {
                    if let Some(Object::Name(name)) = operands.first() {
                        text.state.font = match named.get(name) {
                            Some(font) => font.clone(),
                            None => {
                                let font = self.font(name, resources)?;
                                named.insert(name.clone(), font.clone());
                                font
                            }
                        };
                    }
                    text.state.size = number(&operands, 1);
                }
                _ => self.operate(&operator, &operands, &mut text)?,
            }
            operands.clear();
            lexer.left = PDF_OBJECTS_MAX;
        }
    }

    fn operate(
        &mut self,
        operator: &[u8],
        operands: &[Object],
        text: &mut Text,
    ) -> Result<(), Refusal> {
        let first = || number(operands, 0);
        match operator {
            b"BT" => (text.at, text.line) = (IDENTITY, IDENTITY),
            b"cm" => text.state.matrix = fixed::then(&matrix(operands), &text.state.matrix),
            b"Tm" => {
                text.line = matrix(operands);
                text.at = text.line;
            }
            b"Td" => text.move_line(first(), number(operands, 1)),
            b"TD" => {
                text.state.leading = -number(operands, 1);
                text.move_line(first(), number(operands, 1));
            }
            b"T*" => text.next_line(),
            b"Tc" => text.state.between = first(),
            b"Tw" => text.state.between_words = first(),
            b"Tz" => text.state.stretch = first() / 100,
            b"TL" => text.state.leading = first(),
            b"Ts" => text.state.rise = first(),
            b"Tr" => text.state.is_invisible = first() == INVISIBLE,
            b"Tj" => self.show(operands.first(), text)?,
            b"'" => {
                text.next_line();
                self.show(operands.first(), text)?;
            }
            b"\"" => {
                text.state.between_words = first();
                text.state.between = number(operands, 1);
                text.next_line();
                self.show(operands.get(2), text)?;
            }
            b"TJ" => {
                if let Some(Object::Array(parts)) = operands.first() {
                    for part in parts {
                        match part.number() {
                            Some(back) => text.step(-fixed::product(back, text.state.size) / 1_000),
                            None => self.show(Some(part), text)?,
                        }
                    }
                }
            }
            _ if OTHER_OPERATORS.contains(&operator) => {}
            _ => {
                let found = String::from_utf8_lossy(operator);
                return Err(Refusal::new(&found, "an operator of the format"));
            }
        }
        Ok(())
    }

    /// Shows a string.
    fn show(&mut self, string: Option<&Object>, text: &mut Text) -> Result<(), Refusal> {
        let Some(Object::Text(bytes)) = string else {
            return Ok(());
        };
        let Some(font) = text.state.font.clone() else {
            return Err(Refusal::new("Tj", "a font before text"));
        };
        for code in bytes.chunks(if font.is_wide { 2 } else { 1 }) {
            let code = code.iter().fold(0, |code, byte| code * 256 + u32::from(*byte));
            let width = fixed::product(font.advance(code), text.state.size);
            self.place(font.text(code), width, text)?;
            let between_words = match code {
                32 if !font.is_wide => text.state.between_words,
                _ => 0,
            };
            text.step(width + text.state.between + between_words);
        }
        Ok(())
    }

    fn place(&mut self, shown: String, width: i64, text: &Text) -> Result<(), Refusal> {
        let state = &text.state;
        let whole = fixed::then(&text.at, &state.matrix);
        let [a, b, c, d, ..] = whole;
        if state.is_invisible {
            return Ok(());
        }
        // A slant of letters is none of lines.
        if a <= 0 || b.abs() * 10 > a || (c.abs() > d.abs() && d != 0) {
            self.turned = self.turned || !shown.trim().is_empty();
            return Ok(());
        }
        if self.glyphs.len() >= PDF_GLYPHS_MAX {
            let expected = format!("at most {PDF_GLYPHS_MAX} characters on a page");
            return Err(Refusal::new("more", expected));
        }
        let rise = [ONE, 0, 0, ONE, 0, state.rise];
        let [.., left, base] = fixed::then(&rise, &whole);
        let width = fixed::product(fixed::product(width, state.stretch), a);
        let size = fixed::product(state.size, d).abs();
        let right = fixed::sum(left, width);
        self.glyphs.push(Glyph { left, right, base, size, text: shown });
        Ok(())
    }

    /// Runs what stands in a form of its own.
    fn form(
        &mut self,
        operands: &[Object],
        (resources, state): (&Dictionary, &State),
        depth: usize,
    ) -> Result<(), Refusal> {
        let Some(Object::Name(name)) = operands.first() else {
            return Ok(());
        };
        let forms = self.document.dictionary(resources, "XObject");
        let Some(form) = forms.get(name) else {
            return Ok(());
        };
        let is_picture = matches!(self.document.resolve(form),
            Some(Object::Dictionary(about)) if about.is("Subtype", "Image"));
        self.has_picture = self.has_picture || is_picture;
        let is_form = matches!(self.document.resolve(form),
            Some(Object::Dictionary(about)) if about.is("Subtype", "Form"));
        // Pictures are not looked at.
        let Some((about, content)) =
            is_form.then(|| self.document.stream(form)).transpose()?.flatten()
        else {
            return Ok(());
        };
        if depth >= FORMS_MAX {
            return Err(Refusal::new("Do", "fewer forms in one another"));
        }
        let placed = match about.get("Matrix") {
            Some(Object::Array(items)) => fixed::then(&matrix(items), &state.matrix),
            _ => state.matrix,
        };
        let own = match about.get("Resources") {
            Some(Object::Dictionary(own)) => own,
            _ => resources,
        };
        self.run(&content, (own, placed), depth + 1)
    }

    fn font(&mut self, name: &str, resources: &Dictionary) -> Result<Option<Rc<Font>>, Refusal> {
        let fonts = self.document.dictionary(resources, "Font");
        let number = match fonts.get(name) {
            Some(Object::Reference(number)) => Some(*number),
            _ => None,
        };
        if let Some(font) = number.and_then(|number| self.fonts.get(&number)) {
            return Ok(Some(font.clone()));
        }
        let Some(Object::Dictionary(about)) = self.document.get(&fonts, name) else {
            return Ok(None);
        };
        let font = Rc::new(Font::read(self.document, &about)?);
        if let Some(number) = number {
            if self.fonts.len() >= PDF_FONTS_MAX {
                return Err(Refusal::new("more", format!("at most {PDF_FONTS_MAX} fonts")));
            }
            self.fonts.insert(number, font.clone());
        }
        Ok(Some(font))
    }
}

impl Text {
    fn move_line(&mut self, x: i64, y: i64) {
        self.line = fixed::then(&[ONE, 0, 0, ONE, x, y], &self.line);
        self.at = self.line;
    }

    fn next_line(&mut self) {
        self.move_line(0, -self.state.leading);
    }

    /// Moves on along the line.
    fn step(&mut self, by: i64) {
        let by = fixed::product(by, self.state.stretch);
        self.at = fixed::then(&[ONE, 0, 0, ONE, by, 0], &self.at);
    }
}

fn number(operands: &[Object], index: usize) -> i64 {
    operands.get(index).and_then(Object::number).unwrap_or(0)
}

fn matrix(operands: &[Object]) -> Matrix {
    let mut matrix = IDENTITY;
    for (place, operand) in matrix.iter_mut().zip(operands) {
        *place = operand.number().unwrap_or(0);
    }
    matrix
}

/// Moves behind a picture that stands in the content itself.
fn skip_picture(content: &[u8], lexer: &mut Lexer) {
    let from = lexer.at;
    let rest = content.get(from..).unwrap_or_default();
    let ends = memchr::memmem::find_iter(rest, b"EI");
    let blank = |at: Option<usize>| {
        at.and_then(|at| rest.get(at)).is_none_or(|byte| super::object::is_blank(*byte))
    };
    let end = ends.into_iter().find(|at| blank(at.checked_sub(1)) && blank(Some(at + 2)));
    lexer.at = from + end.map_or(rest.len(), |end| end + 2);
}
