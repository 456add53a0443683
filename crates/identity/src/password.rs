//! Passwords: what one must be like, and their Argon2id hashes.
//!
//! Source of the parameters: OWASP Password Storage Cheat Sheet (Argon2id, m = 19 MiB, t = 2,
//! p = 1). A hash is in PHC form and carries its own parameters, so that they can go up later.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use kernel::{Env, FieldFault};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::IdentityError;
use crate::model::{Email, Secret};

pub(crate) const PASSWORD_CHARS_MIN: usize = 10;
pub(crate) const PASSWORD_CHARS_MAX: usize = 128;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Passwords hashed at a time: each takes 19 MiB and a core.
const HASHES_AT_ONCE_MAX: usize = 4;
/// How long somebody waits for a turn.
const TURN_WAIT_MAX: Duration = Duration::from_secs(5);

/// The hash of no password: whoever has no account is checked against it.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IHdhcyBoZXJl$\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes passwords beside the async threads, a few at a time.
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(HASHES_AT_ONCE_MAX)) }
    }
}

impl Passwords {
    /// The hash of a password, with a salt of its own.
    pub(crate) async fn hash(&self, env: &Env, secret: &Secret) -> Result<String, IdentityError> {
        let (secret, salt) = (secret.clone(), env.random_bytes::<16>());
        let hash = move || {
            let hash = argon2()?.hash_password_with_salt(secret.expose().as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(failed)
        };
        self.work(hash).await
    }

    /// Whether a password is the one of a hash. Without a hash it takes as long, and is not.
    pub(crate) async fn verify(
        &self,
        secret: &Secret,
        hash: Option<String>,
    ) -> Result<bool, IdentityError> {
        let secret = secret.clone();
        let verify = move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
            let hash = PasswordHash::new(&hash).map_err(failed)?;
            Ok(argon2()?.verify_password(secret.expose().as_bytes(), &hash).is_ok() && known)
        };
        self.work(verify).await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, IdentityError> + Send + 'static,
    ) -> Result<T, IdentityError> {
        let turn = self.turn().await?;
        let work = move || {
            // Held by the work itself: who gives up waiting does not free the core.
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(failed)?
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, IdentityError> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        let turn = tokio::time::timeout(TURN_WAIT_MAX, turn).await;
        turn.map_err(|_| IdentityError::Busy)?.map_err(|_| IdentityError::Busy)
    }
}

/// What is wrong with a new password, if anything is.
pub(crate) fn check(secret: &Secret, email: Option<&Email>) -> Option<FieldFault> {
    let text = secret.expose();
    let count = text.chars().count();
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&count) {
        let detail =
            format!("a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters");
        return Some(FieldFault::new("password", "length", detail));
    }
    if email.is_some_and(|email| email.as_str() == text.trim().to_lowercase()) {
        let detail = "the password may not be the e-mail address";
        return Some(FieldFault::new("password", "not_the_email", detail));
    }
    None
}

fn argon2() -> Result<Argon2<'static>, IdentityError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn failed(error: impl std::fmt::Display) -> IdentityError {
    IdentityError::Crypto { what: "hashing a password", text: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_rules() {
        let email: Email = "saraa@example.mn".parse().unwrap();
        // The password, and the rule it breaks.
        let cases = [
            ("correct horse", None),
            ("тавантолгой", None),
            ("123456789", Some("length")),
            ("таван толг", None),
            ("таван тол", Some("length")),
            ("Saraa@Example.mn ", Some("not_the_email")),
            (&"x".repeat(PASSWORD_CHARS_MAX), None),
            (&"x".repeat(PASSWORD_CHARS_MAX + 1), Some("length")),
        ];
        for (text, rule) in cases {
            let fault = check(&Secret::new(text), Some(&email));
            assert_eq!(fault.map(|fault| fault.rule).as_deref(), rule, "{text}");
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_hash_is_argon2id_with_a_salt_and_fits_one_password() {
        let (passwords, env) = (Passwords::default(), Env::system());
        let right = Secret::new("correct horse battery");
        let hash = passwords.hash(&env, &right).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash(&env, &right).await.unwrap());
        assert!(passwords.verify(&right, Some(hash.clone())).await.unwrap());
        let wrong = Secret::new("correct horse batteri");
        assert!(!passwords.verify(&wrong, Some(hash)).await.unwrap());
    }

    #[tokio::test(flavor = "current_thread")]
    async fn nobody_s_hash_is_sound_and_no_password_fits() {
        let hash = PasswordHash::new(NOBODY).unwrap();
        let ours = argon2().unwrap().hash_password_with_salt(b"x", b"0123456789abcdef").unwrap();
        assert_eq!((hash.algorithm, hash.version), (ours.algorithm, ours.version));
        assert_eq!(hash.params, ours.params);
        assert!(!Passwords::default().verify(&Secret::new("x"), None).await.unwrap());
    }
}
