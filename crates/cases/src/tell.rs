//! Who is told what.

use kernel::{Context, UserId};
use notices::{Kind, Language, NewNotice, Param, ParamType, Severity, user_party};
use storage::Tx;
use storage::log::ObjectRef;

use crate::error::CasesError;
use crate::model::Case;

const TEXTS: &[(Language, &str)] = &[
    (Language::En, include_str!("../texts/en.txt")),
    (Language::De, include_str!("../texts/de.txt")),
    (Language::Mn, include_str!("../texts/mn.txt")),
];

static ASSIGNED: Kind = Kind {
    name: "cases.assigned",
    severity: Severity::Info,
    params: &[("due", ParamType::Date)],
    texts: TEXTS,
};

static ESCALATED: Kind = Kind {
    name: "cases.escalated",
    severity: Severity::Warning,
    params: &[("due", ParamType::Date)],
    texts: TEXTS,
};

/// The kinds of this module's notices.
pub static NOTICES: &[&Kind] = &[&ASSIGNED, &ESCALATED];

/// Tells somebody that a case was given to them.
pub(crate) async fn assigned(
    tx: &mut Tx,
    context: &Context,
    (case, to): (&Case, UserId),
) -> Result<(), CasesError> {
    // Given, taken away and given again, it is told again.
    let key = format!("{} {}", case.id, context.now());
    tell(tx, context, (&ASSIGNED, &key), (case, to)).await
}

/// Tells everybody who may decide a case that it is due.
pub(crate) async fn escalated(
    tx: &mut Tx,
    context: &Context,
    case: &Case,
    deciders: Vec<UserId>,
) -> Result<(), CasesError> {
    let key = format!("{} {}", case.id, case.due_at);
    // Each has a key and preferences of their own; a tenant has few who may.
    for decider in deciders {
        tell(tx, context, (&ESCALATED, &key), (case, decider)).await?;
    }
    Ok(())
}

async fn tell(
    tx: &mut Tx,
    context: &Context,
    (kind, key): (&'static Kind, &str),
    (case, to): (&Case, UserId),
) -> Result<(), CasesError> {
    let notice = NewNotice {
        kind,
        key,
        recipient: user_party(to),
        params: vec![("due", Param::date(case.due_at.date()))],
        about: Some(ObjectRef::new("case", case.id)),
    };
    notices::write(tx, context, &notice).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_kind_has_every_language_and_every_parameter() {
        super::NOTICES.iter().for_each(|kind| notices::check_texts(kind).unwrap());
    }
}
