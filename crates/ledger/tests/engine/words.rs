//! The plain model's acts and answers, in the ledger's words.

use kernel::{Amount, CommodityCode, Date, Timestamp, Uuid, time};
use ledger::model::{
    AccountId, AccountKind, Balancing, GroupId, Limits, Movement, NewAccount, NewTransfer, Outcome,
    Rest, Step, TransferId,
};

use crate::model::{Act, Came};

const COMMODITIES: [&str; 3] = ["AUD", "MNT", "BTC"];

pub fn account_id(number: u8) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(0xacc0 + u128::from(number)))
}

pub fn transfer_id(number: u8) -> TransferId {
    TransferId::from_uuid(Uuid::from_u128(0x7f00 + u128::from(number)))
}

pub fn group_id(number: u8) -> GroupId {
    GroupId::from_uuid(Uuid::from_u128(0x9200 + u128::from(number)))
}

pub fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

pub fn commodity(number: u8) -> CommodityCode {
    CommodityCode::parse(COMMODITIES[usize::from(number)]).unwrap()
}

pub fn limits(floor: Option<i128>, ceiling: Option<i128>) -> Limits {
    Limits { floor: floor.map(Amount::from_minor), ceiling: ceiling.map(Amount::from_minor) }
}

/// The day from which a transfer counts: that of its number.
pub fn day(number: u8) -> Date {
    time::date_from_days(20_000 + i32::from(number)).unwrap()
}

pub fn step(act: &Act) -> Step {
    let reverses = match *act {
        Act::Post { reverses, .. } => reverses.map(transfer_id),
        Act::Hold { reverses, .. } => reverses.then(|| transfer_id(0)),
        _ => None,
    };
    let transfer = |id: u8, movement: Movement| {
        Step::Transfer(NewTransfer {
            id: transfer_id(id),
            movement,
            code: 7,
            reference: Some(u128::from(id)).filter(|_| id.is_multiple_of(2)),
            effective: day(id),
            reverses,
        })
    };
    let amount = Amount::from_minor;
    match *act {
        Act::Define { commodity: code, scale } => {
            Step::DefineCommodity { code: commodity(code), scale }
        }
        Act::Open { account, shape } => Step::OpenAccount(NewAccount {
            id: account_id(account),
            commodity: commodity(shape.commodity),
            kind: match (shape.debit_normal, account % 2 == 0) {
                (true, true) => AccountKind::Asset,
                (true, false) => AccountKind::Expense,
                (false, true) => AccountKind::Liability,
                (false, false) => AccountKind::Income,
            },
            limits: limits(shape.floor, shape.ceiling),
            code: u16::from(account),
        }),
        Act::Limit { account, floor, ceiling } => {
            Step::SetLimits { account: account_id(account), limits: limits(floor, ceiling) }
        }
        Act::Close { account } => Step::CloseAccount { account: account_id(account) },
        Act::Freeze { account, frozen } => Step::Freeze { account: account_id(account), frozen },
        Act::Lock { until } => Step::LockPeriod { until: until.map(day) },
        Act::OpenGroup { .. }
        | Act::MoveAccount { .. }
        | Act::MoveGroup { .. }
        | Act::LimitGroup { .. } => chart_step(act),
        Act::Post { id, debit, credit, amount: minor, .. } => {
            let (debit, credit) = (account_id(debit), account_id(credit));
            transfer(id, Movement::Post { debit, credit, amount: amount(minor) })
        }
        Act::PostUpTo { id, debit, credit, maximum, balance_debit } => {
            let (debit, credit) = (account_id(debit), account_id(credit));
            let balancing = if balance_debit { Balancing::Debit } else { Balancing::Credit };
            let maximum = maximum.map(amount);
            transfer(id, Movement::PostUpTo { debit, credit, maximum, balancing })
        }
        Act::CloseInto { id, account, into } => {
            let (account, into) = (account_id(account), account_id(into));
            transfer(id, Movement::CloseInto { account, into })
        }
        Act::Hold { id, debit, credit, amount: minor, expires, .. } => {
            let (debit, credit) = (account_id(debit), account_id(credit));
            let expires = expires.map(at);
            transfer(id, Movement::Hold { debit, credit, amount: amount(minor), expires })
        }
        Act::PostHold { id, hold, amount: minor, keep } => {
            let (hold, amount) = (transfer_id(hold), minor.map(amount));
            let rest = if keep { Rest::Keep } else { Rest::Release };
            transfer(id, Movement::PostHold { hold, amount, rest })
        }
        Act::VoidHold { id, hold } => transfer(id, Movement::VoidHold { hold: transfer_id(hold) }),
    }
}

fn chart_step(act: &Act) -> Step {
    match *act {
        Act::OpenGroup { group, parent } => {
            Step::OpenGroup { group: group_id(group), parent: parent.map(group_id) }
        }
        Act::MoveAccount { account, group } => {
            Step::MoveAccount { account: account_id(account), group: group.map(group_id) }
        }
        Act::MoveGroup { group, parent } => {
            Step::MoveGroup { group: group_id(group), parent: parent.map(group_id) }
        }
        Act::LimitGroup { group, commodity: code, floor, ceiling } => Step::LimitGroup {
            group: group_id(group),
            commodity: commodity(code),
            limits: limits(floor, ceiling),
        },
        _ => unreachable!("not of the chart"),
    }
}

pub fn came(outcome: &Outcome) -> Came {
    match outcome {
        Outcome::Done { first_number, rejections, found } => Came::Done {
            first: *first_number,
            rejected: rejections
                .iter()
                .map(|rejection| (rejection.step as usize, rejection.reason.code()))
                .collect(),
            found: found.iter().map(|one| (one.step as usize, one.amount.minor())).collect(),
        },
        Outcome::Rejected(rejection) => {
            Came::Rejected { step: rejection.step as usize, code: rejection.reason.code() }
        }
        Outcome::Expired(_) => unreachable!("only ticks expire"),
    }
}
