//! Posting transfers: one, or ten thousand in a call.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::Action;
use kernel::{Amount, BookId, Context, Date, FieldFault, Timestamp, time};
use ledger::book::STEPS_MAX;
use ledger::{
    AccountId, Atomicity, LedgerError, Movement, NewTransfer, Receipt, Rejection, Request, Rest,
    Step, TransferId, TransferText,
};
use storage::{Level, Mode};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::beside::beside;
use crate::extract::{Ids, Unread};
use crate::idempotency::Command;
use crate::position;
use crate::problem::ApiError;
use crate::routes::transfers::{derived_id, first_seen};
use crate::wire::book::TransferType;
use crate::wire::posting::{
    NewTransfer as Body, PostAtomicity, PostTransfersRequest, PostedStatus, PostedTransfer,
    PostedTransfers,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(allow(Action::PostTransfers, routes!(post_transfers)))
}

/// Post transfers
///
/// All of them or none, or each on its own. One whose id is there already with the same content
/// counts as existing. What was posted is durable when the answer comes.
#[utoipa::path(post, path = "/books/{book}/transfers", tag = "books",
    params(("book" = String, Path, description = "The book.")),
    request_body = PostTransfersRequest,
    responses((status = 201, description = "What became of each.", body = PostedTransfers)))]
async fn post_transfers(
    State(app): State<App>,
    Ids(book): Ids<BookId>,
    command: Command<Unread<PostTransfersRequest>>,
) -> Result<Response, ApiError> {
    let Command { context, payload, .. } = command;
    let (body, named) = beside(move || read_body(payload)).await??;
    let scales = scales(&app, &context, book, named).await?;
    let asking = context.clone();
    let (ids, request) = beside(move || read_all(&asking, body, &scales)).await??;
    let receipt = app.services.ledger.execute(&context, book, request).await?;
    let position = receipt.position.clone();
    let write = move || answer::json(StatusCode::CREATED, &posted(&context, ids, &receipt));
    Ok(position::at(beside(write).await??, &position))
}

/// What a request says, and whose decimals its amounts are in.
fn read_body(
    body: Unread<PostTransfersRequest>,
) -> Result<(PostTransfersRequest, Named), ApiError> {
    let body = body.read()?;
    let found = body.transfers.len();
    if found > STEPS_MAX {
        let text = format!("at most {STEPS_MAX} go in one call, not {found}");
        return Err(ApiError::field(FieldFault::new("transfers", "count", text)));
    }
    let named = Named::of(&body);
    Ok((body, named))
}

/// The decimals of the amounts of accounts and holds.
#[derive(Default)]
pub(crate) struct Scales {
    pub accounts: BTreeMap<AccountId, u8>,
    pub holds: BTreeMap<TransferId, u8>,
}

/// Whose decimals a request's amounts are in.
struct Named {
    accounts: BTreeSet<AccountId>,
    /// Holds that are posted in part.
    holds: BTreeSet<TransferId>,
    /// Holds that the request itself makes, by the account that gives them their decimals.
    made: BTreeMap<TransferId, AccountId>,
}

impl Named {
    fn of(body: &PostTransfersRequest) -> Self {
        let (mut accounts, mut holds) = (BTreeSet::new(), BTreeSet::new());
        let mut made = BTreeMap::new();
        for body in &body.transfers {
            // What cannot be read is refused where it is read with its place.
            let account = |text: &Option<String>| text.as_deref()?.parse::<AccountId>().ok();
            let pair = [account(&body.debit), account(&body.credit)];
            accounts.extend(pair.into_iter().flatten());
            if let (Some(hold), Some(_)) = (&body.hold, &body.amount) {
                holds.extend(hold.parse::<TransferId>().ok());
            }
            let id = body.id.as_deref().and_then(|id| id.parse::<TransferId>().ok());
            if let (TransferType::Hold, Some(id), [Some(debit), _]) = (body.kind, id, pair) {
                made.insert(id, debit);
            }
        }
        Self { accounts, holds, made }
    }
}

