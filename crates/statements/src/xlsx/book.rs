//! What a workbook says about its sheets: their names and parts, the texts that cells share, which
//! styles show days.
//!
//! What must stay true: a workbook without one of these parts is read as far as it goes; a part
//! that is not well-formed is a fault.

use super::cells;
use super::parts::Parts;
use crate::fault::{Findings, Place};
use crate::limits::SHARED_TEXTS_MAX;
use crate::tree::Node;
use crate::xml::{Piece, Xml};

/// A workbook without its cells.
#[derive(Default)]
pub(super) struct Book {
    /// Name and part of each sheet, in the order of the workbook.
    pub sheets: Vec<(String, String)>,
    pub texts: Vec<String>,
    /// For each style of cells whether it shows a day.
    pub days: Vec<bool>,
    pub from_1904: bool,
}

/// The part that names the sheets.
pub(super) const WORKBOOK: &str = "xl/workbook.xml";

impl Book {
    /// Reads what the workbook says; `None`, with a fault, where a part cannot be read.
    pub fn read(parts: &mut Parts, findings: &mut Findings) -> Option<Self> {
        let mut text = |name: &str| {
            let text = parts.text(name);
            findings.check(Place::file(1), "workbook", text)
        };
        let workbook = text(WORKBOOK)?;
        let relations = text("xl/_rels/workbook.xml.rels")?;
        let styles = text("xl/styles.xml")?;
        let shared = text("xl/sharedStrings.xml")?;
        let mut book = Self::default();
        let targets = targets(&relations, findings);
        each(&workbook, &["sheet", "workbookPr"], findings, |node| {
            if node.name == "workbookPr" {
                book.from_1904 = matches!(node.attribute("date1904"), Some("1" | "true"));
                return true;
            }
            let id = node.attribute("id").or_else(|| node.attribute("r:id"));
            let target = targets.iter().find(|(known, _)| Some(known.as_str()) == id);
            if let (Some(name), Some((_, target))) = (node.attribute("name"), target) {
                book.sheets.push((name.to_owned(), target.clone()));
            }
            true
        });
        book.days = day_styles(&styles, findings);
        each(&shared, &["si"], findings, |node| {
            book.texts.push(text_of(node));
            book.texts.len() < SHARED_TEXTS_MAX
        });
        Some(book)
    }
}

/// The parts that the workbook's relations name.
fn targets(relations: &str, findings: &mut Findings) -> Vec<(String, String)> {
    let mut targets = Vec::new();
    each(relations, &["Relationship"], findings, |node| {
        if let (Some(id), Some(target)) = (node.attribute("Id"), node.attribute("Target")) {
            let part = match target.strip_prefix('/') {
                Some(absolute) => absolute.to_owned(),
                None => format!("xl/{target}"),
            };
            targets.push((id.to_owned(), part));
        }
        true
    });
    targets
}

/// Which styles of cells show a day.
fn day_styles(styles: &str, findings: &mut Findings) -> Vec<bool> {
    let mut codes: Vec<(u32, String)> = Vec::new();
    let mut days = Vec::new();
    each(styles, &["numFmt", "cellXfs"], findings, |node| {
        let number = |node: &Node, name: &str| node.attribute(name)?.parse::<u32>().ok();
        if node.name == "numFmt" {
            let code = node.attribute("formatCode").unwrap_or_default();
            // Quotes stand as entities in an attribute; what they enclose is no format.
            let code = code.replace("&quot;", "\"");
            codes.extend(number(node, "numFmtId").map(|id| (id, code)));
            return true;
        }
        for format in node.children_named("xf") {
            let id = number(format, "numFmtId").unwrap_or(0);
            let code = codes.iter().find(|(known, _)| *known == id);
            days.push(cells::shows_day(id, code.map(|(_, code)| code.as_str())));
        }
        true
    });
    days
}

/// Calls a function with each element of these names, until it says that it has enough.
pub(super) fn each(
    text: &str,
    names: &[&str],
    findings: &mut Findings,
    mut take: impl FnMut(&Node) -> bool,
) {
    if text.is_empty() {
        return;
    }
    let mut xml = Xml::new(text);
    while let Some(piece) = xml.next(findings) {
        let Piece::Open(node) = piece else {
            continue;
        };
        if !names.contains(&node.name.as_ref()) {
            continue;
        }
        match xml.subtree(node, findings) {
            Some(node) if take(&node) => {}
            Some(_) | None => return,
        }
    }
}

/// The text of a shared or inline text: in one piece, or in runs of one format each.
pub(super) fn text_of(node: &Node) -> String {
    let own = node.children_named("t");
    let runs = node.children_named("r").flat_map(|run| run.children_named("t"));
    own.chain(runs).map(|text| text.text.as_ref()).collect()
}
