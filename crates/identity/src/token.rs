//! Access tokens, which say who somebody is for fifteen minutes, and refresh tokens, which get the
//! next one.

use jsonwebtoken::{Algorithm, Header, Validation};
use kernel::{Env, TenantId, Timestamp, UserId, Uuid, id};
use serde::{Deserialize, Serialize};
use storage::crypto::{hmac_sha256, sha256};

use crate::error::IdentityError;
use crate::key::{SigningKeys, hex, unhex};
use crate::model::{Role, Secret, SessionId};

/// How long an access token is good, in seconds.
pub const ACCESS_SECONDS: i64 = 15 * 60;
/// Who makes the tokens.
const ISSUER: &str = "florin";
/// The longest access token that is looked at.
const TOKEN_BYTES_MAX: usize = 2_048;
/// What a refresh token begins with, so that one which leaked is known for what it is.
const REFRESH_PREFIX: &str = "florin_rt_";

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who.
    pub sub: UserId,
    /// In which tenant.
    pub tid: TenantId,
    /// As what.
    pub role: Role,
    /// In which session.
    pub sid: SessionId,
    /// Since when, in seconds since 1970.
    pub iat: i64,
    /// Until when.
    pub exp: i64,
    /// The token's own id.
    pub jti: String,
    /// Who made it.
    pub iss: String,
}

/// A refresh token: 256 bits.
pub(crate) struct RefreshToken([u8; 32]);

impl Claims {
    /// What a token of the person who owns the data directory would say: no such token is made.
    #[must_use]
    pub fn of_owner(env: &Env, tenant: TenantId) -> Self {
        let nobody = UserId::from_uuid(Uuid::nil());
        Self::new(env, nobody, tenant, Role::Owner, SessionId::from_uuid(Uuid::nil()))
    }

    pub(crate) fn new(
        env: &Env,
        user: UserId,
        tenant: TenantId,
        role: Role,
        session: SessionId,
    ) -> Self {
        let iat = env.now().micros().div_euclid(1_000_000);
        Self {
            sub: user,
            tid: tenant,
            role,
            sid: session,
            iat,
            exp: iat + ACCESS_SECONDS,
            jti: id::encode(env.random_uuid()),
            iss: ISSUER.to_owned(),
        }
    }

    /// The token that says it.
    pub(crate) fn sign(&self, keys: &SigningKeys) -> Result<Secret, IdentityError> {
        let (id, key) = keys.signing();
        let header = Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::EdDSA) };
        let token = jsonwebtoken::encode(&header, self, key);
        let failed = |error: jsonwebtoken::errors::Error| IdentityError::Crypto {
            what: "signing a token",
            text: error.to_string(),
        };
        token.map(Secret::new).map_err(failed)
    }

    /// What a token says, if it is ours and unchanged; its time may be over.
    pub(crate) fn signed(token: &str, keys: &SigningKeys) -> Result<Self, IdentityError> {
        let invalid = |_| IdentityError::TokenInvalid;
        if token.len() > TOKEN_BYTES_MAX {
            return Err(IdentityError::TokenInvalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(invalid)?;
        let key = header.kid.as_deref().and_then(|id| keys.verifying(id));
        let key = key.ok_or(IdentityError::TokenInvalid)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // The library would ask the machine's clock: the time is compared with ours.
        validation.validate_exp = false;
        Ok(jsonwebtoken::decode(token, key, &validation).map_err(invalid)?.claims)
    }

    /// Whether the token's time is over.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        now >= Timestamp::EPOCH.plus_seconds(self.exp)
    }
}

impl RefreshToken {
    pub(crate) fn random(env: &Env) -> Self {
        Self(env.random_bytes())
    }

    pub(crate) fn parse(secret: &Secret) -> Result<Self, IdentityError> {
        let bits = secret.expose().strip_prefix(REFRESH_PREFIX).and_then(unhex);
        bits.map(Self).ok_or(IdentityError::RefreshInvalid)
    }

    pub(crate) fn to_secret(&self) -> Secret {
        Secret::new(format!("{REFRESH_PREFIX}{}", hex(&self.0)))
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        sha256(&[b"florin.refresh", &self.0])
    }

