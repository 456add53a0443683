//! The one way to write a command down: JSON by RFC 8785 (JCS), without floating numbers, whose
//! one form every language would have to agree on.

use serde_json::Value as Json;

use crate::error::ApprovalsError;

/// The canonical form of a value.
///
/// # Errors
/// Where it holds a number that is not a whole one, or is beyond 53 bits.
pub(crate) fn text(value: &Json) -> Result<String, ApprovalsError> {
    let mut out = String::new();
    write(value, &mut out)?;
    Ok(out)
}

fn write(value: &Json, out: &mut String) -> Result<(), ApprovalsError> {
    match value {
        Json::Null | Json::Bool(_) | Json::String(_) => out.push_str(&value.to_string()),
        Json::Number(number) => {
            // RFC 8785 writes numbers as IEEE 754 doubles do, which keep whole ones to 2^53.
            let whole = number.as_i64().filter(|whole| whole.unsigned_abs() < 1 << 53);
            let Some(whole) = whole else {
                let detail = "a number of a command is a whole one below 2^53; others are texts";
                return Err(ApprovalsError::field("command", "number", detail));
            };
            out.push_str(&whole.to_string());
        }
        Json::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                out.push(if number == 0 { '[' } else { ',' });
                write(item, out)?;
            }
            out.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        Json::Object(members) => {
            // By the units of UTF-16, in which a letter beyond the first 65,536 comes before some
            // that it follows in UTF-8.
            let mut members: Vec<(&String, &Json)> = members.iter().collect();
            members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            for (number, (name, member)) in members.iter().enumerate() {
                out.push(if number == 0 { '{' } else { ',' });
                out.push_str(&Json::from(name.as_str()).to_string());
                out.push(':');
                write(member, out)?;
            }
            out.push_str(if members.is_empty() { "{}" } else { "}" });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stand_in_the_order_of_the_standard() {
        // RFC 8785, section 3.2.3, with the values in the order that it expects.
        let given = r#"{
            "\u20ac": "Euro Sign", "\r": "Carriage Return",
            "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
            "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control",
            "\u00f6": "Latin Small Letter O With Diaeresis"
        }"#;
        let written = text(&serde_json::from_str(given).unwrap()).unwrap();
        let names = [
            "Carriage Return",
            "One",
            "Control",
            "Latin Small Letter O With Diaeresis",
            "Euro Sign",
            "Emoji: Grinning Face",
            "Hebrew Letter Dalet With Dagesh",
        ];
        let places: Vec<usize> = names.iter().map(|name| written.find(name).unwrap()).collect();
        assert!(places.is_sorted(), "{written}");
        assert!(written.starts_with(r#"{"\r":"Carriage Return","1":"One","#), "{written}");
    }

    #[test]
    fn literals_strings_and_nesting_are_written_as_the_standard_does() {
        // RFC 8785, section 3.2.2, without its floating numbers.
        let given = r#"{
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
            "literals": [null, true, false], "empty": [{}, []], "numbers": [0, -7, 9007199254740991]
        }"#;
        let expected = "{\"empty\":[{},[]],\"literals\":[null,true,false],\
                        \"numbers\":[0,-7,9007199254740991],\
                        \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        assert_eq!(text(&serde_json::from_str(given).unwrap()).unwrap(), expected);
        for number in ["1.5", "9007199254740992", "1e3"] {
            assert!(text(&serde_json::from_str(number).unwrap()).is_err(), "{number}");
        }
    }
}
