//! What the ledger is asked to do for an import: one command, with the rows that change with it.
//!
//! What must stay true: money that comes into an account debits it and credits income, money that
//! goes out credits it and debits expense, whether it is owned or owed; each row is guarded by what
//! the plan was made with.

use std::collections::BTreeMap;

use kernel::{Amount, Commodity, Context, Date};
use ledger::{AccountId, NewTransfer, Request, Step, TransferId, TransferText};
use storage::Tx;
use storage::crypto::unhex;
use storage::journal::RowChange;
use storage::log::emission;

use super::IMPORT_LINES_MAX;
use super::assess::Assessment;
use super::error::ImportError;
use super::event::{AccountBooked, ImportBooked};
use super::ids::{account_of, opening_transfer};
use super::model::{ImportLine, LineStatus, OpeningOrigin};
use super::store::accounts::{self, AccountPlan};
use super::store::{self, lines};
use crate::asset::declare_asset;
use crate::error::WealthError;
use crate::limits::ASSETS_MAX;
use crate::model::{Asset, AssetId, Holding, Origin, TransferCode};
use crate::roles::{self, Role, RoleAccounts};
use crate::store as assets;

/// The most steps of a command of the ledger.
const STEPS_MAX: usize = 10_000;

/// A transfer on an asset's account.
pub(crate) struct Planned {
    pub asset: AssetId,
    pub id: TransferId,
    pub code: TransferCode,
    pub effective: Date,
    /// Positive into the account.
    pub amount: Amount,
    /// The account on the other side.
    pub role: Role,
    /// The transfer that it takes back.
    pub reverses: Option<TransferId>,
    pub text: TransferText,
}

/// An account that transfers are made on.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub account: AccountId,
    pub kind: ledger::AccountKind,
    pub currency: Commodity,
}

/// The request that books an import; nothing where there is nothing to book.
pub(crate) async fn booking(
    tx: &mut Tx,
    context: &Context,
    assessed: &Assessment,
    partial: bool,
) -> Result<Option<Request>, WealthError> {
    let import = &assessed.import;
    let new = lines::page(tx, import.id, (0, Some(LineStatus::New)), IMPORT_LINES_MAX).await?;
    let plans = assessed.accounts.iter().filter(|plan| !plan.is_open);
    let touched: Vec<&AccountPlan> = plans.filter(|plan| is_touched(assessed, plan)).collect();
    if touched.is_empty() {
        return Ok(None);
    }
    let mut request = Request::default();
    let mut roles = RoleAccounts::load(tx, import.book).await?;
    let mut targets = BTreeMap::new();
    check_room(tx, &touched).await?;
    for plan in &touched {
        let target = account(tx, context, (assessed, plan), &mut request).await?;
        targets.insert(plan.asset, target);
    }
    request.rows.extend(names(tx, assessed).await?);
    let mut planned = planned_lines(assessed, &new);
    planned.extend(planned_moves(assessed));
    let event = event(assessed, &touched, &planned, partial);
    push(planned, &targets, &mut roles, &mut request)?;
    request.rows.push(store::book(import, context.now()));
    let count = u64::try_from(new.len()).unwrap_or(u64::MAX);
    request.rows.push(lines::book(import.id, count));
    request.rows.push(emission(context, &event)?.1);
    Ok(Some(request))
}

fn is_touched(assessed: &Assessment, plan: &AccountPlan) -> bool {
    plan.opening_after != plan.opening_before || has_lines(assessed, plan.asset)
}

fn has_lines(assessed: &Assessment, asset: AssetId) -> bool {
    let is_new = |line: &&lines::StagedLine| line.verdict.status == LineStatus::New;
    assessed.lines.iter().filter(is_new).any(|line| line.asset == Some(asset))
}

async fn check_room(tx: &mut Tx, touched: &[&AccountPlan]) -> Result<(), WealthError> {
    let opened: Vec<AssetId> =
        touched.iter().filter(|plan| plan.opens).map(|plan| plan.asset).collect();
    if let Some(first) = opened.first()
        && assets::count_others(tx, *first).await? + opened.len() > ASSETS_MAX
    {
        return Err(WealthError::TooManyAssets);
    }
    Ok(())
}

