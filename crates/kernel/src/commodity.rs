//! Commodities: what an account counts.

use std::fmt;
use std::str::FromStr;

use crate::iso4217;

/// The most decimals a commodity may have (ETH has 18).
pub const SCALE_MAX: u8 = 24;
/// The longest code, in bytes.
const CODE_BYTES_MAX: usize = 32;

/// The code of a commodity: `AUD`, `BTC`, `XNAS:AAPL`, `ASSET-01JD…`. One to 32 characters of
/// `A-Z 0-9 . _ : -`, beginning with a letter or digit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommodityCode {
    bytes: [u8; CODE_BYTES_MAX],
    length: u8,
}

/// A commodity: its code and the number of decimals its amounts have.
///
/// ```
/// use kernel::Commodity;
/// assert_eq!(Commodity::well_known("JPY")?.scale, 0);
/// assert_eq!(Commodity::well_known("BTC")?.scale, 8);
/// assert!(Commodity::well_known("NOPE").is_err());
/// assert_eq!(Commodity::new("ACME-POINTS", 0)?.code.as_str(), "ACME-POINTS");
/// # Ok::<(), kernel::CommodityError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commodity {
    /// Its code.
    pub code: CommodityCode,
    /// The decimals of its amounts.
    pub scale: u8,
}

/// Why a commodity was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommodityError {
    /// Not of the form of a code.
    #[error("{found:?} is not a commodity code")]
    MalformedCode {
        /// The text, shortened.
        found: String,
    },
    /// More decimals than [`SCALE_MAX`].
    #[error("a commodity has at most {SCALE_MAX} decimals, not {found}")]
    ScaleTooLarge {
        /// The decimals asked for.
        found: u8,
    },
    /// Neither a currency of ISO 4217 nor a crypto-asset that is known here.
    #[error("{code} is not a known currency")]
    Unknown {
        /// The code as given.
        code: CommodityCode,
    },
}

/// Crypto-assets with the decimals of their own chains (tokens: of their contract on Ethereum).
const CRYPTO: &[(&str, u8)] = &[
    ("ADA", 6),
    ("AVAX", 18),
    ("BCH", 8),
    ("BNB", 18),
    ("BTC", 8),
    ("DAI", 18),
    ("DOGE", 8),
    ("DOT", 10),
    ("ETH", 18),
    ("LINK", 18),
    ("LTC", 8),
    ("SOL", 9),
    ("TRX", 6),
    ("USDC", 6),
    ("USDT", 6),
    ("XLM", 7),
    ("XMR", 12),
    ("XRP", 6),
];

impl CommodityCode {
    /// Reads a code.
    pub fn parse(text: &str) -> Result<Self, CommodityError> {
        let allowed = |byte: &u8| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"._:-".contains(byte)
        };
        let source = text.as_bytes();
        let starts_well = source.first().is_some_and(u8::is_ascii_alphanumeric);
        let length = u8::try_from(source.len()).unwrap_or(u8::MAX);
        if usize::from(length) > CODE_BYTES_MAX || !starts_well || !source.iter().all(allowed) {
            let found = text.chars().take(CODE_BYTES_MAX + 1).collect();
            return Err(CommodityError::MalformedCode { found });
        }
        let mut bytes = [0; CODE_BYTES_MAX];
        bytes[..source.len()].copy_from_slice(source);
        Ok(Self { bytes, length })
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl fmt::Display for CommodityCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl fmt::Debug for CommodityCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for CommodityCode {
    type Err = CommodityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

crate::serde_as_text!(CommodityCode);

impl Commodity {
    /// Any commodity, with a code and decimals of its own.
    pub fn new(code: &str, scale: u8) -> Result<Self, CommodityError> {
        if scale > SCALE_MAX {
            return Err(CommodityError::ScaleTooLarge { found: scale });
        }
        Ok(Self { code: CommodityCode::parse(code)?, scale })
    }

    /// A currency of ISO 4217 (withdrawn ones included: old statements name them) or a well-known
    /// crypto-asset.
    pub fn well_known(code: &str) -> Result<Self, CommodityError> {
        let code = CommodityCode::parse(code)?;
        let currency = iso4217::find(code.as_str()).map(|currency| currency.scale);
        let crypto = || CRYPTO.iter().find(|row| row.0 == code.as_str()).map(|row| row.1);
        match currency.or_else(crypto) {
            Some(scale) => Ok(Self { code, scale }),
            None => Err(CommodityError::Unknown { code }),
        }
    }

    /// Whether the code is a currency of ISO 4217.
    #[must_use]
    pub fn is_currency(&self) -> bool {
        iso4217::find(self.code.as_str()).is_some()
    }
}

impl fmt::Display for Commodity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(out)
    }
}