    /// The token that takes its place. It can be found again from this one (whose answer may have
    /// been lost) by nobody but us.
    pub(crate) fn successor(&self, keys: &SigningKeys) -> Self {
        Self(hmac_sha256(&keys.derive(b"refresh"), &[&self.0]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verified::Verified;
    use kernel::{ManualClock, SeededEntropy};
    use std::sync::Arc;

    struct Case {
        env: Env,
        clock: Arc<ManualClock>,
        keys: SigningKeys,
        claims: Claims,
        verified: Verified,
    }

    impl Case {
        /// What a token says, which is the same the second time it is looked at.
        fn read(&self, token: &str) -> Result<Claims, IdentityError> {
            let read = || self.verified.verify(token, &self.keys, self.env.now());
            let (first, second) = (read(), read());
            assert_eq!(first.as_ref().ok(), second.as_ref().ok());
            second
        }
    }

    fn case() -> Case {
        let clock = ManualClock::at("2026-03-31T10:30:00Z".parse().unwrap());
        let env = Env::new(Arc::clone(&clock) as _, SeededEntropy::new(3));
        let keys = SigningKeys::generate(&env).unwrap();
        let user = UserId::from_uuid(env.new_uuid());
        let tenant = TenantId::from_uuid(env.new_uuid());
        let session = SessionId::from_uuid(env.new_uuid());
        let claims = Claims::new(&env, user, tenant, Role::Adult, session);
        Case { env, clock, keys, claims, verified: Verified::default() }
    }

    fn code(case: &Case, token: &str) -> &'static str {
        use kernel::Problematic as _;
        match case.read(token) {
            Ok(_) => "ok",
            Err(error) => error.code(),
        }
    }

    #[test]
    fn a_token_is_good_for_fifteen_minutes() {
        let case = case();
        let token = case.claims.sign(&case.keys).unwrap();
        let read = case.read(token.expose()).unwrap();
        assert_eq!(read, case.claims);
        case.clock.advance_seconds(ACCESS_SECONDS - 1);
        assert_eq!(code(&case, token.expose()), "ok");
        case.clock.advance_seconds(1);
        assert_eq!(code(&case, token.expose()), "token_expired");
    }

    #[test]
    fn a_token_that_is_not_ours_is_refused() {
        let case = case();
        let token = case.claims.sign(&case.keys).unwrap();
        let parts: Vec<&str> = token.expose().split('.').collect();
        let flipped = |text: &str| {
            let other = if text.starts_with('A') { "B" } else { "A" };
            format!("{other}{}", &text[1..])
        };
        let stranger = SigningKeys::generate(&Env::system()).unwrap();
        let theirs = case.claims.sign(&stranger).unwrap();
        // {"alg":"none"} and {"alg":"HS256","kid":…}, in the base 64 of URLs.
        let none = "eyJhbGciOiJub25lIn0";
        let cases = [
            String::new(),
            "x.y.z".to_owned(),
            format!("{}.{}.{}", parts[0], parts[1], flipped(parts[2])),
            format!("{}.{}.{}", parts[0], flipped(parts[1]), parts[2]),
            format!("{}.{}.", parts[0], parts[1]),
            format!("{none}.{}.", parts[1]),
            format!("{none}.{}.{}", parts[1], parts[2]),
            theirs.expose().to_owned(),
            "a".repeat(TOKEN_BYTES_MAX + 1),
        ];
        // One that is kept helps none that is made of it.
        assert_eq!(code(&case, token.expose()), "ok");
        for token in cases {
            assert_eq!(code(&case, &token), "token_invalid", "{token}");
        }
    }

    #[test]
    fn a_token_of_another_algorithm_is_refused_though_it_names_our_key() {
        let case = case();
        let (id, _) = case.keys.signing();
        let header = Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::HS256) };
        // The classic confusion: the public key as the secret of an HMAC.
        let key = jsonwebtoken::EncodingKey::from_secret(b"public key");
        let token = jsonwebtoken::encode(&header, &case.claims, &key).unwrap();
        assert_eq!(code(&case, &token), "token_invalid");
    }

    #[test]
    fn another_issuer_is_refused() {
        let case = case();
        let foreign = Claims { iss: "guilder".to_owned(), ..case.claims.clone() };
        assert_eq!(code(&case, foreign.sign(&case.keys).unwrap().expose()), "token_invalid");
    }

    #[test]
    fn refresh_tokens_have_one_text_and_one_successor() {
        let case = case();
        let token = RefreshToken::random(&case.env);
        let text = token.to_secret();
        let read = RefreshToken::parse(&text).unwrap();
        assert_eq!(read.hash(), token.hash());
        assert_eq!(read.successor(&case.keys).hash(), token.successor(&case.keys).hash());
        assert_ne!(read.successor(&case.keys).hash(), token.hash());
        let stranger = SigningKeys::generate(&case.env).unwrap();
        assert_ne!(read.successor(&case.keys).hash(), read.successor(&stranger).hash());
        assert!(RefreshToken::parse(&Secret::new("florin_rt_00")).is_err());
    }
}
