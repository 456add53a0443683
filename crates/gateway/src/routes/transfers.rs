//! Transfers between the accounts of a book.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::Action;
use kernel::id::made_at;
use kernel::{Amount, BookId, Context, Date, FieldFault, PageRequest, Timestamp, Uuid, time};
use ledger::{AccountId, Movement, NewTransfer, Request, Rest, Step, TransferId, TransferText};
use storage::crypto::{sha256, short};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Ids, Json, Query};
use crate::idempotency::Command;
use crate::position;
use crate::problem::ApiError;
use crate::routes::books::filter;
use crate::wire::book::{
    NewTransfer as Body, PostTransfersRequest, PostedTransfers, Transfer, TransferQuery,
    TransferType,
};
use crate::wire::page::{Page, PageQuery};

/// The decimals of each account's amounts.
type Scales = BTreeMap<AccountId, u8>;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(allow(Action::ReadBooks, routes!(list_transfers)))
        .routes(allow(Action::PostTransfers, routes!(post_transfers)))
        .routes(allow(Action::ReadBooks, routes!(get_transfer)))
}

/// Post transfers
///
/// All of them or none. What was posted is durable when the answer comes.
#[utoipa::path(post, path = "/books/{book}/transfers", tag = "books",
    params(("book" = String, Path, description = "The book.")),
    request_body = PostTransfersRequest,
    responses((status = 201, description = "Posted.", body = PostedTransfers)))]
async fn post_transfers(
    State(app): State<App>,
    Ids(book): Ids<BookId>,
    command: Command<Json<PostTransfersRequest>>,
) -> Result<Response, ApiError> {
    let ledger = &app.services.ledger;
    let accounts = ledger.accounts(&command.context, book).await?;
    let scales: Scales = accounts.iter().map(|one| (one.id, one.scale)).collect();
    let holds = hold_scales(&app, &command, book).await?;
    let request = read_all(&command.context, &command.payload.0, &scales, &holds)?;
    let ids = request.steps.iter().filter_map(|step| match step {
        Step::Transfer(transfer) => Some(transfer.id.to_string()),
        _ => None,
    });
    let transfers = ids.collect();
    let receipt = ledger.execute(&command.context, book, request).await?;
    let first_number = receipt.first_number;
    let body = PostedTransfers { transfers, first_number };
    Ok(position::at(answer::json(StatusCode::CREATED, &body)?, &receipt.position))
}

/// The decimals of the holds that a request names.
async fn hold_scales(
    app: &App,
    command: &Command<Json<PostTransfersRequest>>,
    book: BookId,
) -> Result<BTreeMap<TransferId, u8>, ApiError> {
    let mut scales = BTreeMap::new();
    let named = command.payload.0.transfers.iter().filter_map(|body| body.hold.as_deref());
    let named: Vec<TransferId> = named.filter_map(|hold| hold.parse().ok()).collect();
    if named.is_empty() {
        return Ok(scales);
    }
    let level = storage::Level::of(command.context.tenant);
    let mut tx = app.services.database.begin(level, storage::Mode::Read).await?;
    for hold in named {
        // One that is not there is the engine's to refuse.
        if let Ok(view) = app.services.ledger.transfer(&mut tx, book, hold).await {
            scales.insert(hold, view.commodity.scale);
        }
    }
    tx.commit().await?;
    Ok(scales)
}

fn read_all(
    context: &Context,
    body: &PostTransfersRequest,
    scales: &Scales,
    holds: &BTreeMap<TransferId, u8>,
) -> Result<Request, ApiError> {
    let mut request = Request::default();
    for (index, body) in body.transfers.iter().enumerate() {
        let reader = Reader { context, body, index, scales, holds };
        let transfer = reader.transfer()?;
        let Body { reference, purpose, counterparty, metadata, .. } = body;
        let told = reference.is_some() || purpose.is_some() || counterparty.is_some();
        if told || metadata.is_some() {
            request.transfer_texts.push(TransferText {
                transfer: transfer.id,
                reference: reference.clone(),
                purpose: purpose.clone(),
                counterparty: counterparty.clone(),
                metadata: metadata.clone(),
            });
        }
        request.steps.push(Step::Transfer(transfer));
    }
    Ok(request)
}

