//! Exports, read by the programs that they are for: beancount and hledger find no fault, and hold
//! what a sum in the test says; CSV and JSON lines hold every transfer.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use std::collections::BTreeMap;

use kernel::{Amount, BookId, Commodity, Context, Uuid, time};
use ledger::{
    AccountId, AccountKind, AccountText, EngineLimits, ExportFormat, Ledger, Limits, Movement,
    NewAccount, NewTransfer, Request, Rest, Step, TransferId, TransferText,
};
use storage::{Level, Mode};
use testing::TestDatabase;
use testing::accounting::{Balances, beancount, hledger};

/// Codes and decimals that plain-text programs find hard, and easy ones.
const COMMODITIES: [(&str, u8); 6] = [
    ("AUD", 2),
    ("MNT", 0),
    ("ACME:POINTS", 3),
    ("7UP", 1),
    ("B", 0),
    ("VERY-LONG-CODE-OF-32-CHARACTERS", 8),
];
const NAMES: [&str; 6] = [
    "Everyday",
    "Say \"hi\" \\ there",
    "Хаан Банк; данс",
    "",
    "a:b  (c) | d",
    "12 months\n= 1 year",
];

/// A book that a seed made, and what its accounts must hold, by their number.
struct Made {
    ledger: Ledger,
    context: Context,
    book: BookId,
    transfers: u64,
    /// Debits less credits, in minor units.
    sums: BTreeMap<usize, i128>,
}

/// Numbers that follow from a seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % below
    }
}

fn account_id(number: usize) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(1_000 + number as u128))
}

impl Made {
    async fn new(db: &TestDatabase, seed: u64) -> Self {
        let context = db.context(db.new_tenant());
        let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
        let mut tx = db.database.begin(Level::Tenant(context.tenant), Mode::Write).await.unwrap();
        let aud = Commodity::well_known("AUD").unwrap();
        let book = ledger.open_book(&mut tx, &context, "A \"book\"", aud).await.unwrap().id;
        tx.commit().await.unwrap();
        let mut made = Self { ledger, context, book, transfers: 0, sums: BTreeMap::new() };
        let mut numbers = Numbers(seed);
        made.open(&mut numbers).await;
        made.post(&mut numbers).await;
        made
    }

    async fn send(&self, request: Request) {
        self.ledger.execute(&self.context, self.book, request).await.unwrap();
    }

    /// Five accounts of each commodity.
    async fn open(&self, numbers: &mut Numbers) {
        let mut request = Request::default();
        for (index, (code, scale)) in COMMODITIES.into_iter().enumerate() {
            let code = Commodity::new(code, scale).unwrap().code;
            request.steps.push(Step::DefineCommodity { code, scale });
            for (inner, kind) in AccountKind::ALL.into_iter().enumerate() {
                let id = account_id(index * 5 + inner);
                let limits = Limits::default();
                let account = NewAccount { id, commodity: code, kind, limits, code: 0 };
                request.steps.push(Step::OpenAccount(account));
                let name = NAMES[usize::try_from(numbers.next(6)).unwrap()].to_owned();
                let metadata = serde_json::json!({});
                request.account_texts.push(AccountText { account: id, name, metadata });
            }
        }
        self.send(request).await;
    }

    async fn post(&mut self, numbers: &mut Numbers) {
        let mut request = Request::default();
        for index in 0..1_200_u128 {
            let id = TransferId::from_uuid(Uuid::from_u128(5_000 + index));
            let small = |number: u64| usize::try_from(number).unwrap();
            let group = small(numbers.next(6)) * 5;
            let debit = group + small(numbers.next(5));
            let credit = group + (debit - group + 1 + small(numbers.next(4))) % 5;
            let minor = 1 + i128::from(numbers.next(10_u64.pow(12)));
            let amount = Amount::from_minor(minor);
            let sides = (account_id(debit), account_id(credit));
            let movement = match index % 10 {
                // A hold that the next one posts in part, and one that stays.
                3 | 7 => Movement::Hold { debit: sides.0, credit: sides.1, amount, expires: None },
                4 => {
                    let hold = TransferId::from_uuid(Uuid::from_u128(5_000 + index - 1));
                    let amount = Some(Amount::from_minor(1));
                    let rest = if index % 20 == 4 { Rest::Keep } else { Rest::Release };
                    Movement::PostHold { hold, amount, rest }
                }
                _ => Movement::Post { debit: sides.0, credit: sides.1, amount },
            };
            match (index % 10, request.steps.last()) {
                (3 | 7, _) => {}
                (4, Some(Step::Transfer(hold))) => {
                    let Movement::Hold { debit, credit, .. } = hold.movement else { panic!() };
                    self.add(debit, 1);
                    self.add(credit, -1);
                }
                _ => {
                    self.add(sides.0, minor);
                    self.add(sides.1, -minor);
                }
            }
            let day = i32::try_from(18_000 + numbers.next(3_000)).unwrap();
            let effective = time::date_from_days(day).unwrap();
            let (reference, reverses) = (None, None);
            let transfer = NewTransfer { id, movement, code: 1, reference, effective, reverses };
            request.steps.push(Step::Transfer(transfer));
            let word = |chance: u64| NAMES[usize::try_from(chance).unwrap()].to_owned();
            request.transfer_texts.push(TransferText {
                transfer: id,
                reference: Some(word(numbers.next(6))),
                purpose: Some(word(numbers.next(6))),
                counterparty: Some(word(numbers.next(6))),
                metadata: None,
            });
        }
        self.transfers = request.steps.len() as u64;
        self.send(request).await;
    }

