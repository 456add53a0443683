//! What the steps of a remittance do, each in one commit with what it brings.
//!
//! What must stay true: a step that finds itself done brings the same as when it was done; what a
//! book refuses for good is brought, and everything else is tried again.

use jobs::Failure;
use kernel::{BookId, Commodity, Problematic, Timestamp, Uuid};
use ledger::model::Reason;
use ledger::{
    AccountId, LedgerError, Movement, NewTransfer, Request, Rest, Step as LedgerStep, TransferId,
    TransferText,
};
use sagas::{Act, Input, Next, Saga, Taken};
use storage::log::emission;
use storage::{Level, Mode};
use vault::{AsJson, Sealed, own_party};

use crate::accounts::{Role, ensure};
use crate::ask::opened;
use crate::error::RemittancesError;
use crate::event::{RemittanceArrived, RemittanceReturned, RemittanceSettled};
use crate::flow::{self, Brought, Plan, State, Step};
use crate::ids::transfer;
use crate::model::{Direction, Payee, PayeeId, Remittance, RemittanceId, Standing};
use crate::store::remittance::going;
use crate::texts::RemittanceTexts;
use crate::{Remittances, store, texts};

/// The number that the ledger keeps of transfers that are part of a remittance.
const TRANSFER_CODE: u16 = 31;

/// Moves remittances.
pub struct Remit(pub Remittances);

impl Saga for Remit {
    const KIND: &'static str = "remittances.remit";
    type Plan = Plan;
    type State = State;
    type Step = Step;
    type Brought = Brought;

    fn begin(plan: &Plan) -> Next<State, Step> {
        flow::begin(plan)
    }

    fn decide(plan: &Plan, state: &State, input: Input<Brought>) -> Next<State, Step> {
        flow::decide(plan, state, input)
    }

    async fn take(&self, act: &Act<'_>, step: Step) -> Result<Taken<Brought>, Failure> {
        let side = Side { service: &self.0, act, id: RemittanceId::from_uuid(act.saga().uuid()) };
        match step {
            Step::Hold => side.hold().await,
            Step::Announce => side.announce().await,
            Step::Send => side.send().await,
            Step::Arrive => side.arrive().await,
            Step::Settle => side.settle().await,
            Step::Withdraw { why } => side.withdraw(&why).await,
            Step::Release { why } => side.release(&why).await,
            Step::Refund { why } => side.refund(&why).await,
        }
    }
}

/// One side of a remittance, in a step of it.
struct Side<'a> {
    service: &'a Remittances,
    act: &'a Act<'a>,
    id: RemittanceId,
}

/// What a book made of a command.
enum Answer {
    /// It is done, with all that it carried.
    Done,
    /// It is refused, for this reason.
    Refused(Reason),
}

