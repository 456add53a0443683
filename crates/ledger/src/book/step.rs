//! How one step is written: a byte of kind, then its fields. Amounts are varints, those that may be
//! negative with their sign in the lowest bit.

use kernel::{Amount, CommodityCode, Timestamp, Uuid, time};
use storage::StorageError;
use storage::journal::{ByteReader, put_varint, unzigzag, zigzag};

use super::codec::damaged;
use super::state::Book;
use crate::model::{
    AccountId, AccountKind, Limits, Movement, NewAccount, NewTransfer, Step, TransferId,
};

const DEFINE_COMMODITY: u8 = 1;
const OPEN_ACCOUNT: u8 = 2;
const SET_LIMITS: u8 = 3;
const CLOSE_ACCOUNT: u8 = 4;
const POST: u8 = 5;
const HOLD: u8 = 6;
const POST_HOLD: u8 = 7;
const VOID_HOLD: u8 = 8;

/// Set in the flags of a transfer.
const WITH_REFERENCE: u8 = 1;
const WITH_OPTION: u8 = 2;

/// How an entry names accounts.
pub(super) trait Names {
    fn put_account(&self, id: AccountId, out: &mut Vec<u8>);
    fn account(&self, reader: &mut ByteReader<'_>) -> Result<AccountId, StorageError>;
}

/// By their 16 bytes.
pub(super) struct ById;

impl Names for ById {
    fn put_account(&self, id: AccountId, out: &mut Vec<u8>) {
        out.extend_from_slice(id.uuid().as_bytes());
    }

    fn account(&self, reader: &mut ByteReader<'_>) -> Result<AccountId, StorageError> {
        Ok(AccountId::from_uuid(Uuid::from_u128(reader.u128()?)))
    }
}

/// By their number in the book.
impl Names for Book {
    fn put_account(&self, id: AccountId, out: &mut Vec<u8>) {
        let number = self.account_numbers.get(&id.uuid().as_u128()).copied();
        put_varint(u128::from(number.unwrap_or(u32::MAX)), out);
    }

    fn account(&self, reader: &mut ByteReader<'_>) -> Result<AccountId, StorageError> {
        let number = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
        let state = self.accounts.get(number).ok_or_else(|| damaged("an account"))?;
        Ok(AccountId::from_uuid(Uuid::from_u128(state.id)))
    }
}

/// By their number in a list.
impl Names for [AccountId] {
    fn put_account(&self, id: AccountId, out: &mut Vec<u8>) {
        let number = self.iter().position(|known| *known == id);
        put_varint(number.map_or(u128::from(u32::MAX), |number| number as u128), out);
    }

    fn account(&self, reader: &mut ByteReader<'_>) -> Result<AccountId, StorageError> {
        let number = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
        self.get(number).copied().ok_or_else(|| damaged("an account"))
    }
}

pub(super) fn put_step<N: Names + ?Sized>(names: &N, step: &Step, out: &mut Vec<u8>) {
    match step {
        Step::DefineCommodity { code, scale } => {
            out.push(DEFINE_COMMODITY);
            put_code(*code, out);
            out.push(*scale);
        }
        Step::OpenAccount(account) => {
            out.push(OPEN_ACCOUNT);
            out.extend_from_slice(account.id.uuid().as_bytes());
            put_code(account.commodity, out);
            out.push(account.kind.number());
            put_limits(account.limits, out);
            out.extend_from_slice(&account.code.to_be_bytes());
        }
        Step::SetLimits { account, limits } => {
            out.push(SET_LIMITS);
            names.put_account(*account, out);
            put_limits(*limits, out);
        }
        Step::CloseAccount { account } => {
            out.push(CLOSE_ACCOUNT);
            names.put_account(*account, out);
        }
        Step::Transfer(transfer) => put_transfer(names, transfer, out),
    }
}

/// What a transfer says, in bytes that depend on nothing else; its digest is made over them.
pub(super) fn transfer_bytes(transfer: &NewTransfer) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(96);
    put_transfer(&ById, transfer, &mut bytes);
    bytes
}

fn put_transfer<N: Names + ?Sized>(names: &N, transfer: &NewTransfer, out: &mut Vec<u8>) {
    let (kind, option) = match transfer.movement {
        Movement::Post { .. } => (POST, false),
        Movement::Hold { expires, .. } => (HOLD, expires.is_some()),
        Movement::PostHold { amount, .. } => (POST_HOLD, amount.is_some()),
        Movement::VoidHold { .. } => (VOID_HOLD, false),
    };
    let reference = if transfer.reference.is_some() { WITH_REFERENCE } else { 0 };
    out.push(kind);
    out.push(reference | if option { WITH_OPTION } else { 0 });
    out.extend_from_slice(transfer.id.uuid().as_bytes());
    out.extend_from_slice(&transfer.code.to_be_bytes());
    put_varint(zigzag(i128::from(time::days_since_epoch(transfer.effective))), out);
    transfer.reference.iter().for_each(|hash| out.extend_from_slice(&hash.to_be_bytes()));
    match transfer.movement {
        Movement::Post { debit, credit, amount } => {
            put_pair(names, debit, credit, amount, out);
        }
        Movement::Hold { debit, credit, amount, expires } => {
            put_pair(names, debit, credit, amount, out);
            expires.iter().for_each(|time| out.extend_from_slice(&time.micros().to_be_bytes()));
        }
        Movement::PostHold { hold, amount } => {
            out.extend_from_slice(hold.uuid().as_bytes());
            amount.iter().for_each(|amount| put_varint(zigzag(amount.minor()), out));
        }
        Movement::VoidHold { hold } => out.extend_from_slice(hold.uuid().as_bytes()),
    }
}

