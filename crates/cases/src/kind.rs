//! Kinds of cases, and what becomes of what somebody decides.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use identity::Role;
use kernel::{Context, Problem};
use storage::Tx;

use crate::error::CasesError;
use crate::model::{Case, Priority};

/// A kind of case, which the module that opens them declares.
pub struct CaseKind {
    /// Module, thing and matter: `wealth.import.review`.
    pub name: &'static str,
    /// What may be decided.
    pub choices: &'static [&'static str],
    /// Who sees and works on such cases.
    pub readers: &'static [Role],
    /// Who decides them; each of them is a reader too.
    pub deciders: &'static [Role],
    /// How much it matters, to begin with.
    pub priority: Priority,
    /// How long it may be left before it is escalated, in seconds.
    pub due_seconds: i64,
}

/// Does what was decided, in the transaction in which the case is decided: both, or neither.
pub trait Applies: Send + Sync {
    /// Of which kind it decides cases.
    fn kind(&self) -> &'static CaseKind;

    /// Does it. The transaction holds the case, so that it is called once.
    fn apply<'a>(
        &'a self,
        tx: &'a mut Tx,
        context: &'a Context,
        decided: (&'a Case, &'a str),
    ) -> BoxFuture<'a, Result<(), Problem>>;
}

/// The kinds of cases that this program knows. Clones share them.
#[derive(Clone, Default)]
pub struct Cases {
    kinds: BTreeMap<&'static str, Arc<dyn Applies>>,
}

impl Cases {
    /// With a kind.
    #[must_use]
    pub fn with(mut self, applies: Arc<dyn Applies>) -> Self {
        self.kinds.insert(applies.kind().name, applies);
        self
    }

    /// What may be decided about a case; nothing of a kind that this program does not know.
    #[must_use]
    pub fn choices(&self, kind: &str) -> &'static [&'static str] {
        self.kinds.get(kind).map_or(&[], |applies| applies.kind().choices)
    }

    /// Whether a role decides cases of a kind.
    #[must_use]
    pub fn decides(&self, kind: &str, role: Role) -> bool {
        self.kinds.get(kind).is_some_and(|applies| applies.kind().deciders.contains(&role))
    }

    /// The kind of a case, and who does what is decided about it.
    ///
    /// # Errors
    /// [`CasesError::KindUnknown`]
    pub(crate) fn of(&self, case: &Case) -> Result<&Arc<dyn Applies>, CasesError> {
        let unknown = || CasesError::KindUnknown { kind: case.kind.clone() };
        self.kinds.get(case.kind.as_str()).ok_or_else(unknown)
    }
}
