//! Looking for transfers and accounts, an account's days and statements, the trial balance: each
//! against what a list in the test says.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testing::TestDatabase;

use crate::bulk::Family;

/// What was posted, as the test knows it: cents, positive where the bank was debited.
struct Line {
    number: u64,
    date: String,
    code: u64,
    cents: i64,
}

/// Sixty transfers over January to March 2026, back and forth, in no order of date.
async fn posted(family: &Family) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut transfers = vec![family.earn(1_000, "10000.00")];
    transfers[0]["effective"] = json!("2025-12-31");
    lines.push(Line { number: 1, date: "2025-12-31".to_owned(), code: 0, cents: 1_000_000 });
    for index in 1..=60_u64 {
        let amount = 100 * (index * 37 % 60 + 1);
        let text = format!("{}.00", amount / 100);
        let earns = index % 3 == 0;
        let number = u128::from(index);
        let mut one = match earns {
            true => family.earn(number, &text),
            false => family.spend(number, &text),
        };
        let date = format!("2026-{:02}-{:02}", index * 7 % 3 + 1, index * 11 % 28 + 1);
        let code = index % 4;
        one["effective"] = json!(date);
        one["code"] = json!(code);
        one["metadata"] = json!({ "project": format!("p{}", index % 5), "order": index });
        transfers.push(one);
        let cents = i64::try_from(amount).unwrap() * if earns { 1 } else { -1 };
        lines.push(Line { number: index + 1, date, code, cents });
    }
    family.transfers("posted", "together", json!(transfers)).await;
    lines
}

fn cents(text: &Value) -> i64 {
    text.as_str().unwrap().replace('.', "").parse().unwrap()
}