fn put_pair<N: Names + ?Sized>(
    names: &N,
    debit: AccountId,
    credit: AccountId,
    amount: Amount,
    out: &mut Vec<u8>,
) {
    names.put_account(debit, out);
    names.put_account(credit, out);
    put_varint(zigzag(amount.minor()), out);
}

pub(super) fn read_step<N: Names + ?Sized>(
    names: &N,
    reader: &mut ByteReader<'_>,
) -> Result<Step, StorageError> {
    match reader.u8()? {
        DEFINE_COMMODITY => {
            Ok(Step::DefineCommodity { code: read_code(reader)?, scale: reader.u8()? })
        }
        OPEN_ACCOUNT => Ok(Step::OpenAccount(NewAccount {
            id: AccountId::from_uuid(Uuid::from_u128(reader.u128()?)),
            commodity: read_code(reader)?,
            kind: AccountKind::from_number(reader.u8()?).ok_or_else(|| damaged("a kind"))?,
            limits: read_limits(reader)?,
            code: reader.u16()?,
        })),
        SET_LIMITS => {
            Ok(Step::SetLimits { account: names.account(reader)?, limits: read_limits(reader)? })
        }
        CLOSE_ACCOUNT => Ok(Step::CloseAccount { account: names.account(reader)? }),
        kind @ (POST | HOLD | POST_HOLD | VOID_HOLD) => {
            read_transfer(names, kind, reader).map(Step::Transfer)
        }
        _ => Err(damaged("a step")),
    }
}

fn read_transfer<N: Names + ?Sized>(
    names: &N,
    kind: u8,
    reader: &mut ByteReader<'_>,
) -> Result<NewTransfer, StorageError> {
    let flags = reader.u8()?;
    let option = flags & WITH_OPTION != 0;
    let id = read_transfer_id(reader)?;
    let code = reader.u16()?;
    let days = i32::try_from(unzigzag(reader.varint()?)).map_err(|_| damaged("a date"))?;
    let effective = time::date_from_days(days).map_err(|_| damaged("a date"))?;
    let reference = if flags & WITH_REFERENCE == 0 { None } else { Some(reader.u128()?) };
    let movement = match kind {
        POST => {
            let (debit, credit) = (names.account(reader)?, names.account(reader)?);
            Movement::Post { debit, credit, amount: read_amount(reader)? }
        }
        HOLD => {
            let (debit, credit) = (names.account(reader)?, names.account(reader)?);
            let amount = read_amount(reader)?;
            let expires = match option {
                true => Some(Timestamp::from_micros(reader.i64()?)),
                false => None,
            };
            Movement::Hold { debit, credit, amount, expires }
        }
        POST_HOLD => {
            let hold = read_transfer_id(reader)?;
            let amount = if option { Some(read_amount(reader)?) } else { None };
            Movement::PostHold { hold, amount }
        }
        _ => Movement::VoidHold { hold: read_transfer_id(reader)? },
    };
    Ok(NewTransfer { id, movement, code, reference, effective })
}

fn read_transfer_id(reader: &mut ByteReader<'_>) -> Result<TransferId, StorageError> {
    Ok(TransferId::from_uuid(Uuid::from_u128(reader.u128()?)))
}

fn read_amount(reader: &mut ByteReader<'_>) -> Result<Amount, StorageError> {
    Amount::try_from_minor(unzigzag(reader.varint()?)).map_err(|_| damaged("an amount"))
}

fn put_code(code: CommodityCode, out: &mut Vec<u8>) {
    let text = code.as_str().as_bytes();
    put_varint(text.len() as u128, out);
    out.extend_from_slice(text);
}

fn read_code(reader: &mut ByteReader<'_>) -> Result<CommodityCode, StorageError> {
    let length = usize::try_from(reader.varint()?).map_err(|_| damaged("a code"))?;
    let text = std::str::from_utf8(reader.bytes(length)?).map_err(|_| damaged("a code"))?;
    CommodityCode::parse(text).map_err(|_| damaged("a code"))
}

fn put_limits(limits: Limits, out: &mut Vec<u8>) {
    let Limits { floor, ceiling } = limits;
    out.push(u8::from(floor.is_some()) | u8::from(ceiling.is_some()) << 1);
    let bounds = [floor, ceiling].into_iter().flatten();
    bounds.for_each(|bound| put_varint(zigzag(bound.minor()), out));
}

fn read_limits(reader: &mut ByteReader<'_>) -> Result<Limits, StorageError> {
    let flags = reader.u8()?;
    let floor = if flags & 1 == 0 { None } else { Some(read_amount(reader)?) };
    let ceiling = if flags & 2 == 0 { None } else { Some(read_amount(reader)?) };
    Ok(Limits { floor, ceiling })
}
