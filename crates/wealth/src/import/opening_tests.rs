//! Opening balances, against a model that books every statement in the order of its days.

use kernel::time::date_from_days;
use kernel::{Amount, Date, Uuid};

use super::model::{ImportId, OpeningOrigin};
use super::opening::{Facts, Opening, plan};

/// A statement of a month: on which days how much, and whether it says with what it begins.
#[derive(Clone, Debug)]
struct Month {
    lines: Vec<(i32, i128)>,
    states: bool,
}

/// What was booked: lines, and moves of the opening balance.
#[derive(Default)]
struct Books {
    opening: Option<Opening>,
    lines: Vec<(Date, Amount)>,
    moves: Vec<(Date, Amount)>,
}

const FIRST: i128 = 1_000;

fn date(day: i32) -> Date {
    date_from_days(20_000 + day).unwrap()
}

fn import() -> ImportId {
    ImportId::from_uuid(Uuid::from_u128(1))
}

impl Books {
    fn book(&mut self, facts: Facts) {
        let facts = Facts { booked_before: self.sum(&self.lines, facts.start), ..facts };
        if let Some(planned) = plan(self.opening.as_ref(), &facts, import()).unwrap() {
            let moves = planned.moves.iter().map(|step| (step.effective, step.amount));
            self.moves.extend(moves);
            self.opening = Some(planned.opening);
        }
        self.lines.extend(&facts.lines);
    }

    /// What was booked before a day.
    fn sum(&self, booked: &[(Date, Amount)], day: Date) -> Amount {
        let before = booked.iter().filter(|(on, _)| *on < day);
        Amount::checked_sum(before.map(|(_, amount)| *amount)).unwrap()
    }

    /// The balance at the end of a day.
    fn balance(&self, day: i32) -> i128 {
        let next = date(day + 1);
        (self.sum(&self.lines, next).minor()) + self.sum(&self.moves, next).minor()
    }
}

fn facts(month: &Month, balance: i128) -> Facts {
    let lines: Vec<(Date, Amount)> =
        month.lines.iter().map(|(day, amount)| (date(*day), Amount::from_minor(*amount))).collect();
    Facts {
        statement: 0,
        start: lines[0].0,
        balance: month.states.then(|| (Amount::from_minor(balance), OpeningOrigin::Stated)),
        lines,
        booked_before: Amount::ZERO,
    }
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(count - 1);
    let insert = |order: &Vec<usize>| {
        let with = |at: usize| {
            let mut order = order.clone();
            order.insert(at, count - 1);
            order
        };
        (0..count).map(with).collect::<Vec<_>>()
    };
    shorter.iter().flat_map(insert).collect()
}

#[test]
fn the_order_of_statements_makes_no_difference() {
    let mut seed = 7_u64;
    let mut random = |below: i32| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i32::try_from(seed >> 34).unwrap() % below
    };
    for _ in 0..100 {
        let mut months: Vec<Month> = Vec::new();
        for number in 0..4 {
            let mut days: Vec<i32> = (0..=random(3)).map(|_| random(28)).collect();
            days.sort_unstable();
            let lines = days.iter().map(|day| (30 * number + day, i128::from(random(500)) - 250));
            months.push(Month { lines: lines.collect(), states: random(2) == 0 });
        }
        // Somebody must say it.
        let sure = random(4);
        months[usize::try_from(sure).unwrap()].states = true;
        let first = months[0].lines[0].0;
        let truth = |until: i32| {
            let lines = months.iter().flat_map(|month| &month.lines);
            FIRST + lines.filter(|(day, _)| *day <= until).map(|(_, amount)| amount).sum::<i128>()
        };
        for order in permutations(4) {
            let mut books = Books::default();
            for number in &order {
                let month = &months[*number];
                books.book(facts(month, truth(month.lines[0].0 - 1)));
            }
            for day in first..130 {
                let what = format!("{order:?} day {day} {months:?}");
                assert_eq!(books.balance(day), truth(day), "{what}");
            }
            assert_eq!(books.balance(first - 1), 0);
            assert_eq!(books.opening.unwrap().jumps.len(), 1);
        }
    }
}

#[test]
fn a_line_before_what_somebody_stated_changes_nothing_after_it() {
    let month = |lines: &[(i32, i128)]| Month { lines: lines.to_vec(), states: false };
    let changes = [(date(10), Amount::from_minor(500)), (date(20), Amount::from_minor(-100))];
    let mut books = Books {
        opening: Some(Opening::manual(date(10), &changes)),
        moves: changes.to_vec(),
        ..Books::default()
    };
    books.book(facts(&month(&[(5, 30), (10, 40), (15, 50), (20, 60), (25, 70)]), 0));
    let balances: Vec<i128> = [4, 5, 9, 10, 15, 19, 20, 25].map(|day| books.balance(day)).to_vec();
    // 500 at the end of the tenth and 400 at the end of the twentieth, as was stated.
    assert_eq!(balances, [0, 460, 460, 500, 550, 550, 400, 470]);
}

#[test]
fn a_gap_is_a_jump_until_lines_explain_it() {
    let states = |lines: &[(i32, i128)]| Month { lines: lines.to_vec(), states: true };
    let mut books = Books::default();
    books.book(facts(&states(&[(60, 5)]), 1_000));
    books.book(facts(&states(&[(0, 100)]), 800));
    assert_eq!([0, 59, 60].map(|day| books.balance(day)), [900, 900, 1_005]);
    let gap = &books.opening.as_ref().unwrap().jumps[1];
    assert_eq!((gap.on, gap.amount.minor()), (date(60), 100));
    books.book(facts(&states(&[(30, 70)]), 900));
    assert_eq!([0, 30, 60].map(|day| books.balance(day)), [900, 970, 1_005]);
    assert_eq!(books.opening.as_ref().unwrap().jumps[1].amount.minor(), 30);
    books.book(facts(&states(&[(40, 30)]), 970));
    assert_eq!([0, 30, 40, 60].map(|day| books.balance(day)), [900, 970, 1_000, 1_005]);
    assert_eq!(books.opening.unwrap().jumps.len(), 1);
}

#[test]
fn what_nobody_states_is_zero() {
    let month = |lines: &[(i32, i128)]| Month { lines: lines.to_vec(), states: false };
    let mut books = Books::default();
    books.book(facts(&month(&[(30, 5)]), 0));
    books.book(facts(&month(&[(0, 7)]), 0));
    assert_eq!([0, 30].map(|day| books.balance(day)), [7, 12]);
    let opening = books.opening.unwrap();
    assert_eq!(
        (opening.origin, opening.on, opening.jumps.len()),
        (OpeningOrigin::Unknown, date(0), 0)
    );
}

#[test]
fn it_is_kept_and_read_as_it_was() {
    let opening = Opening::manual(date(3), &[(date(5), Amount::from_minor(-7))]);
    let text = serde_json::to_string(&opening).unwrap();
    assert_eq!(serde_json::from_str::<Opening>(&text).unwrap(), opening);
}