/// Reads one transfer of a request.
struct Reader<'a> {
    context: &'a Context,
    body: &'a Body,
    index: usize,
    scales: &'a Scales,
    holds: &'a BTreeMap<TransferId, u8>,
}

impl Reader<'_> {
    fn wrong(&self, field: &str, rule: &str, text: impl ToString) -> ApiError {
        let field = format!("transfers[{}].{field}", self.index);
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

    fn transfer(&self) -> Result<NewTransfer, ApiError> {
        let Body { id, code, effective, .. } = self.body;
        let derived = || TransferId::from_uuid(derived_id(self.context, "transfer", self.index));
        let id = self.parse("id", id.as_deref())?.unwrap_or_else(derived);
        let effective: Date = match effective {
            None => self.context.now().date(),
            Some(text) => time::parse_date(text)
                .map_err(|error| self.wrong("effective", "malformed", error))?,
        };
        Ok(NewTransfer {
            id,
            movement: self.movement()?,
            code: *code,
            reference: None,
            effective,
            reverses: None,
        })
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
                let scale = self.holds.get(&hold).copied().unwrap_or(0);
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
        let scale = self.scales.get(&debit).or_else(|| self.scales.get(&credit));
        Ok((debit, credit, self.amount(text, scale.copied().unwrap_or(0))?))
    }

    fn amount(&self, text: &str, scale: u8) -> Result<Amount, ApiError> {
        Amount::parse(text, scale).map_err(|error| self.wrong("amount", "malformed", error))
    }
}

/// List transfers
///
/// The latest first.
#[utoipa::path(get, path = "/books/{book}/transfers", tag = "books",
    params(("book" = String, Path, description = "The book."), TransferQuery),
    responses((status = 200, description = "The transfers.", body = Page<Transfer>)))]
async fn list_transfers(
    State(app): State<App>,
    caller: Caller,
    Ids(book): Ids<BookId>,
    Query(query): Query<TransferQuery>,
) -> Result<Response, ApiError> {
    let TransferQuery { account, reference, limit, cursor } = query;
    let tag = tag(&format!("transfers {book} {account:?} {reference:?}"));
    let page: PageRequest = PageQuery { limit, cursor }.read(tag)?;
    let ledger = &app.services.ledger;
    let mut tx = caller.read(&app).await?;
    ledger.book(&mut tx, book).await?;
    let hash = match &reference {
        None => None,
        // A tenant that never had a reference has none with this hash either.
        Some(text) => Some(ledger.reference_hash(&mut tx, text).await?.unwrap_or_default()),
    };
    let filter = filter(account.as_deref(), hash)?;
    let found = ledger.transfers(&mut tx, book, &filter, &page).await?;
    tx.commit().await?;
    answer::ok(&Page::of(found, Transfer::of))
}

/// Get a transfer
#[utoipa::path(get, path = "/books/{book}/transfers/{transfer}", tag = "books",
    params(("book" = String, Path, description = "The book."),
        ("transfer" = String, Path, description = "The transfer.")),
    responses((status = 200, description = "The transfer.", body = Transfer)))]
async fn get_transfer(
    State(app): State<App>,
    caller: Caller,
    Ids((book, transfer)): Ids<(BookId, TransferId)>,
) -> Result<Response, ApiError> {
    let mut tx = caller.read(&app).await?;
    let view = app.services.ledger.transfer(&mut tx, book, transfer).await?;
    tx.commit().await?;
    answer::ok(&Transfer::of(view))
}

/// A number that stands for a list and its filter, in the cursors of its pages.
pub(super) fn tag(list: &str) -> u32 {
    let hash = sha256(&[list.as_bytes()]);
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

/// An id that follows from the request's key, so that a repetition names the same thing, and says
/// when the key was first seen.
pub(super) fn derived_id(context: &Context, what: &str, index: usize) -> Uuid {
    let Some(key) = context.key else { return context.env.new_uuid() };
    let parts = [what.as_bytes(), &key.id.to_be_bytes(), &(index as u64).to_be_bytes()];
    let millis = u64::try_from(key.first_seen.micros() / 1_000).unwrap_or(0);
    made_at(u128::from(millis) << 80, short(sha256(&parts)))
}
