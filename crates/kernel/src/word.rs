//! Enums whose values have names: in rows, on the wire and on the command line the same.

/// A text that is none of an enum's names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is no {what}")]
pub struct WordError {
    /// What it should be: `state`.
    pub what: &'static str,
    /// The text, shortened.
    pub found: String,
}

impl WordError {
    #[doc(hidden)]
    #[must_use]
    pub fn of(what: &'static str, text: &str) -> Self {
        Self { what, found: text.chars().take(40).collect() }
    }
}

/// Declares an enum whose values have names, with `as_str`, `Display`, `FromStr` and serde by them.
///
/// ```
/// kernel::words! {
///     /// Whether a door lets somebody through.
///     Door, "door";
///     /// It does.
///     Open = "open",
///     /// It does not.
///     Shut = "shut",
/// }
/// assert_eq!("shut".parse::<Door>(), Ok(Door::Shut));
/// assert_eq!("ajar".parse::<Door>().unwrap_err().to_string(), "\"ajar\" is no door");
/// ```
#[macro_export]
macro_rules! words {
    (
        $(#[$doc:meta])* $name:ident, $what:literal;
        $($(#[$value_doc:meta])* $value:ident = $word:literal,)+
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$value_doc])* $value,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$value),+];

            /// Its name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::WordError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let found = Self::ALL.iter().copied().find(|value| value.as_str() == text);
                found.ok_or_else(|| $crate::WordError::of($what, text))
            }
        }

        $crate::serde_as_text!($name);
    };
}
