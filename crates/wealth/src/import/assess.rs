//! What becomes of the lines of a staged import, given what is booked now: the preview, and once
//! more in the moment of booking.
//!
//! What must stay true: the answer depends on the file, on what is booked, and on what people
//! decided about its lines, and on nothing else; it is written down before it is acted on.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Amount, BookId, Commodity, Context, Date};
use storage::{StorageError, Tx};

use super::accounts;
use super::dedup::{self, Cover, Found, Incoming, LineRef, Verdict, Words};
use super::error::ImportError;
use super::model::{Decision, ImportId, LineStatus, Why};
use super::opening::{self, Facts, Opening};
use super::store::accounts::{AccountPlan, MoveRow};
use super::store::earlier::{self, Known};
use super::store::lines::{self, LineVerdict, StagedLine};
use super::store::{self, ImportRow, StatementRow};
use crate::Wealth;
use crate::error::WealthError;
use crate::model::AssetId;

/// The assets with the versions for which the ledger's tables have everything: what was committed
/// with a later version may be missing there.
pub(crate) type Settled = BTreeMap<AssetId, u64>;

/// What follows for an import.
#[derive(Clone, Debug)]
pub(crate) struct Assessment {
    pub import: ImportRow,
    pub statements: Vec<StatementRow>,
    pub accounts: Vec<AccountPlan>,
    pub lines: Vec<StagedLine>,
    pub moves: Vec<MoveRow>,
}

/// How often, and after what pause, is asked again for what the tables do not have yet: for two
/// seconds, as readers of a position wait.
const STALE_ATTEMPTS_MAX: u32 = 80;
const STALE_PAUSE: std::time::Duration = std::time::Duration::from_millis(25);

impl Wealth {
    /// The household's book, and its assets once the ledger's tables have what was booked on them.
    /// No transaction may be open: it waits.
    pub(crate) async fn settled(
        &self,
        context: &Context,
    ) -> Result<(BookId, Settled), WealthError> {
        let (book, assets) = self.household_assets(context).await?;
        Ok((book, assets.into_iter().map(|asset| (asset.id, asset.version)).collect()))
    }

    /// Judges a staged import, and writes down what is different now.
    pub(crate) async fn assess(
        &self,
        tx: &mut Tx,
        mut import: ImportRow,
        settled: &Settled,
    ) -> Result<Assessment, WealthError> {
        let id = import.id;
        let before = store::accounts::accounts(tx, id).await?;
        let moves_before = store::accounts::moves(tx, id).await?;
        let mut accounts = accounts::resolve(tx, id, before.clone()).await?;
        let statements = store::statements(tx, id).await?;
        let mut lines = lines::staged(tx, id).await?;
        let mut changed = Vec::new();
        let mut moves = Vec::new();
        for account in &mut accounts {
            let verdicts = if account.is_open {
                BTreeMap::new()
            } else {
                self.judge(tx, id, (account.asset, &statements), &lines).await?
            };
            let own = lines.iter_mut().filter(|line| line.asset == Some(account.asset));
            for line in own.filter(|line| is_judged(line)) {
                let verdict = verdicts.get(&line.number).cloned();
                let open = || LineVerdict::because(LineStatus::Review, Why::AccountOpen, None);
                let verdict = verdict.unwrap_or_else(open);
                if verdict != line.verdict {
                    changed.push((line.number, verdict.clone()));
                    line.verdict = verdict;
                }
            }
            if !account.is_open {
                self.plan_opening(
                    tx,
                    (&import, settled),
                    account,
                    (&statements, &lines),
                    &mut moves,
                )
                .await?;
            }
        }
        if accounts != before || moves != moves_before || !changed.is_empty() {
            store::touch(tx, &import).await?;
            import.version += 1;
            store::accounts::write(tx, id, &accounts, &moves).await?;
            lines::judge(tx, id, &changed).await?;
        }
        Ok(Assessment { import, statements, accounts, lines, moves })
    }