    fn add(&mut self, account: AccountId, minor: i128) {
        let number = usize::try_from(account.uuid().as_u128() - 1_000).unwrap();
        *self.sums.entry(number).or_default() += minor;
    }

    async fn export(&self, format: ExportFormat) -> String {
        let mut export = self.ledger.export(&self.context, self.book, format).await.unwrap();
        let mut text = String::new();
        while let Some(chunk) = export.next().await.unwrap() {
            text.push_str(&chunk);
        }
        text
    }

    fn assert_held(&self, program: &str, balances: &Balances) {
        let mut told: BTreeMap<usize, i128> = BTreeMap::new();
        for (account, (amount, _)) in balances {
            let (_, name) = account.split_once(":A").unwrap();
            let number = name.split('-').next().unwrap().parse::<usize>().unwrap();
            let scale = COMMODITIES[number / 5].1;
            told.insert(number, Amount::parse(amount, scale).unwrap().minor());
        }
        told.retain(|_, minor| *minor != 0);
        let held: BTreeMap<usize, i128> =
            self.sums.iter().filter(|sum| *sum.1 != 0).map(|sum| (*sum.0, *sum.1)).collect();
        assert_eq!(told, held, "{program}");
    }
}

/// The text as a file with an ending that its program looks at.
fn file(text: &str, ending: &str) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(ending).tempfile().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

testing::both_databases! {
    modules = [vault::MODULE, ledger::MODULE];

    async fn beancount_and_hledger_hold_what_we_hold(db: TestDatabase) {
        for seed in 1..=3 {
            let made = Made::new(&db, seed).await;
            let text = file(&made.export(ExportFormat::Beancount).await, ".beancount");
            made.assert_held("beancount", &beancount(text.path()));
            let text = file(&made.export(ExportFormat::Hledger).await, ".journal");
            made.assert_held("hledger", &hledger(text.path()));
            made.ledger.stop().await;
        }
    }

    async fn tables_hold_every_transfer(db: TestDatabase) {
        let made = Made::new(&db, 9).await;
        let lines = made.export(ExportFormat::JsonLines).await;
        let mut sums: BTreeMap<String, i128> = BTreeMap::new();
        let mut number = 0;
        for line in lines.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let Some(transfer) = line.get("transfer") else { continue };
            number += 1;
            assert_eq!(transfer["number"], number);
            if transfer["type"] == "hold" {
                continue;
            }
            let digits = transfer["amount"].as_str().unwrap().replace('.', "");
            let minor: i128 = digits.parse().unwrap();
            for (side, sign) in [("debit", 1), ("credit", -1)] {
                *sums.entry(transfer[side].as_str().unwrap().to_owned()).or_default() +=
                    sign * minor;
            }
        }
        let held = made.sums.iter().map(|(number, sum)| (account_id(*number).to_string(), *sum));
        assert_eq!((number, sums), (made.transfers, held.collect()));
        assert_eq!(lines.lines().filter(|line| line.starts_with("{\"account\"")).count(), 30);

        // A quoted line break stands between CR LF, so rows are counted by those.
        let csv = made.export(ExportFormat::Csv).await;
        let rows: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(rows.len() as u64, made.transfers + 2);
        assert!(csv.contains("\"Say \"\"hi\"\" \\ there\""), "{}", rows[1]);
        assert!(rows[0].starts_with("number,id,type,effective,"));
    }
}
