//! CAMT.052, 053 and 054 of ISO 20022 in all versions, with any namespace or none.
//!
//! What must stay true: the file is well-formed XML without a document type; each statement is read
//! element by element, so memory is bounded by the largest entry; the message's kind is the
//! format, because a report or a notification is not a statement.

mod codes;
mod details;
mod entry;
mod statement;

use crate::detect::Source;
use crate::fault::{Findings, Place};
use crate::limits::{ENTRIES_MAX, STATEMENTS_MAX};
use crate::reading::{Format, ReadOptions, Reading};
use crate::tree::Node;
use crate::xml::{Piece, Xml};
use statement::Draft;

/// The messages, by the beginning of their name (version 1 adds its version behind).
const MESSAGES: &[(&str, Format)] = &[
    ("BkToCstmrStmt", Format::Camt053),
    ("BkToCstmrAcctRpt", Format::Camt052),
    ("BkToCstmrDbtCdtNtfctn", Format::Camt054),
];

/// What the readers of a statement work with.
struct Context<'c> {
    findings: &'c mut Findings,
    options: &'c ReadOptions,
    /// The index of the statement that is being read.
    statement: usize,
}

/// Where the reading stands.
#[derive(Default)]
struct State {
    /// How many elements are open around the message, it included; 0 outside of one.
    message_depth: usize,
    draft: Option<Draft>,
    entries: usize,
}

/// Whether a file is a CAMT message.
fn recognises(source: &Source) -> bool {
    let head = source.head();
    head.contains('<') && (head.contains("BkToCstmr") || head.contains("xsd:camt.05"))
}

/// Reads a CAMT file; `None` where the file is none.
pub(crate) fn read(
    source: &Source,
    options: &ReadOptions,
    findings: &mut Findings,
) -> Option<Reading> {
    if !recognises(source) {
        return None;
    }
    let mut reading = Reading::new(None);
    let mut xml = Xml::new(source.text);
    let mut state = State::default();
    let mut depth = 0_usize;
    while let Some(piece) = xml.next(findings) {
        match piece {
            Piece::Open(node) => {
                let mut context = Context {
                    findings: &mut *findings,
                    options,
                    statement: reading.statements.len(),
                };
                match open(node, &mut xml, (&mut state, &mut reading), &mut context) {
                    Opened::Container => depth += 1,
                    Opened::Message => {
                        depth += 1;
                        state.message_depth = depth;
                    }
                    Opened::Complete => {}
                    Opened::End => break,
                }
            }
            Piece::Text(text, line) => {
                if !text.trim().is_empty() {
                    findings.fault(Place::file(line), "xml", &text, "elements, not text");
                }
            }
            Piece::Close(_) => {
                if let Some(draft) = state.draft.take() {
                    close_statement(draft, &mut reading, options, findings);
                }
                if depth == state.message_depth {
                    state.message_depth = 0;
                }
                depth = depth.saturating_sub(1);
            }
        }
    }
    if let Some(draft) = state.draft.take() {
        close_statement(draft, &mut reading, options, findings);
    }
    if reading.format.is_none() {
        // The namespace promised a message, and none is there.
        reading.format = Some(Format::Camt053);
    }
    if reading.statements.is_empty() {
        findings.fault(Place::file(1), "Stmt", "", "at least one statement");
    }
    Some(reading)
}

/// What became of an element that was opened.
enum Opened {
    /// Its children come next.
    Container,
    /// It is a message, and its children come next.
    Message,
    /// It was read to its end.
    Complete,
    /// Nothing more can be read.
    End,
}

fn open<'a>(
    node: Node<'a>,
    xml: &mut Xml<'a>,
    (state, reading): (&mut State, &mut Reading),
    context: &mut Context,
) -> Opened {
    if let Some(draft) = &mut state.draft {
        return match xml.subtree(node, context.findings) {
            Some(part) => take_part(&part, draft, &mut state.entries, context),
            None => Opened::End,
        };
    }
    let name = node.name.as_ref();
    if state.message_depth > 0 {
        if !matches!(name, "Stmt" | "Rpt" | "Ntfctn") {
            return if xml.subtree(node, context.findings).is_some() {
                Opened::Complete
            } else {
                Opened::End
            };
        }
        if reading.statements.len() >= STATEMENTS_MAX {
            let expected = format!("at most {STATEMENTS_MAX} statements");
            context.findings.fault(Place::file(node.line), name, "", &expected);
            return Opened::End;
        }
        state.draft = Some(Draft::new(node.line));
        return Opened::Container;
    }
    if let Some(namespace) = node.attributes.iter().find(|(_, value)| value.contains("camt.05")) {
        let version = namespace.1.rsplit(':').next();
        reading.version = reading.version.take().or_else(|| version.map(str::to_owned));
    }
    match MESSAGES.iter().find(|(message, _)| name.starts_with(message)) {
        Some((_, format)) => {
            reading.format = reading.format.or(Some(*format));
            Opened::Message
        }
        None if matches!(name, "AppHdr" | "Hdr") => match xml.subtree(node, context.findings) {
            Some(_) => Opened::Complete,
            None => Opened::End,
        },
        None => Opened::Container,
    }
}

/// Takes over a complete child of a statement.
fn take_part(part: &Node, draft: &mut Draft, entries: &mut usize, context: &mut Context) -> Opened {
    if part.name == "Ntry" {
        *entries += 1;
        if *entries > ENTRIES_MAX {
            let place = Place::statement(part.line, context.statement);
            let expected = format!("at most {ENTRIES_MAX} entries");
            context.findings.fault(place, "Ntry", "", &expected);
            return Opened::End;
        }
    }
    draft.take(part, context);
    Opened::Complete
}

fn close_statement(
    draft: Draft,
    reading: &mut Reading,
    options: &ReadOptions,
    findings: &mut Findings,
) {
    let statement = reading.statements.len();
    let mut context = Context { findings, options, statement };
    let complete = draft.complete(&mut context);
    reading.statements.push(complete);
}