/// Learns the decimals of what a request names.
async fn scales(
    app: &App,
    context: &Context,
    book: BookId,
    named: Named,
) -> Result<Scales, ApiError> {
    let Named { accounts, holds: asked, made } = named;
    let ledger = &app.services.ledger;
    let accounts = ledger.scales(context, book, accounts).await?;
    let mut holds: BTreeMap<TransferId, u8> =
        made.iter().filter_map(|(hold, account)| Some((*hold, *accounts.get(account)?))).collect();
    if asked.iter().any(|hold| !holds.contains_key(hold)) {
        ledger.wait_for_book(book).await?;
        let level = Level::of(context.tenant);
        let mut tx = app.services.database.begin(level, Mode::Read).await?;
        for hold in asked {
            // One that is not there is the engine's to refuse.
            if !holds.contains_key(&hold)
                && let Ok(view) = ledger.transfer(&mut tx, book, hold).await
            {
                holds.insert(hold, view.commodity.scale);
            }
        }
        tx.commit().await?;
    }
    Ok(Scales { accounts, holds })
}

/// The ids of a request's transfers.
struct AskedIds {
    all: Vec<TransferId>,
    /// The places of those that the caller left to us.
    derived: Vec<usize>,
}

/// The ids of a request's transfers, and what the ledger is asked for.
fn read_all(
    context: &Context,
    body: PostTransfersRequest,
    scales: &Scales,
) -> Result<(AskedIds, Request), ApiError> {
    let atomicity = match body.atomicity {
        PostAtomicity::Together => Atomicity::Together,
        PostAtomicity::Each => Atomicity::Each,
    };
    let mut request = Request { atomicity, ..Request::default() };
    let all = Vec::with_capacity(body.transfers.len());
    let mut ids = AskedIds { all, derived: Vec::new() };
    for (index, body) in body.transfers.into_iter().enumerate() {
        let reader = Reader { context, body: &body, index: Some(index), scales };
        let transfer = reader.transfer()?;
        let Body { id, reference, purpose, counterparty, metadata, .. } = body;
        let told = reference.is_some() || purpose.is_some() || counterparty.is_some();
        if told || metadata.is_some() {
            let transfer = transfer.id;
            let text = TransferText { transfer, reference, purpose, counterparty, metadata };
            request.transfer_texts.push(text);
        }
        if id.is_none() {
            ids.derived.push(index);
        }
        ids.all.push(transfer.id);
        request.steps.push(Step::Transfer(transfer));
    }
    Ok((ids, request))
}

/// What became of each transfer, in the order of the request.
fn posted(context: &Context, ids: AskedIds, receipt: &Receipt) -> PostedTransfers {
    let AskedIds { all: mut ids, derived } = ids;
    // What an earlier call made has the ids that followed from its key then.
    if receipt.replayed {
        let context = first_seen(context, receipt.first_seen);
        for index in derived {
            ids[index] = transfer_id(&context, index);
        }
    }
    let mut rejections = receipt.rejections.iter().peekable();
    let mut existing = receipt.existing.iter().peekable();
    let mut next = receipt.first_number;
    let one = |(step, id): (u32, &TransferId)| {
        let id = id.to_string();
        if let Some(rejection) = rejections.next_if(|one| one.step == step) {
            let (code, detail) = why(rejection);
            let (code, detail) = (Some(code), Some(detail));
            return PostedTransfer {
                id,
                status: PostedStatus::Rejected,
                number: None,
                code,
                detail,
            };
        }
        let (status, number) = match existing.next_if(|one| one.step == step) {
            Some(existing) => (PostedStatus::Existing, existing.number),
            None => {
                next += 1;
                (PostedStatus::Done, next - 1)
            }
        };
        PostedTransfer { id, status, number: Some(number), code: None, detail: None }
    };
    let transfers = (0..).zip(&ids).map(one).collect();
    PostedTransfers { transfers, first_number: receipt.first_number }
}

