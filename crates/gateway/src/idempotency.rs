//! `Idempotency-Key`: a request that is sent again, because its answer was lost, does nothing a
//! second time.
//!
//! A key counts for one tenant, actor and route. A second request with another path, query or body
//! is refused (422), one whose first is still under way as well (409); otherwise it gets the first
//! one's answer. How that answer is kept depends on what the route does:
//!
//! - a route that changes records opens its transaction with [`Command::begin`] and ends it with
//!   [`Turn::answer`]: effect and answer are committed together. Where the effect fails nothing is
//!   kept, and the next request is decided anew;
//! - a route whose effect has ids that are derived from the key notes it with [`Command::noted`]
//!   first: the effect finds itself done by these ids;
//! - a route that sends a command to an engine hands [`Command::context`] on, whose key the engine
//!   journals with the command; no row is kept.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRequest, FromRequestParts as _, MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use kernel::{CommandKey, Context};
use serde::Serialize;
use storage::crypto::{sha256, short};
use storage::{Level, Mode, StorageError, Tx};

use crate::app::App;
use crate::beside::beside_if;
use crate::caller::Caller;
use crate::extract::{Payload, bytes};
use crate::problem::ApiError;
use crate::{answer, store};

/// The longest key.
pub(crate) const KEY_CHARS_MAX: usize = 255;
/// A body that is hashed and read in less than half a millisecond.
const READ_INLINE_BYTES_MAX: usize = 64 << 10;
/// The header that carries it.
pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is that of an earlier request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A request that changes something: who, under which key, and what it says.
pub(crate) struct Command<P> {
    /// Who calls, with the key.
    pub context: Context,
    /// What the request says.
    pub payload: P,
    key: CommandKey,
    body_hash: [u8; 32],
    under_way: UnderWay,
}

/// Whether a request is the first with its key.
pub(crate) enum Begun<P> {
    /// It is: do it, in the transaction of this turn.
    First(Turn<P>),
    /// It is not: this was the answer.
    Again(Response),
}

/// The transaction of a request that is the first with its key.
pub(crate) struct Turn<P> {
    /// Who calls, with the key.
    pub context: Context,
    /// What the request says.
    pub payload: P,
    /// Where the effect goes.
    pub tx: Tx,
    key: CommandKey,
    _under_way: UnderWay,
}

/// The keys of requests that this process is answering.
#[derive(Clone, Default)]
pub(crate) struct KeysUnderWay(Arc<Mutex<BTreeSet<u128>>>);

/// A key that is under way until this is dropped.
struct UnderWay {
    keys: KeysUnderWay,
    id: u128,
}

impl KeysUnderWay {
    fn take(&self, id: u128) -> Option<UnderWay> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(id).then(|| UnderWay { keys: self.clone(), id })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

impl<P: Payload + Send + 'static> FromRequest<App> for Command<P> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, Self::Rejection> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, app).await?;
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let text = key_of(&parts.headers)?;
        let actor = serde_json::to_vec(&caller.context.actor).map_err(ApiError::internal)?;
        let tenant = caller.context.tenant.uuid();
        let method = parts.method.as_str().as_bytes();
        let scope = [tenant.as_bytes(), &actor[..], method, route.as_bytes(), text.as_bytes()];
        let id = short(hash_of(&scope));
        let under_way = app.keys.take(id).ok_or_else(|| {
            let text = "a request with this Idempotency-Key is still under way";
            let error = ApiError::new(StatusCode::CONFLICT, "idempotency_in_progress", text);
            error.retry_after(1)
        })?;
        let body = bytes(body, P::bytes_max(&app.services.limits)).await?;
        let is_long = body.len() > READ_INLINE_BYTES_MAX;
        let read = move || {
            let hash = hash_of(&[parts.uri.to_string().as_bytes(), &body]);
            P::read(&parts.headers, body).map(|payload| (hash, payload))
        };
        let (body_hash, payload) = beside_if(is_long, read).await??;
        let key = CommandKey { id, body: short(body_hash), first_seen: caller.context.now() };
        let context = Context { key: Some(key), ..caller.context };
        Ok(Self { context, payload, key, body_hash, under_way })
    }
}