impl Side<'_> {
    /// Giver: the amount is held, from the account into transit.
    async fn hold(&self) -> Result<Taken<Brought>, Failure> {
        let sent = self.own(Direction::Sent).await?;
        match sent.standing {
            Standing::Asked => {}
            Standing::Held => return Ok(Taken::Brought(Brought::Did)),
            _ => return Ok(refused("unwanted")),
        }
        let Remittance { book, account, commodity, amount, .. } = sent;
        let mut request = Request::default();
        let place = (book, Role::InTransit, commodity);
        let debit = self.ensure(place, &mut request).await?;
        let movement = Movement::Hold { debit, credit: account, amount, expires: None };
        self.add(&mut request, &sent, ("hold", movement));
        request.transfer_texts.push(self.said(&sent));
        request.rows.push(going(&sent, Standing::Held, None, self.now()));
        match self.book(&sent, request).await? {
            Answer::Done => Ok(Taken::Carried),
            Answer::Refused(reason) => {
                let code = reason.code().to_owned();
                self.leave(&sent, reason.code(), Brought::Refused { code }).await
            }
        }
    }

    /// Taker: the amount is held, towards the account.
    async fn announce(&self) -> Result<Taken<Brought>, Failure> {
        if let Some(received) = self.find(Direction::Received).await? {
            return Ok(match received.standing {
                Standing::Announced => Taken::Brought(Brought::Did),
                _ => refused("unwanted"),
            });
        }
        let sent = self.given().await?;
        let payee = self.payee(sent.payee).await?;
        let Some(payee) = payee else { return Ok(refused("payee_unknown")) };
        if payee.closed_at.is_some() {
            return Ok(refused("payee_closed"));
        }
        let received = self.taken(sent, (payee.book, payee.account), Standing::Announced);
        let mut request = Request::default();
        let place = (received.book, Role::Received, received.commodity);
        let credit = self.ensure(place, &mut request).await?;
        let (debit, amount) = (received.account, received.amount);
        let movement = Movement::Hold { debit, credit, amount, expires: None };
        self.add(&mut request, &received, ("hold", movement));
        request.transfer_texts.push(self.said(&received));
        let sealed = self.sealed(&received).await?;
        request.rows.push(store::remittance::insertion(&received, sealed));
        match self.book(&received, request).await? {
            Answer::Done => Ok(Taken::Carried),
            Answer::Refused(reason) => Ok(refused(reason.code())),
        }
    }

    /// Giver: the hold is posted. From then on the amount is in transit.
    async fn send(&self) -> Result<Taken<Brought>, Failure> {
        let sent = self.own(Direction::Sent).await?;
        if sent.standing == Standing::Sent {
            return Ok(Taken::Brought(Brought::Did));
        }
        let hold = self.transfer(&sent, "hold");
        let movement = Movement::PostHold { hold, amount: None, rest: Rest::Release };
        let mut request = Request::default();
        self.add(&mut request, &sent, ("post", movement));
        request.rows.push(going(&sent, Standing::Sent, None, self.now()));
        match self.book(&sent, request).await? {
            Answer::Done => Ok(Taken::Carried),
            Answer::Refused(reason) => Ok(refused(reason.code())),
        }
    }

    /// Taker: the hold is posted. It is there.
    async fn arrive(&self) -> Result<Taken<Brought>, Failure> {
        let received = self.own(Direction::Received).await?;
        if received.standing == Standing::Arrived {
            return Ok(Taken::Brought(Brought::Did));
        }
        let hold = self.transfer(&received, "hold");
        let movement = Movement::PostHold { hold, amount: None, rest: Rest::Release };
        let mut request = Request::default();
        self.add(&mut request, &received, ("post", movement));
        request.rows.push(going(&received, Standing::Arrived, None, self.now()));
        let Remittance { id: remittance, book, account, commodity, .. } = received;
        let (commodity, amount) = (commodity.code, received.amount_text());
        let event = RemittanceArrived { remittance, book, account, commodity, amount };
        request.rows.push(emission(self.act.context(), &event)?.1);
        match self.book(&received, request).await? {
            Answer::Done => Ok(Taken::Carried),
            Answer::Refused(reason) => Ok(refused(reason.code())),
        }
    }

    /// Giver: out of transit, now that it is there.
    async fn settle(&self) -> Result<Taken<Brought>, Failure> {
        let sent = self.own(Direction::Sent).await?;
        if sent.standing == Standing::Arrived {
            return Ok(Taken::Brought(Brought::Did));
        }
        let Remittance { book, commodity, amount, .. } = sent;
        let mut request = Request::default();
        let debit = self.ensure((book, Role::Sent, commodity), &mut request).await?;
        let credit = Role::InTransit.account(book, commodity);
        self.add(&mut request, &sent, ("settle", Movement::Post { debit, credit, amount }));
        request.rows.push(going(&sent, Standing::Arrived, None, self.now()));
        let event = RemittanceSettled { remittance: self.id };
        request.rows.push(emission(self.act.context(), &event)?.1);
        self.must(&sent, request).await
    }

    /// Taker: the hold is voided. Where nothing is announced yet, a row sees to it that nothing is.
    async fn withdraw(&self, why: &str) -> Result<Taken<Brought>, Failure> {
        let Some(received) = self.find(Direction::Received).await? else {
            let sent = self.given().await?;
            let payee = self.payee(sent.payee).await?;
            let (book, account) = payee.map_or_else(nowhere, |payee| (payee.book, payee.account));
            let standing = Standing::Returned;
            let code = Some(why.to_owned());
            let row = Remittance { code, ..self.taken(sent, (book, account), standing) };
            let withdrawn = store::remittance::insertion(&row, self.sealed(&row).await?);
            let mut tx = self.act.begin().await?;
            tx.execute_one(withdrawn.statement, withdrawn.params).await?;
            return Ok(Taken::In(tx, Brought::Did));
        };
        match received.standing {
            Standing::Announced => self.void(&received, why).await,
            Standing::Returned => Ok(Taken::Brought(Brought::Did)),
            other => Err(misplaced(other)),
        }
    }

    /// Giver: the hold is voided. Where nothing is held yet, nothing is from now on.
    async fn release(&self, why: &str) -> Result<Taken<Brought>, Failure> {
        let sent = self.own(Direction::Sent).await?;
        match sent.standing {
            Standing::Asked => self.leave(&sent, why, Brought::Did).await,
            Standing::Held => self.void(&sent, why).await,
            Standing::Returned => Ok(Taken::Brought(Brought::Did)),
            other => Err(misplaced(other)),
        }
    }

    /// Giver: out of transit, back to the account.
    async fn refund(&self, why: &str) -> Result<Taken<Brought>, Failure> {
        let sent = self.own(Direction::Sent).await?;
        if sent.standing == Standing::Returned {
            return Ok(Taken::Brought(Brought::Did));
        }
        let Remittance { book, account, commodity, amount, .. } = sent;
        let credit = Role::InTransit.account(book, commodity);
        let mut request = Request::default();
        let movement = Movement::Post { debit: account, credit, amount };
        self.add(&mut request, &sent, ("refund", movement));
        if let Some(LedgerStep::Transfer(refund)) = request.steps.last_mut() {
            refund.reverses = Some(self.transfer(&sent, "post"));
        }
        request.rows.push(going(&sent, Standing::Returned, Some(why), self.now()));
        request.rows.push(emission(self.act.context(), &self.returned(why))?.1);
        self.must(&sent, request).await
    }

    /// Voids a hold that may have been settled by hand: then nothing of it is left to be voided.
    async fn void(&self, side: &Remittance, why: &str) -> Result<Taken<Brought>, Failure> {
        let mut request = Request::default();
        let hold = self.transfer(side, "hold");
        self.add(&mut request, side, ("void", Movement::VoidHold { hold }));
        request.rows.push(going(side, Standing::Returned, Some(why), self.now()));
        if side.direction == Direction::Sent {
            request.rows.push(emission(self.act.context(), &self.returned(why))?.1);
        }
        match self.book(side, request).await? {
            Answer::Done => Ok(Taken::Carried),
            Answer::Refused(Reason::HoldNotOpen) => self.leave(side, why, Brought::Did).await,
            Answer::Refused(reason) => Err(Failure::fatal(reason.code(), reason.text())),
        }
    }

    /// Notes that it does not come about, where no book has anything to do for that.
    async fn leave(
        &self,
        side: &Remittance,
        why: &str,
        brought: Brought,
    ) -> Result<Taken<Brought>, Failure> {
        let mut tx = self.act.begin().await?;
        let change = going(side, Standing::Returned, Some(why), self.now());
        tx.execute_one(change.statement, change.params).await?;
        if side.direction == Direction::Sent {
            tx.emit(self.act.context(), &self.returned(why)).await?;
        }
        Ok(Taken::In(tx, brought))
    }

    /// What a book cannot well refuse: where it does, the saga is stuck until somebody helps.
    async fn must(&self, side: &Remittance, request: Request) -> Result<Taken<Brought>, Failure> {
        match self.book(side, request).await? {
            Answer::Done => Ok(Taken::Carried),
            Answer::Refused(reason) => Err(Failure::fatal(reason.code(), reason.text())),
        }
    }

    /// Hands a command to the side's book, with the end of the step and what it brings.
    async fn book(&self, side: &Remittance, mut request: Request) -> Result<Answer, Failure> {
        request.rows.extend(self.act.carried(&Brought::Did)?);
        let context = self.act.context();
        match self.service.ledger.execute(context, side.book, request).await {
            // It was there before, and this attempt's rows are not: the next one finds it done.
            Ok(receipt) if receipt.replayed => {
                Err(Failure::again("done_before", "the step was done by an earlier attempt"))
            }
            Ok(_) => Ok(Answer::Done),
            Err(LedgerError::Rejected { rejection }) => match rejection.reason {
                // Something changed between looking and doing.
                reason @ (Reason::GuardFailed
                | Reason::RowExists
                | Reason::AccountExists
                | Reason::TransferExists) => Err(Failure::again(reason.code(), reason.text())),
                reason => Ok(Answer::Refused(reason)),
            },
            Err(error) => Err(Failure::of(&error)),
        }
    }

    /// Adds a transfer of this side to a request.
    fn add(&self, request: &mut Request, side: &Remittance, (name, movement): (&str, Movement)) {
        request.steps.push(LedgerStep::Transfer(NewTransfer {
            id: self.transfer(side, name),
            movement,
            code: TRANSFER_CODE,
            reference: None,
            effective: side.effective,
            reverses: None,
        }));
    }

    fn transfer(&self, side: &Remittance, name: &str) -> TransferId {
        transfer(self.id, &format!("{}.{name}", side.direction.as_str()))
    }

    /// The texts of the hold: by the remittance's id, both sides find it.
    fn said(&self, side: &Remittance) -> TransferText {
        TransferText {
            transfer: self.transfer(side, "hold"),
            reference: Some(self.id.to_string()),
            purpose: side.texts.reference.clone(),
            counterparty: side.texts.other.clone(),
            metadata: None,
        }
    }

    async fn ensure(
        &self,
        place: (BookId, Role, Commodity),
        request: &mut Request,
    ) -> Result<AccountId, Failure> {
        let account = ensure(&self.service.ledger, self.act.context(), place, request).await;
        account.map_err(|error| Failure::of(&error))
    }

    fn now(&self) -> Timestamp {
        self.act.context().now()
    }

    fn returned(&self, why: &str) -> RemittanceReturned {
        RemittanceReturned { remittance: self.id, code: why.to_owned() }
    }

    /// The row of a side that must be there.
    async fn own(&self, direction: Direction) -> Result<Remittance, Failure> {
        let found = self.find(direction).await?;
        found.ok_or_else(|| unfit(&RemittancesError::RemittanceUnknown { id: self.id }))
    }

    async fn find(&self, direction: Direction) -> Result<Option<Remittance>, Failure> {
        let mut tx = self.act.run().read().await?;
        let row = store::remittance::one(&mut tx, self.id, Some(direction)).await?;
        let found = opened(&mut tx, row.into_iter().collect()).await.map_err(|error| unfit(&error));
        tx.commit().await?;
        Ok(found?.pop())
    }

    /// The giver's row, in a transaction of the giver's own, with what the giver is called.
    async fn given(&self) -> Result<Remittance, Failure> {
        let home = Level::of(self.act.home());
        let mut tx = self.service.database.begin(home, Mode::Read).await?;
        let row = store::remittance::one(&mut tx, self.id, Some(Direction::Sent)).await?;
        let rows = row.into_iter().collect();
        let found = opened(&mut tx, rows).await.map_err(|error| unfit(&error))?.pop();
        let unknown = || unfit(&RemittancesError::RemittanceUnknown { id: self.id });
        let mut sent = found.ok_or_else(unknown)?;
        let book = self.service.ledger.book(&mut tx, sent.book).await;
        sent.texts.other = Some(book.map_err(|error| Failure::of(&error))?.name);
        tx.commit().await?;
        Ok(sent)
    }

    async fn payee(&self, id: PayeeId) -> Result<Option<Payee>, Failure> {
        let mut tx = self.act.run().read().await?;
        let found = store::payee::one(&mut tx, id).await?;
        tx.commit().await?;
        Ok(found.map(|row| row.payee))
    }

    /// The taker's side of what the giver sends.
    fn taken(
        &self,
        sent: Remittance,
        (book, account): (BookId, AccountId),
        standing: Standing,
    ) -> Remittance {
        let (direction, now) = (Direction::Received, self.now());
        Remittance { direction, book, account, standing, asked_at: now, changed_at: now, ..sent }
    }

    /// Seals what is said, for the tenant of the step.
    async fn sealed(&self, side: &Remittance) -> Result<Sealed<RemittanceTexts>, Failure> {
        let context = self.act.context();
        let level = Level::of(context.tenant);
        let mut tx = self.service.database.begin(level, Mode::Write).await?;
        let sealer = vault::sealer(&mut tx, context, own_party(context.tenant)).await;
        let sealer = sealer.map_err(|error| Failure::of(&error))?;
        tx.commit().await?;
        let key = texts::row(side.id, side.direction);
        let sealed = sealer.seal::<RemittanceTexts>(key, &AsJson(side.texts.clone()));
        sealed.map_err(|error| Failure::of(&error))
    }
}

fn refused(code: &str) -> Taken<Brought> {
    Taken::Brought(Brought::Refused { code: code.to_owned() })
}

fn unfit(error: &impl Problematic) -> Failure {
    Failure::of(error)
}

/// The state says otherwise than the rows: nobody but a person can tell what happened.
fn misplaced(standing: Standing) -> Failure {
    Failure::fatal("remittance_standing", &format!("this side of it is {standing}"))
}

fn nowhere() -> (BookId, AccountId) {
    (BookId::from_uuid(Uuid::nil()), AccountId::from_uuid(Uuid::nil()))
}
