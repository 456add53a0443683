//! Secrets are planted in files of statements, which a server imports and books; then they are
//! looked for in every column of the database, in its files, in the log and in the metrics. They
//! stand where [`NOT_SEALED`] says so, and nowhere else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value as Json, json};
use storage::Dialect;
use testing::{Cell, Raw, TestDatabase, eventually};

/// Columns in which what is planted may stand in clear, and why it still may. A column leaves the
/// list when it is sealed, and none is added lightly.
const NOT_SEALED: [(&str, &str); 7] = [
    ("identity_tenant.name", "read before a tenant is known, so by no tenant's key"),
    ("identity_user.email", "the same: people sign in by it"),
    ("identity_user.name", "the same"),
    ("ledger_book.name", "what a family calls its books, not what is said of anybody"),
    ("wealth_asset.name", "sorted and sought by SQL"),
    ("wealth_import.faults", "what stands in a faulty file: next, with its name"),
    ("wealth_import.file_name", "the same"),
];

/// What is planted in words that only the file says, with the field that it is in.
const SECRETS: [(&str, &str); 13] = [
    ("counterparty", "Zwetschkenroester"),
    ("purpose", "Powidltascherl"),
    ("reference", "TOPFENKNOEDEL77"),
    ("bank_reference", "MARILLENMARMELADE88"),
    ("account number", "KNOEDEL4711815"),
    ("asset's name", "Kaiserschmarrnkonto"),
    ("file name", "Germknoedel"),
    ("faulty amount", "Grammelknoedel"),
    ("person", "Fiakergulasch"),
    ("family", "Tafelspitz"),
    ("address", "beuschel"),
    ("payee", "Buchteln"),
    ("remittance", "Vanillekipferl"),
];
/// Those that stand in no table but sealed, so that not even the files have them.
const ONLY_SEALED: [&str; 6] = [
    "Zwetschkenroester",
    "Powidltascherl",
    "TOPFENKNOEDEL77",
    "MARILLENMARMELADE88",
    "Buchteln",
    "Vanillekipferl",
];

const PASSWORD: &str = "correct horse battery staple";

/// A camt.053 statement of one line with a secret in each field.
fn statement() -> String {
    let [counterparty, purpose, reference, bank_reference, account, ..] =
        SECRETS.map(|(_, secret)| secret);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document \
         xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><GrpHdr>\
         <MsgId>m</MsgId><CreDtTm>2026-04-01T00:00:00</CreDtTm></GrpHdr><Stmt><Id>s</Id>\
         <CreDtTm>2026-04-01T00:00:00</CreDtTm><Acct><Id><Othr><Id>{account}</Id></Othr>\
         </Id><Ccy>EUR</Ccy></Acct>\
         <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">0.00</Amt>\
         <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-01</Dt></Dt></Bal>\
         <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">12.50</Amt>\
         <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-31</Dt></Dt></Bal>\
         <Ntry><Amt Ccy=\"EUR\">12.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>\
         <BookgDt><Dt>2026-03-02</Dt></BookgDt><ValDt><Dt>2026-03-02</Dt></ValDt>\
         <AcctSvcrRef>{bank_reference}</AcctSvcrRef><BkTxCd></BkTxCd><NtryDtls><TxDtls>\
         <Refs><EndToEndId>{reference}</EndToEndId></Refs>\
         <RltdPties><Dbtr><Nm>{counterparty}</Nm></Dbtr></RltdPties>\
         <RmtInf><Ustrd>{purpose}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\
         </Stmt></BkToCstmrStmt></Document>"
    )
}

/// A server that tells its log in full.
struct Server {
    child: Child,
    address: String,
    log: Option<std::thread::JoinHandle<String>>,
}

