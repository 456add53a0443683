//! Asking for a remittance, and looking at what becomes of it.

use kernel::{Amount, Context, Cursor, Page, PageRequest};
use sagas::SagaId;
use storage::Tx;
use vault::{AsJson, own_party};

use crate::Remittances;
use crate::error::RemittancesError;
use crate::event::RemittanceAsked;
use crate::flow::Plan;
use crate::model::{
    Direction, NewRemittance, Remittance, RemittanceId, Standing, TEXT_CHARS_MAX, Texts,
};
use crate::payee::after;
use crate::saga::Remit;
use crate::store::remittance::RemittanceRow;
use crate::{store, texts};

impl Remittances {
    /// Asks for value to be sent, in the caller's transaction: from its commit on it goes its way.
    /// Whether the account has so much is decided where it is held.
    ///
    /// # Errors
    /// Where the account cannot give, the payee is unknown or closed or takes something else, or
    /// the amount is not above zero.
    pub async fn ask(
        &self,
        tx: &mut Tx,
        context: &Context,
        new: NewRemittance,
    ) -> Result<Remittance, RemittancesError> {
        let NewRemittance { book, account, payee, amount, reference } = new;
        if amount <= Amount::ZERO {
            let detail = "an amount that is sent is above zero";
            return Err(RemittancesError::field("amount", "positive", detail));
        }
        let reference = text("reference", reference)?;
        let commodity = self.giving_or_taking(context, book, account).await?;
        let (taker, shown) = self.payee_of_anybody(payee).await?;
        if !shown.is_open {
            return Err(RemittancesError::PayeeClosed { id: payee });
        }
        if shown.commodity != commodity {
            let (takes, holds) = (shown.commodity.code, commodity.code);
            return Err(RemittancesError::OtherCommodity { id: payee, takes, holds });
        }
        let (id, now) = (RemittanceId::from_uuid(context.env.new_uuid()), context.now());
        let remittance = Remittance {
            id,
            direction: Direction::Sent,
            book,
            account,
            payee,
            commodity,
            amount,
            effective: now.date(),
            texts: Texts { reference, other: shown.name },
            standing: Standing::Asked,
            code: None,
            asked_at: now,
            changed_at: now,
        };
        let sealer = vault::sealer(tx, context, own_party(context.tenant)).await?;
        let row = texts::row(id, Direction::Sent);
        let sealed = sealer.seal(row, &AsJson(remittance.texts.clone()))?;
        let change = store::remittance::insertion(&remittance, sealed);
        tx.execute_one(change.statement, change.params).await?;
        let plan = Plan { giver: context.tenant, taker };
        sagas::start::<Remit>(tx, context, SagaId::from_uuid(id.uuid()), &plan).await?;
        let amount = remittance.amount_text();
        let commodity = commodity.code;
        let asked = RemittanceAsked { remittance: id, book, account, payee, commodity, amount };
        tx.emit(context, &asked).await?;
        Ok(remittance)
    }

    /// Wants a remittance back that the tenant sends: it comes back where it has not left yet.
    ///
    /// # Errors
    /// Where the tenant sends no such one, or it has ended.
    pub async fn recall(
        &self,
        tx: &mut Tx,
        context: &Context,
        id: RemittanceId,
    ) -> Result<Remittance, RemittancesError> {
        let unknown = || RemittancesError::RemittanceUnknown { id };
        let sent = store::remittance::one(tx, id, Some(Direction::Sent)).await?;
        let row = sent.ok_or_else(unknown)?;
        sagas::undo(tx, context, SagaId::from_uuid(id.uuid())).await?;
        Ok(opened(tx, vec![row]).await?.remove(0))
    }

    /// A remittance that the tenant sends or takes.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn remittance(
        &self,
        tx: &mut Tx,
        id: RemittanceId,
    ) -> Result<Remittance, RemittancesError> {
        let row = store::remittance::one(tx, id, None).await?;
        let row = row.ok_or(RemittancesError::RemittanceUnknown { id })?;
        Ok(opened(tx, vec![row]).await?.remove(0))
    }

    /// The tenant's remittances, the latest first; those of one direction, where it is said.
    pub async fn remittances(
        &self,
        tx: &mut Tx,
        direction: Option<Direction>,
        page: &PageRequest,
    ) -> Result<Page<Remittance>, RemittancesError> {
        let side = page.after.as_ref().and_then(|cursor| cursor.key.get(1));
        let is_received = side.is_some_and(|side| side == Direction::Received.as_str());
        let side = if is_received { Direction::Received } else { Direction::Sent };
        let before = after(page)?.map(|id| (id, side));
        let count_max = usize::from(page.limit) + 1;
        let rows = store::remittance::list(tx, before, direction, count_max).await?;
        let items = opened(tx, rows).await?;
        let filter = page.filter;
        let key = |one: &Remittance| vec![one.id.to_string(), one.direction.as_str().to_owned()];
        Ok(Page::cut(items, page.limit, |one| Cursor { filter, key: key(one) }))
    }
}

impl Remittance {
    /// The amount as a decimal number.
    #[must_use]
    pub fn amount_text(&self) -> String {
        kernel::Money::new(self.amount, self.commodity).amount_text()
    }
}

/// Opens what is said of remittances; what was erased is shown as nothing.
pub(crate) async fn opened(
    tx: &mut Tx,
    rows: Vec<RemittanceRow>,
) -> Result<Vec<Remittance>, RemittancesError> {
    let opener = vault::opener(tx, rows.iter().filter_map(|row| row.texts.key())).await?;
    let open = |row: RemittanceRow| {
        let key = texts::row(row.remittance.id, row.remittance.direction);
        let said = opener.open(key, &row.texts)?.content();
        Ok(Remittance { texts: said.map(|said| said.0).unwrap_or_default(), ..row.remittance })
    };
    rows.into_iter().map(open).collect()
}

/// A text without blanks at its ends, and nothing where nothing is left.
pub(crate) fn text(field: &str, given: Option<String>) -> Result<Option<String>, RemittancesError> {
    let Some(given) = given else { return Ok(None) };
    let trimmed = given.trim();
    if trimmed.chars().count() > TEXT_CHARS_MAX {
        let detail = format!("it has more than {TEXT_CHARS_MAX} characters");
        return Err(RemittancesError::field(field, "length", detail));
    }
    if trimmed.chars().any(char::is_control) {
        return Err(RemittancesError::field(field, "characters", "it has control characters"));
    }
    Ok((!trimmed.is_empty()).then(|| trimmed.to_owned()))
}
