//! The household's book: each tenant has one, and it is opened with the tenant.

use kernel::{Commodity, Context};
use ledger::BookInfo;
use storage::Tx;

use crate::Wealth;
use crate::error::WealthError;

impl Wealth {
    /// Opens the household's book in the caller's transaction, in which the tenant is made, and
    /// lets what it is worth be watched.
    pub async fn open_household(
        &self,
        tx: &mut Tx,
        context: &Context,
        name: &str,
        currency: Commodity,
    ) -> Result<BookInfo, WealthError> {
        self.watch(tx, context).await?;
        Ok(self.ledger.open_book(tx, context, name, currency).await?)
    }

    /// The household's book: the tenant's oldest.
    ///
    /// # Errors
    /// [`WealthError::NoBook`] where it has none.
    pub async fn household(&self, tx: &mut Tx) -> Result<BookInfo, WealthError> {
        let books = self.ledger.books(tx).await?;
        books.into_iter().next().ok_or(WealthError::NoBook)
    }
}
