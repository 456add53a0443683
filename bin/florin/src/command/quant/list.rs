//! `florin quant list`: the indicators of the registry.

use quant::indicators::{Indicator, Parameter, ParameterKind, all};
use serde_json::{Value as Json, json};

use super::json_text;
use crate::cli::quant::List;
use crate::command::table::table;

/// The indicators that are asked for, as a table or as JSON.
pub fn text(asked: &List) -> anyhow::Result<String> {
    let word = asked.word.as_deref().unwrap_or_default().to_lowercase();
    let found: Vec<&Indicator> = all().iter().filter(|one| speaks_of(one, &word)).collect();
    anyhow::ensure!(!found.is_empty(), "no indicator's name, title or group has {word:?} in it");
    if asked.json {
        return json_text(&found.into_iter().map(described).collect());
    }
    let row = |indicator: &&Indicator| {
        let parameters = indicator.parameters.iter().map(parameter).collect::<Vec<_>>();
        let [name, group] = [indicator.name, indicator.group.name()].map(str::to_owned);
        vec![name, group, indicator.title.clone(), parameters.join(" ")]
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    Ok(table(&["NAME", "GROUP", "WHAT", "PARAMETERS"], &rows, 4))
}

fn speaks_of(indicator: &Indicator, word: &str) -> bool {
    let texts = [indicator.name, indicator.group.name(), &indicator.title];
    texts.iter().any(|text| text.to_lowercase().contains(word))
}

fn parameter(parameter: &Parameter) -> String {
    format!("{}={}", parameter.name, parameter.default)
}

fn described(indicator: &Indicator) -> Json {
    let parameters: Vec<Json> = indicator.parameters.iter().map(bounds).collect();
    let inputs: Vec<&str> = indicator.inputs.iter().map(|input| input.name()).collect();
    let outputs: Vec<&str> = indicator.outputs.iter().map(|output| output.name.as_str()).collect();
    json!({
        "name": indicator.name, "group": indicator.group.name(), "title": indicator.title,
        "inputs": inputs, "parameters": parameters, "outputs": outputs,
        "overlay": indicator.overlay,
    })
}

fn bounds(parameter: &Parameter) -> Json {
    let Parameter { name, hint, kind, default, .. } = parameter;
    let mut value = json!({ "name": name, "hint": hint, "default": default });
    match kind {
        ParameterKind::Integer { min, max } => {
            (value["min"], value["max"]) = (json!(min), json!(max));
        }
        ParameterKind::Real { min, max } => {
            (value["min"], value["max"]) = (json!(min), json!(max));
        }
        ParameterKind::Choice(choices) => {
            let choice = |(number, name): &(i32, &str)| json!({ "value": number, "name": name });
            value["choices"] = choices.iter().map(choice).collect();
        }
    }
    value
}
