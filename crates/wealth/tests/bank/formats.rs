//! A bank that knows what happened on an account, and tells it in several formats.

use std::fmt::Write as _;

use kernel::time::{date_from_days, days_since_epoch};
use kernel::{CommodityCode, Date, Decimal, Timestamp};
use statements::{EntryStatus, ReadOptions, Statement, WriteFormat};

use super::date;

/// The account, as German banks number it.
pub const IBAN: &str = "DE02120300000000202051";

/// Something that happened, in cents.
#[derive(Clone, Debug)]
pub struct Payment {
    pub booked: Date,
    pub value: Date,
    pub cents: i64,
    pub who: &'static str,
    pub what: String,
}

/// How a bank tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Everything that the bank knows, in a table with both days and a running balance.
    Csv,
    /// A table with one day, that of the value, and one text.
    CsvByValue,
    /// Everything that the bank knows, with balances.
    Camt,
    /// In capitals, umlauts written out, names cut at 32 characters and purposes at 35.
    Ofx,
    /// In capitals, umlauts written out, in pieces of 27 characters.
    Mt940,
}

/// Numbers that are the same on every run.
pub struct Dice(pub u64);

impl Dice {
    /// Below `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 33) % sides
    }

    /// From `from` to `to`, both included.
    pub fn between(&mut self, from: i32, to: i32) -> i32 {
        let sides = u64::try_from(to - from + 1).unwrap();
        from + i32::try_from(self.roll(sides)).unwrap()
    }
}

const PAYEES: &[(&str, &str, &[i64])] = &[
    ("Bäckerei Müßiggang & Söhne", "Kartenzahlung girocard", &[-450, -450, -320]),
    ("Stadtwerke Überlingen Versorgungsgesellschaft mbH", "Abschlag Strom Vertrag", &[-8_900]),
    ("Ärztehaus am Römerplatz", "Rechnung", &[-4_250, -12_000]),
    ("EDEKA Nord Großmarkt", "Kartenzahlung girocard", &[-450, -1_999, -2_499]),
    ("Wohnungsbaugenossenschaft Fünfhöfe eG", "Miete Wohnung 12 Goethestraße 7", &[-80_000]),
    ("Arbeitgeber GmbH", "Lohn Gehalt", &[250_000]),
    ("Jörg Weiß", "Danke für das Fahrrad", &[4_500, 12_000]),
    ("Bargeldautomat", "Auszahlung", &[-10_000, -5_000]),
];

/// What happened in the first three months of 2026: some days nothing, on some the same twice.
/// Payments of one payee have so many different purposes.
pub fn quarter(dice: &mut Dice, purposes: u64) -> Vec<Payment> {
    let first = days_since_epoch(date("2026-01-01"));
    let mut payments = Vec::new();
    for day in first..first + 90 {
        for _ in 0..[0, 1, 1, 2, 3][usize::try_from(dice.roll(5)).unwrap()] {
            let (who, what, cents) = PAYEES[usize::try_from(dice.roll(8)).unwrap()];
            let cents = cents[usize::try_from(dice.roll(cents.len() as u64)).unwrap()];
            let late = [0, 0, 0, 1, 2, -2][usize::try_from(dice.roll(6)).unwrap()];
            let [booked, value] = [day, day + late].map(|day| date_from_days(day).unwrap());
            let what = format!("{what} {}", dice.roll(purposes) + 4_711);
            let payment = Payment { booked, value, cents, who, what };
            if dice.roll(6) == 0 {
                payments.push(payment.clone());
            }
            payments.push(payment);
        }
    }
    payments
}

/// Whether a form tells what is not booked yet.
pub const fn has_pending(form: Form) -> bool {
    matches!(form, Form::Csv | Form::Camt | Form::Ofx)
}

/// The statement of some payments that follow each other, after what had happened before, and of
/// those after them that are not booked yet.
pub fn written(
    form: Form,
    before_cents: i64,
    (payments, pending): (&[Payment], &[Payment]),
) -> Vec<u8> {
    match form {
        Form::CsvByValue => by_value(payments),
        Form::Mt940 => mt940(before_cents, payments),
        Form::Csv | Form::Camt | Form::Ofx => in_model(form, before_cents, (payments, pending)),
    }
}

