//! The ways in which files get broken.

/// How many there are.
pub const KINDS: usize = 13;

/// Numbers that are the same on every run.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(0x2545_f491_4f6c_dd1d ^ seed)
    }

    /// One from 0, below a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }

    fn of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}

/// A file, broken in one of the ways.
pub fn broken(file: &[u8], kind: usize, numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = file.to_vec();
    let at = numbers.below(bytes.len());
    match kind {
        0 => bytes.truncate(at),
        1 => {
            let to = at + numbers.below(bytes.len() - at);
            bytes.drain(at..to);
        }
        2 => {
            for _ in 0..=numbers.below(8) {
                let at = numbers.below(bytes.len());
                bytes[at] = u8::try_from(numbers.below(256)).unwrap();
            }
        }
        3 => {
            for _ in 0..8 {
                let at = numbers.below(bytes.len());
                bytes[at] ^= 1 << numbers.below(8);
            }
        }
        4 => {
            let from = numbers.below(bytes.len());
            let part = bytes[from..from + numbers.below(bytes.len() - from)].to_vec();
            bytes.splice(at..at, part);
        }
        5 => bytes.extend_from_slice(file),
        6 => insert_field(&mut bytes, at, numbers),
        7 => replace_number(&mut bytes, numbers),
        8 => {
            for _ in 0..=numbers.below(16) {
                bytes.insert(numbers.below(bytes.len()), 0);
            }
        }
        9 => bytes = encoded(&bytes, numbers),
        10 => insert_markup(&mut bytes, at, numbers),
        11 => change_digit(&mut bytes, numbers),
        12 => move_lines(&mut bytes, numbers),
        kind => panic!("there is no way {kind} to break a file"),
    }
    bytes
}

fn insert_field(bytes: &mut Vec<u8>, at: usize, numbers: &mut Numbers) {
    let letter = numbers.of(&["9", "A", " ", "-", ",", "\u{e9}", "\u{1f600}"]);
    let field = letter.repeat(5_000 + numbers.below(65_000));
    bytes.splice(at..at, field.into_bytes());
}

/// Digits that stand together become a number that is none, or too large.
fn replace_number(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    let Some(from) = any_digit(bytes, numbers) else { return };
    let digits = bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = numbers.of(&[
        "99999999999999999999999999999999999999999999",
        "999999999999999999",
        "170141183460469231731687303715884105728",
        "1e400",
        "-0",
        "0",
        "NaN",
        "0x10",
        "1,234,567.891",
        "0.0000000000000000001",
        "\u{0663}",
        "-",
        "",
        "20260230",
        "00000000",
    ]);
    bytes.splice(from..from + digits, number.bytes());
}

fn change_digit(bytes: &mut [u8], numbers: &mut Numbers) {
    if let Some(at) = any_digit(bytes, numbers) {
        bytes[at] = b'0' + u8::try_from(numbers.below(10)).unwrap();
    }
}

fn any_digit(bytes: &[u8], numbers: &mut Numbers) -> Option<usize> {
    let digits: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at].is_ascii_digit()).collect();
    digits.get(numbers.below(digits.len())).copied()
}

/// The file in another encoding than it says, or with another than it is in.
fn encoded(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let wide = |order: fn(u16) -> [u8; 2]| {
        bytes.iter().flat_map(move |byte| order(u16::from(*byte))).collect::<Vec<u8>>()
    };
    match numbers.below(9) {
        0 => wide(u16::to_le_bytes),
        1 => [vec![0xff, 0xfe], wide(u16::to_le_bytes)].concat(),
        2 => [vec![0xfe, 0xff], wide(u16::to_be_bytes)].concat(),
        // A mark, and then something else.
        3 => [&[0xff, 0xfe], bytes].concat(),
        4 => [&[0xef, 0xbb, 0xbf], bytes].concat(),
        5 => bytes.iter().map(|byte| byte | 0x80).collect(),
        // Twice in UTF-8.
        6 => bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes(),
        7 => bytes.iter().flat_map(|byte| u32::from(*byte).to_be_bytes()).collect(),
        _ => {
            let name = numbers.of(&["UTF-16", "EBCDIC", "GB18030", "", "UTF-7", "ISO-8859-15"]);
            let mut named = bytes.to_vec();
            for known in ["UTF-8", "1252", "1251", "USASCII", "ISO-8859-1"] {
                let found =
                    named.windows(known.len()).position(|window| window == known.as_bytes());
                if let Some(at) = found {
                    named.splice(at..at + known.len(), name.bytes());
                }
            }
            named
        }
    }
}

fn insert_markup(bytes: &mut Vec<u8>, at: usize, numbers: &mut Numbers) {
    let nested = "<STMTTRN>".repeat(3_000);
    let markup = numbers.of(&[
        "<!DOCTYPE a [<!ENTITY b \"cc\"><!ENTITY c \"&b;&b;&b;&b;\">]>&c;",
        "&#0;",
        "&#x110000;",
        "&nothing;",
        "]]>",
        "<![CDATA[",
        "<!--",
        "<",
        "</OFX>",
        "\"",
        ";;;;,,,,\t\t",
        "\r",
        "\u{202e}\u{feff}",
        "\n\n\n",
        nested.as_str(),
    ]);
    bytes.splice(at..at, markup.bytes());
}

/// Lines are lost, or change places.
fn move_lines(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let (one, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
    if one == other {
        lines.remove(one);
    } else {
        lines.swap(one, other);
    }
    *bytes = lines.join(&b'\n');
}
