//! What this module tells people: the kinds of its notices, and who is told.

use kernel::{Actor, Context, PartyId};
use notices::{Kind, Language, NewNotice, Param, ParamType, Severity, user_party};
use storage::Tx;
use storage::log::ObjectRef;

use crate::error::WealthError;
use crate::import::UNDO_ASKED;

const TEXTS: &[(Language, &str)] = &[
    (Language::En, include_str!("../notices/en.txt")),
    (Language::De, include_str!("../notices/de.txt")),
    (Language::Mn, include_str!("../notices/mn.txt")),
];

/// A file of statements has faults.
pub(crate) static IMPORT_FAULTS: Kind = Kind {
    name: "wealth.import_faults",
    severity: Severity::Warning,
    params: &[("file", ParamType::Text), ("faults", ParamType::Count), ("lines", ParamType::Count)],
    texts: TEXTS,
};

/// What the family is worth changed much within a day.
pub(crate) static WORTH_CHANGED: Kind = Kind {
    name: "wealth.worth_changed",
    severity: Severity::Info,
    params: &[
        ("date", ParamType::Date),
        ("change", ParamType::Money),
        ("part", ParamType::Percent),
        ("worth", ParamType::Money),
    ],
    texts: TEXTS,
};

/// The kinds of this module's notices.
pub static NOTICES: &[&Kind] = &[&IMPORT_FAULTS, &WORTH_CHANGED, &UNDO_ASKED];

/// Tells whoever brought a file that it has faults, if it has.
pub(crate) async fn tell_faults(
    tx: &mut Tx,
    context: &Context,
    import: &Faulty<'_>,
) -> Result<(), WealthError> {
    if import.faults == 0 {
        return Ok(());
    }
    let notice = NewNotice {
        kind: &IMPORT_FAULTS,
        key: &import.id,
        recipient: who_acts(context),
        params: vec![
            ("file", Param::text(import.file_name)),
            ("faults", Param::count(import.faults)),
            ("lines", Param::count(import.lines)),
        ],
        about: Some(ObjectRef::new("import", &import.id)),
    };
    notices::write(tx, context, &notice).await?;
    Ok(())
}

/// An import, as far as its faults are told.
pub(crate) struct Faulty<'a> {
    pub id: String,
    pub file_name: &'a str,
    pub faults: u64,
    /// Those that can be booked nevertheless.
    pub lines: u64,
}

/// The person who acts; whoever keeps the tenant, where it is nobody who signs in.
fn who_acts(context: &Context) -> PartyId {
    match context.actor {
        Actor::User { id } => user_party(id),
        Actor::Owner | Actor::System { .. } | Actor::Anonymous => vault::own_party(context.tenant),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_kind_has_every_language_and_every_parameter() {
        super::NOTICES.iter().for_each(|kind| notices::check_texts(kind).unwrap());
    }
}