/// The steps and rows of an account: one that is opened, or the guard of one that is there.
async fn account(
    tx: &mut Tx,
    context: &Context,
    (assessed, plan): (&Assessment, &AccountPlan),
    request: &mut Request,
) -> Result<Target, WealthError> {
    let now = context.now();
    let opened_on = plan.opened_on.unwrap_or_else(|| now.date());
    let kind = plan.kind.account_kind();
    let account = if plan.opens {
        let asset = new_asset(plan, assessed.import.book, opened_on, now);
        let own = assessed.moves.iter().filter(|row| row.asset == plan.asset);
        let opening = own.filter(|row| row.step.code == TransferCode::Opening);
        let opening = Amount::checked_sum(opening.map(|row| row.step.amount))?;
        declare_asset(context, (&asset, kind.natural(opening)), request)?;
        asset.account
    } else {
        let found = assets::asset(tx, plan.asset).await?;
        let mut found = found.ok_or(WealthError::AssetUnknown { asset: plan.asset })?;
        // The lines were compared with what was booked at that version, not at a later one.
        found.version = plan.asset_version;
        request.rows.push(if opened_on == found.opened_on {
            assets::asset_touch(&found, now)
        } else {
            accounts::opened_row((found.id, found.version), opened_on, now)
        });
        found.account
    };
    request.rows.extend(named(tx, plan).await?);
    let opening = (plan.opening_before.as_ref(), plan.opening_after.as_ref());
    request.rows.extend(accounts::opening_row(plan.asset, opening)?);
    let own = assessed.statements.iter().filter(|statement| statement.asset == Some(plan.asset));
    for closing in own.filter_map(|statement| statement.closing) {
        request.rows.push(assets::stated_day(plan.asset, closing.on));
    }
    Ok(Target { account, kind, currency: plan.currency })
}

/// The names of an account that are not known yet.
async fn named(tx: &mut Tx, plan: &AccountPlan) -> Result<Vec<RowChange>, WealthError> {
    let mut rows = Vec::new();
    for key in plan.keys.iter().filter_map(|key| unhex::<16>(key)) {
        // Of a new account the row is the guard: another import may have opened it since.
        if plan.opens || accounts::by_key(tx, key).await?.is_none() {
            rows.push(accounts::key_row(key, plan.asset));
        }
    }
    Ok(rows)
}

/// The names that a file has for accounts that are there and on which it books nothing.
pub(crate) async fn names(
    tx: &mut Tx,
    assessed: &Assessment,
) -> Result<Vec<RowChange>, WealthError> {
    let mut rows = Vec::new();
    for plan in assessed.accounts.iter().filter(|plan| !plan.is_open && !plan.opens) {
        if !is_touched(assessed, plan) {
            rows.extend(named(tx, plan).await?);
        }
    }
    Ok(rows)
}

