//! Names and widths of the characters of fonts that every reader of PDF knows: Adobe's list of
//! names for Latin letters, and the metrics of Helvetica and Times, from the space on.

/// How wide Helvetica is, in thousandths.
#[rustfmt::skip]
pub(super) const HELVETICA: [i16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722,
    667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944,
    667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222,
    500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334,
    584,
];

/// How wide Times is, in thousandths.
#[rustfmt::skip]
pub(super) const TIMES: [i16; 95] = [
    250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278, 500, 500, 500,
    500, 500, 500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444, 921, 722, 667, 667, 722, 611,
    556, 722, 722, 333, 389, 722, 611, 889, 722, 722, 556, 722, 667, 556, 611, 722, 722, 944, 722,
    722, 611, 333, 278, 333, 469, 500, 333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500,
    278, 778, 500, 500, 500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541,
];

/// Characters by their names. Those of a letter alone are that letter.
#[rustfmt::skip]
const NAMES: &[(&str, char)] = &[
    ("AE", 'Æ'), ("Aacute", 'Á'), ("Acircumflex", 'Â'), ("Adieresis", 'Ä'), ("Agrave", 'À'),
    ("Aring", 'Å'), ("Atilde", 'Ã'), ("Ccedilla", 'Ç'), ("Eacute", 'É'), ("Ecircumflex", 'Ê'),
    ("Edieresis", 'Ë'), ("Egrave", 'È'), ("Eth", 'Ð'), ("Euro", '€'), ("Iacute", 'Í'),
    ("Icircumflex", 'Î'), ("Idieresis", 'Ï'), ("Igrave", 'Ì'), ("Ntilde", 'Ñ'), ("OE", 'Œ'),
    ("Oacute", 'Ó'), ("Ocircumflex", 'Ô'), ("Odieresis", 'Ö'), ("Ograve", 'Ò'), ("Oslash", 'Ø'),
    ("Otilde", 'Õ'), ("Scaron", 'Š'), ("Thorn", 'Þ'), ("Uacute", 'Ú'), ("Ucircumflex", 'Û'),
    ("Udieresis", 'Ü'), ("Ugrave", 'Ù'), ("Yacute", 'Ý'), ("Ydieresis", 'Ÿ'), ("Zcaron", 'Ž'),
    ("aacute", 'á'), ("acircumflex", 'â'), ("acute", '´'), ("adieresis", 'ä'), ("ae", 'æ'),
    ("agrave", 'à'), ("ampersand", '&'), ("aring", 'å'), ("asciicircum", '^'),
    ("asciitilde", '~'), ("asterisk", '*'), ("at", '@'), ("atilde", 'ã'), ("backslash", '\\'),
    ("bar", '|'), ("braceleft", '{'), ("braceright", '}'), ("bracketleft", '['),
    ("bracketright", ']'), ("brokenbar", '¦'), ("bullet", '•'), ("ccedilla", 'ç'),
    ("cedilla", '¸'), ("cent", '¢'), ("circumflex", 'ˆ'), ("colon", ':'), ("comma", ','),
    ("copyright", '©'), ("currency", '¤'), ("dagger", '†'), ("daggerdbl", '‡'), ("degree", '°'),
    ("dieresis", '¨'), ("divide", '÷'), ("dollar", '$'), ("eacute", 'é'), ("ecircumflex", 'ê'),
    ("edieresis", 'ë'), ("egrave", 'è'), ("eight", '8'), ("ellipsis", '…'), ("emdash", '—'),
    ("endash", '–'), ("equal", '='), ("eth", 'ð'), ("exclam", '!'), ("exclamdown", '¡'),
    ("fi", 'ﬁ'), ("five", '5'), ("fl", 'ﬂ'), ("florin", 'ƒ'), ("four", '4'), ("germandbls", 'ß'),
    ("grave", '`'), ("greater", '>'), ("guillemotleft", '«'), ("guillemotright", '»'),
    ("guilsinglleft", '‹'), ("guilsinglright", '›'), ("hyphen", '-'), ("iacute", 'í'),
    ("icircumflex", 'î'), ("idieresis", 'ï'), ("igrave", 'ì'), ("less", '<'), ("logicalnot", '¬'),
    ("macron", '¯'), ("minus", '−'), ("mu", 'µ'), ("multiply", '×'), ("nbspace", '\u{a0}'),
    ("nine", '9'), ("ntilde", 'ñ'), ("numbersign", '#'), ("oacute", 'ó'), ("ocircumflex", 'ô'),
    ("odieresis", 'ö'), ("oe", 'œ'), ("ograve", 'ò'), ("one", '1'), ("onehalf", '½'),
    ("onequarter", '¼'), ("onesuperior", '¹'), ("ordfeminine", 'ª'), ("ordmasculine", 'º'),
    ("oslash", 'ø'), ("otilde", 'õ'), ("paragraph", '¶'), ("parenleft", '('), ("parenright", ')'),
    ("percent", '%'), ("period", '.'), ("periodcentered", '·'), ("perthousand", '‰'),
    ("plus", '+'), ("plusminus", '±'), ("question", '?'), ("questiondown", '¿'),
    ("quotedbl", '"'), ("quotedblbase", '„'), ("quotedblleft", '“'), ("quotedblright", '”'),
    ("quoteleft", '‘'), ("quoteright", '’'), ("quotesinglbase", '‚'), ("quotesingle", '\''),
    ("registered", '®'), ("scaron", 'š'), ("section", '§'), ("semicolon", ';'), ("seven", '7'),
    ("six", '6'), ("slash", '/'), ("space", ' '), ("sterling", '£'), ("thorn", 'þ'),
    ("three", '3'), ("threequarters", '¾'), ("threesuperior", '³'), ("tilde", '˜'),
    ("trademark", '™'), ("two", '2'), ("twosuperior", '²'), ("uacute", 'ú'), ("ucircumflex", 'û'),
    ("udieresis", 'ü'), ("ugrave", 'ù'), ("underscore", '_'), ("yacute", 'ý'), ("ydieresis", 'ÿ'),
    ("yen", '¥'), ("zcaron", 'ž'), ("zero", '0'),
];

/// The character of a name; the replacement character where it is not known.
pub(super) fn character(name: &str) -> char {
    let mut letters = name.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        return letter;
    }
    if let Some((_, character)) = NAMES.iter().find(|(known, _)| *known == name) {
        return *character;
    }
    let code = name.strip_prefix("uni").or_else(|| name.strip_prefix('u'));
    let code = code.and_then(|code| u32::from_str_radix(code, 16).ok());
    code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// What a byte shows in the encoding of fonts that name none. Of its upper half banks use nothing.
pub(super) const fn standard(byte: u8) -> char {
    match byte {
        b'\'' => '\u{2019}',
        b'`' => '\u{2018}',
        b' '..=b'~' => byte as char,
        _ => char::REPLACEMENT_CHARACTER,
    }
}
