//! Statements as the tests of imports write them, and a family that imports them.

#![allow(dead_code, reason = "each test file uses what it needs")]

pub mod formats;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kernel::{Amount, Commodity, Context, Date, Money, PageRequest, time};
use ledger::{AccountId, At, EngineLimits, Ledger};
use objects::{BlobLimits, Blobs, Objects};
use storage::{Level, Mode};
use testing::{Cell, TestDatabase};
use wealth::import::{
    BookOptions, Import, ImportId, ImportLine, LineStatus, StatementView, Upload,
};
use wealth::{Asset, AssetFilter, AssetId, NetWorthQuery, Wealth, WealthError};

/// The balance of each account, debits positive, and how many transfers, assets and events of
/// bookings there are.
pub type State = (BTreeMap<AccountId, Amount>, u64, u64, u64);

/// A family with a household in AUD, and what its database holds.
pub struct Bank<'a> {
    pub wealth: Wealth,
    pub objects: Objects,
    pub ledger: Ledger,
    pub context: Context,
    pub db: &'a TestDatabase,
}

pub fn date(text: &str) -> Date {
    time::parse_date(text).unwrap()
}

/// A sample of `testdata/statements`.
pub fn sample(name: &str) -> Vec<u8> {
    let path = format!("testdata/statements/{name}");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub fn upload(name: &str, bytes: impl Into<Vec<u8>>) -> Upload {
    Upload { file_name: name.to_owned(), bytes: bytes.into(), ..Upload::default() }
}

/// An OFX file of an account in AUD. Lines are `date amount id text`, `-` for no id; the closing
/// balance is `amount date`, or nothing.
pub fn ofx(account: &str, closing: &str, lines: &[&str]) -> Vec<u8> {
    let mut entries = String::new();
    for line in lines {
        let [day, amount, id, text] = words(line);
        let id = if id == "-" { String::new() } else { format!("<FITID>{id}\n") };
        let day = day.replace('-', "");
        writeln!(
            entries,
            "<STMTTRN><TRNTYPE>OTHER\n<DTPOSTED>{day}\n<TRNAMT>{amount}\n{id}<NAME>{text}\n\
             </STMTTRN>"
        )
        .unwrap();
    }
    let balance = closing.split_once(' ').map_or(String::new(), |(amount, day)| {
        let day = day.replace('-', "");
        format!("<LEDGERBAL><BALAMT>{amount}\n<DTASOF>{day}\n</LEDGERBAL>")
    });
    format!(
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\n\
         COMPRESSION:NONE\nOLDFILEUID:NONE\nNEWFILEUID:NONE\n\n<OFX><BANKMSGSRSV1><STMTTRNRS>\
         <TRNUID>0\n<STMTRS><CURDEF>AUD\n<BANKACCTFROM><ACCTID>{account}\n\
         <ACCTTYPE>CHECKING\n</BANKACCTFROM><BANKTRANLIST>{entries}</BANKTRANLIST>{balance}\
         </STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    )
    .into_bytes()
}

/// A table that names its account. Lines are `date amount - text`.
pub fn csv(account: &str, lines: &[&str]) -> Vec<u8> {
    let mut table = "Account Number,Date,Description,Amount\n".to_owned();
    for line in lines {
        let [day, amount, _, text] = words(line);
        writeln!(table, "{account},{day},{text},{amount}").unwrap();
    }
    table.into_bytes()
}

/// A table that names no account and runs a balance. Lines are `date amount balance text`.
pub fn csv_running(lines: &[&str]) -> Vec<u8> {
    let mut table = "Date,Description,Amount,Balance\n".to_owned();
    for line in lines {
        let [day, amount, balance, text] = words(line);
        writeln!(table, "{day},{text},{amount},{balance}").unwrap();
    }
    table.into_bytes()
}

/// A CAMT.053 statement in AUD. Balances are `amount date` or nothing; lines are
/// `date amount reference text`.
pub fn camt(account: &str, (opening, closing): (&str, &str), lines: &[&str]) -> Vec<u8> {
    let side = |amount: &str| if amount.starts_with('-') { "DBIT" } else { "CRDT" };
    let mut parts = String::new();
    for (code, balance) in [("OPBD", opening), ("CLBD", closing)] {
        if let Some((amount, day)) = balance.split_once(' ') {
            write!(
                parts,
                "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"AUD\">{}</Amt>\
                 <CdtDbtInd>{}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>",
                amount.trim_start_matches('-'),
                side(amount)
            )
            .unwrap();
        }
    }
    for line in lines {
        let [day, amount, id, text] = words(line);
        let named = format!("<AcctSvcrRef>{id}</AcctSvcrRef>");
        let id = if id == "-" { "" } else { named.as_str() };
        write!(
            parts,
            "<Ntry><Amt Ccy=\"AUD\">{}</Amt><CdtDbtInd>{}</CdtDbtInd><Sts>BOOK</Sts><BookgDt>\
             <Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>{id}<BkTxCd></BkTxCd>\
             <AddtlNtryInf>{text}</AddtlNtryInf></Ntry>",
            amount.trim_start_matches('-'),
            side(amount)
        )
        .unwrap();
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document \
         xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><GrpHdr>\
         <MsgId>m</MsgId><CreDtTm>2026-04-01T00:00:00</CreDtTm></GrpHdr><Stmt><Id>s</Id>\
         <CreDtTm>2026-04-01T00:00:00</CreDtTm><Acct><Id><Othr><Id>{account}</Id></Othr></Id>\
         <Ccy>AUD</Ccy></Acct>{parts}</Stmt></BkToCstmrStmt></Document>"
    )
    .into_bytes()
}

fn words(line: &str) -> [&str; 4] {
    let words: Vec<&str> = line.splitn(4, ' ').collect();
    words.try_into().unwrap_or_else(|_| panic!("{line:?} has not four parts"))
}

impl<'a> Bank<'a> {
    /// A family in a database of its own.
    pub async fn of(db: &'a TestDatabase) -> Self {
        let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
        Self::another(db, &ledger).await
    }

    /// Another family in the same database.
    pub async fn another(db: &'a TestDatabase, ledger: &Ledger) -> Self {
        let context = db.context(db.new_tenant());
        let files = Blobs::directory(&db.directory().join("objects"), BlobLimits::default());
        let objects = Objects::new(db.database.clone(), files.unwrap());
        let wealth = Wealth::new(db.database.clone(), ledger.clone(), objects.clone());
        let level = Level::Tenant(context.tenant);
        let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
        let aud = Commodity::well_known("AUD").unwrap();
        wealth.open_household(&mut tx, &context, "Bat-Hargreaves", aud).await.unwrap();
        tx.commit().await.unwrap();
        Self { wealth, objects, ledger: ledger.clone(), context, db }
    }

    pub async fn stage(&self, bytes: &[u8]) -> Import {
        // Ids of one millisecond have no order.
        self.db.clock.advance_seconds(1);
        self.wealth.stage(&self.context, upload("a file", bytes)).await.unwrap()
    }

    pub async fn book(&self, id: ImportId) -> Import {
        self.try_book(id, false).await.unwrap()
    }

    pub async fn try_book(&self, id: ImportId, partial: bool) -> Result<Import, WealthError> {
        self.wealth.book(&self.context, id, BookOptions { partial }).await
    }

    /// Stages and books.
    pub async fn bring(&self, bytes: &[u8]) -> Import {
        let import = self.stage(bytes).await;
        self.book(import.id).await
    }

    /// Brings a file in which nothing is new.
    pub async fn bring_known(&self, bytes: &[u8]) {
        let before = self.state().await;
        let staged = self.stage(bytes).await;
        assert_eq!(staged.counts().new, 0, "{:?}", self.lines(staged.id).await);
        assert_eq!(self.book(staged.id).await.counts().booked, 0);
        assert_eq!(self.state().await, before);
    }

    pub async fn undo(&self, id: ImportId) -> Import {
        self.db.clock.advance_seconds(1);
        self.wealth.undo(&self.context, id, "wrong account").await.unwrap()
    }

    pub async fn all_lines(&self, id: ImportId) -> Vec<ImportLine> {
        let mut page = PageRequest::first(200);
        let mut lines = Vec::new();
        loop {
            let found = self.wealth.lines(&self.context, id, &page).await.unwrap();
            lines.extend(found.items);
            page.after = found.next;
            if page.after.is_none() {
                return lines;
            }
        }
    }

    /// `status amount text` of each line.
    pub async fn lines(&self, id: ImportId) -> Vec<String> {
        let text = |line: &ImportLine| {
            let money = Money::new(line.amount, line.currency.unwrap()).amount_text();
            let text = line.counterparty.as_deref().or(line.purpose.as_deref());
            format!("{} {money} {}", line.status, text.unwrap_or("?"))
        };
        self.all_lines(id).await.iter().map(text).collect()
    }

    /// The statuses of the lines.
    pub async fn statuses(&self, id: ImportId) -> Vec<LineStatus> {
        self.all_lines(id).await.iter().map(|line| line.status).collect()
    }

    pub async fn assets(&self) -> Vec<Asset> {
        let filter = AssetFilter { include_disposed: true, ..AssetFilter::default() };
        let page = PageRequest::first(200);
        let page = self.wealth.assets(&self.context, &filter, &page).await.unwrap();
        page.items.into_iter().map(|view| view.asset).collect()
    }

    pub async fn asset(&self, id: AssetId) -> Asset {
        self.wealth.asset(&self.context, id).await.unwrap().asset
    }

    /// What an account holds at the end of a day, by effective date; a debt is below zero.
    pub async fn balance(&self, asset: AssetId, on: &str) -> String {
        let asset = self.asset(asset).await;
        self.ledger.wait_for_book(asset.book).await.unwrap();
        let level = Level::Tenant(self.context.tenant);
        let mut tx = self.db.database.begin(level, Mode::Read).await.unwrap();
        let at = At::Effective { date: date(on), known_at: None };
        let balances = self.ledger.balances_at(&mut tx, asset.book, at).await.unwrap();
        let found = balances.iter().find(|(account, _)| *account == asset.account);
        let natural = found.map_or(Amount::ZERO, |(_, amount)| *amount);
        let signed = asset.kind.account_kind().natural(natural);
        Money::new(signed, asset.commodity).amount_text()
    }

    /// The balances of days, as `day balance`.
    pub async fn balances(&self, asset: AssetId, days: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for day in days {
            found.push(format!("{day} {}", self.balance(asset, day).await));
        }
        found
    }

    pub async fn net_worth(&self, on: &str) -> String {
        let aud = Commodity::well_known("AUD").unwrap();
        let query = NetWorthQuery::new(aud, date(on));
        self.wealth.net_worth(&self.context, &query).await.unwrap().total.to_string()
    }

    /// Everything that booking changes. Debits equal credits, or it fails.
    pub async fn state(&self) -> State {
        let level = Level::Tenant(self.context.tenant);
        let mut tx = self.db.database.begin(level, Mode::Read).await.unwrap();
        let book = self.wealth.household(&mut tx).await.unwrap().id;
        tx.commit().await.unwrap();
        self.ledger.wait_for_book(book).await.unwrap();
        let accounts = self.ledger.accounts(&self.context, book).await.unwrap();
        let mut sums: BTreeMap<_, Amount> = BTreeMap::new();
        let mut balances = BTreeMap::new();
        for account in accounts {
            let debit_positive = account.kind.natural(account.balance.posted);
            let sum = sums.entry(account.commodity).or_default();
            *sum = sum.checked_add(debit_positive).unwrap();
            balances.insert(account.id, debit_positive);
        }
        assert!(sums.values().all(|sum| sum.is_zero()), "the books do not balance: {sums:?}");
        let transfers = self.count("SELECT count(*) FROM ledger_transfer").await;
        let assets = self.count("SELECT count(*) FROM wealth_asset").await;
        let events = self.events("wealth.import.booked").await.len();
        (balances, transfers, assets, u64::try_from(events).unwrap())
    }

    pub async fn count(&self, sql: &str) -> u64 {
        match self.db.raw().await.rows(sql).await[0][0] {
            Cell::Number(count) => u64::try_from(count).unwrap(),
            ref cell => panic!("{cell:?}"),
        }
    }

    /// The bodies of the events of a type, in the order in which they were emitted.
    pub async fn events(&self, kind: &str) -> Vec<serde_json::Value> {
        let rows = self.db.raw().await.rows("SELECT body FROM log_inbox ORDER BY ord").await;
        let event = |row: &Vec<Cell>| match &row[0] {
            Cell::Bytes(bytes) => serde_json::from_slice::<serde_json::Value>(bytes).unwrap(),
            cell => panic!("{cell:?}"),
        };
        let events = rows.iter().map(event).filter(|event| event["type"] == kind);
        events.map(|event| event["body"].clone()).collect()
    }
}

/// `stated ledger difference`, with `inferred` where it agrees by construction.
pub fn check(statement: &StatementView) -> String {
    let Some(check) = statement.closing_check else { return "none".to_owned() };
    let text =
        |amount: Amount| Money::new(amount, statement.account.currency.unwrap()).amount_text();
    let inferred = if check.inferred { " inferred" } else { "" };
    format!("{} {} {}{inferred}", text(check.stated), text(check.ledger), text(check.difference))
}

/// The asset of the only statement.
pub fn asset_of(import: &Import) -> AssetId {
    import.statements[0].account.asset.unwrap()
}
