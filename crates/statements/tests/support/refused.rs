//! What is refused: every case changes one thing in a sound file, and names the faults that it must
//! give: line, field, and whether the file, the statement, a balance or an entry is meant.

use statements::{Reading, Scope};

/// Changes a sound file and checks the faults, each as `line field scope`.
#[track_caller]
pub fn check(read: fn(&str) -> Reading, sound: &str, (old, new): (&str, &str), expected: &[&str]) {
    assert!(sound.contains(old), "{old} is in the sound file");
    let reading = read(&sound.replacen(old, new, 1));
    let told: Vec<String> = reading
        .faults
        .iter()
        .map(|fault| {
            let scope = match fault.scope {
                Scope::File => "file".to_owned(),
                Scope::Statement { .. } => "statement".to_owned(),
                Scope::Balance { .. } => "balance".to_owned(),
                Scope::Entry { entry, .. } => format!("entry {entry}"),
            };
            format!("{} {} {scope}", fault.line, fault.field)
        })
        .collect();
    assert_eq!(told, expected, "{old} -> {new}: {:#?}", reading.faults);
    for fault in &reading.faults {
        let Scope::Entry { statement, entry: ordinal } = fault.scope else {
            continue;
        };
        let mut entries = reading.statements[statement].entries.iter();
        assert!(entries.all(|entry| entry.ordinal != ordinal), "an entry with a fault is left out");
    }
}
