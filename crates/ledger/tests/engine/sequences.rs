//! Random sequences of commands, most of which can be accepted.

use proptest::prelude::*;

use super::model::{Act, Shape};

fn acts() -> impl Strategy<Value = Act> {
    let account = 0_u8..8;
    // Most pairs count the same thing.
    let pair = prop_oneof![
        6 => (0_u8..4, 0_u8..4),
        2 => (4_u8..6, 4_u8..6),
        2 => (account.clone(), account.clone()),
    ];
    let id = 0_u8..200;
    // Few ids for holds, so that most that are posted or voided are there.
    let hold = 0_u8..16;
    let expires = prop::option::of(0_i64..400);
    let reversed = prop::option::weighted(0.3, 0_u8..8);
    let amount = prop_oneof![20 => 1_i128..50, 2 => -3_i128..=0, 1 => Just(i128::MAX)];
    let maximum = prop::option::of(amount.clone());
    let bound =
        prop_oneof![3 => Just(None), 2 => Just(Some(0)), 1 => (-60_i128..60).prop_map(Some)];
    let group = 0_u8..6;
    let above = prop::option::weighted(0.8, group.clone());
    let shape = (0_u8..3, any::<bool>(), bound.clone(), bound.clone()).prop_map(
        |(commodity, debit_normal, floor, ceiling)| Shape {
            commodity: commodity / 2,
            debit_normal,
            floor,
            ceiling,
        },
    );
    prop_oneof![
        1 => (0_u8..3, 0_u8..3).prop_map(|(commodity, scale)| {
            Act::Define { commodity, scale: scale / 2 }
        }),
        3 => (account.clone(), shape).prop_map(|(account, shape)| Act::Open { account, shape }),
        4 => (group, above, account.clone(), bound.clone(), bound.clone(), 0..8_u8).prop_map(
            |(group, parent, account, floor, ceiling, dice)| match dice {
                0..2 => Act::OpenGroup { group, parent },
                2..5 => Act::MoveAccount { account, group: parent },
                5 => Act::MoveGroup { group, parent },
                _ => Act::LimitGroup { group, commodity: dice - 6, floor, ceiling },
            }
        ),
        1 => (account.clone(), bound.clone(), bound).prop_map(|(account, floor, ceiling)| {
            Act::Limit { account, floor, ceiling }
        }),
        1 => (account.clone(), id.clone(), 0..8).prop_map(|(account, id, dice)| match dice {
            3 => Act::Lock { until: (id > 5).then_some(id / 10) },
            0 => Act::Close { account },
            4 if id < 20 => Act::CloseInto { id, account, into: id % 8 },
            1 | 2 => Act::Freeze { account, frozen: dice == 1 },
            _ => Act::Define { commodity: account % 2, scale: 0 },
        }),
        8 => (id.clone(), pair.clone(), amount.clone(), reversed.clone())
            .prop_map(|(id, (debit, credit), amount, reverses)| {
                Act::Post { id, debit, credit, amount, reverses }
            }),
        3 => (id.clone(), pair.clone(), maximum, any::<bool>()).prop_map(
            |(id, (debit, credit), maximum, balance_debit)| {
                Act::PostUpTo { id, debit, credit, maximum, balance_debit }
            }
        ),
        4 => (hold.clone(), pair, amount.clone(), expires, reversed)
            .prop_map(|(id, (debit, credit), amount, expires, reverses)| {
                let reverses = reverses.is_some_and(|original: u8| original.is_multiple_of(4));
                Act::Hold { id, debit, credit, amount, expires, reverses }
            }),
        3 => (id.clone(), hold.clone(), prop::option::of(amount), any::<bool>())
            .prop_map(|(id, hold, amount, keep)| Act::PostHold { id, hold, amount, keep }),
        2 => (id, hold).prop_map(|(id, hold)| Act::VoidHold { id, hold }),
    ]
}

/// A command of the test: its acts, its key, the time that passes before it, and whether it is
/// first executed and undone.
#[derive(Clone, Debug)]
pub struct Sent {
    pub acts: Vec<Act>,
    pub key: Option<(u8, u8)>,
    pub wait: i64,
    pub undone: bool,
    pub repeats: bool,
    pub each: bool,
}

pub fn sequences() -> impl Strategy<Value = Vec<Sent>> {
    let key = prop::option::weighted(0.2, (0_u8..12, 0_u8..2));
    let sent =
        (prop::collection::vec(acts(), 0..5), key, 0_i64..20, any::<bool>(), 0..5, any::<bool>())
            .prop_map(|(acts, key, wait, undone, dice, each)| Sent {
                acts,
                key,
                wait,
                undone,
                repeats: dice == 0,
                each,
            });
    (prop::collection::vec(sent, 1..60), any::<bool>()).prop_map(|(mut sequence, grouped)| {
        // Every book begins with its commodities and some accounts, or little would be accepted.
        let mut first: Vec<Act> =
            (0..2).map(|commodity| Act::Define { commodity, scale: 0 }).collect();
        for account in 0..6 {
            let (debit_normal, commodity) = (account % 4 < 2, account / 4);
            let shape = Shape { commodity, debit_normal, floor: None, ceiling: None };
            first.push(Act::Open { account, shape });
        }
        if grouped {
            for (group, parent) in [(0, None), (1, Some(0)), (2, Some(0)), (3, Some(1))] {
                first.push(Act::OpenGroup { group, parent });
            }
            for (account, group) in [(0, 1), (1, 2), (2, 3), (4, 3), (5, 2)] {
                first.push(Act::MoveAccount { account, group: Some(group) });
            }
        }
        let (key, wait, undone, repeats, each) = (None, 1, true, true, false);
        sequence.insert(0, Sent { acts: first, key, wait, undone, repeats, each });
        sequence
    })
}
