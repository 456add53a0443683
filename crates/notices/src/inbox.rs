//! Notices in the application: listed, counted, marked as read.

use kernel::{Context, Cursor, Page, PageRequest, PartyId, Timestamp, Uuid};
use storage::Tx;
use storage::log::ObjectRef;

use crate::error::NoticesError;
use crate::kind::Param;
use crate::model::{Language, NoticeId, Severity};
use crate::service::Notices;
use crate::store::notice::{ListedRow, Params};
use crate::{store, template};

/// Who reads: a person, and whose notices they see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// Whose marks of what is read count.
    pub id: Uuid,
    /// The party that they are.
    pub own: PartyId,
    /// The tenant's own party, where they are one of those who keep it.
    pub household: Option<PartyId>,
}

/// A notice as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Its id.
    pub id: NoticeId,
    /// For whom it was written.
    pub recipient: PartyId,
    /// What kind of thing it tells.
    pub kind: String,
    /// How much it matters.
    pub severity: Severity,
    /// What it is told of; nothing where its recipient was erased.
    pub params: Option<Vec<(String, Param)>>,
    /// Its title; nothing where nobody can say it any more.
    pub title: Option<String>,
    /// Its text.
    pub text: Option<String>,
    /// What it is about.
    pub about: Option<ObjectRef>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When the reader read it.
    pub read_at: Option<Timestamp>,
}

/// The notices of a reader, the latest first; those that are not read, where that is asked.
pub async fn notices(
    tx: &mut Tx,
    service: &Notices,
    (reader, language): (&Reader, Language),
    (only_unread, page): (bool, &PageRequest),
) -> Result<Page<Read>, NoticesError> {
    let malformed = || NoticesError::field("cursor", "cursor", "it is not one that this list gave");
    let last = page.after.as_ref().and_then(|cursor| cursor.key.first());
    let before: Option<NoticeId> =
        last.map(|text| text.parse().map_err(|_| malformed())).transpose()?;
    let limit = usize::from(page.limit) + 1;
    let rows = store::notice::list(tx, reader, (before, only_unread), limit).await?;
    let items = open(tx, service, rows, language).await?;
    let filter = page.filter;
    Ok(Page::cut(items, page.limit, |read| Cursor { filter, key: vec![read.id.to_string()] }))
}

/// A notice of a reader.
///
/// # Errors
/// [`NoticesError::NoticeUnknown`]
pub async fn notice(
    tx: &mut Tx,
    service: &Notices,
    (reader, language): (&Reader, Language),
    id: NoticeId,
) -> Result<Read, NoticesError> {
    let found = store::notice::one_read(tx, reader, id).await?;
    let found = found.ok_or(NoticesError::NoticeUnknown { notice: id })?;
    let mut opened = open(tx, service, vec![found], language).await?;
    opened.pop().ok_or(NoticesError::NoticeUnknown { notice: id })
}

/// How many notices of a reader are not read; at most
/// [`UNREAD_MAX`](crate::limits::UNREAD_MAX) are counted.
pub async fn unread(tx: &mut Tx, reader: &Reader) -> Result<u64, NoticesError> {
    Ok(store::notice::unread(tx, reader).await?)
}

/// Marks a notice as read; once more changes nothing.
///
/// # Errors
/// [`NoticesError::NoticeUnknown`]
pub async fn read(
    tx: &mut Tx,
    context: &Context,
    reader: &Reader,
    id: NoticeId,
) -> Result<(), NoticesError> {
    let found = store::notice::one_read(tx, reader, id).await?;
    found.ok_or(NoticesError::NoticeUnknown { notice: id })?;
    Ok(store::notice::mark(tx, reader, id, context.now()).await?)
}

/// Marks all notices of a reader as read, up to one of them; how many. At most
/// [`READ_MAX`](crate::limits::READ_MAX) at once.
pub async fn read_all(
    tx: &mut Tx,
    context: &Context,
    reader: &Reader,
    through: NoticeId,
) -> Result<u64, NoticesError> {
    Ok(store::notice::mark_all(tx, reader, through, context.now()).await?)
}

async fn open(
    tx: &mut Tx,
    service: &Notices,
    rows: Vec<ListedRow>,
    language: Language,
) -> Result<Vec<Read>, NoticesError> {
    let keys = rows.iter().filter_map(|row| row.notice.params.key());
    let opener = vault::opener(tx, keys.collect::<Vec<_>>()).await?;
    let one = |ListedRow { notice, read_at }: ListedRow| {
        let row = vault::RowKey::of(notice.id.uuid());
        let params = opener.open(row, &notice.params)?.content().map(|params| params.0);
        let said = params.as_ref().and_then(|params| said(service, &notice.kind, params, language));
        let (title, text) = said.unzip();
        Ok(Read {
            id: notice.id,
            recipient: notice.recipient,
            kind: notice.kind,
            severity: notice.severity,
            params: params.map(|params| params.into_iter().collect()),
            title,
            text,
            about: notice.about,
            created_at: notice.created_at,
            read_at,
        })
    };
    rows.into_iter().map(one).collect()
}

/// What a notice says; nothing of a kind that this program does not know.
fn said(
    service: &Notices,
    kind: &str,
    params: &Params,
    language: Language,
) -> Option<(String, String)> {
    let params: Vec<_> = params.iter().map(|(name, param)| (name.clone(), param.clone())).collect();
    template::render(service.kind(kind)?, &params, language).ok()
}
