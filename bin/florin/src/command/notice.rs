//! `florin notice`: what one is told, how and where.

use anyhow::{Context as _, ensure};
use serde_json::{Value as Json, json};

use crate::cli::notice::{Address, Notice, Preferences};
use crate::command::jobs::show_one;
use crate::command::table::{table, word};
use crate::command::{escape, get, post, print};
use crate::connection::{Call, Connection};

/// What bodies are.
const JSON: &str = "application/json";

/// Does what is asked for with the caller's notices.
pub async fn run(connection: &mut Connection, asked: &Notice) -> anyhow::Result<()> {
    match asked {
        Notice::List { unread, language, limit, json } => {
            let language = spoken(language.as_deref());
            let path = format!("/notices?unread={unread}&limit={limit}{language}");
            show_list(&get(connection, &path).await?, *json)
        }
        Notice::Show { notice, language, json } => {
            let language = spoken(language.as_deref());
            let path = format!("/notices/{}?{language}", escape(notice));
            show(&get(connection, &path).await?, *json)
        }
        Notice::Read { notice, all } => {
            let read = match all {
                true => post(connection, "/notices/read", &json!({ "through": notice })).await?,
                false => {
                    let path = format!("/notices/{}/read", escape(notice));
                    post(connection, &path, &json!({})).await?
                }
            };
            print(&format!("{} not read\n", read["unread"]))
        }
        Notice::Preferences(asked) => preferences(connection, asked).await,
        Notice::Address(asked) => address(connection, asked).await,
        Notice::Test { address, whose } => {
            let address = escape(address);
            let path = format!("/notices/addresses/{address}/test?{}", whose.query());
            let sent = post(connection, &path, &json!({})).await?;
            print(&format!("{} is on its way, as soon as a server runs\n", word(&sent["id"])))
        }
        Notice::Replay { notice, delivery } => {
            let (notice, delivery) = (escape(notice), escape(delivery));
            let path = format!("/notices/{notice}/deliveries/{delivery}/replay");
            let page = post(connection, &path, &json!({})).await?;
            print(&deliveries(&page["items"]))
        }
    }
}

fn show_list(page: &Json, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{page:#}\n"));
    }
    let row = |notice: &Json| {
        let read = if notice["read_at"].is_string() { "" } else { "new" };
        let cells = ["id", "created_at", "severity"].map(|name| word(&notice[name]));
        [&cells[..], &[read.to_owned(), word(&notice["title"])]].concat()
    };
    let rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
    print(&table(&["NOTICE", "WRITTEN", "SEVERITY", "", "TITLE"], &rows, 5))
}

fn show(notice: &Json, json: bool) -> anyhow::Result<()> {
    if json {
        return print(&format!("{notice:#}\n"));
    }
    print(&format!("{}\n\n{}\n\n", word(&notice["title"]), word(&notice["text"])))?;
    if notice["about"].is_object() {
        print(&format!("about {}\n", word(&notice["about"]["id"])))?;
    }
    print(&deliveries(&notice["deliveries"]))
}

/// A line for each delivery.
fn deliveries(all: &Json) -> String {
    let row = |delivery: &Json| {
        let names = ["id", "channel", "address", "state", "due_at", "code"];
        let mut cells = names.map(|name| word(&delivery[name])).to_vec();
        cells.push(delivery["attempts"].as_array().map_or(0, Vec::len).to_string());
        cells
    };
    let rows: Vec<_> = all.as_array().into_iter().flatten().map(row).collect();
    let head = ["DELIVERY", "CHANNEL", "ADDRESS", "STATE", "NOT BEFORE", "WHY", "ATTEMPTS"];
    if rows.is_empty() { String::new() } else { table(&head, &rows, 6) }
}

/// Shows preferences, with what is to be changed.
async fn preferences(connection: &mut Connection, asked: &Preferences) -> anyhow::Result<()> {
    let path = format!("/notices/preferences?{}", asked.whose.query());
    let mut stand = get(connection, &path).await?;
    let before = stand.clone();
    for (name, text) in [("language", &asked.language), ("zone", &asked.zone)] {
        if let Some(text) = text {
            stand[name] = json!(text);
        }
    }
    if let Some(hours) = &asked.quiet {
        stand["quiet"] = quiet(hours)?;
    }
    if let Some(time) = &asked.digest_at {
        stand["digest_minute"] = json!(minute(time)?);
    }
    if let Some(day) = asked.digest_weekday {
        stand["digest_weekday"] = json!(day);
    }
    if let Some(percent) = &asked.worth_change {
        stand["worth_change_bp"] = json!(basis_points(percent)?);
    }
    for three in asked.choose.chunks_exact(3) {
        choose(&mut stand["choices"], three);
    }
    if stand != before {
        let body = serde_json::to_vec(&stand)?;
        let call = Call { method: "PUT", path: &path, body: Some((JSON, body)), key: None };
        stand = connection.json(call).await?;
    }
    show_one(&stand, asked.json)
}

