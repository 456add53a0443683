//! What stands in a sealed column, and the bytes that it is.
//!
//! | bytes | what |
//! | --- | --- |
//! | 1 | version of this form, 1 |
//! | 16 | id of the party's key |
//! | 12 | nonce, random |
//! | as long as the content | the content under AES-256-GCM |
//! | 16 | tag |
//!
//! The tag also covers, as associated data, the first 17 bytes, the tenant, the row, and the names
//! of table and column: what is moved to another of these does not open. The length of the content
//! can be seen; nothing else of it can.

use std::fmt;
use std::marker::PhantomData;

use kernel::{TenantId, Uuid, typed_id};
use serde::Serialize;
use serde::de::DeserializeOwned;
use storage::crypto::{NONCE_BYTES, TAG_BYTES};
use storage::{FromValue, Value};
use zeroize::Zeroizing;

/// The version of the form.
pub(crate) const VERSION: u8 = 1;
/// Version and id of the key.
const HEAD_BYTES: usize = 17;
/// By how many bytes what is sealed is longer than its content.
pub const OVERHEAD_BYTES: usize = HEAD_BYTES + NONCE_BYTES + TAG_BYTES;
/// The longest content of one column of one row, in bytes.
pub const CONTENT_BYTES_MAX: usize = 1 << 20;

typed_id! {
    /// A key of a party.
    KeyId, "key"
}

/// A column that is sealed. Its type keeps what belongs to one column out of another.
pub trait Column: 'static {
    /// What stands in it once it is open.
    type Content: Content;
    /// The table.
    const TABLE: &'static str;
    /// The column.
    const NAME: &'static str;
}

/// Something that can be sealed.
pub trait Content: Sized {
    /// What its bytes are.
    const FORM: Form;

    /// Its bytes, wiped when they are let go.
    fn to_bytes(&self) -> Option<Zeroizing<Vec<u8>>>;

    /// Reads what [`Content::to_bytes`] wrote.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

/// What the bytes of a content are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Text.
    Text,
    /// JSON.
    Json,
    /// A key, which opens what is held elsewhere. It is sealed anew with its row, and left out of
    /// what is shown to people.
    Key,
}

/// Anything that is kept as JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct AsJson<T>(pub T);

/// The row that a column belongs to: what identifies it within its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// An id.
    pub id: Uuid,
    /// Which of the rows below the id.
    pub part: Part,
}

/// Which of the rows below an id. Tables that need only the id have the number 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// That with a number.
    Number(i64),
    /// That with a second id.
    Id(Uuid),
}

/// The sealed content of a column of one row. It can be written to that column, read from it, and
/// opened by an [`Opener`](crate::Opener): there is no way to print or serialise its content.
pub struct Sealed<C: Column> {
    bytes: Vec<u8>,
    column: PhantomData<fn() -> C>,
}

/// What came of opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened<T> {
    /// The content.
    Content(T),
    /// Its party was erased: nobody can open it any more.
    Erased,
}

/// The parts of what is sealed.
pub(crate) struct Parts<'a> {
    pub key: KeyId,
    pub head: &'a [u8],
    pub nonce: [u8; NONCE_BYTES],
    pub sealed: &'a [u8],
}

impl<C: Column> Sealed<C> {
    pub(crate) const fn of(bytes: Vec<u8>) -> Self {
        Self { bytes, column: PhantomData }
    }

    /// The key that opens it.
    #[must_use]
    pub fn key(&self) -> Option<KeyId> {
        parts(&self.bytes).map(|parts| parts.key)
    }

    /// As it is kept.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<T> Opened<T> {
    /// The content, where it can still be read.
    #[must_use]
    pub fn content(self) -> Option<T> {
        match self {
            Self::Content(content) => Some(content),
            Self::Erased => None,
        }
    }
}

/// What stands in front of nonce and content.
pub(crate) fn head(key: KeyId) -> [u8; HEAD_BYTES] {
    let mut head = [VERSION; HEAD_BYTES];
    head[1..].copy_from_slice(key.uuid().as_bytes());
    head
}

/// Takes apart what is sealed; nothing where it is not of this form.
pub(crate) fn parts(bytes: &[u8]) -> Option<Parts<'_>> {
    let (head, rest) = bytes.split_at_checked(HEAD_BYTES)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
    let (version, key) = head.split_first()?;
    if *version != VERSION || sealed.len() < TAG_BYTES {
        return None;
    }
    let key = KeyId::from_uuid(Uuid::from_slice(key).ok()?);
    Some(Parts { key, head, nonce: *nonce, sealed })
}

/// Where something stands.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub tenant: TenantId,
    pub table: &'static str,
    pub column: &'static str,
    pub row: RowKey,
}

impl Place {
    pub(crate) fn of<C: Column>(tenant: TenantId, row: RowKey) -> Self {
        Self { tenant, table: C::TABLE, column: C::NAME, row }
    }

    /// What the tag covers beside the content. Every part has a fixed length or says which it has,
    /// so that no two places are written alike.
    pub(crate) fn bound(&self, head: &[u8]) -> Vec<u8> {
        let mut bound = b"florin.sealed.1".to_vec();
        bound.extend_from_slice(head);
        bound.extend_from_slice(self.tenant.uuid().as_bytes());
        bound.extend_from_slice(self.row.id.as_bytes());
        match self.row.part {
            Part::Number(number) => {
                bound.push(1);
                bound.extend_from_slice(&number.to_be_bytes());
            }
            Part::Id(id) => {
                bound.push(2);
                bound.extend_from_slice(id.as_bytes());
            }
        }
        for name in [self.table, self.column] {
            bound.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
            bound.extend_from_slice(name.as_bytes());
        }
        bound
    }
}

impl FromValue for Part {
    const NAME: &'static str = "a number or an id";

    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).map(Self::Number).or_else(|| Uuid::from_value(value).map(Self::Id))
    }
}

impl From<Part> for Value {
    fn from(part: Part) -> Self {
        match part {
            Part::Number(number) => number.into(),
            Part::Id(id) => id.into(),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(out),
            Self::Id(id) => id.fmt(out),
        }
    }
}

impl Part {
    /// Reads what is displayed.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.parse().map(Self::Number).or_else(|_| text.parse().map(Self::Id)).ok()
    }
}

impl<C: Column> FromValue for Sealed<C> {
    const NAME: &'static str = "something sealed";

    fn from_value(value: &Value) -> Option<Self> {
        let bytes = Vec::<u8>::from_value(value)?;
        parts(&bytes).is_some().then_some(Self::of(bytes))
    }
}

impl<C: Column> From<Sealed<C>> for Value {
    fn from(sealed: Sealed<C>) -> Self {
        Self::Bytes(sealed.bytes)
    }
}

impl<C: Column> Clone for Sealed<C> {
    fn clone(&self) -> Self {
        Self::of(self.bytes.clone())
    }
}

impl<C: Column> fmt::Debug for Sealed<C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Sealed({}.{}, {} bytes)", C::TABLE, C::NAME, self.bytes.len())
    }
}

impl Content for String {
    const FORM: Form = Form::Text;

    fn to_bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        Some(Zeroizing::new(self.as_bytes().to_vec()))
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        String::from_utf8(bytes.to_vec()).ok()
    }
}

impl<T: Serialize + DeserializeOwned> Content for AsJson<T> {
    const FORM: Form = Form::Json;

    fn to_bytes(&self) -> Option<Zeroizing<Vec<u8>>> {
        serde_json::to_vec(&self.0).ok().map(Zeroizing::new)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().map(Self)
    }
}
