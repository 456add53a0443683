//! Users, tenants, memberships, and the texts that become them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use kernel::{CommodityCode, FieldFault, TenantId, Timestamp, UserId, typed_id};
use serde::{Deserialize, Serialize};

use crate::error::IdentityError;

/// The longest e-mail address (RFC 5321: a path of 256 characters with its two brackets).
pub const EMAIL_BYTES_MAX: usize = 254;
/// The longest name of a person or a family, in characters.
pub const NAME_CHARS_MAX: usize = 120;

typed_id! {
    /// One sign-in, and every token that descends from it.
    SessionId, "session"
}

/// What a person is to a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Founded it, or was made one by an owner.
    Owner,
    /// A grown-up of the family.
    Adult,
    /// A child of the family.
    Child,
    /// Somebody from outside who looks after its affairs.
    Adviser,
    /// Somebody who may look.
    Viewer,
}

/// A text that is never printed: a password or a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// An e-mail address in the one form it is kept and found by: trimmed, in lower case.
///
/// ```
/// use identity::Email;
/// assert_eq!("  Bat@Example.MN ".parse::<Email>()?, "bat@example.mn".parse()?);
/// assert!("bat".parse::<Email>().is_err());
/// # Ok::<(), identity::IdentityError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

/// A person who signs in.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Their address.
    pub email: Email,
    /// What they are called.
    pub name: String,
}

/// A family, firm or partner.
#[derive(Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// What it is called.
    pub name: String,
    /// The currency it counts in.
    pub currency: CommodityCode,
    /// Where it lives: two letters of ISO 3166.
    pub country: Option<String>,
    /// Since when it is here.
    pub created_at: Timestamp,
}

/// A tenant that a user belongs to.
#[derive(Clone, PartialEq, Eq)]
pub struct Membership {
    /// Which one.
    pub tenant: Tenant,
    /// As what.
    pub role: Role,
}

/// Somebody who registers, and the family that they found by it.
#[derive(Clone)]
pub struct NewUser {
    /// Their address, as they typed it.
    pub email: String,
    /// Their password.
    pub password: Secret,
    /// What they are called.
    pub name: String,
    /// What the family is called.
    pub family_name: String,
    /// The currency it counts in.
    pub currency: String,
    /// Where it lives, if they say.
    pub country: Option<String>,
}

/// Somebody who signs in.
#[derive(Clone)]
pub struct SignIn {
    /// Their address, as they typed it.
    pub email: String,
    /// Their password.
    pub password: Secret,
    /// Which of their tenants; the first where they do not say.
    pub tenant: Option<TenantId>,
    /// Where from, so that one address cannot try for ever.
    pub source: Option<IpAddr>,
}

impl Role {
    /// All of them, from the one that may most.
    pub const ALL: [Self; 5] = [Self::Owner, Self::Adult, Self::Adviser, Self::Viewer, Self::Child];

    /// Its name on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Adult => "adult",
            Self::Child => "child",
            Self::Adviser => "adviser",
            Self::Viewer => "viewer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| {
            let text = "a role is owner, adult, child, adviser or viewer";
            IdentityError::Fields(vec![FieldFault::new("role", "role", text)])
        })
    }
}

impl Secret {
    /// Hides a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one who must have it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("(hidden)")
    }
}

impl Email {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An address as a row holds it.
    pub(crate) const fn from_row(text: String) -> Self {
        Self(text)
    }
}

/// A person's datum: a log line that shows its holder shows no address.
impl fmt::Debug for Email {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("(an e-mail address)")
    }
}

impl FromStr for Email {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim().to_lowercase();
        let (local, domain) = text.rsplit_once('@').unwrap_or_default();
        let odd = |c: char| c.is_whitespace() || c.is_control() || "<>,;\"".contains(c);
        let sound = !local.is_empty()
            && !local.contains('@')
            && !domain.is_empty()
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && text.len() <= EMAIL_BYTES_MAX
            && !text.contains(odd);
        if sound {
            return Ok(Self(text));
        }
        let detail = format!("an address such as bat@example.mn, of {EMAIL_BYTES_MAX} bytes");
        let fault = FieldFault::new("email", "email", format!("{detail} at most"));
        Err(IdentityError::Fields(vec![fault]))
    }
}

/// A name as it is kept: trimmed, of 1 to [`NAME_CHARS_MAX`] characters, none of them a control.
pub(crate) fn read_name(field: &str, text: &str) -> Result<String, FieldFault> {
    let text = text.trim();
    let count = text.chars().count();
    if (1..=NAME_CHARS_MAX).contains(&count) && !text.contains(char::is_control) {
        return Ok(text.to_owned());
    }
    let detail = format!("a name has 1 to {NAME_CHARS_MAX} characters, none of them a control");
    Err(FieldFault::new(field, "name", detail))
}

/// Two letters of ISO 3166 in upper case.
pub(crate) fn read_country(text: &str) -> Result<String, FieldFault> {
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(text.to_owned());
    }
    Err(FieldFault::new("country", "country", "a country is two letters of ISO 3166, such as MN"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_in_one_form() {
        let cases = [
            ("bat@example.mn", Some("bat@example.mn")),
            (" Bat.Erdene+florin@Example.MN\t", Some("bat.erdene+florin@example.mn")),
            ("баяр@пример.мн", Some("баяр@пример.мн")),
            ("bat@localhost", Some("bat@localhost")),
            ("", None),
            ("@example.mn", None),
            ("bat@", None),
            ("bat@@example.mn", None),
            ("bat@.mn", None),
            ("bat@example.", None),
            ("ba t@example.mn", None),
            ("bat@example.mn\u{0}", None),
            ("Bat <bat@example.mn>", None),
        ];
        for (text, expected) in cases {
            let found = text.parse::<Email>().ok();
            assert_eq!(found.as_ref().map(Email::as_str), expected, "{text:?}");
        }
        let long = format!("{}@example.mn", "b".repeat(EMAIL_BYTES_MAX));
        assert!(long.parse::<Email>().is_err());
    }

    #[test]
    fn names_have_bounds() {
        assert_eq!(read_name("name", "  Сараа ").unwrap(), "Сараа");
        for text in ["", "   ", "a\u{7}b", &"x".repeat(NAME_CHARS_MAX + 1)] {
            assert_eq!(read_name("name", text).unwrap_err().field, "name", "{text:?}");
        }
    }

    #[test]
    fn secrets_and_addresses_do_not_print() {
        let secret = Secret::new("correct horse battery");
        assert!(!format!("{secret:?}").contains("horse"));
        let email: Email = "bat@example.mn".parse().unwrap();
        assert!(!format!("{email:?}").contains("bat"));
    }

    #[test]
    fn roles_have_one_name() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>().unwrap(), role);
            let json = serde_json::to_string(&role).unwrap();
            assert_eq!(json, format!("\"{role}\""));
        }
        assert!("admin".parse::<Role>().is_err());
    }
}
