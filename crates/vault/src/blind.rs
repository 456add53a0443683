//! Blind indexes: by which what is sealed is found again, without being opened.
//!
//! An index is HMAC-SHA-256 over the normalised text, under a key that follows from the tenant's
//! key of hashes, the table and the column: equal texts of two tenants, tables or columns have
//! nothing in common. It is cut to as many bytes as its column has.
//!
//! What an index tells: which rows of one tenant have the same text. Whoever sees the rows can
//! count them, and guess by frequency. Fewer bytes tell less, because other texts fall together
//! with the one that is sought: `n / 256^bytes` of `n` others. So an index is two to eight bytes
//! long, is made for columns that are sought and no others, and what it finds is opened and
//! compared. Where every text must be told apart, sixteen bytes are as good as all 32.

use kernel::Context;
use storage::keys::{Key, TextHasher, known_tenant_hasher, tenant_hasher};
use storage::{StorageError, Tx};

use crate::sealed::Column;

/// Makes the indexes of one column of one tenant.
pub struct BlindIndexer(Key);

/// Makes the indexes of a column. The tenant's key of hashes is made where there is none yet, so
/// the transaction must be one that may write.
///
/// # Errors
/// [`StorageError::Level`] where the context is another tenant's than the transaction.
pub async fn indexer<C: Column>(
    tx: &mut Tx,
    context: &Context,
) -> Result<BlindIndexer, StorageError> {
    Ok(BlindIndexer::of::<C>(&tenant_hasher(tx, context).await?))
}

/// The same for a reader; nothing where the tenant has no key yet, and so no row with an index.
pub async fn known_indexer<C: Column>(tx: &mut Tx) -> Result<Option<BlindIndexer>, StorageError> {
    Ok(known_tenant_hasher(tx).await?.map(|hasher| BlindIndexer::of::<C>(&hasher)))
}

/// A text as it is sought: in small letters, with one space between its words and none around it.
#[must_use]
pub fn normalised(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.extend(word.chars().flat_map(char::to_lowercase));
    }
    normal
}

impl BlindIndexer {
    fn of<C: Column>(hasher: &TextHasher) -> Self {
        Self(hasher.derived(&["vault.blind", C::TABLE, C::NAME]))
    }

    /// The index of a text, which is normalised first; at most 32 bytes.
    #[must_use]
    pub fn index<const BYTES: usize>(&self, text: &str) -> [u8; BYTES] {
        const { assert!(BYTES > 0 && BYTES <= 32, "HMAC-SHA-256 has 32 bytes") };
        let whole = self.0.hmac(&[normalised(text).as_bytes()]);
        let mut index = [0; BYTES];
        index.copy_from_slice(&whole[..BYTES]);
        index
    }
}
