//! CAMT.052, 053 and 054 of ISO 20022 in all versions, with any namespace or none.
//!
//! What must stay true: the file is well-formed XML without a document type; each statement is read
//! element by element, so memory is bounded by the largest entry; the message's kind is the
//! format, because a report or a notification is not a statement.

mod codes;
mod details;
mod entry;
mod statement;

use crate::detect::Taken;
use crate::fault::{Findings, Place};
use crate::limits::STATEMENTS_MAX;
use crate::reading::{Format, ReadOptions, Reading};
use crate::source::Entries;
use crate::tree::Node;
use crate::window::Text;
use crate::xml::{self, Piece, Xml};
use statement::Draft;

/// The messages, by the beginning of their name (version 1 adds its version behind).
const MESSAGES: &[(&str, Format)] = &[
    ("BkToCstmrStmt", Format::Camt053),
    ("BkToCstmrAcctRpt", Format::Camt052),
    ("BkToCstmrDbtCdtNtfctn", Format::Camt054),
];

/// What the readers of a statement work with.
struct Context<'t, 'c> {
    findings: &'t mut Findings,
    entries: &'t mut Entries<'c>,
    options: &'t ReadOptions,
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
    entries_max: usize,
}

/// Whether a file is a CAMT message.
pub(crate) fn recognises(head: &str) -> bool {
    head.contains('<') && (head.contains("BkToCstmr") || head.contains("xsd:camt.05"))
}

/// Reads a CAMT file.
pub(crate) fn read(text: &Text, options: &ReadOptions, (findings, entries): Taken) -> Reading {
    let mut reading = Reading::new(None);
    let entries_max = text.limits.entries_max;
    let mut state = State { entries_max, ..State::default() };
    let mut depth = 0_usize;
    xml::each_piece(text, findings, |piece, xml, findings| {
        let statement = reading.statements.len();
        let mut context = Context { findings, entries: &mut *entries, options, statement };
        match piece {
            Piece::Open(node) => match open(node, xml, (&mut state, &mut reading), &mut context) {
                Opened::Container => depth += 1,
                Opened::Message => {
                    depth += 1;
                    state.message_depth = depth;
                }
                Opened::Complete => {}
                Opened::End => return false,
            },
            Piece::Text(text, line) => {
                if !text.trim().is_empty() {
                    context.findings.fault(Place::file(line), "xml", &text, "elements, not text");
                }
            }
            Piece::Close(_) => {
                reading
                    .statements
                    .extend(state.draft.take().map(|draft| draft.complete(&mut context)));
                if depth == state.message_depth {
                    state.message_depth = 0;
                }
                depth = depth.saturating_sub(1);
            }
        }
        !context.entries.is_closed()
    });
    if let Some(draft) = state.draft.take() {
        let statement = reading.statements.len();
        let mut context = Context { findings, entries, options, statement };
        reading.statements.push(draft.complete(&mut context));
    }
    if reading.format.is_none() {
        // The namespace promised a message, and none is there.
        reading.format = Some(Format::Camt053);
    }
    if reading.statements.is_empty() {
        findings.fault(Place::file(1), "Stmt", "", "at least one statement");
    }
    reading
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
            Some(part) => take_part(&part, (draft, &mut state.entries, state.entries_max), context),
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
fn take_part(
    part: &Node,
    (draft, entries, entries_max): (&mut Draft, &mut usize, usize),
    context: &mut Context,
) -> Opened {
    if part.name == "Ntry" {
        *entries += 1;
        if *entries > entries_max {
            let place = Place::statement(part.line, context.statement);
            let expected = format!("at most {entries_max} entries");
            context.findings.fault(place, "Ntry", "", &expected);
            return Opened::End;
        }
    }
    draft.take(part, context);
    Opened::Complete
}
