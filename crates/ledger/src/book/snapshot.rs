//! A book's whole state as parts, and a book from them. Each part begins with what it holds:
//!
//! | first byte | then, until its end |
//! | --- | --- |
//! | 0 book | count of transfers, count of accounts, last closed day 4, if any |
//! | 1 commodities | code, scale 1 |
//! | 2 groups | id 16, parent |
//! | 3 nodes | group, node above, commodity, posted, held, limits |
//! | 4 accounts | id 16, kind and flags 1, code 2, commodity, node, posted, limits, held |
//! | 5 open holds | id 16, debit, credit, amount, expiry 8 |
//! | 6 a slab of ids | from when in ms, last number |
//! | 7 the slab's ids | id 16 |
//! | 8 odd ids | id 16, number |
//! | 9 keys | id 16, body 16, first seen 8, outcome, count of transfers after it |
//! | 10 traces of odd ids | generation, its blocks and keys, first block, count, blocks 64 |
//! | 11 traces of keys | the same |
//!
//! Numbers and amounts are LEB128, amounts zigzag. What may be missing has a flag, or is one more
//! than its number, with 0 for none. The order is that of numbers and ids, so that the same state
//! gives the same bytes.

use std::iter;

use kernel::{Amount, Timestamp, time};
use storage::StorageError;
use storage::journal::{ByteReader, put_varint};

use super::accounts::{AccountState, Held};
use super::codec::{self, damaged};
use super::fields::{
    put_amount, put_code, put_limits, read_amount, read_code, read_date, read_limits,
};
use super::filter::Stretch;
use super::ids::Noted;
use super::keys::KeyState;
use super::state::{Book, CommodityState, HoldState};
use super::tree::{NO_NODE, Node, Tally};
use crate::model::{AccountKind, Limits};

/// Where a part ends, after its last item.
const PART_BYTES: usize = 1 << 20;

const BOOK: u8 = 0;
const COMMODITIES: u8 = 1;
const GROUPS: u8 = 2;
const NODES: u8 = 3;
const ACCOUNTS: u8 = 4;
const HOLDS: u8 = 5;
const SLAB: u8 = 6;
const SLAB_IDS: u8 = 7;
const ODD_IDS: u8 = 8;
const KEYS: u8 = 9;
const DROPPED_ODD_IDS: u8 = 10;
const DROPPED_KEYS: u8 = 11;

/// The blocks of a filter that are written together.
const BLOCKS: usize = 1_024;

const CLOSED: u8 = 1 << 3;
const FROZEN: u8 = 1 << 4;
const LIMITED: u8 = 1 << 5;
const HELD: u8 = 1 << 6;

impl Book {
    pub(super) fn write_parts(&self) -> impl Iterator<Item = Vec<u8>> + Send {
        let commodities = parts(COMMODITIES, self.commodities.iter(), |commodity, out| {
            put_code(commodity.code, out);
            out.push(commodity.scale);
        });
        let groups = parts(GROUPS, 0..self.tree.next_number(), |group, out| {
            out.extend_from_slice(&self.tree.id(group).to_be_bytes());
            put_number(self.tree.parent(group), out);
        });
        let nodes = parts(NODES, self.tree.nodes(), put_node);
        let accounts = parts(ACCOUNTS, 0..self.accounts.next_number(), |number, out| {
            self.put_account(number, out);
        });
        let holds = parts(HOLDS, self.holds.iter(), |(id, hold), out| put_hold(*id, hold, out));
        let ids = self.transfers.slabs().flat_map(slab_parts);
        let odd = parts(ODD_IDS, self.transfers.odd_ids().into_iter(), |(id, number), out| {
            out.extend_from_slice(&id.to_be_bytes());
            put_varint(u128::from(number), out);
        });
        let keys = parts(KEYS, self.keys.in_order(), |(id, transfers, state), out| {
            out.extend_from_slice(&id.to_be_bytes());
            out.extend_from_slice(&state.body.to_be_bytes());
            out.extend_from_slice(&state.first_seen.micros().to_be_bytes());
            codec::put_outcome(&state.outcome, out);
            put_varint(u128::from(transfers), out);
        });
        let dropped_odd =
            parts(DROPPED_ODD_IDS, self.transfers.dropped_odd().stretches(BLOCKS), put_stretch);
        let dropped_keys = parts(DROPPED_KEYS, self.keys.dropped().stretches(BLOCKS), put_stretch);
        let book = iter::once_with(|| self.book_part());
        let chart = book.chain(commodities).chain(groups).chain(nodes).chain(accounts);
        let ids = ids.chain(odd).chain(dropped_odd);
        chart.chain(holds).chain(ids).chain(keys).chain(dropped_keys)
    }

    fn book_part(&self) -> Vec<u8> {
        let mut part = vec![BOOK];
        put_varint(u128::from(self.transfer_count), &mut part);
        put_varint(u128::from(self.accounts.next_number()), &mut part);
        if let Some(until) = self.locked_until {
            part.extend_from_slice(&time::days_since_epoch(until).to_be_bytes());
        }
        part
    }

