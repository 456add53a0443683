//! Web push: a browser is told through the push service that it subscribed to.
//!
//! Sources: RFC 8030 (the request: TTL, Urgency, Topic; 201 is taken, 404 and 410 are a
//! subscription that is gone), RFC 8291 (what only the browser can read), RFC 8292 (who we are:
//! VAPID).

mod seal;
mod vapid;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::BoxFuture;
use kernel::Env;
use serde_json::json;

pub use vapid::VapidKey;

use super::guard::Guard;
use super::http::{Client, Request};
use super::webhook::url;
use super::{Channel, Outgoing, Refusal, Sent};
use crate::error::NoticesError;
use crate::model::{AddressSecret, ChannelKind, Severity};

/// How long a push service keeps a message for a browser that is not there.
const TTL_SECONDS: u32 = 86_400;
/// The longest text that is pushed, in characters: a message has 4096 bytes, and a letter up to 4.
const TEXT_CHARS_MAX: usize = 600;

/// Web push.
pub struct PushChannel {
    client: Client,
    key: VapidKey,
    contact: String,
    allows_plain: bool,
}

impl PushChannel {
    /// Signed with a key, in the name of somebody whom a push service may ask: `mailto:…` or
    /// `https://…`.
    #[must_use]
    pub fn new(guard: Guard, key: VapidKey, contact: &str) -> Self {
        let allows_plain = guard.knows_networks();
        Self { client: Client::guarded(guard), key, contact: contact.to_owned(), allows_plain }
    }
}

impl Channel for PushChannel {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Push
    }

    fn normal(&self, address: &str) -> Result<String, NoticesError> {
        url(address.trim(), self.allows_plain)
    }

    fn secret(&self, _: &Env, given: AddressSecret) -> Result<AddressSecret, NoticesError> {
        let AddressSecret { p256dh, auth, .. } = given;
        let has = |text: &Option<String>, length: usize| {
            text.as_ref().and_then(|text| decoded(text)).is_some_and(|bytes| bytes.len() == length)
        };
        if !has(&p256dh, seal::PUBLIC_BYTES) {
            let detail = "65 bytes in base64url: the browser's public key";
            return Err(NoticesError::field("p256dh", "key", detail));
        }
        if !has(&auth, seal::AUTH_BYTES) {
            let detail = "16 bytes in base64url: the browser's authentication secret";
            return Err(NoticesError::field("auth", "key", detail));
        }
        Ok(AddressSecret { p256dh, auth, ..AddressSecret::default() })
    }

    fn public_key(&self) -> Option<String> {
        Some(self.key.public())
    }

    fn send<'a>(&'a self, outgoing: &'a Outgoing) -> BoxFuture<'a, Result<Sent, Refusal>> {
        Box::pin(async move {
            let request = self.request(outgoing);
            let request = request.ok_or_else(|| Refusal::permanent("message_unfit"))?;
            match self.client.post(request).await?.status {
                200..300 => Ok(Sent::default()),
                status @ (404 | 410) => Err(Refusal::gone(format!("http_{status}"))),
                status @ (400 | 413) => Err(Refusal::permanent(format!("http_{status}"))),
                status => Err(Refusal::temporary(format!("http_{status}"))),
            }
        })
    }
}

impl PushChannel {
    fn request(&self, outgoing: &Outgoing) -> Option<Request> {
        let browser = seal::Browser {
            public: decoded(outgoing.secret.p256dh.as_ref()?)?.try_into().ok()?,
            auth: decoded(outgoing.secret.auth.as_ref()?)?.try_into().ok()?,
        };
        let body = seal::seal(&browser, &text(outgoing)?)?;
        let seconds = outgoing.now.micros() / 1_000_000;
        let token = self.key.token(&outgoing.address, &self.contact, seconds)?;
        let urgency = if outgoing.message.severity == Severity::Urgent { "high" } else { "normal" };
        let headers = vec![
            ("content-encoding", "aes128gcm".to_owned()),
            ("content-type", "application/octet-stream".to_owned()),
            ("ttl", TTL_SECONDS.to_string()),
            ("urgency", urgency.to_owned()),
            // One that is sent twice takes the place of the first, where it still waits.
            ("topic", URL_SAFE_NO_PAD.encode(outgoing.id.uuid().as_bytes())),
            ("authorization", token),
        ];
        Some(Request { url: outgoing.address.clone(), headers, body })
    }
}

/// What the page's worker is told.
fn text(outgoing: &Outgoing) -> Option<Vec<u8>> {
    let text: String = outgoing.message.text.chars().take(TEXT_CHARS_MAX).collect();
    let title: String = outgoing.message.title.chars().take(TEXT_CHARS_MAX / 4).collect();
    let said = json!({
        "id": outgoing.id.to_string(),
        "title": title,
        "text": text,
        "language": outgoing.message.language,
        "severity": outgoing.message.severity,
    });
    serde_json::to_vec(&said).ok()
}

/// Bytes of base64url; browsers leave the padding out, and some libraries do not.
fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}