/// Nobody is left behind by a test that fails.
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(home: &Path, db: &TestDatabase, log: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_florin"));
        command
            .env_clear()
            .env("HOME", home)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stderr(Stdio::piped());
        command.env("FLORIN_LOG_FORMAT", "json").env("FLORIN_LOG", log);
        command.env("FLORIN_DATABASE_URL", db.url()).env("FLORIN_MASTER_KEY", master_key());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut told = String::new();
        let address = loop {
            let line = lines.next().unwrap_or_else(|| panic!("the server ended: {told}")).unwrap();
            told.push_str(&line);
            let line: Json = serde_json::from_str(&line).unwrap();
            if let Some(address) = line["fields"]["address"].as_str() {
                break address.to_owned();
            }
        };
        let log = std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| told.push_str(&line));
            told
        });
        Self { child, address, log: Some(log) }
    }

    fn call(&self, method: &str, path: &str, token: &str, body: &[u8]) -> (u16, String) {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let kind = match body.first() {
            Some(b'<') => "text/xml",
            Some(b'D') => "text/csv",
            _ => "application/json",
        };
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.address))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", kind)
            .header("idempotency-key", format!("{path} {}", body.len()))
            .body(body.to_vec())
            .unwrap();
        let mut response = agent.run(request).unwrap();
        let mut text = String::new();
        response.body_mut().as_reader().read_to_string(&mut text).unwrap();
        (response.status().as_u16(), text)
    }

    fn json(&self, method: &str, path: &str, token: &str, body: &[u8]) -> Json {
        let (status, text) = self.call(method, path, token, body);
        assert!(status < 400, "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Ends it; its log.
    fn end(self) -> String {
        let mut server = self;
        server.child.kill().unwrap();
        server.log.take().unwrap().join().unwrap()
    }
}

fn master_key() -> String {
    format!("florin-master-key-1:{}", storage::crypto::hex(testing::master_key().expose()))
}

/// Every column in which a secret stands, as `table.column secret`.
async fn columns_with_secrets(raw: &Raw, dialect: Dialect) -> BTreeSet<(String, &'static str)> {
    let columns = match dialect {
        Dialect::Sqlite => {
            "SELECT m.name, c.name, 'any' FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
             WHERE m.type = 'table'"
        }
        Dialect::Postgres => {
            "SELECT CAST(table_name AS text), CAST(column_name AS text), CAST(data_type AS text)
             FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let text = |cell: &Cell| match cell {
        Cell::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    let mut found = BTreeSet::new();
    for row in raw.rows(columns).await {
        let (table, column) = (text(&row[0]), text(&row[1]));
        let digits = match text(&row[2]).as_str() {
            "any" => format!("hex(CAST(\"{column}\" AS blob))"),
            "bytea" => format!("encode(\"{column}\", 'hex')"),
            _ => format!("encode(convert_to(CAST(\"{column}\" AS text), 'UTF8'), 'hex')"),
        };
        let cells = format!("SELECT {digits} FROM \"{table}\"");
        for row in raw.rows(&cells).await {
            let Cell::Text(digits) = &row[0] else { continue };
            let digits = digits.to_lowercase();
            for (_, secret) in SECRETS {
                if digits.contains(&storage::crypto::hex(secret.as_bytes())) {
                    found.insert((format!("{table}.{column}"), secret));
                }
            }
        }
    }
    found
}

/// The files of folders in which a text stands: a private server has hundreds of megabytes, which
/// `grep` reads faster than a test without optimisation.
fn files_with(folders: &[PathBuf], text: &str) -> String {
    let mut grep = Command::new("grep");
    // A server's files come and go while they are looked through.
    let grep = grep.args(["-rlaFs", "-e", text, "--"]).args(folders).output().unwrap();
    String::from_utf8(grep.stdout).unwrap()
}

/// The folders of the database's files, its log among them.
async fn folders(db: &TestDatabase) -> Vec<PathBuf> {
    if db.dialect() == Dialect::Sqlite {
        return vec![db.directory().to_owned()];
    }
    let sql = "SELECT CAST(current_setting('data_directory') AS text), CAST(oid AS text)
               FROM pg_database WHERE datname = current_database()";
    let rows = db.raw().await.rows(sql).await;
    let [Cell::Text(data), Cell::Text(oid)] = &rows[0][..] else { panic!("{rows:?}") };
    let data = Path::new(data);
    vec![data.join("base").join(oid), data.join("pg_wal")]
}

fn register(server: &Server) -> String {
    let registration = json!({
        "email": format!("{}@example.mn", SECRETS[10].1), "password": PASSWORD,
        "name": SECRETS[8].1, "family_name": SECRETS[9].1, "currency": "EUR",
    });
    let body = registration.to_string();
    let signed = server.json("POST", "/api/v1/auth/register", "", body.as_bytes());
    signed["access_token"].as_str().unwrap().to_owned()
}

/// Sends something from one account to another, and waits until it is there.
async fn remit(server: &Server, token: &str) {
    let post =
        |path: &str, body: Json| server.json("POST", path, token, body.to_string().as_bytes());
    let books = server.call("GET", "/api/v1/books", token, b"").1;
    let books: Json = serde_json::from_str(&books).unwrap();
    let book = books["items"][0]["id"].as_str().unwrap();
    let path = format!("/api/v1/books/{book}/accounts");
    let [from, to] = ["One", "Other"].map(|name| {
        post(&path, json!({ "name": name, "type": "asset", "commodity": "EUR" }))["id"].clone()
    });
    let payee = json!({ "book": book, "account": to, "name": SECRETS[11].1 });
    let payee = post("/api/v1/payees", payee)["id"].clone();
    let sent = json!({
        "book": book, "account": from, "payee": payee, "amount": "5.00",
        "reference": SECRETS[12].1,
    });
    let sent = post("/api/v1/remittances", sent);
    let path = format!("/api/v1/remittances/{}", sent["id"].as_str().unwrap());
    eventually("a remittance to arrive", async || {
        server.call("GET", &path, token, b"").1.contains("\"arrived\"").then_some(())
    })
    .await;
}

testing::both_databases! {
    modules = [
        jobs::MODULE, vault::MODULE, ledger::MODULE, identity::MODULE, approvals::MODULE,
        cases::MODULE, meters::MODULE, markets::MODULE, objects::MODULE, notices::MODULE,
        bus::MODULE, sagas::MODULE, remittances::MODULE, wealth::MODULE,
    ];

    async fn what_is_planted_is_found_where_it_may_stand_and_nowhere_else(db: TestDatabase) {
        let home = tempfile::tempdir().unwrap();
        let server = Server::start(home.path(), &db, "trace");
        let token = register(&server);
        let asset = json!({
            "name": SECRETS[5].1, "type": "cash", "country": "AT", "opened_on": "2020-01-01",
            "holding": { "kind": "balance", "balance": { "amount": "5.00", "currency": "EUR" } },
        });
        let asset = server.json("POST", "/api/v1/assets", &token, asset.to_string().as_bytes());
        let asset = asset["id"].as_str().unwrap();
        let path = format!("/api/v1/imports?file_name={}.xml&asset={asset}", SECRETS[6].1);
        let staged = server.json("POST", &path, &token, statement().as_bytes());
        let id = staged["id"].as_str().unwrap();
        let lines = server.call("GET", &format!("/api/v1/imports/{id}/lines"), &token, b"").1;
        for (field, secret) in &SECRETS[..4] {
            assert!(lines.contains(secret) || *field == "reference", "{field} in {lines}");
        }
        server.json("POST", &format!("/api/v1/imports/{id}/book"), &token, b"{}");
        let faulty = format!("Date,Description,Amount\n2026-03-02,x,{}\n", SECRETS[7].1);
        let path = "/api/v1/imports?file_name=faulty.csv";
        server.json("POST", path, &token, faulty.as_bytes());
        remit(&server, &token).await;
        let metrics = server.call("GET", "/metrics", &token, b"").1;
        let log = server.end();
        for (_, secret) in SECRETS {
            assert!(!metrics.contains(secret), "the metrics have {secret}");
            assert!(!log.contains(secret), "the log has {secret}");
        }
        assert!(!log.contains(&master_key()[20..]) && !log.contains(PASSWORD));
        assert!(log.contains("serving"));

        // Every column, with what is made from the journal.
        let raw = db.raw().await;
        let found = columns_with_secrets(&raw, db.dialect()).await;
        let found: BTreeSet<&str> = found.iter().map(|(column, _)| column.as_str()).collect();
        let may: BTreeSet<&str> = NOT_SEALED.into_iter().map(|(column, _)| column).collect();
        assert_eq!(found, may);

        // What only a sealed column has stands in no file either, the database's log included.
        if db.dialect() == Dialect::Postgres {
            raw.run("CHECKPOINT").await;
        }
        for secret in ONLY_SEALED {
            assert_eq!(files_with(&folders(&db).await, secret), "", "{secret}");
        }
        // And the search would have found it: another one is there.
        assert_ne!(files_with(&folders(&db).await, SECRETS[5].1), "");
    }
}