/// The key of a request.
fn key_of(headers: &HeaderMap) -> Result<String, ApiError> {
    let bad = |code, detail| ApiError::new(StatusCode::BAD_REQUEST, code, detail);
    let value = headers.get(KEY).ok_or_else(|| {
        let text = "a request that changes something carries an Idempotency-Key of its own";
        bad("idempotency_key_required", text)
    })?;
    let text = value.to_str().unwrap_or_default().trim();
    if (1..=KEY_CHARS_MAX).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err(bad("idempotency_key_malformed", "an Idempotency-Key has 1 to 255 visible characters"))
}

/// A hash over parts of any length, none of which can be taken for the end of another.
fn hash_of(parts: &[&[u8]]) -> [u8; 32] {
    let hashes: Vec<[u8; 32]> = parts.iter().map(|part| sha256(&[part])).collect();
    let hashes: Vec<&[u8]> = hashes.iter().map(<[u8; 32]>::as_slice).collect();
    sha256(&hashes)
}

impl<P> Command<P> {
    /// Begins the transaction of its effect, or finds the answer of the request that did it.
    pub(crate) async fn begin(self, app: &App) -> Result<Begun<P>, ApiError> {
        let Self { context, payload, key, body_hash, under_way } = self;
        match first_or_kept(app, &context, (key, body_hash)).await? {
            (tx, None) => {
                let _under_way = under_way;
                Ok(Begun::First(Turn { context, payload, tx, key, _under_way }))
            }
            (tx, Some(kept)) => {
                tx.commit().await?;
                Ok(Begun::Again(replay(kept)?))
            }
        }
    }

    /// Notes the key with the time at which it was first seen, which from now on is its context's:
    /// what is derived from both is then the same, however late the request is sent again.
    pub(crate) async fn noted(mut self, app: &App) -> Result<Self, ApiError> {
        let (tx, kept) = first_or_kept(app, &self.context, (self.key, self.body_hash)).await?;
        tx.commit().await?;
        if let Some(kept) = kept {
            self.key.first_seen = kept.first_seen;
            self.context.key = Some(self.key);
        }
        Ok(self)
    }
}

/// A transaction in which the key was noted, or what is kept of the request that noted it before.
async fn first_or_kept(
    app: &App,
    context: &Context,
    (key, body_hash): (CommandKey, [u8; 32]),
) -> Result<(Tx, Option<store::Kept>), ApiError> {
    let level = Level::Tenant(context.tenant);
    let mut tx = app.services.database.begin(level, Mode::Write).await?;
    let kept = match store::find(&mut tx, key.id).await? {
        Some(kept) => kept,
        None => match store::insert(&mut tx, &key, body_hash).await {
            Ok(()) => return Ok((tx, None)),
            // Another node was faster; what it noted is there now.
            Err(StorageError::Duplicate { .. }) => {
                tx.rollback();
                tx = app.services.database.begin(level, Mode::Read).await?;
                let kept = store::find(&mut tx, key.id).await?;
                kept.ok_or_else(|| ApiError::internal("a key is taken and is not there"))?
            }
            Err(error) => return Err(error.into()),
        },
    };
    if kept.body_hash != body_hash {
        let text = "this Idempotency-Key was used for another request";
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Err(ApiError::new(status, "idempotency_key_reused", text));
    }
    Ok((tx, Some(kept)))
}

impl<P> Turn<P> {
    /// Keeps the answer with the effect, commits both, and gives it.
    pub(crate) async fn answer(
        self,
        status: StatusCode,
        value: &impl Serialize,
    ) -> Result<Response, ApiError> {
        let Self { mut tx, context, key, .. } = self;
        let body = serde_json::to_string(value).map_err(ApiError::internal)?;
        store::answer(&mut tx, &context, key.id, (status.as_u16(), &body)).await?;
        tx.commit().await?;
        Ok(answer::raw(status, body.into_bytes()))
    }
}

fn replay(kept: store::Kept) -> Result<Response, ApiError> {
    let status = kept.status.and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.ok_or_else(|| ApiError::internal("a kept answer is empty"))?;
    let body = kept.answer.ok_or_else(|| {
        let text = "it was done, and what was answered has been erased since";
        ApiError::new(StatusCode::GONE, "answer_erased", text)
    })?;
    let mut response = answer::raw(status, body.into_bytes());
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}
