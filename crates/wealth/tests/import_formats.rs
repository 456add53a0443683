//! Three months of an account, downloaded in several formats, cut at any days and brought in any
//! order any number of times, are one and the same ledger.
//!
//! The bank gives no references, tells the same in other words in each format, and has equal
//! payments on one day; what a download at noon has as pending is booked in the evening. Where a
//! line is up for review, somebody who knows the truth decides.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

mod bank;

use std::collections::BTreeMap;

use bank::formats::{Dice, Form, Payment, has_pending, quarter, written};
use bank::{Bank, asset_of};
use kernel::{Amount, Date, PageRequest};
use ledger::Ledger;
use testing::TestDatabase;
use wealth::import::{Decision, Import, ImportLine, LineStatus};

/// More rounds in a soak.
fn rounds() -> u64 {
    let soak = std::env::var("FLORIN_SOAK_ROUNDS").ok().and_then(|text| text.parse().ok());
    soak.unwrap_or(4)
}

/// A download: a form, and which of the payments are in it, by their places.
#[derive(Clone, Debug)]
struct File {
    form: Form,
    before_cents: i64,
    lines: Vec<usize>,
    /// What the bank tells, and has not booked.
    pending: Vec<usize>,
}

/// What makes payments one and the same to whoever knows them.
type Class = (Date, i64, &'static str, String);

fn class_of(payment: &Payment) -> Class {
    let Payment { booked, cents, who, what, .. } = payment;
    (*booked, *cents, who, what.clone())
}

struct Round<'a> {
    bank: Bank<'a>,
    payments: Vec<Payment>,
    opening_cents: i64,
    booked: BTreeMap<Class, usize>,
    questions: usize,
}

/// Downloads of a form that have all of it: each begins on the day on which the one before ends, or
/// some days earlier, and may end in the middle of a day. A form that tells one day goes by it.
fn cut(form: Form, payments: &[Payment], dice: &mut Dice) -> Vec<File> {
    let day = |at: usize| match form {
        Form::CsvByValue => payments[at].value,
        Form::Csv | Form::Camt | Form::Ofx | Form::Mt940 => payments[at].booked,
    };
    let mut order: Vec<usize> = (0..payments.len()).collect();
    order.sort_by_key(|at| (day(*at), *at));
    let mut files = Vec::new();
    let mut from = 0;
    loop {
        let count = usize::try_from(dice.between(12, 70)).unwrap();
        let to = (from + count).min(order.len());
        let rest = order[to..].iter().copied();
        let pending = rest.take_while(|at| has_pending(form) && day(*at) == day(order[to - 1]));
        files.push(File {
            form,
            before_cents: order[..from].iter().map(|at| payments[*at].cents).sum(),
            lines: order[from..to].to_vec(),
            pending: pending.collect(),
        });
        if to == order.len() {
            return files;
        }
        // A download begins with a whole day.
        let overlap = usize::try_from(dice.between(0, 10)).unwrap();
        let begins = to.saturating_sub(overlap);
        let first = order.iter().position(|at| day(*at) == day(order[begins])).unwrap();
        from = if first > from { first } else { to };
    }
}

fn shuffle<T>(items: &mut [T], dice: &mut Dice) {
    for at in (1..items.len()).rev() {
        items.swap(at, usize::try_from(dice.roll(at as u64 + 1)).unwrap());
    }
}

impl<'a> Round<'a> {
    /// `purposes` is how many there are of a payee.
    async fn of(db: &'a TestDatabase, ledger: &Ledger, seed: (u64, u64)) -> (Self, Dice) {
        let (seed, purposes) = seed;
        let mut dice = Dice(seed);
        let payments = quarter(&mut dice, purposes);
        let bank = Bank::another(db, ledger).await;
        let (opening_cents, booked) = (123_456, BTreeMap::new());
        (Self { bank, payments, opening_cents, booked, questions: 0 }, dice)
    }

    /// Brings a file, decides what is to be decided, and books it.
    async fn bring(&mut self, file: &File) -> Import {
        let File { form, before_cents, lines: told, pending } = file;
        let [booked, not_booked] = [told, pending].map(|places| {
            places.iter().map(|at| self.payments[*at].clone()).collect::<Vec<Payment>>()
        });
        let before_cents = self.opening_cents + before_cents;
        let bytes = written(*form, before_cents, (&booked, &not_booked));
        let class = |line: &ImportLine| {
            class_of(&self.payments[told[usize::try_from(line.number).unwrap() - 1]])
        };
        let mut questions = 0;
        let staged = self.bank.stage(&bytes).await;
        assert!(staged.faults.is_empty() && staged.questions.is_empty(), "{staged:#?}");
        loop {
            let lines = self.bank.all_lines(staged.id).await;
            assert_eq!(lines.len(), told.len() + pending.len(), "{file:?}");
            let not_booked = &lines[told.len()..];
            assert!(not_booked.iter().all(|line| line.status == LineStatus::Pending), "{file:?}");
            let Some(line) = lines.iter().find(|line| line.status == LineStatus::Review) else {
                break;
            };
            questions += 1;
            // How many of its kind are to be booked, and how many are going to be.
            let kind = class(line);
            let alike = lines[..told.len()].iter().filter(|line| class(line) == kind);
            let new = alike.clone().filter(|line| line.status == LineStatus::New).count();
            let booked = self.booked.get(&kind).copied().unwrap_or(0);
            let is_new = booked + new < alike.count();
            let decision = if is_new { Decision::Book } else { Decision::Skip };
            let (wealth, context) = (&self.bank.wealth, &self.bank.context);
            wealth.decide(context, staged.id, line.number, decision).await.unwrap();
        }
        let booked = self.bank.book(staged.id).await;
        let mut kinds = Vec::new();
        for line in self.bank.all_lines(staged.id).await {
            if line.status == LineStatus::Booked {
                kinds.push(class(&line));
            }
        }
        self.questions += questions;
        for kind in kinds {
            *self.booked.entry(kind).or_default() += 1;
        }
        let mut truth: BTreeMap<Class, usize> = BTreeMap::new();
        for payment in &self.payments {
            *truth.entry(class_of(payment)).or_default() += 1;
        }
        for (class, count) in &self.booked {
            assert!(*count <= truth[class], "{class:?} is booked {count} times by {file:?}");
        }
        booked
    }

