//! Watching what the family is worth: each day is compared with the one before, and a large change
//! is told to whoever keeps the family.
//!
//! What must stay true: a day is told once, however often it is compared; where the worth of one of
//! the two days cannot be told, nothing is.

use jobs::{Cron, Done, Failure, Handler, JobArgs, NewJob, NewSchedule, Priority, Run};
use kernel::{Context, Date, Money, Problematic as _, time};
use notices::{NewNotice, NoticeId, Param};
use serde::{Deserialize, Serialize};
use storage::Tx;

use crate::Wealth;
use crate::error::WealthError;
use crate::networth::NetWorthQuery;
use crate::notice::WORTH_CHANGED;

/// The schedule by which each family is compared.
const SCHEDULE: &str = "wealth.compare_worth";
/// The whole, in hundredths of a percent.
const WHOLE: i128 = 10_000;

/// Yesterday is compared with the day before, by the days of UTC.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct CompareWorth {}

impl JobArgs for CompareWorth {
    const KIND: &'static str = "wealth.compare_worth";
}

/// Compares what a tenant is worth, day by day.
pub struct WatchWorth(pub Wealth);

impl Handler for WatchWorth {
    type Args = CompareWorth;

    async fn run(&self, run: &Run, _: CompareWorth) -> Result<Done, Failure> {
        let context = run.context();
        let failure = |error: WealthError| {
            let problem = error.problem();
            Failure::again(problem.code, &problem.detail)
        };
        let today = time::days_since_epoch(context.now().date());
        let yesterday = time::date_from_days(today - 1);
        let yesterday = yesterday.map_err(|_| Failure::fatal("date", "there is no yesterday"))?;
        let changed = self.0.worth_change(context, yesterday).await.map_err(failure)?;
        let Some(changed) = changed else { return Ok(Done::Nothing) };
        let mut tx = run.begin().await?;
        tell_worth_change(&mut tx, context, &changed).await.map_err(failure)?;
        Ok(Done::In(tx))
    }
}

/// By how much the family's worth changed within a day, where that is much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorthChange {
    /// The day at whose end it was so.
    pub date: Date,
    /// What the family was worth.
    pub worth: Money,
    /// Less what it was worth the day before.
    pub change: Money,
    /// The change as a part of what it was worth the day before, in hundredths of a percent.
    pub basis_points: i64,
}

impl Wealth {
    /// By how much the family's worth changed on a day, in the currency of its book; nothing where
    /// that is less than it wants to be told, or cannot be said.
    pub async fn worth_change(
        &self,
        context: &Context,
        date: Date,
    ) -> Result<Option<WorthChange>, WealthError> {
        let mut tx = self.read(context).await?;
        let own = vault::own_party(context.tenant);
        let least = i64::from(notices::preferences(&mut tx, own).await?.worth_change_bp);
        let currency = self.household(&mut tx).await?.currency;
        tx.commit().await?;
        let day_before = time::date_from_days(time::days_since_epoch(date) - 1);
        let (false, Ok(day_before)) = (least == 0, day_before) else { return Ok(None) };
        let mut worths = Vec::new();
        for date in [day_before, date] {
            let query = NetWorthQuery::new(currency, date);
            match self.net_worth(context, &query).await {
                Ok(worth) => worths.push(worth.total),
                Err(error) if is_untold(&error) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        let [before, worth] = worths[..] else { return Ok(None) };
        let change = Money::new(worth.amount.checked_sub(before.amount)?, currency);
        let part = change.amount.minor().checked_mul(WHOLE);
        let part = part.and_then(|part| part.checked_div(before.amount.minor().abs()));
        let Some(basis_points) = part.and_then(|part| i64::try_from(part).ok()) else {
            return Ok(None);
        };
        let is_much = basis_points.abs() >= least;
        Ok(is_much.then_some(WorthChange { date, worth, change, basis_points }))
    }

    /// Lets a family be compared each day: in the transaction in which its tenant is made.
    pub(crate) async fn watch(&self, tx: &mut Tx, context: &Context) -> Result<(), WealthError> {
        // So that not all families are compared in the same minute.
        let minute = context.tenant.uuid().as_u128() % 60;
        let put = async {
            let times = Cron::parse(&format!("{minute} 6 * * *"), "UTC")?;
            let job = NewJob::of(&CompareWorth {})?.with_priority(Priority::Low);
            let schedule = NewSchedule::new(SCHEDULE, times, job)?;
            jobs::put_schedule(tx, context, &schedule).await
        };
        put.await.map_err(|error| WealthError::Notices(error.into()))
    }
}

/// Tells whoever keeps the family by how much its worth changed; once for each day.
pub async fn tell_worth_change(
    tx: &mut Tx,
    context: &Context,
    changed: &WorthChange,
) -> Result<Option<NoticeId>, WealthError> {
    let notice = NewNotice {
        kind: &WORTH_CHANGED,
        key: &changed.date.to_string(),
        recipient: vault::own_party(context.tenant),
        params: vec![
            ("date", Param::date(changed.date)),
            ("change", Param::of_money(changed.change)),
            ("part", Param::percent(changed.basis_points)),
            ("worth", Param::of_money(changed.worth)),
        ],
        about: None,
    };
    Ok(notices::write(tx, context, &notice).await?)
}

/// Whether a price or a rate is missing, without which no worth can be told.
fn is_untold(error: &WealthError) -> bool {
    matches!(
        error,
        WealthError::PriceMissing { .. }
            | WealthError::PriceTooOld { .. }
            | WealthError::Unconverted { .. }
    )
}
