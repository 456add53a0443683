//! OFX 1.x (SGML) and 2.x (XML): bank, card and investment statements.
//!
//! What must stay true: both versions go through one tolerant lexer, and nothing that carries money
//! is lost in silence: an aggregate that is not closed, a tag that closes nothing and a statement
//! that the server says it could not make are faults.

mod header;
mod investment;
mod sgml;
mod statement;
mod transaction;

use crate::detect::Whole;
use crate::fault::{Findings, Place};
use crate::limits::STATEMENTS_MAX;
use crate::reading::{Format, ReadOptions, Reading};
use crate::tree::Node;

pub(crate) use header::declared_encoding;
pub(crate) use sgml::character;

/// What each kind of message set is called, and how its statement is read.
struct MessageSet {
    set: &'static str,
    response: &'static str,
    statement: &'static str,
    read: fn(&Node, &mut Context) -> crate::model::Statement,
}

const MESSAGE_SETS: &[MessageSet] = &[
    MessageSet {
        set: "BANKMSGSRSV1",
        response: "STMTTRNRS",
        statement: "STMTRS",
        read: statement::bank,
    },
    MessageSet {
        set: "CREDITCARDMSGSRSV1",
        response: "CCSTMTTRNRS",
        statement: "CCSTMTRS",
        read: statement::card,
    },
    MessageSet {
        set: "INVSTMTMSGSRSV1",
        response: "INVSTMTTRNRS",
        statement: "INVSTMTRS",
        read: investment::investment,
    },
];

/// What the readers of a statement work with.
struct Context<'c> {
    findings: &'c mut Findings,
    options: &'c ReadOptions,
    /// The index of the statement that is being read.
    statement: usize,
    /// How many entries the statements before had.
    entries: usize,
}

/// Whether a file is OFX.
pub(crate) fn recognises(head: &str) -> bool {
    let head = head.to_ascii_uppercase();
    head.contains("<OFX>") || head.contains("<?OFX") || head.trim_start().starts_with("OFXHEADER")
}

/// Reads an OFX file.
pub(crate) fn read(source: &Whole, options: &ReadOptions, findings: &mut Findings) -> Reading {
    let header = header::read(source.head());
    let format = if header.xml { Format::Ofx2 } else { Format::Ofx1 };
    let mut reading = Reading::new(Some(format));
    reading.version = header.version;
    let roots = sgml::parse(source.text, findings);
    let mut documents = roots.iter().filter(|root| root.name == "OFX").peekable();
    if documents.peek().is_none() {
        findings.fault(Place::file(1), "OFX", "", "an element <OFX>");
    }
    let mut entries = 0;
    for document in documents {
        read_document(document, &mut reading, options, (findings, &mut entries));
        investment::name_holdings(document, &mut reading.statements);
    }
    if reading.statements.is_empty() {
        findings.note(Place::file(1), "the file holds no statement");
    }
    reading
}

fn read_document(
    document: &Node,
    reading: &mut Reading,
    options: &ReadOptions,
    (findings, entries): (&mut Findings, &mut usize),
) {
    for set in &document.children {
        let Some(known) = MESSAGE_SETS.iter().find(|known| set.name == known.set) else {
            check_other_set(set, findings);
            continue;
        };
        for response in &set.children {
            if response.name != known.response {
                let text = format!("{} is not read", response.name);
                findings.note(Place::file(response.line), text);
                continue;
            }
            check_status(response, findings);
            for statement in response.children_named(known.statement) {
                if reading.statements.len() >= STATEMENTS_MAX {
                    let expected = format!("at most {STATEMENTS_MAX} statements");
                    findings.fault(Place::file(statement.line), known.statement, "", &expected);
                    return;
                }
                let mut context = Context {
                    findings: &mut *findings,
                    options,
                    statement: reading.statements.len(),
                    entries: *entries,
                };
                let read = (known.read)(statement, &mut context);
                *entries += read.entries.len() + read.refused;
                reading.statements.push(read);
            }
        }
    }
}

/// A message set without statements: the sign-on must have succeeded, others are noted.
fn check_other_set(set: &Node, findings: &mut Findings) {
    match set.name.as_ref() {
        "SIGNONMSGSRSV1" => {
            if let Some(signon) = set.child("SONRS") {
                check_status(signon, findings);
            }
        }
        // Securities are looked up for holdings.
        "SECLISTMSGSRSV1" => {}
        name => findings.note(Place::file(set.line), format!("{name} holds no statement")),
    }
}

/// The server's own word on whether it could answer.
fn check_status(response: &Node, findings: &mut Findings) {
    let Some(status) = response.child("STATUS") else {
        return;
    };
    let code = status.text_at(&["CODE"]).unwrap_or_default();
    let severity = status.text_at(&["SEVERITY"]).unwrap_or_default();
    let message = status.text_at(&["MESSAGE"]).unwrap_or_default();
    let place = Place::file(status.line);
    if severity.eq_ignore_ascii_case("ERROR") {
        let found = format!("{code} {severity} {message}");
        findings.fault(place, "STATUS", &found, "a status without an error");
    } else if !code.is_empty() && code.bytes().any(|byte| byte != b'0') {
        findings.note(place, format!("the server reported status {code}: {message}"));
    }
}
