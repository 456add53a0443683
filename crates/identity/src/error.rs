//! What can go wrong with people and their sessions.

use kernel::{ErrorKind, FieldFault, Problematic};
use storage::StorageError;

use crate::access::Action;
use crate::member::MEMBERS_MAX;
use crate::model::Role;

/// An error of this module. No text of it holds an e-mail address, a name or a token.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Fields break their rules.
    #[error("{} of the request breaks a rule", fields(.0.len()))]
    Fields(Vec<FieldFault>),
    /// Somebody registered with this address before.
    #[error("this e-mail address is registered; sign in instead")]
    EmailTaken,
    /// Address or password is wrong, and it is not said which.
    #[error("e-mail address or password is wrong")]
    SignInRefused,
    /// Too many refused sign-ins.
    #[error("too many refused sign-ins; try again in {retry_after_s} s")]
    TooManySignIns {
        /// When the next one may be tried.
        retry_after_s: u64,
    },
    /// More people sign in at this moment than passwords can be hashed.
    #[error("too many people sign in at this moment; try again soon")]
    Busy,
    /// Not a token of ours, or changed on the way.
    #[error("the access token is not valid")]
    TokenInvalid,
    /// A token of ours whose time is over.
    #[error("the access token has expired")]
    TokenExpired,
    /// Not a refresh token of an open session.
    #[error("the refresh token is not valid; sign in again")]
    RefreshInvalid,
    /// A refresh token was used a second time: one of its two holders is not the owner.
    #[error("the refresh token was used before; the session is closed, sign in again")]
    RefreshReused,
    /// The session has ended, or with it the membership.
    #[error("the session is over; sign in again")]
    SessionOver,
    /// The user does not belong to the tenant they named.
    #[error("you are no member of this tenant")]
    NotAMember,
    /// The role does not include it.
    #[error("the role {role} may not {action}")]
    Forbidden {
        /// The caller's.
        role: Role,
        /// What they tried.
        action: Action,
    },
    /// Nobody has registered with this address.
    #[error("nobody has registered with this e-mail address")]
    UserUnknown,
    /// They belong to the tenant already.
    #[error("this person is a member already")]
    AlreadyMember,
    /// The tenant is full.
    #[error("a tenant has at most {MEMBERS_MAX} members")]
    TooManyMembers,
    /// The key file cannot be used.
    #[error("key file {path}: {text}")]
    KeyFile {
        /// Where.
        path: String,
        /// What is wrong with it.
        text: String,
    },
    /// Signing or hashing failed, which it does not with sound keys and enough memory.
    #[error("{what} failed: {text}")]
    Crypto {
        /// What was tried.
        what: &'static str,
        /// What the library said.
        text: String,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Problematic for IdentityError {
    fn code(&self) -> &'static str {
        match self {
            Self::Fields(_) => "invalid_fields",
            Self::EmailTaken => "email_taken",
            Self::SignInRefused => "sign_in_refused",
            Self::TooManySignIns { .. } => "too_many_sign_ins",
            Self::Busy => "busy",
            Self::TokenInvalid => "token_invalid",
            Self::TokenExpired => "token_expired",
            Self::RefreshInvalid => "refresh_invalid",
            Self::RefreshReused => "refresh_reused",
            Self::SessionOver => "session_over",
            Self::NotAMember => "not_a_member",
            Self::Forbidden { .. } => "forbidden",
            Self::UserUnknown => "user_unknown",
            Self::AlreadyMember => "already_member",
            Self::TooManyMembers => "too_many_members",
            Self::KeyFile { .. } | Self::Crypto { .. } => "internal",
            Self::Storage(error) => error.code(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Fields(_) => ErrorKind::Invalid,
            Self::SignInRefused
            | Self::TokenInvalid
            | Self::TokenExpired
            | Self::RefreshInvalid
            | Self::SessionOver
            | Self::RefreshReused => ErrorKind::Unauthenticated,
            Self::NotAMember | Self::Forbidden { .. } => ErrorKind::Forbidden,
            Self::UserUnknown => ErrorKind::NotFound,
            Self::EmailTaken | Self::AlreadyMember => ErrorKind::Conflict,
            Self::TooManyMembers => ErrorKind::Refused,
            Self::TooManySignIns { .. } => ErrorKind::TooMany,
            Self::Busy => ErrorKind::Unavailable,
            Self::KeyFile { .. } | Self::Crypto { .. } => ErrorKind::Internal,
            Self::Storage(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        if let Self::Fields(fields) = self { fields.clone() } else { Vec::new() }
    }
}

fn fields(count: usize) -> String {
    if count == 1 { "one field".to_owned() } else { format!("{count} fields") }
}
