//! What cases tell the log: ids and codes. What people say stands sealed in rows.

use serde::Serialize;
use storage::log::{EventBody, ObjectRef};

use crate::model::{CaseId, Step};

/// Somebody has to decide something.
#[derive(Clone, Debug, Serialize)]
pub struct CaseOpened {
    /// The case.
    pub case: CaseId,
    /// What kind of case.
    pub kind: String,
    /// What it is about.
    #[serde(skip)]
    pub subject: ObjectRef,
}

/// Something happened to a case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseChanged {
    /// The case.
    pub case: CaseId,
    /// What.
    pub step: Step,
    /// An id or a word, as the step says.
    pub detail: Option<String>,
}

impl EventBody for CaseOpened {
    const TYPE: &'static str = "cases.case.opened";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![ObjectRef::new("case", self.case), self.subject.clone()]
    }
}

impl EventBody for CaseChanged {
    const TYPE: &'static str = "cases.case.changed";
    const VERSION: u16 = 1;

    fn objects(&self) -> Vec<ObjectRef> {
        vec![ObjectRef::new("case", self.case)]
    }
}
