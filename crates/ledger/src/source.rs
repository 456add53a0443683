//! The journal of a book, read as events: the same face as the log, and nothing copied into it.
//!
//! One event for each step of an accepted command, one for a rejected command, one for holds that
//! expired. Their ids are made from their place, so that whoever reads twice knows them again. They
//! are read as far as the tables have followed, which know the accounts' ids by number.

use futures_util::future::BoxFuture;
use kernel::{Actor, EventId, TenantId, Timestamp, Uuid};
use serde_json::{Value as Json, json};
use storage::crypto::{sha256, short};
use storage::journal::{Record, RecordHeader};
use storage::log::event::Uuid128;
use storage::log::{Envelope, EventSource, ObjectRef, StreamEvent};
use storage::{StorageError, Tx, params, sql};

use crate::book::{Entry, decode_entries};
use crate::model::{
    AccountId, Balancing, Command, GroupId, Movement, NewTransfer, Origin, Outcome, Rejection,
    Rest, Step,
};

sql! {
    RECORDS =
        "SELECT record.seq, record.hash, record.body FROM journal AS record
         JOIN journal_projection AS done
             ON done.tenant = app_tenant() AND done.stream = record.stream
             AND done.projection = 'ledger' AND record.seq <= done.seq
         WHERE record.tenant = app_tenant() AND record.stream = $1 AND record.seq > $2
         ORDER BY record.seq LIMIT $3";
    END =
        "SELECT seq FROM journal_projection
         WHERE tenant = app_tenant() AND stream = $1 AND projection = 'ledger'";
    ACCOUNTS_BEFORE =
        "SELECT id FROM ledger_account
         WHERE tenant = app_tenant() AND book = $1 AND record <= $2 ORDER BY number";
}

/// The events of books.
pub struct LedgerSource;

impl EventSource for LedgerSource {
    fn read<'a>(
        &'a self,
        tx: &'a mut Tx,
        stream: Uuid,
        after: u64,
        limit: u32,
    ) -> BoxFuture<'a, Result<Vec<StreamEvent>, StorageError>> {
        Box::pin(read(tx, stream, after, limit))
    }

    fn end<'a>(&'a self, tx: &'a mut Tx, stream: Uuid) -> BoxFuture<'a, Result<u64, StorageError>> {
        Box::pin(
            async move { tx.row(&END, params![stream]).await?.map_or(Ok(0), |row| row.get(0)) },
        )
    }
}

async fn read(
    tx: &mut Tx,
    book: Uuid,
    after: u64,
    limit: u32,
) -> Result<Vec<StreamEvent>, StorageError> {
    let tenant = tx.level().tenant();
    let rows = tx.rows(&RECORDS, params![book, after, limit]).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let known = tx.rows(&ACCOUNTS_BEFORE, params![book, after]).await?;
    let id = |row: &storage::Row| row.get(0).map(AccountId::from_uuid);
    let mut accounts: Vec<AccountId> = known.iter().map(id).collect::<Result<_, _>>()?;
    let mut events = Vec::new();
    for row in rows {
        let (seq, hash, body) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let record = Record { stream: book, tenant, seq, hash, body };
        let (header, entries) = decode_entries(&record, &mut accounts)?;
        let mut place = Place { record: &record, header: &header, tenant, index: 0 };
        for entry in &entries {
            place.entry(entry, &mut events)?;
        }
    }
    Ok(events)
}

/// Where in the journal an event stands.
struct Place<'a> {
    record: &'a Record,
    header: &'a RecordHeader,
    tenant: TenantId,
    index: u32,
}

/// What one event says.
struct Said {
    kind: &'static str,
    objects: Vec<ObjectRef>,
    effective: Option<kernel::Date>,
    body: Json,
}

impl Place<'_> {
    fn entry(&mut self, entry: &Entry, out: &mut Vec<StreamEvent>) -> Result<(), StorageError> {
        match (&entry.command, &entry.outcome) {
            (
                Command::Steps { origin, steps, .. },
                Outcome::Done { first_number, rejections, .. },
            ) => {
                let mut number = *first_number;
                for (index, step) in
                    (0..).zip(steps.iter()).filter(|(index, _)| entry.outcome.did(*index))
                {
                    let mut said = said(step, number);
                    if let Some(moved) = entry.outcome.found(index) {
                        said.body["moved"] = json!(moved.to_string());
                    }
                    out.push(self.event(origin.as_ref(), said)?);
                    number += u64::from(matches!(step, Step::Transfer(_)));
                }
                for rejection in rejections {
                    let said = rejected("ledger.step.rejected", rejection);
                    out.push(self.event(origin.as_ref(), said)?);
                }
            }
            (Command::Steps { origin, .. }, Outcome::Rejected(rejection)) => {
                let said = rejected("ledger.command.rejected", rejection);
                out.push(self.event(origin.as_ref(), said)?);
            }
            (Command::Tick, Outcome::Expired(holds)) => {
                for hold in holds {
                    let objects = vec![ObjectRef::new("transfer", hold)];
                    let kind = "ledger.hold.expired";
                    let said = Said { kind, objects, effective: None, body: json!({}) };
                    out.push(self.event(None, said)?);
                }
            }
            (Command::Steps { .. } | Command::Tick, _) => {}
        }
        Ok(())
    }

    fn event(&mut self, origin: Option<&Origin>, said: Said) -> Result<StreamEvent, StorageError> {
        let Self { record, header, tenant, .. } = *self;
        let (stream, seq) = (record.stream, record.seq);
        let place = [stream.as_bytes().as_slice(), &seq.to_be_bytes(), &self.index.to_be_bytes()];
        self.index += 1;
        let Said { kind, mut objects, effective, body } = said;
        objects.push(ObjectRef::new("book", kernel::BookId::from_uuid(stream)));
        let envelope = Envelope {
            id: EventId::from_uuid(Uuid::from_u128(short(sha256(&place)))),
            kind: kind.to_owned(),
            version: 1,
            tenant,
            occurred: header.time,
            effective,
            actor: origin.map_or_else(|| Actor::system("ledger"), |origin| origin.actor.clone()),
            on_behalf_of: origin.and_then(|origin| origin.on_behalf_of),
            agent: None,
            correlation: Uuid128(origin.map_or(Uuid::nil(), |origin| origin.correlation)),
            causation: None,
            activity: None,
            objects,
            body,
        };
        let bytes = envelope.to_bytes()?;
        let (recorded, hash) = (header.time, record.hash);
        Ok(StreamEvent { stream, seq, recorded, hash, bytes, envelope })
    }
}

