//! Encodings are found: texts of five languages in every one that holds them, in files that do not
//! say which. The bytes are made by tables of this test's own.

#![allow(clippy::unwrap_used, reason = "a test fails where it breaks")]

use statements::{EncodingSource, ReadOptions, Reading};

/// What people write to one another on statements.
const PHRASES: [(&str, &[&str]); 5] = [
    (
        "German",
        &[
            "Müller Bäckerei",
            "Löhne und Gehälter",
            "Gebühr für Kontoführung",
            "Grüße aus Köln",
            "Überweisung Straßenbau",
            "Rückzahlung Übergröße",
            "Öl- und Gashändler",
            "Ärzte ohne Grenzen",
            "Schlüsseldienst Jürgen",
            "Möbelhaus Höffner",
            "MÜNCHENER VERSICHERUNG",
            "Süßwaren Weiß",
        ],
    ),
    (
        "French",
        &[
            "Société Générale",
            "Café de la Gare",
            "Prélèvement impôts",
            "Virement reçu de Hélène",
            "Théâtre du Châtelet",
            "Boulangerie François",
            "Hôtel de la Forêt",
            "Règlement à réception",
            "Électricité été",
            "Garçon et fille",
            "Crédit agricole de Nîmes",
            "Intérêts créditeurs",
        ],
    ),
    (
        "Spanish",
        &[
            "Compañía Española de Petróleos",
            "Nómina de enero",
            "Señor Muñoz",
            "Transferencia a Málaga",
            "Pensión de jubilación",
            "Años de antigüedad",
            "Educación García",
            "Farmacia López",
            "Débito automático",
            "Depósito a término",
            "Peluquería Núñez",
            "Crédito hipotecario",
        ],
    ),
    (
        "Danish",
        &[
            "Løn for januar",
            "Husleje København",
            "Gebyr for overførsel",
            "Købmand Sørensen",
            "Børneopsparing",
            "Tømrer Bjørn",
            "Rødgrød med fløde",
            "Kørsel og færge",
            "Måltider på rejse",
            "Ændring af aftale",
            "Forsikring på båd",
            "Årsafgift",
        ],
    ),
    (
        "Portuguese",
        &[
            "Salário de março",
            "Transferência para João",
            "Pagamento de prestação",
            "Pão de açúcar",
            "Farmácia São José",
            "Educação e saúde",
            "Devolução de imposto",
            "Comissão de manutenção",
            "Mês de férias",
            "Depósito à ordem",
            "Luís Conceição",
            "Informação bancária",
        ],
    ),
];

/// The bytes of a text, where the encoding holds it: letters of code page 850 by their own table.
fn encoded(text: &str, encoding: &str) -> Option<Vec<u8>> {
    #[rustfmt::skip]
    const IBM850: &[(char, u8)] = &[
        ('Ç', 0x80), ('ü', 0x81), ('é', 0x82), ('â', 0x83), ('ä', 0x84), ('à', 0x85), ('å', 0x86),
        ('ç', 0x87), ('ê', 0x88), ('ë', 0x89), ('è', 0x8a), ('ï', 0x8b), ('î', 0x8c), ('ì', 0x8d),
        ('Ä', 0x8e), ('Å', 0x8f), ('É', 0x90), ('æ', 0x91), ('Æ', 0x92), ('ô', 0x93), ('ö', 0x94),
        ('ò', 0x95), ('û', 0x96), ('ù', 0x97), ('Ö', 0x99), ('Ü', 0x9a), ('ø', 0x9b), ('Ø', 0x9d),
        ('á', 0xa0), ('í', 0xa1), ('ó', 0xa2), ('ú', 0xa3), ('ñ', 0xa4), ('Ñ', 0xa5), ('ã', 0xc6),
        ('Ã', 0xc7), ('ß', 0xe1), ('õ', 0xe4),
    ];
    let byte = |letter: char| match (encoding, u8::try_from(letter)) {
        (_, Ok(byte)) if byte.is_ascii() => Some(byte),
        // Unicode's first 256 characters are those of Latin-1.
        ("iso-8859-1", byte) => byte.ok(),
        ("ibm850", _) => IBM850.iter().find(|(one, _)| *one == letter).map(|(_, byte)| *byte),
        _ => None,
    };
    match encoding {
        "utf-8" => Some(text.as_bytes().to_vec()),
        "utf-16le" => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        "utf-16be" => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        _ => text.chars().map(byte).collect(),
    }
}

