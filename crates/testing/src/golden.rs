//! Golden files: what may not change unnoticed stands in the repository, where a review sees it.
//!
//! Paths count from the folder of the crate under test, which is where cargo runs its tests.

use std::path::Path;

use kernel::{Actor, Env, TenantId};
use storage::log::{Envelope, EventBody};

/// Set to `1`, golden files are written instead of compared.
const UPDATE: &str = "UPDATE_GOLDEN";

/// Compares the canonical bytes of an event's body with a golden file, whose name must be
/// `TYPE.VERSION.json`: a new version gets a file of its own, and the old one stays.
///
/// ```no_run
/// # use storage::log::EventBody;
/// # fn example<E: EventBody>(sample: &E) {
/// testing::golden_event(sample, "testdata/events/wealth.asset.added.1.json");
/// # }
/// ```
pub fn golden_event<E: EventBody>(sample: &E, path: &str) {
    let name = format!("{}.{}.json", E::TYPE, E::VERSION);
    assert!(
        Path::new(path).file_name().is_some_and(|found| found == name.as_str()),
        "the golden file of this event is called {name}, not {path}"
    );
    let context = kernel::Context::new(Env::system(), TenantId::COMMON, Actor::Owner);
    let envelope = Envelope::of(&context, sample).unwrap();
    golden_text(path, &format!("{}\n", envelope.body));
}

/// Compares a text with a golden file; with `UPDATE_GOLDEN=1` in the environment it is written.
pub fn golden_text(path: &str, text: &str) {
    if std::env::var_os(UPDATE).is_some_and(|value| value == "1") {
        if let Some(folder) = Path::new(path).parent() {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::fs::write(path, text).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{path}: {error}; {UPDATE}=1 cargo test writes it"));
    assert!(
        golden == text,
        "{path} differs; if that is meant, {UPDATE}=1 cargo test writes it\n\
         --- golden\n{golden}\n--- now\n{text}"
    );
}