fn in_model(
    form: Form,
    before_cents: i64,
    (payments, pending): (&[Payment], &[Payment]),
) -> Vec<u8> {
    let mut statement = skeleton();
    let entry = statement.entries.remove(0);
    let pending = pending.iter().map(|payment| (payment, EntryStatus::Pending));
    let booked = payments.iter().map(|payment| (payment, EntryStatus::Booked));
    for (payment, status) in booked.chain(pending) {
        let mut entry = entry.clone();
        entry.status = status;
        entry.booked = payment.booked;
        entry.value = Some(payment.value);
        entry.amount = decimal(payment.cents);
        entry.counterparty.name = Some(payment.who.to_owned());
        entry.purpose = Some(payment.what.clone());
        if form == Form::Ofx {
            entry.counterparty.name = Some(plain(payment.who, 32));
            entry.purpose = Some(plain(&payment.what, 35));
        }
        statement.entries.push(entry);
    }
    let sum: i64 = payments.iter().map(|payment| payment.cents).sum();
    let days = [payments.first().unwrap().booked, payments.last().unwrap().booked];
    let balances = [before_cents, before_cents + sum];
    for ((balance, cents), day) in statement.balances.iter_mut().zip(balances).zip(days) {
        (balance.amount, balance.date) = (decimal(cents), day);
    }
    [statement.from, statement.to] = days.map(Some);
    let format = match form {
        Form::Camt => WriteFormat::Camt053,
        Form::Ofx => WriteFormat::Ofx,
        Form::Csv | Form::CsvByValue | Form::Mt940 => WriteFormat::Csv,
    };
    statements::write(&[statement], format, Timestamp::EPOCH).text.into_bytes()
}

/// A statement with one entry and two balances, whose parts are replaced.
fn skeleton() -> Statement {
    let text = format!(
        ":20:A\n:25:{IBAN}\n:28C:1\n:60F:C260101EUR0,\n:61:260101C1,NMSCNONREF\n\
         :62F:C260101EUR1,\n-"
    );
    let reading = statements::read(text.as_bytes(), &ReadOptions::default());
    assert!(reading.is_sound(), "{:?}", reading.faults);
    let mut statement = reading.statements.into_iter().next().unwrap();
    assert_eq!(statement.currency, CommodityCode::parse("EUR").ok());
    assert_eq!((statement.entries.len(), statement.balances.len()), (1, 2));
    statement.entries[0].type_code = None;
    statement.entries[0].bank_reference = None;
    statement
}

fn by_value(payments: &[Payment]) -> Vec<u8> {
    let mut table = "Account Number,Date,Description,Amount (EUR)\n".to_owned();
    for Payment { value, cents, who, what, .. } in payments {
        writeln!(table, "{IBAN},{value},{who} {what},{}", decimal(*cents)).unwrap();
    }
    table.into_bytes()
}

fn mt940(before_cents: i64, payments: &[Payment]) -> Vec<u8> {
    let short = |day: Date| day.to_string().replace('-', "")[2..].to_owned();
    let amount = |cents: i64| format!("{},{:02}", cents.abs() / 100, cents.abs() % 100);
    let mark = |cents: i64| if cents < 0 { "D" } else { "C" };
    let balance = |tag: &str, cents: i64, day: Date| {
        format!(":{tag}:{}{}EUR{}\n", mark(cents), short(day), amount(cents))
    };
    let mut text = format!(":20:START\n:25:{IBAN}\n:28C:1/1\n");
    text += &balance("60F", before_cents, payments[0].booked);
    let mut after = before_cents;
    for Payment { booked, value, cents, who, what } in payments {
        after += cents;
        let (value, booked) = (short(*value), &short(*booked)[2..]);
        let (mark, amount) = (mark(*cents), amount(*cents));
        writeln!(text, ":61:{value}{booked}{mark}{amount}NMSCNONREF").unwrap();
        let pieces = |text: &str, from: usize| {
            let letters: Vec<char> = plain(text, 54).chars().collect();
            let piece = |(number, piece): (usize, &[char])| {
                format!("?{}{}", from + number, piece.iter().collect::<String>())
            };
            letters.chunks(27).enumerate().map(piece).collect::<String>()
        };
        writeln!(text, ":86:166?00BUCHUNG{}{}", pieces(what, 20), pieces(who, 32)).unwrap();
    }
    text += &balance("62F", after, payments.last().unwrap().booked);
    text.push_str("-\n");
    text.into_bytes()
}

/// In capitals, umlauts written out, cut.
fn plain(text: &str, chars_max: usize) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        match letter {
            'ä' | 'Ä' => plain.push_str("AE"),
            'ö' | 'Ö' => plain.push_str("OE"),
            'ü' | 'Ü' => plain.push_str("UE"),
            'ß' => plain.push_str("SS"),
            letter => plain.extend(letter.to_uppercase()),
        }
    }
    plain.chars().take(chars_max).collect::<String>().trim_end().to_owned()
}

fn decimal(cents: i64) -> Decimal {
    let sign = if cents < 0 { "-" } else { "" };
    Decimal::parse(&format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)).unwrap()
}