/// Numbers that follow from a seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }
}

fn read(bytes: &[u8]) -> Reading {
    let currency = kernel::CommodityCode::parse("EUR").ok();
    statements::read(bytes, &ReadOptions { currency, ..ReadOptions::default() })
}

fn purposes(reading: &Reading) -> Vec<&str> {
    let entries = reading.statements.iter().flat_map(|statement| &statement.entries);
    entries.map(|entry| entry.purpose.as_deref().unwrap_or_default()).collect()
}

#[test]
fn texts_of_five_languages_are_found_in_every_encoding() {
    let mut numbers = Numbers(7);
    let mut count = 0;
    for (language, phrases) in PHRASES {
        for round in 0..200 {
            let lines: Vec<&str> =
                (0..3 + round % 5).map(|_| phrases[numbers.below(phrases.len())]).collect();
            let row = |line: &&str| format!("2026-01-31;{line};-12.50\n");
            let csv = format!("Date;Text;Amount\n{}", lines.iter().map(row).collect::<String>());
            for encoding in ["utf-8", "utf-16le", "utf-16be", "iso-8859-1", "ibm850"] {
                let Some(bytes) = encoded(&csv, encoding) else { continue };
                let reading = read(&bytes);
                let found = reading.encoding.as_ref().unwrap();
                let name = (found.name.as_str(), found.source);
                assert_eq!(name, (encoding, EncodingSource::Detected), "{language}: {lines:?}");
                assert_eq!(purposes(&reading), lines);
                count += 1;
            }
        }
    }
    assert_eq!(count, 5_000, "every encoding holds these texts");
}

#[test]
fn code_pages_are_told_apart_by_signs_of_money() {
    let check = |line: &[u8], name: &str, text: &str| {
        let csv = [b"Date;Text;Amount\n2026-01-31;", line, b";-12.50\n"].concat();
        let reading = read(&csv);
        assert_eq!(reading.encoding.as_ref().unwrap().name, name, "{text}");
        assert_eq!(purposes(&reading), [text]);
    };
    // £ is one byte in both pages, and œ in Windows-1252; ¢ and ¥ are letters in page 850.
    check(b"fee \x9c12 of M\x81ller", "ibm850", "fee £12 of Müller");
    check(b"fee \x9b50 of M\x81ller", "ibm437", "fee ¢50 of Müller");
    check(b"\x9d1000 for caf\x82s", "ibm437", "¥1000 for cafés");
    check(b"l\x92\xe9t\xe9 \x80 12", "windows-1252", "l’été € 12");
    check(b"\x84Wort\x93 Stra\xdfe", "windows-1252", "„Wort“ Straße");
    // A table that is drawn is not Cyrillic.
    check(b"\xcd\xcd\xcd\xcd\xcd M\x81ller", "ibm850", "═════ Müller");
}

#[test]
fn code_pages_are_declared_and_given() {
    let ofx = |charset: &str| {
        let head = format!("OFXHEADER:100\nENCODING:USASCII\nCHARSET:{charset}\n\n<OFX>");
        let statement = "<BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>1\
            <ACCTID>2<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT\
            <DTPOSTED>20260131<TRNAMT>-1.00<FITID>1<MEMO>caf#s</STMTTRN></BANKTRANLIST></STMTRS>\
            </STMTTRNRS></BANKMSGSRSV1></OFX>";
        let text = head + statement;
        text.bytes().map(|byte| if byte == b'#' { 0x82 } else { byte }).collect::<Vec<u8>>()
    };
    for charset in ["437", "850", "CP850"] {
        let reading = read(&ofx(charset));
        let encoding = reading.encoding.as_ref().unwrap();
        assert_eq!(encoding.source, EncodingSource::Declared, "{charset}");
        assert_eq!(purposes(&reading), ["cafés"], "{charset}");
    }
    let options = |label: &str| ReadOptions {
        encoding: Some(label.to_owned()),
        currency: kernel::CommodityCode::parse("EUR").ok(),
        ..ReadOptions::default()
    };
    let csv = b"Date;Text;Amount\n2026-01-31;a \x9b;-12.50\n";
    assert_eq!(purposes(&statements::read(csv, &options("cp437"))), ["a ¢"]);
    assert_eq!(purposes(&statements::read(csv, &options("ibm850"))), ["a ø"]);
}
