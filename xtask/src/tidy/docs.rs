//! The documents: links lead somewhere, and a file has one title.

use super::{File, Tree, Violation};

pub fn check(file: &File, tree: &Tree) -> Vec<Violation> {
    if file.extension() != "md" || file.is_testdata() {
        return Vec::new();
    }
    let lines = prose(&file.text);
    let mut violations = check_titles(file, &lines);
    for (line, text) in &lines {
        for target in targets(text) {
            if let Some(what) = broken(&target, file, tree) {
                violations.push(Violation::new("link", &file.path, *line, &what));
            }
        }
    }
    violations
}

fn check_titles(file: &File, lines: &[(usize, String)]) -> Vec<Violation> {
    let titles: Vec<usize> =
        lines.iter().filter(|(_, text)| text.starts_with("# ")).map(|(line, _)| *line).collect();
    let remark = |line, what| Violation::new("heading", &file.path, line, what);
    match titles.as_slice() {
        [] => vec![remark(1, "no title; open with one `# ` heading")],
        [_, rest @ ..] => {
            rest.iter().map(|line| remark(*line, "a second title; make it `## `")).collect()
        }
    }
}

/// The lines outside code blocks, numbered from 1, with code spans blanked.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, Some(mark)) => fence = Some(mark),
            (None, None) => lines.push((index + 1, without_code(line))),
            (Some(_), _) => {}
        }
    }
    lines
}

fn without_code(line: &str) -> String {
    let pieces = line.split('`').enumerate();
    pieces.map(|(index, piece)| if index % 2 == 0 { piece } else { "" }).collect()
}

/// What the links and pictures of a line point to: `[x](target)`, `[x]: target`, `src="target"`.
fn targets(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (open, close) in [("](", &[')', ' '][..]), ("src=\"", &['"']), ("href=\"", &['"'])] {
        for (at, _) in line.match_indices(open) {
            let rest = line[at + open.len()..].trim_start_matches('<');
            let end = rest.find(|c| close.contains(&c) || c == '>').unwrap_or(rest.len());
            found.push(rest[..end].to_owned());
        }
    }
    if let Some((label, target)) = line.trim_start().split_once("]: ")
        && label.starts_with('[')
    {
        found.extend(target.split_whitespace().next().map(str::to_owned));
    }
    found
}

/// Why `target` leads nowhere, if it does.
fn broken(target: &str, file: &File, tree: &Tree) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    if target.starts_with('/') {
        return Some(format!("`{target}` starts at no file; write it relative to this one"));
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let resolved = if path.is_empty() { file.path.clone() } else { resolve(&file.path, path) };
    if !tree.contains(&resolved) {
        return Some(format!("`{target}`: there is no {resolved}; repair the link"));
    }
    let text = tree.text(&resolved).unwrap_or_default();
    let known = anchor.is_empty() || !resolved.ends_with(".md") || has_anchor(text, anchor);
    (!known).then(|| format!("`{target}`: {resolved} has no heading #{anchor}; repair the link"))
}

fn resolve(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

fn has_anchor(text: &str, anchor: &str) -> bool {
    let mut seen: Vec<String> = Vec::new();
    for line in headings(text) {
        let slug = slug(&line);
        let before = seen.iter().filter(|other| **other == slug).count();
        let numbered = if before == 0 { slug.clone() } else { format!("{slug}-{before}") };
        if numbered == anchor {
            return true;
        }
        seen.push(slug);
    }
    text.contains(&format!("id=\"{anchor}\""))
}

/// The headings' texts, code spans kept: their words are part of the anchor.
fn headings(text: &str) -> Vec<String> {
    let numbers: Vec<usize> = prose(text).into_iter().map(|(line, _)| line).collect();
    let lines = text.lines().enumerate().filter(|(index, line)| {
        line.starts_with('#') && numbers.binary_search(&(index + 1)).is_ok()
    });
    lines.map(|(_, line)| line.trim_start_matches('#').trim().to_owned()).collect()
}

/// The anchor that a heading gets where documents are shown: lower case, hyphens for spaces, other
/// signs left out, of a link only its text.
fn slug(heading: &str) -> String {
    let mut slug = String::new();
    let mut in_target = false;
    let mut before = ' ';
    for c in heading.chars() {
        match c {
            '(' if before == ']' => in_target = true,
            ')' if in_target => in_target = false,
            _ if in_target => {}
            ' ' => slug.push('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => slug.extend(c.to_lowercase()),
            _ => {}
        }
        before = c;
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_links_and_titles_are_caught() {
        let other = "# Other\n\n## The map, drawn\n\n## `florin` & [you](x)\n\n\
                     ## Twice\n\n## Twice\n\n## Two-in-one\n";
        let cases: &[(&str, &[&str])] = &[
            ("[a](../README.md) and [b](other.md)", &[]),
            ("[a](other.md#the-map-drawn)", &[]),
            ("[a](other.md#florin--you)", &[]),
            ("[a](other.md#twice-1)", &[]),
            ("[a](other.md#twice-2)", &["link"]),
            ("[a](other.md#nowhere)", &["link"]),
            ("[a](gone.md)", &["link"]),
            ("![a](pictures/gone.png \"title\")", &["link"]),
            ("![a](pictures/there.svg \"title\")", &[]),
            ("[a](pictures)", &[]),
            ("<img src=\"gone.png\">", &["link"]),
            ("[a]: gone.md", &["link"]),
            ("[a](/docs/other.md)", &["link"]),
            ("[a](https://example.org/x)", &[]),
            ("[a](#this)", &["link"]),
            ("[a](#title)", &[]),
            ("`[a](gone.md)`", &[]),
            ("```\n[a](gone.md)\n# B\n```", &[]),
            ("```\n~~~\n[a](gone.md)\n```", &[]),
            ("[a](other.md#two-in-one)", &[]),
            ("# Second", &["heading"]),
        ];
        for (text, expected) in cases {
            let page = format!("# Title\n\n{text}\n");
            let tree = Tree::of(&[
                ("docs/page.md", &page),
                ("docs/other.md", other),
                ("docs/pictures/there.svg", "<svg/>"),
                ("README.md", "# Read me\n"),
            ]);
            let file = File { path: "docs/page.md".to_owned(), text: page };
            let rules: Vec<&str> =
                check(&file, &tree).iter().map(|violation| violation.rule).collect();
            assert_eq!(rules, *expected, "{text}");
        }
    }
}
