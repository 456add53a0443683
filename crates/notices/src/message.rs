//! What is said at one address: one notice, or several in a digest, in somebody's language.

use kernel::Timestamp;
use storage::log::ObjectRef;

use crate::error::NoticesError;
use crate::kind::Param;
use crate::model::{Language, NoticeId, Severity};
use crate::service::{DIGEST, Notices};
use crate::template;

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// In which language.
    pub language: Language,
    /// The title: one line.
    pub title: String,
    /// The text.
    pub text: String,
    /// How much the part matters that matters most.
    pub severity: Severity,
    /// The notices in it.
    pub parts: Vec<Part>,
}

/// One notice of a message, as programs want it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub notice: NoticeId,
    /// What kind of thing it tells.
    pub kind: String,
    /// How much it matters.
    pub severity: Severity,
    /// What it is told of.
    pub params: Vec<(String, Param)>,
    /// What it is about.
    pub about: Option<ObjectRef>,
    /// When it was written.
    pub created_at: Timestamp,
}

impl Message {
    /// Says one notice, or several together.
    ///
    /// # Errors
    /// Where a kind is not known to this program, which a newer one may know.
    pub(crate) fn of(
        service: &Notices,
        parts: Vec<Part>,
        (language, is_digest): (Language, bool),
    ) -> Result<Self, NoticesError> {
        let said = |part: &Part| {
            let kind = service.kind(&part.kind);
            let unknown = || NoticesError::configuration(format!("no kind is {}", part.kind));
            template::render(kind.ok_or_else(unknown)?, &part.params, language)
        };
        let mut all = parts.iter().map(said).collect::<Result<Vec<_>, _>>()?;
        let severity = parts.iter().map(|part| part.severity).max().unwrap_or(Severity::Info);
        let (title, text) = match (is_digest, all.len()) {
            (false, 1) => all.pop().unwrap_or_default(),
            _ => {
                let count = u64::try_from(all.len()).unwrap_or(u64::MAX);
                let params = [("notices".to_owned(), Param::count(count))];
                let (title, lead) = template::render(&DIGEST, &params, language)?;
                let items = all.iter().map(|(title, text)| format!("\n\n* {title}\n\n{text}"));
                (title, items.fold(lead, |text, item| text + &item))
            }
        };
        Ok(Self { language, title, text, severity, parts })
    }
}