    fn put_account(&self, number: u32, out: &mut Vec<u8>) {
        let AccountState { posted, commodity, code, kind, closed, frozen, node } =
            *self.accounts.get(number);
        let (limits, held) = (self.accounts.limits(number), self.accounts.held(number));
        let flag = |flag: u8, set: bool| if set { flag } else { 0 };
        out.extend_from_slice(&self.accounts.id(number).to_be_bytes());
        out.push(
            kind.number()
                | flag(CLOSED, closed)
                | flag(FROZEN, frozen)
                | flag(LIMITED, limits != Limits::default())
                | flag(HELD, held != Held::default()),
        );
        out.extend_from_slice(&code.to_be_bytes());
        put_varint(u128::from(commodity), out);
        put_number((node != NO_NODE).then_some(node), out);
        put_amount(posted, out);
        if limits != Limits::default() {
            put_limits(limits, out);
        }
        if held != Held::default() {
            put_held(held, out);
        }
    }

    /// Takes the next part.
    pub(super) fn read_part(&mut self, part: &[u8]) -> Result<(), StorageError> {
        let mut reader = ByteReader::new(part);
        let kind = reader.u8()?;
        if kind == SLAB {
            let (start_ms, last) = (read_u64(&mut reader)?, read_u64(&mut reader)?);
            self.transfers.restore(Noted::Slab { start_ms, last });
        } else if kind == BOOK {
            self.transfer_count = read_u64(&mut reader)?;
            self.accounts.reserve(read_u32(&mut reader)?);
            self.transfers.restore(Noted::Begin);
            if !reader.is_empty() {
                let days = i32::from_be_bytes(reader.array()?);
                self.locked_until = Some(read_date(days)?);
            }
        }
        while !reader.is_empty() {
            match kind {
                COMMODITIES => self.read_commodity(&mut reader)?,
                GROUPS => {
                    let id = reader.u128()?;
                    let parent = read_number(&mut reader)?;
                    self.tree.push(id, parent);
                }
                NODES => self.tree.restore_node(read_node(&mut reader)?),
                ACCOUNTS => self.read_account(&mut reader)?,
                HOLDS => {
                    let (id, hold) = read_hold(&mut reader)?;
                    self.add_hold(id, hold);
                }
                SLAB_IDS => self.transfers.restore(Noted::Id(reader.u128()?)),
                ODD_IDS => {
                    let (id, number) = (reader.u128()?, read_u64(&mut reader)?);
                    self.transfers.restore(Noted::Odd { id, number });
                }
                KEYS => {
                    let (id, body) = (reader.u128()?, reader.u128()?);
                    let first_seen = Timestamp::from_micros(reader.i64()?);
                    let outcome = codec::read_outcome(&mut reader)?;
                    let transfers = read_u64(&mut reader)?;
                    self.keys.note(id, KeyState { body, first_seen, outcome }, transfers);
                }
                DROPPED_ODD_IDS | DROPPED_KEYS => {
                    let stretch = read_stretch(&mut reader)?;
                    let fits = match kind {
                        DROPPED_KEYS => self.keys.restore_dropped(&stretch),
                        _ => self.transfers.restore_dropped_odd(&stretch),
                    };
                    if !fits {
                        return Err(damaged("a filter"));
                    }
                }
                _ => return Err(damaged("a part of a snapshot")),
            }
        }
        Ok(())
    }

    fn read_commodity(&mut self, reader: &mut ByteReader<'_>) -> Result<(), StorageError> {
        let commodity = CommodityState { code: read_code(reader)?, scale: reader.u8()? };
        let number = u32::try_from(self.commodities.len()).unwrap_or(u32::MAX);
        self.commodity_numbers.insert(commodity.code, number);
        self.commodities.push(commodity);
        Ok(())
    }

    fn read_account(&mut self, reader: &mut ByteReader<'_>) -> Result<(), StorageError> {
        let (id, flags, code) = (reader.u128()?, reader.u8()?, reader.u16()?);
        let kind = AccountKind::from_number(flags & (CLOSED - 1));
        let state = AccountState {
            kind: kind.ok_or_else(|| damaged("a kind"))?,
            closed: flags & CLOSED != 0,
            frozen: flags & FROZEN != 0,
            code,
            commodity: read_u32(reader)?,
            node: read_number(reader)?.unwrap_or(NO_NODE),
            posted: read_amount(reader)?,
        };
        let number = self.accounts.push(id, state);
        if flags & LIMITED != 0 {
            self.accounts.set_limits(number, read_limits(reader)?);
        }
        if flags & HELD != 0 {
            self.accounts.set_held(number, read_held(reader)?);
        }
        Ok(())
    }
}

