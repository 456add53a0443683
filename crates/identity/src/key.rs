//! The keys that sign access tokens: a file with one line a key. The first signs, all of them
//! verify, so that a new one is put in front and the old one taken away fifteen minutes later.
//!
//! What must stay true: the file is readable by its owner alone, and no key is ever printed.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::Path;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use jsonwebtoken::{DecodingKey, EncodingKey};
use kernel::Env;
use storage::crypto::{hmac_sha256, sha256};

use crate::error::IdentityError;

/// What a line begins with, before the 64 digits of the key.
const KIND: &str = "ed25519 ";
/// The largest key file that is read: some hundred keys.
const FILE_BYTES_MAX: u64 = 8_192;

/// The keys that sign and verify access tokens.
#[derive(Clone)]
pub struct SigningKeys {
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    /// Tells the keys apart in a token's header: a hash of the public half.
    id: String,
    seed: [u8; 32],
    signing: EncodingKey,
    verifying: DecodingKey,
}

impl SigningKeys {
    /// Reads the key file, or makes one with a new key where there is none.
    ///
    /// # Errors
    /// Where others than the owner may read it, or it holds anything but keys.
    pub fn open(path: &Path, env: &Env) -> Result<Self, IdentityError> {
        let fault = |text: String| {
            let path = path.display().to_string();
            IdentityError::KeyFile { path, text }
        };
        match create_private(path) {
            Ok(mut file) => {
                let seed: [u8; 32] = env.random_bytes();
                let written = file.write_all(line(&seed).as_bytes()).and_then(|()| file.sync_all());
                written.map_err(|error| fault(error.to_string()))?;
                Ok(Self { keys: vec![Key::new(seed).map_err(fault)?] })
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let text = read_private(path).map_err(fault)?;
                Self::parse(&text).map_err(fault)
            }
            Err(error) => Err(fault(error.to_string())),
        }
    }

    /// One new key that is kept nowhere: every token ends with the process.
    ///
    /// # Errors
    /// Where the crypto library refuses the key, which it does not.
    pub fn generate(env: &Env) -> Result<Self, IdentityError> {
        let fault = |text| IdentityError::Crypto { what: "making a key", text };
        Ok(Self { keys: vec![Key::new(env.random_bytes()).map_err(fault)?] })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys = lines.map(|line| {
            let seed = line.strip_prefix(KIND).and_then(unhex);
            Key::new(seed.ok_or("a line is not `ed25519` and 64 hexadecimal digits")?)
        });
        let keys: Vec<Key> = keys.collect::<Result<_, String>>()?;
        if keys.is_empty() { Err("it holds no key".to_owned()) } else { Ok(Self { keys }) }
    }

    /// The key that signs, with its id.
    pub(crate) fn signing(&self) -> (&str, &EncodingKey) {
        let first = self.keys.first().expect("invariant: there is at least one key");
        (&first.id, &first.signing)
    }

    /// The key that a token names.
    pub(crate) fn verifying(&self, id: &str) -> Option<&DecodingKey> {
        self.keys.iter().find(|key| key.id == id).map(|key| &key.verifying)
    }

    /// A secret for something else than signing, from the key that signs.
    pub(crate) fn derive(&self, purpose: &[u8]) -> [u8; 32] {
        let first = self.keys.first().expect("invariant: there is at least one key");
        hmac_sha256(&first.seed, &[b"florin.identity.", purpose])
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.keys.iter().map(|key| key.id.as_str());
        out.debug_list().entries(ids).finish()
    }
}

impl Key {
    fn new(seed: [u8; 32]) -> Result<Self, String> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|error| error.to_string())?;
        let private = pair.to_pkcs8v1().map_err(|error| error.to_string())?;
        let public = pair.public_key().as_ref();
        Ok(Self {
            id: hex(&sha256(&[public])[..8]),
            seed,
            signing: EncodingKey::from_ed_der(private.as_ref()),
            verifying: DecodingKey::from_ed_der(public),
        })
    }
}

fn line(seed: &[u8; 32]) -> String {
    format!("# Signs access tokens. Whoever has it can be anybody.\n{KIND}{}\n", hex(seed))
}

#[cfg(unix)]
fn create_private(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn read_private(path: &Path) -> Result<String, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    refuse_readable_by_others(&file)?;
    let mut text = String::new();
    let read = file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text);
    match read.map_err(|error| error.to_string())? {
        count if count as u64 > FILE_BYTES_MAX => Err("it is too long for a key file".to_owned()),
        _ => Ok(text),
    }
}

#[cfg(unix)]
fn refuse_readable_by_others(file: &File) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata().map_err(|error| error.to_string())?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(format!("others than its owner may use it (mode {:o}); chmod 600 it", mode & 0o777))
}

#[cfg(not(unix))]
fn refuse_readable_by_others(_: &File) -> Result<(), String> {
    Ok(())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_made_once_and_read_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token.key");
        let made = SigningKeys::open(&path, &Env::system()).unwrap();
        let read = SigningKeys::open(&path, &Env::system()).unwrap();
        assert_eq!(made.signing().0, read.signing().0);
        assert_eq!(made.derive(b"x"), read.derive(b"x"));
        let text = std::fs::read_to_string(&path).unwrap();
        let shown = format!("{made:?}");
        assert!(!text.lines().any(|line| line.len() > 60 && shown.contains(&line[8..])));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token.key");
        SigningKeys::open(&path, &Env::system()).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = SigningKeys::open(&path, &Env::system()).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn several_keys_verify_and_the_first_signs() {
        let seed = |digit: &str| format!("{KIND}{}", digit.repeat(64));
        let both = SigningKeys::parse(&format!("# two\n{}\n\n{}\n", seed("1"), seed("2"))).unwrap();
        let old = SigningKeys::parse(&seed("2")).unwrap();
        assert!(both.verifying(old.signing().0).is_some());
        assert_ne!(both.signing().0, old.signing().0);
        for text in ["", "# none", "ed25519 12", "rsa 1", &seed("g")] {
            assert!(SigningKeys::parse(text).is_err(), "{text:?}");
        }
    }
}