fn rejected(kind: &'static str, rejection: &Rejection) -> Said {
    let body = json!({ "step": rejection.step, "reason": rejection.reason.code() });
    Said { kind, objects: Vec::new(), effective: None, body }
}

fn said(step: &Step, number: u64) -> Said {
    let about = |kind, account: &AccountId, body| {
        let objects = vec![ObjectRef::new("account", account)];
        Said { kind, objects, effective: None, body }
    };
    let bound = |bound: Option<kernel::Amount>| bound.map(|bound| bound.to_string());
    match step {
        Step::DefineCommodity { code, scale } => Said {
            kind: "ledger.commodity.defined",
            objects: vec![ObjectRef::new("commodity", code)],
            effective: None,
            body: json!({ "code": code.as_str(), "scale": scale }),
        },
        Step::OpenAccount(account) => about(
            "ledger.account.opened",
            &account.id,
            json!({
                "commodity": account.commodity.as_str(),
                "kind": account.kind.name(),
                "code": account.code,
            }),
        ),
        Step::SetLimits { account, limits } => about(
            "ledger.account.limited",
            account,
            json!({ "floor": bound(limits.floor), "ceiling": bound(limits.ceiling) }),
        ),
        Step::CloseAccount { account } => about("ledger.account.closed", account, json!({})),
        Step::Freeze { account, frozen } => {
            let kind = if *frozen { "ledger.account.frozen" } else { "ledger.account.thawed" };
            about(kind, account, json!({}))
        }
        Step::OpenGroup { group, parent } => {
            grouped("ledger.group.opened", *group, json!({ "parent": parent }))
        }
        Step::MoveAccount { account, group } => {
            about("ledger.account.moved", account, json!({ "group": group }))
        }
        Step::MoveGroup { group, parent } => {
            grouped("ledger.group.moved", *group, json!({ "parent": parent }))
        }
        Step::LimitGroup { group, commodity, limits } => grouped(
            "ledger.group.limited",
            *group,
            json!({
                "commodity": commodity.as_str(),
                "floor": bound(limits.floor),
                "ceiling": bound(limits.ceiling),
            }),
        ),
        Step::LockPeriod { until } => Said {
            kind: "ledger.period.locked",
            objects: Vec::new(),
            effective: *until,
            body: json!({ "until": until.map(|until| until.to_string()) }),
        },
        Step::Transfer(transfer) => transferred(transfer, number),
    }
}

fn grouped(kind: &'static str, group: GroupId, body: Json) -> Said {
    Said { kind, objects: vec![ObjectRef::new("group", group)], effective: None, body }
}

/// Amounts are minor units as text: numbers of JSON are not sure to hold them.
fn transferred(transfer: &NewTransfer, number: u64) -> Said {
    let time = |time: Timestamp| time.to_string();
    let (kind, mut body) = match transfer.movement {
        Movement::Post { debit, credit, amount } => (
            "ledger.transfer.posted",
            json!({ "debit": debit, "credit": credit, "amount": amount.to_string() }),
        ),
        Movement::PostUpTo { debit, credit, maximum, balancing } => (
            match balancing {
                Balancing::Debit => "ledger.transfer.balanced_debit",
                Balancing::Credit => "ledger.transfer.balanced_credit",
            },
            json!({
                "debit": debit,
                "credit": credit,
                "maximum": maximum.map(|maximum| maximum.to_string()),
            }),
        ),
        Movement::CloseInto { account, into } => {
            ("ledger.transfer.closed", json!({ "account": account, "into": into }))
        }
        Movement::Hold { debit, credit, amount, expires } => (
            "ledger.transfer.held",
            json!({
                "debit": debit,
                "credit": credit,
                "amount": amount.to_string(),
                "expires_at": expires.map(time),
            }),
        ),
        Movement::PostHold { hold, amount, rest } => (
            "ledger.hold.posted",
            json!({
                "hold": hold,
                "amount": amount.map(|amount| amount.to_string()),
                "kept": rest == Rest::Keep,
            }),
        ),
        Movement::VoidHold { hold } => ("ledger.hold.voided", json!({ "hold": hold })),
    };
    body["number"] = json!(number);
    body["code"] = json!(transfer.code);
    if let Some(original) = transfer.reverses {
        body["reverses"] = json!(original);
    }
    let objects = vec![ObjectRef::new("transfer", transfer.id)];
    Said { kind, objects, effective: Some(transfer.effective), body }
}
