//! Sorted runs: what accounts saw, and where ids and references stand, as bytes.
//!
//! A run holds the entries of a contiguous range of transfers, sorted by key, cut into pieces. All
//! entries of one key stand in pieces that begin with it, or, where none does, in the last piece
//! that begins with a smaller one: so that one look finds them.
//!
//! A piece of postings is a list of groups: account varint, count varint, then for each posting:
//! number varint and effective day (zigzag varint), each but the first as the difference from the
//! one before; between them the amount (zigzag varint, debits positive, zero where the transfer
//! moved nothing), and last the balance after it (zigzag varint).
//!
//! A piece of places is a list of: count of leading bytes shared with the key before, the other
//! bytes of the key, number (zigzag varint) as the difference from the one before.

use kernel::Amount;
use storage::StorageError;
use storage::journal::{ByteReader, put_varint, unzigzag, zigzag};

/// What a transfer changed on one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Posting {
    /// The account's number.
    pub account: u32,
    /// The transfer's number.
    pub number: u64,
    /// The change, debits positive; zero where the transfer moved nothing.
    pub amount: Amount,
    /// The posted balance after it, debits positive.
    pub balance: Amount,
    /// The day from which it counts, after the epoch.
    pub effective: i32,
}

/// Where the transfer with a key stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub key: u128,
    pub number: u64,
}

/// A part of a run: its first key, the number of its first transfer, its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub key: Vec<u8>,
    pub number: u64,
    pub body: Vec<u8>,
}

/// The key of an account's postings.
pub(crate) fn account_key(account: u32) -> Vec<u8> {
    account.to_be_bytes().to_vec()
}

/// Cuts postings, sorted by account and number, into pieces of at most about `bytes_max`.
pub(crate) fn cut_postings(postings: &[Posting], bytes_max: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut open: Option<Piece> = None;
    for group in postings.chunk_by(|one, other| one.account == other.account) {
        let bytes = group_bytes(group);
        if bytes.len() > bytes_max {
            pieces.extend(open.take());
            cut_group(group, bytes_max, &mut pieces);
            continue;
        }
        let is_full = open.as_ref().is_some_and(|piece| piece.body.len() + bytes.len() > bytes_max);
        if is_full {
            pieces.extend(open.take());
        }
        match &mut open {
            Some(piece) => piece.body.extend_from_slice(&bytes),
            None => open = Some(piece_of(group, bytes)),
        }
    }
    pieces.extend(open);
    pieces
}

/// Cuts one account's postings into pieces of its own.
fn cut_group(group: &[Posting], bytes_max: usize, pieces: &mut Vec<Piece>) {
    let bytes = group_bytes(group);
    if bytes.len() <= bytes_max || group.len() < 2 {
        pieces.extend((!group.is_empty()).then(|| piece_of(group, bytes)));
        return;
    }
    let parts = bytes.len().div_ceil(bytes_max).max(2);
    for part in group.chunks(group.len().div_ceil(parts)) {
        cut_group(part, bytes_max, pieces);
    }
}

fn piece_of(group: &[Posting], body: Vec<u8>) -> Piece {
    let first = group.first();
    Piece {
        key: account_key(first.map_or(0, |posting| posting.account)),
        number: first.map_or(0, |posting| posting.number),
        body,
    }
}

fn group_bytes(group: &[Posting]) -> Vec<u8> {
    let mut out = Vec::with_capacity(group.len() * 12);
    let Some(first) = group.first() else { return out };
    put_varint(u128::from(first.account), &mut out);
    put_varint(group.len() as u128, &mut out);
    let (mut number, mut effective) = (0, 0);
    for posting in group {
        put_varint(u128::from(posting.number - number), &mut out);
        put_varint(zigzag(posting.amount.minor()), &mut out);
        put_varint(zigzag(i128::from(posting.effective) - i128::from(effective)), &mut out);
        put_varint(zigzag(posting.balance.minor()), &mut out);
        (number, effective) = (posting.number, posting.effective);
    }
    out
}

/// Reads a piece's postings of one account, or of all.
pub(crate) fn read_postings(
    body: &[u8],
    account: Option<u32>,
    out: &mut Vec<Posting>,
) -> Result<(), StorageError> {
    let mut reader = ByteReader::new(body);
    while !reader.is_empty() {
        let owner: u32 = small(reader.varint()?)?;
        let count: u64 = small(reader.varint()?)?;
        if account.is_some_and(|account| account != owner) {
            reader.skip_varints(count.checked_mul(4).ok_or_else(damaged)?)?;
            continue;
        }
        let (mut number, mut effective) = (0_u64, 0_i32);
        for _ in 0..count {
            let later: u64 = small(reader.varint()?)?;
            number = number.checked_add(later).ok_or_else(damaged)?;
            let amount = amount(&mut reader)?;
            let days = i32::try_from(unzigzag(reader.varint()?)).map_err(|_| damaged())?;
            effective = effective.checked_add(days).ok_or_else(damaged)?;
            let balance = self::amount(&mut reader)?;
            out.push(Posting { account: owner, number, amount, balance, effective });
        }
    }
    Ok(())
}