    /// Compares the lines of one account with what is booked on it.
    async fn judge(
        &self,
        tx: &mut Tx,
        import: ImportId,
        (asset, statements): (AssetId, &[StatementRow]),
        lines: &[StagedLine],
    ) -> Result<BTreeMap<u32, LineVerdict>, WealthError> {
        let own = || lines.iter().filter(|line| line.asset == Some(asset) && is_judged(line));
        let days = own().map(|line| line.traits.day);
        let Some((first, last)) = days.clone().min().zip(days.max()) else {
            return Ok(BTreeMap::new());
        };
        let incoming = own().map(|line| Incoming {
            number: line.number,
            statement: line.statement,
            traits: line.traits.clone(),
            words: Words::default(),
        });
        let covers = statements.iter().filter(|statement| statement.asset == Some(asset));
        let Known { lines: earlier, declined } =
            earlier::earlier(tx, (import, asset), (first, last)).await?;
        let mut account = dedup::Account {
            incoming: incoming.collect(),
            file_covers: covers.filter_map(covered).collect(),
            runs: runs(statements, asset),
            earlier,
            earlier_covers: store::accounts::covers(tx, (import, asset), (first, last)).await?,
        };
        let unlike = account.unlike(import);
        let mut words = earlier::words(tx, &unlike).await?;
        account.say(import, &mut words);
        let judged = tokio::task::spawn_blocking(move || dedup::judge(&account, import)).await;
        let judged = judged.map_err(|error| ImportError::Unread { text: error.to_string() })?;
        let decisions: BTreeMap<u32, Option<Decision>> =
            own().map(|line| (line.number, line.decision)).collect();
        let verdict = |(number, verdict): (u32, Verdict)| {
            let decision = decisions.get(&number).copied().flatten();
            (number, verdict_of(verdict, decision, &declined))
        };
        Ok(judged.into_iter().map(verdict).collect())
    }

    /// What the statements of one account do to its opening balance, in the order of their days.
    async fn plan_opening(
        &self,
        tx: &mut Tx,
        (import, settled): (&ImportRow, &Settled),
        account: &mut AccountPlan,
        (statements, lines): (&[StatementRow], &[StagedLine]),
        moves: &mut Vec<MoveRow>,
    ) -> Result<(), WealthError> {
        let asset = account.asset;
        account.opening_before = store::accounts::opening(tx, asset).await?;
        let mut opening = account.opening_before.clone();
        let by_hand = opening.is_none() && !account.opens;
        if by_hand {
            opening = Some(self.opening_by_hand(tx, (import, settled), asset).await?);
        }
        let mut facts: Vec<Facts> =
            statements.iter().filter_map(|statement| facts_of(statement, asset, lines)).collect();
        facts.sort_by_key(|facts| (facts.start, facts.statement));
        for at in 0..facts.len() {
            let start = facts[at].start;
            let own = facts.iter().flat_map(|facts| &facts.lines);
            let own = own.filter(|(day, _)| *day < start).map(|(_, amount)| *amount);
            let own = Amount::checked_sum(own)?;
            let booked = earlier::booked_before(tx, (import.id, asset), start).await?;
            facts[at].booked_before = own.checked_add(booked)?;
            let Some(planned) = opening::plan(opening.as_ref(), &facts[at], import.id)? else {
                continue;
            };
            for step in planned.moves {
                let number = u32::try_from(moves.len()).unwrap_or(u32::MAX);
                let number = number.saturating_add(import.first_move);
                moves.push(MoveRow { number, asset, step });
            }
            opening = Some(planned.opening);
        }
        let first_line = facts.iter().flat_map(|facts| &facts.lines).map(|(day, _)| *day).min();
        let has_lines = first_line.is_some();
        account.opening_after = opening.filter(|_| !by_hand || has_lines);
        let opens_on = account.opening_after.as_ref().map(|opening| opening.on);
        account.opened_on =
            [account.opened_before, first_line, opens_on].into_iter().flatten().min();
        Ok(())
    }

    /// The opening balance of an asset that was kept by hand until now.
    async fn opening_by_hand(
        &self,
        tx: &mut Tx,
        (import, settled): (&ImportRow, &Settled),
        asset: AssetId,
    ) -> Result<Opening, WealthError> {
        let found = crate::store::asset(tx, asset).await?;
        let found = found.ok_or(WealthError::AssetUnknown { asset })?;
        if settled.get(&asset) != Some(&found.version) {
            return Err(StorageError::Stale.into());
        }
        let kind = found.kind.account_kind();
        let changes = self.ledger.day_changes(tx, import.book, Date::MAX, None).await?;
        let own: Vec<(Date, Amount)> = changes
            .iter()
            .filter(|change| change.account == found.account && !change.amount.is_zero())
            .map(|change| (change.date, kind.natural(change.amount)))
            .collect();
        Ok(Opening::manual(found.opened_on, &own))
    }
}