fn new_asset(
    plan: &AccountPlan,
    book: kernel::BookId,
    opened_on: Date,
    now: kernel::Timestamp,
) -> Asset {
    Asset {
        id: plan.asset,
        book,
        account: account_of(plan.asset),
        kind: plan.kind,
        holding: Holding::Balance,
        country: plan.country,
        owner: None,
        name: plan.name.clone(),
        commodity: plan.currency,
        currency: plan.currency,
        opened_on,
        disposal: None,
        origin: Origin::Import,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// The transfers of lines that move something.
fn planned_lines(assessed: &Assessment, new: &[ImportLine]) -> Vec<Planned> {
    let staged = assessed.lines.iter();
    let places: BTreeMap<u32, (AssetId, TransferId)> =
        staged.filter_map(|line| Some((line.number, (line.asset?, line.transfer)))).collect();
    let new = new.iter().filter(|line| !line.amount.is_zero());
    let planned = new.filter_map(|line| {
        let (asset, transfer) = places.get(&line.number)?;
        Some(planned_line(*asset, *transfer, line))
    });
    planned.collect()
}

/// The transfer that books a line.
pub(crate) fn planned_line(asset: AssetId, id: TransferId, line: &ImportLine) -> Planned {
    let end_to_end = line.metadata.as_ref().and_then(|map| map.get("end_to_end")?.as_str());
    let reference = line.reference.clone().or_else(|| end_to_end.map(str::to_owned));
    let reference = reference.or_else(|| line.bank_reference.clone());
    Planned {
        asset,
        id,
        code: TransferCode::ImportedLine,
        effective: line.booked_on,
        amount: line.amount,
        role: role_of(line.amount),
        reverses: None,
        text: TransferText {
            transfer: id,
            reference,
            purpose: line.purpose.clone(),
            counterparty: line.counterparty.clone(),
            metadata: line.metadata.clone(),
        },
    }
}

/// Where a line's money comes from or goes to, as long as nobody said.
pub(crate) const fn role_of(amount: Amount) -> Role {
    if amount.is_negative() { Role::ExpenseUncategorised } else { Role::IncomeUncategorised }
}

fn planned_moves(assessed: &Assessment) -> impl Iterator<Item = Planned> + '_ {
    let import = assessed.import.id;
    assessed.moves.iter().map(move |row| {
        let id = opening_transfer(import, row.number);
        let statement = assessed.statements.iter().find(|other| other.number == row.step.statement);
        let is_inferred = statement
            .and_then(|statement| statement.opening)
            .is_none_or(|opening| opening.origin == OpeningOrigin::Inferred);
        let purpose = match (row.step.code, is_inferred) {
            (TransferCode::Opening, true) => "opening balance, inferred from the closing balance",
            (TransferCode::Opening, false) => "opening balance",
            _ => "correction of the opening balance",
        };
        Planned {
            asset: row.asset,
            id,
            code: row.step.code,
            effective: row.step.effective,
            amount: row.step.amount,
            role: Role::Opening,
            reverses: None,
            text: with_purpose(id, purpose.to_owned()),
        }
    })
}

/// The text of a transfer that no bank wrote.
pub(crate) const fn with_purpose(transfer: TransferId, purpose: String) -> TransferText {
    let purpose = Some(purpose);
    TransferText { transfer, reference: None, purpose, counterparty: None, metadata: None }
}

/// Adds the transfers in the order of their days, opening balances first.
pub(crate) fn push(
    mut planned: Vec<Planned>,
    targets: &BTreeMap<AssetId, Target>,
    roles: &mut RoleAccounts,
    request: &mut Request,
) -> Result<(), WealthError> {
    planned.sort_by_key(|transfer| (transfer.effective, transfer.code != TransferCode::Opening));
    for transfer in planned {
        let Some(target) = targets.get(&transfer.asset) else { continue };
        let counter = roles.ensure(transfer.role, target.currency, request);
        let natural = target.kind.natural(transfer.amount);
        let Some(movement) = roles::movement((target.account, target.kind), counter, natural)
        else {
            continue;
        };
        request.steps.push(Step::Transfer(NewTransfer {
            id: transfer.id,
            movement,
            code: transfer.code.number(),
            // The ledger hashes the one in the text.
            reference: None,
            effective: transfer.effective,
            reverses: transfer.reverses,
        }));
        request.transfer_texts.push(transfer.text);
    }
    let lines = request.steps.len();
    if lines > STEPS_MAX {
        return Err(ImportError::TooManyLines { lines }.into());
    }
    Ok(())
}

fn event(
    assessed: &Assessment,
    touched: &[&AccountPlan],
    planned: &[Planned],
    partial: bool,
) -> ImportBooked {
    let for_review = |line: &&lines::StagedLine| line.verdict.status == LineStatus::Review;
    let review = assessed.lines.iter().filter(for_review).count();
    ImportBooked {
        import: assessed.import.id,
        book: assessed.import.book,
        partial,
        accounts: touched.iter().map(|plan| account_booked(plan, planned)).collect(),
        review: u64::try_from(review).unwrap_or(u64::MAX),
    }
}

fn account_booked(plan: &AccountPlan, planned: &[Planned]) -> AccountBooked {
    let own = || planned.iter().filter(|transfer| transfer.asset == plan.asset);
    let lines = || own().filter(|transfer| transfer.code == TransferCode::ImportedLine);
    let sum = |wanted: &dyn Fn(&Planned) -> bool| {
        let amounts = own().filter(|transfer| wanted(transfer)).map(|transfer| transfer.amount);
        let sum = Amount::checked_sum(amounts).unwrap_or(Amount::ZERO);
        kernel::Money::new(sum, plan.currency)
    };
    let is_line = |transfer: &Planned| transfer.code == TransferCode::ImportedLine;
    let out = sum(&|transfer| is_line(transfer) && transfer.amount.is_negative());
    let days = || own().map(|transfer| transfer.effective);
    let day = |day: Option<Date>| day.or(plan.opened_on).unwrap_or(Date::ZERO).to_string();
    AccountBooked {
        asset: plan.asset,
        opened: plan.opens,
        currency: plan.currency.code,
        lines: u64::try_from(lines().count()).unwrap_or(u64::MAX),
        money_in: sum(&|transfer| is_line(transfer) && !transfer.amount.is_negative())
            .amount_text(),
        money_out: kernel::Money::new(out.amount.negate(), plan.currency).amount_text(),
        opening: sum(&|transfer| !is_line(transfer)).amount_text(),
        first_on: day(days().min()),
        last_on: day(days().max()),
    }
}