/// Puts a choice in the place of the one for its kind and channel.
fn choose(choices: &mut Json, three: &[String]) {
    let [kind, channel, mode] = three else { return };
    if let Some(choices) = choices.as_array_mut() {
        choices.retain(|one| one["kind"] != **kind || one["channel"] != **channel);
        choices.push(json!({ "kind": kind, "channel": channel, "mode": mode }));
    }
}

fn quiet(hours: &str) -> anyhow::Result<Json> {
    if hours == "never" {
        return Ok(Json::Null);
    }
    let (from, to) = hours.split_once('-').context("quiet hours are HH:MM-HH:MM, or never")?;
    Ok(json!({ "from": minute(from)?, "to": minute(to)? }))
}

/// The minute of the day that `HH:MM` is.
fn minute(time: &str) -> anyhow::Result<u16> {
    let parts = time.split_once(':');
    let parts = parts.and_then(|(hour, minute)| Some((hour.parse().ok()?, minute.parse().ok()?)));
    let (hour, minute): (u16, u16) = parts.with_context(|| format!("{time:?} is not HH:MM"))?;
    ensure!(hour < 24 && minute < 60, "{time:?} is no time of a day");
    Ok(hour * 60 + minute)
}

/// Hundredths of a percent.
fn basis_points(percent: &str) -> anyhow::Result<u32> {
    let (whole, part) = percent.split_once('.').unwrap_or((percent, ""));
    let place = || format!("{percent:?} is no percentage with at most two decimals");
    ensure!(part.len() <= 2, place());
    let digits = format!("{whole}{part:0<2}");
    digits.parse().ok().with_context(place)
}

async fn address(connection: &mut Connection, asked: &Address) -> anyhow::Result<()> {
    match asked {
        Address::List { whose, json } => {
            let path = format!("/notices/addresses?{}", whose.query());
            let page = get(connection, &path).await?;
            if *json {
                return print(&format!("{page:#}\n"));
            }
            let names = ["id", "channel", "address", "state", "reason"];
            let row = |one: &Json| names.map(|name| word(&one[name])).to_vec();
            let rows: Vec<_> = page["items"].as_array().into_iter().flatten().map(row).collect();
            print(&table(&["ID", "CHANNEL", "ADDRESS", "STATE", "WHY"], &rows, 5))
        }
        Address::Add { channel, address, whose } => {
            let path = format!("/notices/addresses?{}", whose.query());
            let body = json!({ "channel": channel, "address": address });
            show_one(&post(connection, &path, &body).await?, false)
        }
        Address::Remove { address, whose } => {
            let path = format!("/notices/addresses/{}?{}", escape(address), whose.query());
            let call = Call { method: "DELETE", path: &path, body: None, key: None };
            connection.json(call).await.map(drop)
        }
        Address::Ask { address, whose } => {
            let path = confirmation(address, whose.query());
            show_one(&post(connection, &path, &json!({})).await?, false)
        }
        Address::Confirm { address, code, whose } => {
            let path = confirmation(address, whose.query());
            let body = Some((JSON, serde_json::to_vec(&json!({ "code": code }))?));
            let call = Call { method: "PUT", path: &path, body, key: None };
            show_one(&connection.json(call).await?, false)
        }
        Address::Resume { address, whose } => {
            let address = escape(address);
            let path = format!("/notices/addresses/{address}/resume?{}", whose.query());
            show_one(&post(connection, &path, &json!({})).await?, false)
        }
    }
}

fn confirmation(address: &str, whose: &str) -> String {
    format!("/notices/addresses/{}/confirmation?{whose}", escape(address))
}

fn spoken(language: Option<&str>) -> String {
    language.map_or_else(String::new, |language| format!("&language={}", escape(language)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_percentages_are_read() {
        assert_eq!(minute("22:05").unwrap(), 1_325);
        assert_eq!(quiet("22:00-07:00").unwrap(), json!({ "from": 1_320, "to": 420 }));
        assert_eq!(quiet("never").unwrap(), Json::Null);
        assert!(minute("24:00").is_err() && minute("7").is_err());
        assert_eq!([basis_points("5").unwrap(), basis_points("0.25").unwrap()], [500, 25]);
        assert!(basis_points("0.125").is_err() && basis_points("-1").is_err());
    }

    #[test]
    fn a_choice_takes_the_place_of_the_one_before() {
        let mut choices = json!([{ "kind": "*", "channel": "email", "mode": "daily" }]);
        choose(&mut choices, &["*", "email", "off"].map(str::to_owned));
        choose(&mut choices, &["*", "sms", "off"].map(str::to_owned));
        assert_eq!(choices[0]["mode"], "off");
        assert_eq!(choices.as_array().unwrap().len(), 2);
    }
}
