//! Who we are to a push service: a token signed with a key of ours (RFC 8292), which the browser
//! was told when it subscribed.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use ureq::http::Uri;

use crate::error::NoticesError;

/// How long a token is good; at most a day is allowed.
const TOKEN_SECONDS: i64 = 12 * 3_600;

/// The key that signs tokens for push services. Browsers subscribe to its public half: another key
/// ends every subscription.
pub struct VapidKey(EcdsaKeyPair);

impl VapidKey {
    /// A new key, as PKCS#8.
    ///
    /// # Errors
    /// Where the library makes none.
    pub fn generate() -> Result<Vec<u8>, NoticesError> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new());
        let made = made.map_err(|_| NoticesError::configuration("no key could be made"))?;
        Ok(made.as_ref().to_vec())
    }

    /// The key that was kept as PKCS#8.
    ///
    /// # Errors
    /// Where it is none of P-256.
    pub fn from_pkcs8(bytes: &[u8]) -> Result<Self, NoticesError> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes);
        key.map(Self).map_err(|_| NoticesError::configuration("the key of web push is no key"))
    }

    /// The public half, as a browser's `applicationServerKey` wants it.
    #[must_use]
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.public_key().as_ref())
    }

    /// What stands in `Authorization` for the push service of a URL, at a time in seconds.
    pub(crate) fn token(&self, url: &str, contact: &str, seconds: i64) -> Option<String> {
        let uri: Uri = url.parse().ok()?;
        let origin = format!("{}://{}", uri.scheme_str()?, uri.authority()?);
        let head = json!({ "typ": "JWT", "alg": "ES256" });
        let claims = json!({ "aud": origin, "exp": seconds + TOKEN_SECONDS, "sub": contact });
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&head), part(&claims));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        let signature = URL_SAFE_NO_PAD.encode(signature.as_ref());
        Some(format!("vapid t={signed}.{signature}, k={}", self.public()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    /// The token of RFC 8292, section 2.4, is checked with the key that stands there: so is ours.
    #[test]
    fn a_token_is_checked_by_its_key_and_the_rfc_s_by_its() {
        let rfc = "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbX\
            BsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4x\
            fxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA, k=BA1Hx\
            zyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs";
        let key = VapidKey::from_pkcs8(&VapidKey::generate().unwrap()).unwrap();
        let ours = key.token("https://push.example.net/a/b", "mailto:a@b.c", 1_000).unwrap();
        for token in [rfc, &ours] {
            let (token, key) = token.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, bytes(key));
            key.verify(signed.as_bytes(), &bytes(signature)).unwrap();
        }
        let claims = ours.split('.').nth(1).unwrap();
        let claims: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        assert_eq!(claims["aud"], "https://push.example.net");
        assert_eq!(claims["exp"], 44_200);
    }
}
