//! Payees: an account is opened to those who are given its payee's id.

use kernel::{BookId, Context, Cursor, Page, PageRequest, TenantId};
use ledger::{AccountId, AccountKind, LedgerError};
use storage::{Level, Mode, Tx};
use vault::{RowKey, own_party};

use crate::Remittances;
use crate::ask::text;
use crate::error::RemittancesError;
use crate::event::{PayeeClosed, PayeeOpened};
use crate::model::{Payee, PayeeId, PayeeShown};
use crate::store;
use crate::store::payee::PayeeRow;

/// The most open payees of a tenant.
pub const PAYEES_MAX: u64 = 1_000;

/// An account that others are to send to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPayee {
    /// The book of the account.
    pub book: BookId,
    /// The account: an asset or a liability.
    pub account: AccountId,
    /// What is shown to those who send, 1 to 140 characters.
    pub name: String,
}

impl Remittances {
    /// Opens an account to others, in the caller's transaction.
    ///
    /// # Errors
    /// Where the account is none of the tenant's, is closed, or is neither an asset nor a
    /// liability.
    pub async fn open_payee(
        &self,
        tx: &mut Tx,
        context: &Context,
        new: NewPayee,
    ) -> Result<Payee, RemittancesError> {
        let NewPayee { book, account, name } = new;
        let Some(name) = text("name", Some(name))? else {
            return Err(RemittancesError::field("name", "length", "a payee has a name"));
        };
        let commodity = self.giving_or_taking(context, book, account).await?;
        if store::payee::open_count(tx).await? >= PAYEES_MAX {
            return Err(RemittancesError::TooManyPayees);
        }
        let id = PayeeId::from_uuid(context.env.new_uuid());
        let sealer = vault::sealer(tx, context, own_party(context.tenant)).await?;
        let sealed = sealer.seal(RowKey::of(id.uuid()), &name)?;
        let (name, opened_at) = (Some(name), context.now());
        let payee = Payee { id, book, account, commodity, name, opened_at, closed_at: None };
        store::payee::insert(tx, &payee, sealed).await?;
        tx.emit(context, &PayeeOpened { payee: id, book, account }).await?;
        Ok(payee)
    }

    /// Closes a payee: nothing more can be sent to it. What is announced already still arrives.
    ///
    /// # Errors
    /// Where the tenant has no such payee.
    pub async fn close_payee(
        &self,
        tx: &mut Tx,
        context: &Context,
        id: PayeeId,
    ) -> Result<Payee, RemittancesError> {
        if store::payee::close(tx, id, context.now()).await? {
            tx.emit(context, &PayeeClosed { payee: id }).await?;
        }
        let found = store::payee::one(tx, id).await?;
        let row = found.ok_or(RemittancesError::PayeeUnknown { id })?;
        Ok(opened(tx, vec![row]).await?.remove(0))
    }

    /// The tenant's payees, the latest first.
    pub async fn payees(
        &self,
        tx: &mut Tx,
        page: &PageRequest,
    ) -> Result<Page<Payee>, RemittancesError> {
        let before = after(page)?;
        let rows = store::payee::all(tx, before, usize::from(page.limit) + 1).await?;
        let payees = opened(tx, rows).await?;
        let filter = page.filter;
        Ok(Page::cut(payees, page.limit, |one| Cursor { filter, key: vec![one.id.to_string()] }))
    }

    /// What somebody who was given a payee's id sees before sending to it.
    ///
    /// # Errors
    /// Where nobody has it.
    pub async fn payee_shown(&self, id: PayeeId) -> Result<PayeeShown, RemittancesError> {
        Ok(self.payee_of_anybody(id).await?.1)
    }

    /// Whose a payee is, and what is seen of it.
    pub(crate) async fn payee_of_anybody(
        &self,
        id: PayeeId,
    ) -> Result<(TenantId, PayeeShown), RemittancesError> {
        let unknown = || RemittancesError::PayeeUnknown { id };
        let mut tx = self.database.begin(Level::System, Mode::Read).await?;
        let owner = store::payee::owner(&mut tx, id).await?.ok_or_else(unknown)?;
        tx.bind(Level::of(owner))?;
        let row = store::payee::one(&mut tx, id).await?.ok_or_else(unknown)?;
        let Payee { name, commodity, closed_at, .. } = opened(&mut tx, vec![row]).await?.remove(0);
        tx.commit().await?;
        Ok((owner, PayeeShown { id, name, commodity, is_open: closed_at.is_none() }))
    }

    /// What an account holds that gives or takes.
    pub(crate) async fn giving_or_taking(
        &self,
        context: &Context,
        book: BookId,
        account: AccountId,
    ) -> Result<kernel::Commodity, RemittancesError> {
        let found = self.ledger.account(context, book, account).await?;
        let refused = |detail| Err(RemittancesError::field("account", "kind", detail));
        match found.kind {
            _ if found.closed => refused("the account is closed"),
            AccountKind::Asset | AccountKind::Liability => {
                kernel::Commodity::new(found.commodity.as_str(), found.scale)
                    .map_err(|_| LedgerError::AccountUnknown { account }.into())
            }
            AccountKind::Equity | AccountKind::Income | AccountKind::Expense => {
                refused("an account that gives or takes is an asset or a liability")
            }
        }
    }
}

/// Opens the names of payees; a name that was erased is shown as nothing.
async fn opened(tx: &mut Tx, rows: Vec<PayeeRow>) -> Result<Vec<Payee>, RemittancesError> {
    let opener = vault::opener(tx, rows.iter().filter_map(|row| row.name.key())).await?;
    let open = |row: PayeeRow| {
        let name = opener.open(RowKey::of(row.payee.id.uuid()), &row.name)?.content();
        Ok(Payee { name, ..row.payee })
    };
    rows.into_iter().map(open).collect()
}

/// The last item of the page before.
pub(crate) fn after<I: std::str::FromStr>(
    page: &PageRequest,
) -> Result<Option<I>, RemittancesError> {
    let malformed =
        || RemittancesError::field("cursor", "cursor", "it is not one that this list gave");
    let last = page.after.as_ref().and_then(|cursor| cursor.key.first());
    last.map(|text| text.parse().map_err(|_| malformed())).transpose()
}
