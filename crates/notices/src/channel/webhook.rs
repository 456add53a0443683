//! Webhooks: a program is told by a request to its URL, signed so that it knows from whom.
//!
//! Source: Standard Webhooks 1.0.0: id, time of the attempt and body are signed with HMAC-SHA-256
//! (`v1`), by each secret of the endpoint; anything but 2xx is tried again; 410 ends it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use kernel::Env;
use serde_json::json;
use storage::crypto::hmac_sha256;
use ureq::http::Uri;

use super::guard::Guard;
use super::http::{Client, Request};
use super::{Channel, Outgoing, Refusal, Sent};
use crate::error::NoticesError;
use crate::model::{AddressSecret, ChannelKind};

/// What a secret begins with.
const SECRET_PREFIX: &str = "whsec_";

/// Webhooks.
pub struct WebhookChannel {
    client: Client,
    allows_plain: bool,
}

impl WebhookChannel {
    /// To whatever a guard lets through.
    #[must_use]
    pub fn new(guard: Guard) -> Self {
        Self { allows_plain: guard.knows_networks(), client: Client::guarded(guard) }
    }
}

impl Channel for WebhookChannel {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Webhook
    }

    fn normal(&self, address: &str) -> Result<String, NoticesError> {
        url(address.trim(), self.allows_plain)
    }

    fn secret(&self, env: &Env, _: AddressSecret) -> Result<AddressSecret, NoticesError> {
        Ok(AddressSecret { signing: vec![new_secret(env)], ..AddressSecret::default() })
    }

    fn send<'a>(&'a self, outgoing: &'a Outgoing) -> BoxFuture<'a, Result<Sent, Refusal>> {
        Box::pin(async move {
            let (id, seconds) = (outgoing.id.to_string(), outgoing.now.micros() / 1_000_000);
            let body = body(outgoing).ok_or_else(|| Refusal::permanent("message_unfit"))?;
            let sign = |secret: &String| signature(secret, (&id, seconds), &body);
            let signatures: Option<Vec<String>> =
                outgoing.secret.signing.iter().map(sign).collect();
            let signatures = signatures.filter(|all| !all.is_empty());
            let signatures = signatures.ok_or_else(|| Refusal::permanent("secret_unfit"))?;
            let headers = vec![
                ("content-type", "application/json".to_owned()),
                ("webhook-id", id),
                ("webhook-timestamp", seconds.to_string()),
                ("webhook-signature", signatures.join(" ")),
            ];
            let request = Request { url: outgoing.address.clone(), headers, body };
            match self.client.post(request).await?.status {
                200..300 => Ok(Sent::default()),
                410 => Err(Refusal::gone("http_410")),
                status => Err(Refusal::temporary(format!("http_{status}"))),
            }
        })
    }
}

/// A new secret of 32 random bytes.
pub(crate) fn new_secret(env: &Env) -> String {
    let bytes: [u8; 32] = env.random_bytes();
    format!("{SECRET_PREFIX}{}", STANDARD.encode(bytes))
}

/// A signature as it stands in the header; nothing where the secret is none.
fn signature(secret: &str, (id, seconds): (&str, i64), body: &[u8]) -> Option<String> {
    let key = STANDARD.decode(secret.strip_prefix(SECRET_PREFIX)?).ok()?;
    let head = format!("{id}.{seconds}.");
    let signature = hmac_sha256(&key, &[head.as_bytes(), body]);
    Some(format!("v1,{}", STANDARD.encode(signature)))
}

/// What a program is told. The time is the notice's own, so that it is the same at every attempt.
fn body(outgoing: &Outgoing) -> Option<Vec<u8>> {
    let part = outgoing.message.parts.first()?;
    let params: std::collections::BTreeMap<_, _> = part.params.iter().cloned().collect();
    let said = json!({
        "type": part.kind,
        "timestamp": part.created_at.to_string(),
        "data": {
            "id": part.notice.to_string(),
            "severity": part.severity,
            "title": outgoing.message.title,
            "text": outgoing.message.text,
            "language": outgoing.message.language,
            "params": params,
            "about": part.about,
        },
    });
    serde_json::to_vec(&said).ok()
}

/// A URL as it is kept: `https`, or `http` where an operator's own networks are called.
pub(crate) fn url(text: &str, allows_plain: bool) -> Result<String, NoticesError> {
    let unfit = || {
        let detail = "a URL such as https://example.com/florin, without a user and a fragment";
        NoticesError::field("address", "url", detail)
    };
    let uri: Uri = text.parse().map_err(|_| unfit())?;
    let scheme_fits = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => allows_plain,
        _ => false,
    };
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let fits = scheme_fits && uri.host().is_some_and(|host| !host.is_empty());
    if !fits || authority.contains('@') || text.contains('#') {
        return Err(unfit());
    }
    Ok(uri.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the libraries of Standard Webhooks test themselves with (`sign function
    /// works`, github.com/standard-webhooks/standard-webhooks).
    #[test]
    fn a_signature_is_that_of_the_standard() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let at = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330);
        let signed = signature(secret, at, b"{\"test\": 2432232314}").unwrap();
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(signature("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", at, b"").is_none());
    }

    #[test]
    fn a_url_is_one_that_can_be_called_and_holds_no_secret() {
        assert_eq!(url("https://example.com/a?b=c", false).unwrap(), "https://example.com/a?b=c");
        assert!(url("http://10.0.0.7:8080/", true).is_ok());
        for wrong in [
            "",
            "example.com",
            "/a",
            "http://example.com",
            "ftp://example.com",
            "https://",
            "https:///a",
            "https://a:b@example.com/",
            "https://example.com/#a",
            "javascript:alert(1)",
        ] {
            assert!(url(wrong, false).is_err(), "{wrong}");
        }
    }
}