/// The numbers of all pages of a search, the latest first.
async fn numbers(family: &Family, query: &str) -> Vec<u64> {
    let (mut numbers, mut cursor) = (Vec::new(), String::new());
    for _ in 0..100 {
        let page = family.get(&format!("transfers?limit=7&{query}{cursor}")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        let items = page["items"].as_array().unwrap();
        numbers.extend(items.iter().map(|one| one["number"].as_u64().unwrap()));
        assert_eq!(page["scan_max_reached"], false);
        match page["next_cursor"].as_str() {
            None => return numbers,
            Some(next) => cursor = format!("&cursor={next}"),
        }
    }
    panic!("the pages of {query} have no end");
}

fn those(lines: &[Line], fits: impl Fn(&Line) -> bool) -> Vec<u64> {
    lines.iter().rev().filter(|line| fits(line)).map(|line| line.number).collect()
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, objects::MODULE, notices::MODULE, ledger::MODULE,
        identity::MODULE, approvals::MODULE, cases::MODULE, meters::MODULE,
        markets::MODULE, wealth::MODULE,
    ];

    async fn transfers_are_found_by_all_that_they_say(db: TestDatabase) {
        let family = Family::new(&db).await;
        let lines = posted(&family).await;
        let (bank, project) = (&family.bank, |line: &Line| (line.number - 1) % 5);
        let in_february = |line: &Line| line.date.starts_with("2026-02");
        let large = |line: &Line| (2_000..=4_000).contains(&line.cents.abs());
        let february = "effective_from=2026-02-01&effective_to=2026-02-28";
        for (query, expected) in [
            (String::new(), those(&lines, |_| true)),
            ("code=2".to_owned(), those(&lines, |line| line.code == 2)),
            (february.to_owned(), those(&lines, in_february)),
            (format!("{february}&account={bank}"), those(&lines, in_february)),
            ("amount_min=20&amount_max=40.00".to_owned(), those(&lines, large)),
            (
                "metadata_key=project&metadata_value=p3".to_owned(),
                those(&lines, |line| line.number > 1 && project(line) == 3),
            ),
            (
                "metadata_key=order&metadata_value=17".to_owned(),
                those(&lines, |line| line.number == 18),
            ),
            (
                format!("{february}&code=1&amount_max=40&account={bank}"),
                those(&lines, |line| {
                    in_february(line) && line.code == 1 && line.cents.abs() <= 4_000
                }),
            ),
            ("amount_min=20000".to_owned(), Vec::new()),
        ] {
            assert_eq!(numbers(&family, &query).await, expected, "{query}");
        }
    }

    async fn transfers_are_found_by_when_they_were_booked(db: TestDatabase) {
        let family = Family::new(&db).await;
        family.transfers("1", "together", json!([family.earn(1, "1.00")])).await;
        db.clock.advance_seconds(60);
        let middle = db.env.now();
        family.transfers("2", "together", json!([family.earn(2, "1.00")])).await;
        db.clock.advance_seconds(60);
        let end = db.env.now();
        family.transfers("3", "together", json!([family.earn(3, "1.00")])).await;
        assert_eq!(numbers(&family, &format!("booked_from={middle}")).await, [3, 2]);
        assert_eq!(numbers(&family, &format!("booked_before={end}")).await, [2, 1]);
        let both = format!("booked_from={middle}&booked_before={end}");
        assert_eq!(numbers(&family, &both).await, [2]);
    }

    async fn a_cursor_is_its_filter_s_own(db: TestDatabase) {
        let family = Family::new(&db).await;
        posted(&family).await;
        let page = family.get("transfers?limit=2&code=1").await.json();
        let cursor = page["next_cursor"].as_str().unwrap();
        let same = family.get(&format!("transfers?limit=2&code=1&cursor={cursor}")).await;
        assert_eq!(same.status, 200);
        for other in ["code=2", "code=1&amount_min=1", "effective_from=2026-01-01"] {
            let reply = family.get(&format!("transfers?limit=2&{other}&cursor={cursor}")).await;
            reply.assert_problem(400, "invalid_fields");
            assert_eq!(reply.json()["errors"][0]["field"], "cursor");
        }
        let half = family.get("transfers?metadata_key=project").await;
        assert_eq!(half.json()["errors"][0]["field"], "metadata_value");
        let strange = family.get("transfers?colour=red").await;
        strange.assert_problem(400, "invalid_fields");
    }

    async fn a_call_that_looks_no_further_says_so_and_the_next_goes_on(db: TestDatabase) {
        let family = Family::new(&db).await;
        let lines = posted(&family).await;
        for (filter, expected) in [
            ("code=2".to_owned(), those(&lines, |line| line.code == 2)),
            (
                format!("account={}&effective_to=2026-01-31", family.bank),
                those(&lines, |line| line.date.as_str() <= "2026-01-31"),
            ),
            ("code=9".to_owned(), Vec::new()),
        ] {
            let (mut found, mut cursor, mut calls) = (Vec::new(), String::new(), 0);
            loop {
                let path = format!("transfers?scan_max=10&{filter}{cursor}");
                let page = family.get(&path).await.json();
                let items = page["items"].as_array().unwrap_or_else(|| panic!("{page}"));
                found.extend(items.iter().map(|one| one["number"].as_u64().unwrap()));
                calls += 1;
                let Some(next) = page["next_cursor"].as_str() else { break };
                let looked = (page["scanned"].as_u64(), page["scan_max_reached"].as_bool());
                assert_eq!(looked, (Some(10), Some(true)), "{page}");
                cursor = format!("&cursor={next}");
            }
            // 61 transfers, ten at a time.
            assert_eq!((found, calls), (expected, 7), "{filter}");
        }
        let first = family.get("accounts?scan_max=1&name=work").await.json();
        let told = (first["items"].as_array().unwrap().len(), &first["scan_max_reached"]);
        assert_eq!(told, (0, &json!(true)), "{first}");
        let cursor = first["next_cursor"].as_str().unwrap();
        let next = family.get(&format!("accounts?scan_max=1&name=work&cursor={cursor}")).await;
        assert_eq!(next.json()["items"][0]["id"], family.work.as_str());
    }

    async fn accounts_are_found_by_what_they_are_and_say(db: TestDatabase) {
        let family = Family::new(&db).await;
        for (name, kind, commodity, code, project) in [
            ("Хаан Банк", "asset", "MNT", 7, "p1"),
            ("Visa Card", "liability", "AUD", 7, "p2"),
            ("visa travel", "asset", "AUD", 8, "p1"),
        ] {
            let body = json!({ "name": name, "type": kind, "commodity": commodity, "code": code,
                "metadata": { "project": project } });
            let key = format!("{kind} {commodity}");
            assert_eq!(family.post("accounts", &key, &body).await.status, 201);
        }
        for (query, expected) in [
            ("code=7", vec!["Хаан Банк", "Visa Card"]),
            ("code=7&type=liability", vec!["Visa Card"]),
            ("commodity=MNT", vec!["Хаан Банк"]),
            ("name=VISA", vec!["Visa Card", "visa travel"]),
            ("name=%D0%B1%D0%B0%D0%BD%D0%BA", vec!["Хаан Банк"]),
            ("metadata_key=project&metadata_value=p1", vec!["Хаан Банк", "visa travel"]),
            ("name=nobody", vec![]),
        ] {
            let (mut found, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = family.get(&format!("accounts?limit=1&{query}{cursor}")).await.json();
                let items = page["items"].as_array().unwrap_or_else(|| panic!("{query}: {page}"));
                found.extend(items.iter().map(|one| one["name"].as_str().unwrap().to_owned()));
                match page["next_cursor"].as_str() {
                    None => break,
                    Some(next) => cursor = format!("&cursor={next}"),
                }
            }
            assert_eq!(found, expected, "{query}");
        }
    }

    async fn statements_and_days_add_up(db: TestDatabase) {
        let family = Family::new(&db).await;
        let lines = posted(&family).await;
        // Something happened on the first day and on the last.
        let (from, to) = ("2026-01-11", "2026-02-24");
        assert!([from, to].iter().all(|day| lines.iter().any(|line| line.date == *day)));
        for (account, side) in [(&family.bank, 1), (&family.work, 1)] {
            let query = format!("from={from}&to={to}");
            let statement = family.get(&format!("accounts/{account}/statement?{query}")).await;
            let statement = statement.json();
            let before = |line: &&Line| line.date.as_str() < from;
            let within = |line: &&Line| (from..=to).contains(&line.date.as_str());
            let opening: i64 = lines.iter().filter(before).map(|line| line.cents * side).sum();
            assert_eq!(cents(&statement["opening"]), opening);
            let mut expected: Vec<&Line> = lines.iter().filter(within).collect();
            expected.sort_by_key(|line| (line.date.clone(), line.number));
            let mut balance = opening;
            let told = statement["lines"].as_array().unwrap();
            assert_eq!(told.len(), expected.len());
            for (line, told) in expected.iter().zip(told) {
                balance += line.cents * side;
                assert_eq!(told["number"], line.number);
                assert_eq!(cents(&told["amount"]), line.cents * side);
                assert_eq!(cents(&told["balance"]), balance);
            }
            assert_eq!(cents(&statement["closing"]), balance);

            let days = family.get(&format!("accounts/{account}/days?{query}")).await.json();
            let mut sums: BTreeMap<&str, (i64, u64)> = BTreeMap::new();
            for line in &expected {
                let (change, count) = sums.entry(&line.date).or_default();
                (*change, *count) = (*change + line.cents * side, *count + 1);
            }
            let mut balance = opening;
            let told = days["days"].as_array().unwrap();
            assert_eq!((cents(&days["opening"]), told.len()), (opening, sums.len()));
            for ((date, (change, count)), told) in sums.into_iter().zip(told) {
                balance += change;
                let figures = (cents(&told["change"]), cents(&told["balance"]));
                assert_eq!((told["date"].as_str(), figures), (Some(date), (change, balance)));
                assert_eq!(told["transfers"], count);
            }
        }
        let backwards = format!("accounts/{}/days?from=2026-02-01&to=2026-01-01", family.bank);
        family.get(&backwards).await.assert_problem(400, "invalid_fields");
    }

    async fn the_trial_balance_balances_at_every_date(db: TestDatabase) {
        let family = Family::new(&db).await;
        let lines = posted(&family).await;
        for date in ["2025-12-30", "2025-12-31", "2026-01-15", "2026-02-14", "2026-03-31"] {
            let answer = family.get(&format!("trial-balance?as_of={date}")).await.json();
            let sum: i64 =
                lines.iter().filter(|line| *line.date <= *date).map(|line| line.cents).sum();
            let of = |account: &str| {
                let all = answer["accounts"].as_array().unwrap();
                let found = all.iter().find(|one| one["account"] == account);
                found.map_or(0, |one| cents(&one["balance"]))
            };
            assert_eq!((of(&family.bank), of(&family.work)), (sum, sum), "{date}: {answer}");
            for total in answer["totals"].as_array().unwrap() {
                assert_eq!(total["debit"], total["credit"], "{date}");
            }
        }
    }
}