/// Cuts places, sorted, into pieces of at most about `bytes_max`.
pub(crate) fn cut_places(places: &[Place], bytes_max: usize) -> Vec<Piece> {
    let (mut pieces, mut open) = (Vec::new(), OpenPlaces::default());
    for group in places.chunk_by(|one, other| one.key == other.key) {
        let bytes = PLACE_BYTES_MAX + group.len() * NUMBER_BYTES_MAX;
        if open.body.len() + bytes > bytes_max {
            pieces.extend(open.close());
        }
        if bytes <= bytes_max {
            group.iter().for_each(|place| open.put(*place));
            continue;
        }
        for part in group.chunks((bytes_max / NUMBER_BYTES_MAX).max(1)) {
            part.iter().for_each(|place| open.put(*place));
            pieces.extend(open.close());
        }
    }
    pieces.extend(open.close());
    pieces
}

/// The most that a place's key takes, and the most that its number does.
const PLACE_BYTES_MAX: usize = 17;
const NUMBER_BYTES_MAX: usize = 11;

/// A piece of places that is being written.
#[derive(Default)]
struct OpenPlaces {
    first: Option<Place>,
    last: Place,
    body: Vec<u8>,
}

impl OpenPlaces {
    fn put(&mut self, place: Place) {
        self.first.get_or_insert(place);
        let shared = ((place.key ^ self.last.key).leading_zeros() / 8) as usize;
        self.body.push(u8::try_from(shared).unwrap_or(0));
        self.body.extend_from_slice(&place.key.to_be_bytes()[shared..]);
        let later = i128::from(place.number) - i128::from(self.last.number);
        put_varint(zigzag(later), &mut self.body);
        self.last = place;
    }

    fn close(&mut self) -> Option<Piece> {
        let Self { first, body, .. } = std::mem::take(self);
        let Place { key, number } = first?;
        Some(Piece { key: key.to_be_bytes().to_vec(), number, body })
    }
}

/// Reads a piece's places.
pub(crate) fn read_places(body: &[u8], out: &mut Vec<Place>) -> Result<(), StorageError> {
    let mut reader = ByteReader::new(body);
    let mut before = Place { key: 0, number: 0 };
    while !reader.is_empty() {
        let shared = usize::from(reader.u8()?);
        let mut bytes = before.key.to_be_bytes();
        let rest = bytes.get_mut(shared..).ok_or_else(damaged)?;
        rest.copy_from_slice(reader.bytes(rest.len())?);
        let later = unzigzag(reader.varint()?);
        let number = i128::from(before.number).checked_add(later).ok_or_else(damaged)?;
        let number = u64::try_from(number).map_err(|_| damaged())?;
        before = Place { key: u128::from_be_bytes(bytes), number };
        out.push(before);
    }
    Ok(())
}

fn amount(reader: &mut ByteReader<'_>) -> Result<Amount, StorageError> {
    Amount::try_from_minor(unzigzag(reader.varint()?)).map_err(|_| damaged())
}

fn small<T: TryFrom<u128>>(number: u128) -> Result<T, StorageError> {
    T::try_from(number).map_err(|_| damaged())
}

fn damaged() -> StorageError {
    StorageError::Damaged { text: "a run of the ledger's tables cannot be read".to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn postings() -> impl Strategy<Value = Vec<Posting>> {
        let posting = (0_u32..5, 1_u64..9_000, -90_i128..90, any::<i64>(), -800_000_i32..800_000)
            .prop_map(|(account, number, amount, balance, effective)| Posting {
                account,
                number,
                amount: Amount::from_minor(amount),
                balance: Amount::from_minor(i128::from(balance) << 30),
                effective,
            });
        prop::collection::vec(posting, 0..200).prop_map(|mut postings| {
            postings.sort_by_key(|posting| (posting.account, posting.number));
            postings
        })
    }

    /// The pieces in which one look finds a key.
    fn found<'a>(pieces: &'a [Piece], key: &[u8]) -> impl Iterator<Item = &'a Piece> {
        let first = pieces.iter().filter(|piece| *piece.key <= *key).map(|piece| &piece.key).max();
        pieces.iter().filter(move |piece| Some(&piece.key) == first)
    }

    proptest! {
        #[test]
        fn postings_are_read_as_they_were_written(postings in postings(), bytes in 30_usize..400) {
            let pieces = cut_postings(&postings, bytes);
            let mut all = Vec::new();
            for piece in &pieces {
                prop_assert!(piece.body.len() <= bytes.max(60));
                read_postings(&piece.body, None, &mut all).unwrap();
            }
            prop_assert_eq!(&all, &postings);
            for account in 0..5 {
                let mut mine = Vec::new();
                for piece in found(&pieces, &account_key(account)) {
                    read_postings(&piece.body, Some(account), &mut mine).unwrap();
                }
                let expected = postings.iter().filter(|posting| posting.account == account);
                prop_assert!(mine.iter().eq(expected));
            }
        }

        #[test]
        fn places_are_read_as_they_were_written(
            keys in prop::collection::vec((any::<u128>(), 0_u32..135, 1_u64..9_000), 0..200),
            bytes in 30_usize..400,
        ) {
            let place = |(key, shift, number): (u128, u32, u64)| Place {
                key: key.checked_shr(shift).unwrap_or(7),
                number,
            };
            let mut places: Vec<Place> = keys.into_iter().map(place).collect();
            places.sort_unstable();
            let pieces = cut_places(&places, bytes);
            for place in &places {
                let mut read = Vec::new();
                for piece in found(&pieces, &place.key.to_be_bytes()) {
                    read_places(&piece.body, &mut read).unwrap();
                }
                prop_assert!(read.contains(place));
            }
        }

        #[test]
        fn no_bytes_make_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = read_postings(&bytes, None, &mut Vec::new());
            let _ = read_places(&bytes, &mut Vec::new());
        }
    }
}