/// Whether it is worth another attempt: the tables were behind the rows, and follow soon.
pub(crate) async fn follows_soon(attempt: u32, error: &WealthError) -> bool {
    let is_stale = matches!(error, WealthError::Storage(StorageError::Stale));
    if !is_stale || attempt >= STALE_ATTEMPTS_MAX {
        return false;
    }
    tokio::time::sleep(STALE_PAUSE).await;
    true
}

/// Whether a line is compared with what is booked.
pub(crate) const fn is_judged(line: &StagedLine) -> bool {
    !matches!(line.verdict.status, LineStatus::Pending | LineStatus::Faulty)
}

fn covered(statement: &StatementRow) -> Option<(u32, Cover)> {
    Some((statement.number, statement.cover?))
}

/// Numbers the runs of statements that go on where the one before ends.
fn runs(statements: &[StatementRow], asset: AssetId) -> BTreeMap<u32, u32> {
    let mut runs = BTreeMap::new();
    let mut last: Option<(u32, Option<Amount>)> = None;
    for statement in statements.iter().filter(|statement| statement.asset == Some(asset)) {
        let begins = statement.opening.map(|opening| opening.amount);
        let run = match last {
            Some((run, ends)) if ends.is_some() && ends == begins => run,
            Some((run, _)) => run + 1,
            None => 0,
        };
        runs.insert(statement.number, run);
        last = Some((run, statement.closing.map(|closing| closing.amount)));
    }
    runs
}

/// What becomes of a line. One that a person left out before is left out again, unless somebody
/// says otherwise.
fn verdict_of(
    verdict: Verdict,
    decision: Option<Decision>,
    declined: &BTreeSet<LineRef>,
) -> LineVerdict {
    use LineStatus::{Known, New, Review, Skipped};
    match (verdict, decision) {
        (Verdict::New, Some(Decision::Skip)) => {
            LineVerdict { status: Skipped, why: None, of: None }
        }
        (Verdict::New, Some(Decision::Book) | None) => {
            LineVerdict { status: New, why: None, of: None }
        }
        (Verdict::Known(why, of), None | Some(Decision::Skip)) if !declined.contains(&of.told) => {
            LineVerdict::because(Known, why, Some(of))
        }
        (Verdict::Known(why, of), None) => LineVerdict::because(Skipped, why, Some(of)),
        (Verdict::Review(why, of), None) => LineVerdict::because(Review, why, Some(of)),
        (Verdict::Known(why, of) | Verdict::Review(why, of), Some(Decision::Book)) => {
            LineVerdict::because(New, why, Some(of))
        }
        (Verdict::Known(why, of) | Verdict::Review(why, of), Some(Decision::Skip)) => {
            LineVerdict::because(Skipped, why, Some(of))
        }
    }
}

impl LineVerdict {
    const fn because(status: LineStatus, why: Why, of: Option<Found>) -> Self {
        Self { status, why: Some(why), of }
    }
}

/// What a statement says about the opening balance of an asset.
fn facts_of(statement: &StatementRow, asset: AssetId, lines: &[StagedLine]) -> Option<Facts> {
    if statement.asset != Some(asset) {
        return None;
    }
    let new = lines.iter().filter(|line| {
        line.statement == statement.number && line.verdict.status == LineStatus::New
    });
    let lines: Vec<(Date, Amount)> =
        new.map(|line| (line.traits.day, line.traits.amount)).collect();
    let first = lines.iter().map(|(day, _)| *day).min();
    let opening = statement.opening;
    let starts = [opening.map(|opening| opening.on), first];
    Some(Facts {
        statement: statement.number,
        start: starts.into_iter().flatten().min()?,
        balance: opening.map(|opening| (opening.amount, opening.origin)),
        lines,
        booked_before: Amount::ZERO,
    })
}

/// What an account counts, for a text.
pub(crate) fn amount_text(amount: Amount, currency: Commodity) -> String {
    kernel::Money::new(amount, currency).to_string()
}
