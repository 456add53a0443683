//! What people read: tables of aligned cells, and amounts.

use serde_json::Value as Json;

/// Lines of aligned cells: the first `left` columns at their beginnings, the others at their ends.
pub fn table(head: &[&str], rows: &[Vec<String>], left: usize) -> String {
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut text = String::new();
        for (column, (cell, width)) in cells.zip(&widths).enumerate() {
            let between = if column == 0 { "" } else { "  " };
            text.push_str(between);
            let cell =
                if column < left { format!("{cell:width$}") } else { format!("{cell:>width$}") };
            text.push_str(&cell);
        }
        format!("{}\n", text.trim_end())
    };
    let mut text = line(&mut head.iter().copied());
    for row in rows {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    text
}

/// `1,234.50 AUD`: digits of an amount in groups of three, and of what.
pub fn amount(amount: &Json, of: &Json) -> String {
    let (amount, of) = (word(amount), word(of));
    let (sign, digits) =
        amount.strip_prefix('-').map_or(("", amount.as_str()), |digits| ("-", digits));
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(a, b)| (a, Some(b)));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let part = part.map(|part| format!(".{part}")).unwrap_or_default();
    format!("{sign}{grouped}{part} {of}").trim_end().to_owned()
}

/// A text of an answer on one line: what banks send may hold anything.
pub fn word(value: &Json) -> String {
    let text = value.as_str().unwrap_or_default();
    text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_aligned_whatever_their_letters() {
        let rows =
            [vec!["Мөнх".to_owned(), "1.5".to_owned()], vec!["b".to_owned(), "-10".to_owned()]];
        assert_eq!(table(&["NAME", "X"], &rows, 1), "NAME    X\nМөнх  1.5\nb     -10\n");
    }

    #[test]
    fn an_amount_keeps_every_digit() {
        let shown = |text: &str| amount(&json!(text), &json!("AUD"));
        let amounts = ["0.00", "-999", "1234.5", "-1234567.80"].map(shown);
        assert_eq!(amounts, ["0.00 AUD", "-999 AUD", "1,234.5 AUD", "-1,234,567.80 AUD"]);
        assert_eq!(amount(&json!("5"), &json!(null)), "5");
        assert_eq!(word(&json!("Caf\u{1b}[31m\né")), "Caf [31m é");
    }
}