/// Parts of items of one kind.
fn parts<T>(
    kind: u8,
    mut items: impl Iterator<Item = T> + Send,
    put: impl Fn(T, &mut Vec<u8>) + Send,
) -> impl Iterator<Item = Vec<u8>> + Send {
    iter::from_fn(move || {
        let first = items.next()?;
        let mut part = vec![kind];
        put(first, &mut part);
        while part.len() < PART_BYTES {
            let Some(item) = items.next() else { break };
            put(item, &mut part);
        }
        Some(part)
    })
}

/// The parts of a slab: its head, and its ids.
fn slab_parts(
    (start_ms, last, ids): (u64, u64, Vec<u128>),
) -> impl Iterator<Item = Vec<u8>> + Send {
    let mut head = vec![SLAB];
    put_varint(u128::from(start_ms), &mut head);
    put_varint(u128::from(last), &mut head);
    let ids = parts(SLAB_IDS, ids.into_iter(), |id, out| {
        out.extend_from_slice(&id.to_be_bytes());
    });
    iter::once(head).chain(ids)
}

fn put_stretch(stretch: Stretch, out: &mut Vec<u8>) {
    let Stretch { generation, blocks, keys, from, words } = stretch;
    for number in [generation, blocks, keys, from, words.len()] {
        put_varint(number as u128, out);
    }
    words.as_flattened().iter().for_each(|word| out.extend_from_slice(&word.to_be_bytes()));
}

fn read_stretch(reader: &mut ByteReader<'_>) -> Result<Stretch, StorageError> {
    let mut number = || -> Result<usize, StorageError> {
        usize::try_from(reader.varint()?).map_err(|_| damaged("a filter"))
    };
    let (generation, blocks, keys, from) = (number()?, number()?, number()?, number()?);
    let count = number()?.min(BLOCKS);
    let mut words = vec![[0; 8]; count];
    for word in words.as_flattened_mut() {
        *word = u64::from_be_bytes(reader.array()?);
    }
    Ok(Stretch { generation, blocks, keys, from, words })
}

fn put_node(node: &Node, out: &mut Vec<u8>) {
    let Node { group, parent, commodity, tally, limits } = node;
    put_varint(u128::from(*group), out);
    put_number((*parent != NO_NODE).then_some(*parent), out);
    put_varint(u128::from(*commodity), out);
    put_amount(tally.posted, out);
    put_held(tally.held, out);
    put_limits(*limits, out);
}

fn read_node(reader: &mut ByteReader<'_>) -> Result<Node, StorageError> {
    Ok(Node {
        group: read_u32(reader)?,
        parent: read_number(reader)?.unwrap_or(NO_NODE),
        commodity: read_u32(reader)?,
        tally: Tally { posted: read_amount(reader)?, held: read_held(reader)? },
        limits: read_limits(reader)?,
    })
}

fn put_hold(id: u128, hold: &HoldState, out: &mut Vec<u8>) {
    let HoldState { debit, credit, amount, expires } = *hold;
    out.extend_from_slice(&id.to_be_bytes());
    put_varint(u128::from(debit), out);
    put_varint(u128::from(credit), out);
    put_amount(amount, out);
    // No hold expires at the end of time.
    let expires = expires.map_or(i64::MAX, Timestamp::micros);
    out.extend_from_slice(&expires.to_be_bytes());
}

fn read_hold(reader: &mut ByteReader<'_>) -> Result<(u128, HoldState), StorageError> {
    let (id, debit, credit) = (reader.u128()?, read_u32(reader)?, read_u32(reader)?);
    let (amount, micros) = (read_amount(reader)?, reader.i64()?);
    let expires = (micros != i64::MAX).then(|| Timestamp::from_micros(micros));
    Ok((id, HoldState { debit, credit, amount, expires }))
}

fn put_held(held: Held, out: &mut Vec<u8>) {
    put_amount(held.debit, out);
    put_amount(held.credit, out);
}

fn read_held(reader: &mut ByteReader<'_>) -> Result<Held, StorageError> {
    let (debit, credit): (Amount, Amount) = (read_amount(reader)?, read_amount(reader)?);
    Ok(Held { debit, credit })
}

/// A number that may be missing.
fn put_number(number: Option<u32>, out: &mut Vec<u8>) {
    put_varint(number.map_or(0, |number| u128::from(number) + 1), out);
}

fn read_number(reader: &mut ByteReader<'_>) -> Result<Option<u32>, StorageError> {
    let number = reader.varint()?.checked_sub(1);
    number.map(u32::try_from).transpose().map_err(|_| damaged("a number"))
}

fn read_u32(reader: &mut ByteReader<'_>) -> Result<u32, StorageError> {
    u32::try_from(reader.varint()?).map_err(|_| damaged("a number"))
}

fn read_u64(reader: &mut ByteReader<'_>) -> Result<u64, StorageError> {
    u64::try_from(reader.varint()?).map_err(|_| damaged("a number"))
}
