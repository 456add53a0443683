//! Posting transfers: one, or ten thousand in a call.

mod reader;
mod reading;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use identity::Action;
use kernel::{BookId, Context, FieldFault};
use ledger::book::STEPS_MAX;
use ledger::{LedgerError, Receipt, Rejection, TransferId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::allow;
use crate::answer;
use crate::app::App;
use crate::beside::beside_if;
use crate::extract::{Ids, Unread};
use crate::idempotency::Command;
use crate::position;
use crate::problem::ApiError;
use crate::refusal;
use crate::routes::transfers::{derived_id, first_seen};
use crate::wire::posting::{PostTransfersRequest, PostedStatus, PostedTransfer, PostedTransfers};
use reading::{Asked, read_all};

pub(crate) use reader::{Known, OpenAmount, Reader};
pub(crate) use reading::Named;

/// A body whose transfers are read, and answered, in less than half a millisecond.
const READ_INLINE_BYTES_MAX: usize = 32 << 10;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(allow(Action::PostTransfers, routes!(post_transfers)))
}

/// Post transfers
///
/// All of them or none, or each on its own. One whose id is there already with the same content
/// counts as existing. What was posted is durable when the answer comes. A transfer that leaves
/// open how much it moves is answered with that: as much as there is, a whole balance, what is left
/// of a hold.
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
    let is_long = payload.bytes() > READ_INLINE_BYTES_MAX;
    let (body, named) = beside_if(is_long, move || read_body(payload)).await??;
    let known = Known::of(&app, &context, book, named).await?;
    let asking = context.clone();
    let (asked, request) = beside_if(is_long, move || read_all(&asking, body, &known)).await??;
    let receipt = app.services.ledger.execute(&context, book, request).await;
    let receipt = receipt.map_err(refusal::of_transfers)?;
    let position = receipt.position.clone();
    let write = move || answer::json(StatusCode::CREATED, &posted(&context, asked, &receipt));
    Ok(position::at(beside_if(is_long, write).await??, &position))
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

/// What became of each transfer, in the order of the request.
fn posted(context: &Context, asked: Asked, receipt: &Receipt) -> PostedTransfers {
    let Asked { mut ids, derived, open } = asked;
    // What an earlier call made has the ids that followed from its key then.
    if receipt.replayed {
        let context = first_seen(context, receipt.first_seen);
        for index in derived {
            ids[index] = transfer_id(&context, index);
        }
    }
    let mut rejections = receipt.rejections.iter().peekable();
    let mut existing = receipt.existing.iter().peekable();
    let mut found = receipt.found.iter().peekable();
    let mut next = receipt.first_number;
    let one = |(step, id): (u32, &TransferId)| {
        let id = id.to_string();
        if let Some(rejection) = rejections.next_if(|one| one.step == step) {
            let (code, detail) = why(rejection);
            let (status, code, detail) = (PostedStatus::Rejected, Some(code), Some(detail));
            return PostedTransfer { id, status, number: None, moved: None, code, detail };
        }
        let (status, number) = match existing.next_if(|one| one.step == step) {
            Some(existing) => (PostedStatus::Existing, existing.number),
            None => {
                next += 1;
                (PostedStatus::Done, next - 1)
            }
        };
        let moved = found.next_if(|one| one.step == step);
        let moved = moved.and_then(|one| open.get(&step).map(|open| open.text(one.amount)));
        PostedTransfer { id, status, number: Some(number), moved, code: None, detail: None }
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