    /// What the ledger has of the account: each line's day and amount, and what it began with.
    async fn ledger(&self, import: &Import) -> (Vec<(Date, Amount)>, String) {
        let asset = asset_of(import);
        let filter = wealth::TransactionFilter { asset: Some(asset), ..Default::default() };
        let mut page = PageRequest::first(200);
        let mut lines = Vec::new();
        loop {
            let (wealth, context) = (&self.bank.wealth, &self.bank.context);
            let found = wealth.transactions(context, &filter, &page).await.unwrap();
            let own = found.items.iter().filter(|one| one.code.code() == "imported_line");
            lines.extend(own.map(|one| (one.date, one.amount.amount)));
            page.after = found.next;
            if page.after.is_none() {
                break;
            }
        }
        lines.sort();
        (lines, self.bank.balance(asset, "2026-01-01").await)
    }

    fn truth(&self) -> Vec<(Date, Amount)> {
        let payments = self.payments.iter();
        let mut lines: Vec<(Date, Amount)> = payments
            .map(|payment| (payment.booked, Amount::from_minor(payment.cents.into())))
            .collect();
        lines.sort();
        lines
    }
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE, markets::MODULE,
        wealth::MODULE,
    ];

    async fn files_of_any_formats_in_any_order_are_one_ledger(db: TestDatabase) {
        let ledger = Bank::of(&db).await.ledger;
        let (mut questions, mut lines) = (0, 0);
        for seed in 1..=rounds() {
            let (mut round, mut dice) = Round::of(&db, &ledger, (seed, 3)).await;
            let mut files = Vec::new();
            for form in [Form::Csv, Form::Camt, Form::Ofx, Form::Mt940] {
                files.extend(cut(form, &round.payments, &mut dice));
            }
            // Some are brought twice.
            let again: Vec<File> = files.iter().filter(|_| dice.roll(4) == 0).cloned().collect();
            files.extend(again);
            shuffle(&mut files, &mut dice);
            let mut last = None;
            for file in &files {
                lines += file.lines.len();
                last = Some(round.bring(file).await);
            }
            let last = last.unwrap();
            let (booked, begins) = round.ledger(&last).await;
            assert_eq!(booked, round.truth(), "seed {seed}: {files:#?}");
            let first_day = round.payments[0].booked;
            let day_one = round.payments.iter().filter(|one| one.booked == first_day);
            let day_one: i64 = day_one.map(|one| one.cents).sum();
            if first_day == bank::date("2026-01-01") {
                let cents = round.opening_cents + day_one;
                assert_eq!(begins, format!("{}.{:02}", cents / 100, cents % 100), "seed {seed}");
            }
            questions += round.questions;
        }
        // Of a thousand lines that are brought at most one is asked about.
        assert!(questions * 1_000 <= lines, "{questions} questions about {lines} lines");
    }

    async fn a_table_that_knows_the_day_of_value_alone_adds_nothing_twice(db: TestDatabase) {
        let ledger = Bank::of(&db).await.ledger;
        let (mut questions, mut lines) = (0, 0);
        for seed in 101..=100 + rounds() {
            let (mut round, mut dice) = Round::of(&db, &ledger, (seed, 400)).await;
            let mut files = cut(Form::Camt, &round.payments, &mut dice);
            files.extend(cut(Form::CsvByValue, &round.payments, &mut dice));
            shuffle(&mut files, &mut dice);
            files.extend(files.clone());
            let mut last = None;
            for file in &files {
                lines += file.lines.len();
                last = Some(round.bring(file).await);
            }
            // What came by the day of value first counts from there.
            let amounts = |lines: Vec<(Date, Amount)>| {
                let amounts = lines.into_iter().map(|(_, amount)| amount);
                let mut amounts: Vec<Amount> = amounts.collect();
                amounts.sort();
                amounts
            };
            let (booked, _) = round.ledger(&last.unwrap()).await;
            assert_eq!(amounts(booked), amounts(round.truth()), "seed {seed}: {files:#?}");
            questions += round.questions;
        }
        // Of a hundred lines that are brought at most three are asked about.
        assert!(questions * 33 <= lines, "{questions} questions about {lines} lines");
    }
}
