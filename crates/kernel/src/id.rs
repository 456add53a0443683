//! Prefixed, sortable ids: TypeID 0.3 (a lower-case prefix, an underscore, a UUID in Crockford's
//! base 32), over UUIDv7 where the time of creation tells nothing, random where it would.
//!
//! Source: the TypeID specification, version 0.3.0.

use std::fmt;

use uuid::Uuid;

/// The letters of Crockford's base 32 in the lower case that TypeID uses.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 128 bits, five a letter.
const SUFFIX_LENGTH: usize = 26;
/// What each byte stands for as a letter.
const DIGITS: [u8; 256] = digits();
/// A byte that is no letter: more than any digit, also where both are put together.
const NO_DIGIT: u8 = 32;

const fn digits() -> [u8; 256] {
    let (mut digits, mut digit) = ([NO_DIGIT; 256], 0);
    while digit < NO_DIGIT {
        digits[ALPHABET[digit as usize] as usize] = digit;
        digit += 1;
    }
    digits
}

/// Why a text is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The id of something else, or of nothing.
    #[error("{found:?} is not an id that begins with {expected}_")]
    Prefix {
        /// The prefix it must have.
        expected: &'static str,
        /// The text, shortened.
        found: String,
    },
    /// The part after the underscore is not 26 letters of base 32, or stands for over 128 bits.
    #[error("{found:?} has no valid id after its prefix")]
    Suffix {
        /// The text, shortened.
        found: String,
    },
}

/// An id that says the time in the first 48 bits of `time`, with other bits that are derived. Bits
/// of a hash alone would now and then look as if they said a time, which may not have come.
#[must_use]
pub const fn made_at(time: u128, derived: u128) -> Uuid {
    // UUIDv7 (RFC 9562): 48 bits of the time, version and variant, and 74 bits that are random
    // there and derived here.
    let time = time & (0xffff_ffff_ffff << 80);
    let rest = derived & 0x0fff_3fff_ffff_ffff_ffff;
    Uuid::from_u128(time | rest | 0x7000_8000_0000_0000_0000)
}

/// The 26 letters of an id.
#[must_use]
pub fn encode(id: Uuid) -> String {
    letters(id).into_iter().map(char::from).collect()
}

/// Writes an id after its prefix and the underscore, which `start` is both of.
pub fn write(start: &str, id: Uuid, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    out.write_str(start)?;
    out.write_str(str::from_utf8(&letters(id)).map_err(|_| fmt::Error)?)
}

fn letters(id: Uuid) -> [u8; SUFFIX_LENGTH] {
    let value = id.as_u128();
    let letter =
        |index: usize| ALPHABET[usize::from((value >> (125 - 5 * index)).to_be_bytes()[15] & 31)];
    std::array::from_fn(letter)
}

/// Reads the 26 letters of an id.
#[must_use]
pub fn decode(suffix: &str) -> Option<Uuid> {
    let bytes = suffix.as_bytes();
    // The first letter holds three bits: above 7 there would be more than 128.
    if bytes.len() != SUFFIX_LENGTH || bytes[0] > b'7' {
        return None;
    }
    let (mut value, mut all) = (0_u128, 0);
    for byte in bytes {
        let digit = DIGITS[usize::from(*byte)];
        all |= digit;
        value = value << 5 | u128::from(digit);
    }
    (all < NO_DIGIT).then(|| Uuid::from_u128(value))
}

/// Reads a whole id with the prefix it must have.
pub fn parse(text: &str, prefix: &'static str) -> Result<Uuid, IdError> {
    let shortened = || text.chars().take(64).collect();
    let suffix = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_'));
    let suffix = suffix.ok_or_else(|| IdError::Prefix { expected: prefix, found: shortened() })?;
    decode(suffix).ok_or_else(|| IdError::Suffix { found: shortened() })
}

/// Declares an id type: `typed_id! { /// An account. AccountId, "acct" }`.
#[macro_export]
macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($crate::Uuid);

        impl $name {
            /// What the text of such an id begins with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// The id with these bits.
            #[must_use]
            pub const fn from_uuid(uuid: $crate::Uuid) -> Self {
                Self(uuid)
            }

            /// The bits.
            #[must_use]
            pub const fn uuid(self) -> $crate::Uuid {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::id::write(concat!($prefix, "_"), self.0, out)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, out)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::id::parse(text, $prefix).map(Self)
            }
        }

        $crate::serde_as_text!($name);
    };
}

typed_id! {
    /// A family, firm or partner whose data nobody else sees.
    TenantId, "tenant"
}
typed_id! {
    /// A person who signs in.
    UserId, "user"
}
typed_id! {
    /// One legal entity's ledger.
    BookId, "book"
}
typed_id! {
    /// A person or organisation with roles.
    PartyId, "party"
}
typed_id! {
    /// An event in the log.
    EventId, "event"
}
typed_id! {
    /// One request, from the edge to the log.
    RequestId, "req"
}

impl TenantId {
    /// The level that belongs to nobody: common data and its events.
    pub const COMMON: Self = Self(Uuid::nil());
}
