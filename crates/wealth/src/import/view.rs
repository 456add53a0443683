//! An import as a person sees it, with the bank's balances beside the ledger's.
//!
//! What must stay true: a check compares with the ledger as it is when it is asked for, so that a
//! difference is there until it is resolved, and no longer.

use std::collections::BTreeMap;

use kernel::{Amount, AmountError, Date};
use ledger::{AccountId, AccountKind};
use storage::Tx;

use super::assess::amount_text;
use super::ids::account_of;
use super::model::{
    AccountView, BalanceCheck, Import, ImportNote, ImportStatus, LineCounts, LineStatus,
    OpeningOrigin, StatementView,
};
use super::store::accounts::{AccountPlan, MoveRow};
use super::store::lines::{self, DaySum};
use super::store::{self, ImportRow, StatementRow};
use crate::Wealth;
use crate::error::WealthError;
use crate::model::AssetId;

/// What each account of the book changed by on each day, on its natural side.
type Changes = BTreeMap<AccountId, BTreeMap<Date, Amount>>;

/// Everything that is known of an import.
struct Whole {
    import: ImportRow,
    statements: Vec<StatementRow>,
    accounts: Vec<AccountPlan>,
    moves: Vec<MoveRow>,
    sums: Vec<DaySum>,
    counts: BTreeMap<u32, LineCounts>,
    /// The account of each asset.
    ledger_accounts: BTreeMap<AssetId, (AccountId, AccountKind)>,
}

impl Wealth {
    /// Imports with their statements and checks.
    pub(crate) async fn import_views(
        &self,
        tx: &mut Tx,
        imports: Vec<ImportRow>,
    ) -> Result<Vec<Import>, WealthError> {
        let mut wholes = Vec::with_capacity(imports.len());
        for import in imports {
            wholes.push(whole(tx, import).await?);
        }
        let changes = self.changes(tx, &wholes).await?;
        let mut views = Vec::with_capacity(wholes.len());
        for whole in wholes {
            let mut import = of_row(&whole.import);
            for statement in &whole.statements {
                import.statements.push(whole.view(statement, &changes)?);
            }
            if let Some(same) = store::same_file(tx, &whole.import).await? {
                let text = format!("the same file was booked as {same}");
                import.notes.push(ImportNote { line: 0, statement: None, text });
            }
            views.push(import);
        }
        Ok(views)
    }

    async fn changes(&self, tx: &mut Tx, wholes: &[Whole]) -> Result<Changes, WealthError> {
        let mut changes = Changes::new();
        let statements = wholes.iter().flat_map(|whole| &whole.statements);
        let days = statements.flat_map(|statement| {
            let opening = statement.opening.map(|opening| opening.on);
            [opening, statement.closing.map(|closing| closing.on)]
        });
        let (Some(last), Some(book)) =
            (days.flatten().max(), wholes.first().map(|whole| whole.import.book))
        else {
            return Ok(changes);
        };
        for change in self.ledger.day_changes(tx, book, last, None).await? {
            changes.entry(change.account).or_default().insert(change.date, change.amount);
        }
        Ok(changes)
    }
}

async fn whole(tx: &mut Tx, import: ImportRow) -> Result<Whole, WealthError> {
    let id = import.id;
    let accounts = store::accounts::accounts(tx, id).await?;
    let mut ledger_accounts = BTreeMap::new();
    for account in &accounts {
        let found = crate::store::asset(tx, account.asset).await?;
        let number = found.map_or_else(|| account_of(account.asset), |asset| asset.account);
        ledger_accounts.insert(account.asset, (number, account.kind.account_kind()));
    }
    Ok(Whole {
        statements: store::statements(tx, id).await?,
        moves: store::accounts::moves(tx, id).await?,
        sums: lines::day_sums(tx, id).await?,
        counts: lines::counts(tx, id).await?.into_iter().collect(),
        import,
        accounts,
        ledger_accounts,
    })
}

impl Whole {
    /// The account that a statement is about.
    fn plan(&self, statement: &StatementRow) -> Option<&AccountPlan> {
        self.accounts.iter().find(|plan| Some(plan.asset) == statement.asset)
    }

    fn view(
        &self,
        statement: &StatementRow,
        changes: &Changes,
    ) -> Result<StatementView, WealthError> {
        let account = self.plan(statement).filter(|plan| !plan.is_open);
        let is_shown = matches!(self.import.status, ImportStatus::Staged | ImportStatus::Booked);
        let checked = account.filter(|plan| is_shown && plan.opening_after.is_some());
        let mut notes = statement.notes.clone();
        notes.extend(self.account_notes(statement));
        Ok(StatementView {
            number: statement.number,
            account: AccountView {
                asset: account.map(|plan| plan.asset),
                opens: account.is_some_and(|plan| plan.opens),
                label: account.map_or(&statement.label, |plan| &plan.name).clone(),
                currency: statement.currency,
            },
            from: statement.from,
            to: statement.to,
            opening: statement.opening,
            closing: statement.closing,
            counts: self.counts.get(&statement.number).copied().unwrap_or_default(),
            refused: statement.refused,
            closing_check: match checked {
                Some(plan) => self.closing_check(statement, plan, changes)?,
                None => None,
            },
            opening_check: match checked {
                Some(plan) => self.opening_check(statement, plan, changes)?,
                None => None,
            },
            notes,
        })
    }