/// The id of a transfer for which the caller chose none.
fn transfer_id(context: &Context, index: usize) -> TransferId {
    TransferId::from_uuid(derived_id(context, "transfer", index))
}

fn why(rejection: &Rejection) -> (&'static str, String) {
    (rejection.reason.code(), LedgerError::Rejected { rejection: *rejection }.to_string())
}

/// Reads one transfer of a request.
pub(crate) struct Reader<'a> {
    pub context: &'a Context,
    pub body: &'a Body,
    /// Which of several it is.
    pub index: Option<usize>,
    pub scales: &'a Scales,
}

impl Reader<'_> {
    fn wrong(&self, field: &str, rule: &str, text: impl ToString) -> ApiError {
        let field = match self.index {
            Some(index) => format!("transfers[{index}].{field}"),
            None => field.to_owned(),
        };
        ApiError::field(FieldFault::new(field, rule, text))
    }

    fn parse<T>(&self, field: &str, text: Option<&str>) -> Result<Option<T>, ApiError>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        let read = text.map(str::parse).transpose();
        read.map_err(|error: T::Err| self.wrong(field, "malformed", error))
    }

    fn need<T>(&self, field: &str, value: Option<T>) -> Result<T, ApiError> {
        value.ok_or_else(|| self.wrong(field, "required", "this is needed here"))
    }

    pub(crate) fn transfer(&self) -> Result<NewTransfer, ApiError> {
        let Body { id, code, effective, .. } = self.body;
        let derived = || transfer_id(self.context, self.index.unwrap_or(0));
        let id = self.parse("id", id.as_deref())?.unwrap_or_else(derived);
        let effective: Date = match effective {
            None => self.context.now().date(),
            Some(text) => time::parse_date(text)
                .map_err(|error| self.wrong("effective", "malformed", error))?,
        };
        let (movement, code, reference) = (self.movement()?, *code, None);
        Ok(NewTransfer { id, movement, code, reference, effective, reverses: None })
    }

    fn movement(&self) -> Result<Movement, ApiError> {
        match self.body.kind {
            TransferType::Transfer => {
                let (debit, credit, amount) = self.pair()?;
                Ok(Movement::Post { debit, credit, amount })
            }
            TransferType::Hold => {
                let (debit, credit, amount) = self.pair()?;
                let expires =
                    self.parse::<Timestamp>("expires_at", self.body.expires_at.as_deref())?;
                Ok(Movement::Hold { debit, credit, amount, expires })
            }
            TransferType::PostHold => {
                let hold = self.hold()?;
                let scale = self.scales.holds.get(&hold).copied().unwrap_or(0);
                let amount = self.body.amount.as_deref();
                let amount = amount.map(|text| self.amount(text, scale)).transpose()?;
                Ok(Movement::PostHold { hold, amount, rest: Rest::Release })
            }
            TransferType::VoidHold => Ok(Movement::VoidHold { hold: self.hold()? }),
        }
    }

    fn hold(&self) -> Result<TransferId, ApiError> {
        self.need("hold", self.parse("hold", self.body.hold.as_deref())?)
    }

    fn pair(&self) -> Result<(AccountId, AccountId, Amount), ApiError> {
        let account = |field: &str, text: &Option<String>| {
            self.need(field, self.parse::<AccountId>(field, text.as_deref())?)
        };
        let debit = account("debit", &self.body.debit)?;
        let credit = account("credit", &self.body.credit)?;
        let text = self.need("amount", self.body.amount.as_deref())?;
        // An account that is not there is the engine's to refuse; its amount is never looked at.
        let scale = self.scales.accounts.get(&debit).or_else(|| self.scales.accounts.get(&credit));
        Ok((debit, credit, self.amount(text, scale.copied().unwrap_or(0))?))
    }

    fn amount(&self, text: &str, scale: u8) -> Result<Amount, ApiError> {
        Amount::parse(text, scale).map_err(|error| self.wrong("amount", "malformed", error))
    }
}