    /// What the ledger has at the end of the closing day against what the bank states.
    fn closing_check(
        &self,
        statement: &StatementRow,
        plan: &AccountPlan,
        changes: &Changes,
    ) -> Result<Option<BalanceCheck>, AmountError> {
        let Some(closing) = statement.closing else { return Ok(None) };
        let ledger = self.balance(plan.asset, closing.on, changes)?;
        // One that somebody entered was there before, and is checked by what the bank states.
        let begins = plan.opening_after.as_ref().map(|opening| opening.origin);
        let origins = [statement.opening.map(|opening| opening.origin), begins];
        let is_inferred = origins == [Some(OpeningOrigin::Inferred); 2];
        let difference = closing.amount.checked_sub(ledger)?;
        Ok(Some(BalanceCheck {
            on: closing.on,
            stated: closing.amount,
            ledger,
            difference,
            inferred: is_inferred && opens_with(plan, statement) && difference.is_zero(),
        }))
    }

    /// What the ledger has before the statement's first day against what the bank states, where the
    /// balance does not come from this statement.
    fn opening_check(
        &self,
        statement: &StatementRow,
        plan: &AccountPlan,
        changes: &Changes,
    ) -> Result<Option<BalanceCheck>, AmountError> {
        let Some(opening) = statement.opening else { return Ok(None) };
        if opening.origin != OpeningOrigin::Stated || opens_with(plan, statement) {
            return Ok(None);
        }
        // The lines of its first day stand in the ledger with those of other statements.
        let first_day = self
            .sums
            .iter()
            .filter(|sum| sum.statement == statement.number && sum.day == opening.on);
        let first_day = Amount::checked_sum(first_day.map(|sum| sum.sum))?;
        let ledger = self.balance(plan.asset, opening.on, changes)?.checked_sub(first_day)?;
        Ok(Some(BalanceCheck {
            on: opening.on,
            stated: opening.amount,
            ledger,
            difference: opening.amount.checked_sub(ledger)?,
            inferred: false,
        }))
    }

    /// The ledger's balance at the end of a day; of what is staged, as it would be.
    fn balance(&self, asset: AssetId, day: Date, changes: &Changes) -> Result<Amount, AmountError> {
        let Some((account, kind)) = self.ledger_accounts.get(&asset) else {
            return Ok(Amount::ZERO);
        };
        let days = changes.get(account).into_iter().flat_map(|days| days.range(..=day));
        let natural = Amount::checked_sum(days.map(|(_, amount)| *amount))?;
        let mut balance = kind.natural(natural);
        if self.import.status == ImportStatus::Staged {
            let of_asset = |number: u32| {
                let statement = self.statements.iter().find(|other| other.number == number);
                statement.and_then(|statement| statement.asset) == Some(asset)
            };
            for sum in &self.sums {
                if sum.status == LineStatus::New && sum.day <= day && of_asset(sum.statement) {
                    balance = balance.checked_add(sum.sum)?;
                }
            }
            for row in &self.moves {
                if row.asset == asset && row.step.effective <= day {
                    balance = balance.checked_add(row.step.amount)?;
                }
            }
        }
        Ok(balance)
    }

    fn account_notes(&self, statement: &StatementRow) -> Vec<String> {
        let mut notes = Vec::new();
        let Some(plan) = self.plan(statement) else { return notes };
        if plan.is_open {
            let text = "it is left open which account the file is about, and it may be one that is \
                        there: bring it again and say which asset it is";
            notes.push(text.to_owned());
            return notes;
        }
        if plan.is_unnamed && !plan.opens {
            notes.push(format!("the file names no account: it is taken for {}", plan.asset));
        }
        if plan.opening_before == plan.opening_after {
            return notes;
        }
        let Some(opening) = &plan.opening_after else { return notes };
        let on = opening.on;
        match opening.origin {
            OpeningOrigin::Unknown => {
                notes.push(format!("the opening balance of {on} is not known: zero stands for it"));
            }
            OpeningOrigin::Inferred => notes.push(format!(
                "the opening balance of {on} is inferred: the closing balance less the entries"
            )),
            OpeningOrigin::Stated | OpeningOrigin::Manual => {}
        }
        for jump in opening.jumps.iter().skip(1) {
            let amount = amount_text(jump.amount, plan.currency);
            notes.push(format!("lines before {} are missing: {amount} are unexplained", jump.on));
        }
        notes
    }
}

/// Whether the account begins with the balance with which the statement does, by this import.
fn opens_with(plan: &AccountPlan, statement: &StatementRow) -> bool {
    let begins = plan.opening_after.as_ref().filter(|_| plan.opening_after != plan.opening_before);
    let first = begins.and_then(|opening| opening.jumps.first());
    first.map(|jump| jump.before) == statement.opening.map(|opening| opening.on) && first.is_some()
}

fn of_row(row: &ImportRow) -> Import {
    Import {
        id: row.id,
        book: row.book,
        file_name: row.file_name.clone(),
        byte_count: row.byte_count,
        format: row.format.clone(),
        format_version: row.format_version.clone(),
        encoding: row.encoding.clone(),
        status: row.status,
        version: row.version,
        bookable_in_part: row.bookable_in_part,
        mapping: row.mapping.clone(),
        questions: row.questions.clone(),
        faults: row.faults.clone(),
        faults_left_out: row.faults_left_out,
        notes: row.notes.clone(),
        statements: Vec::new(),
        reason: row.reason.clone(),
        created_at: row.created_at,
        booked_at: row.booked_at,
        undone_at: row.undone_at,
    }
}
