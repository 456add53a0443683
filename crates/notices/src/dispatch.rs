//! The jobs that send: one for each notice that goes out at once, one for each digest.
//!
//! What must stay true:
//! - what is sent is noted in the transaction in which the job ends; where a worker dies before
//!   that, the same is sent again under the same id;
//! - nothing is sent to an address that is not used any more, to a recipient who does not want it
//!   any more, or in a quiet hour, however long the delivery waited.

use jobs::{Done, Failure, Handler, JobArgs, NewJob, Run};
use kernel::{Problematic as _, Timestamp};
use serde::{Deserialize, Serialize};
use storage::Tx;
use vault::RowKey;

use crate::address::{Address, open_addresses};
use crate::channel::{Outgoing, Refusal, RefusalClass, Sent};
use crate::delivery::Delivery;
use crate::error::NoticesError;
use crate::event::{AddressRemoved, AddressSuspended, DeliveryFailed};
use crate::kind::Param;
use crate::limits::{ATTEMPTS_MAX, DIGEST_MAX};
use crate::message::{Message, Part};
use crate::model::{
    AddressId, AddressState, ChannelKind, DeliveryId, DeliveryState, Mode, Outcome,
};
use crate::plan::quiet_until;
use crate::preference::Preferences;
use crate::service::{FOOTER, Notices};
use crate::store::delivery::End;
use crate::{confirm, store, template, unsubscribe};

/// A notice goes out to one address.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeliverNotice {
    /// Which delivery.
    pub delivery: DeliveryId,
}

impl JobArgs for DeliverNotice {
    const KIND: &'static str = "notices.deliver";
}

/// What waits for an address goes out together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SendDigest {
    /// Where to.
    pub address: AddressId,
    /// What was due by then.
    pub due_at: Timestamp,
}

impl JobArgs for SendDigest {
    const KIND: &'static str = "notices.digest";
}

/// Sends what goes out at once.
pub struct Deliver(pub Notices);

/// Sends digests.
pub struct Digest(pub Notices);

impl Handler for Deliver {
    type Args = DeliverNotice;
    const RUN_SECONDS_MAX: u64 = 120;

    async fn run(&self, run: &Run, args: DeliverNotice) -> Result<Done, Failure> {
        let mut tx = run.read().await?;
        let found = store::delivery::one(&mut tx, args.delivery).await?;
        let waiting = found.filter(|found| found.state == DeliveryState::Waiting);
        let Some(delivery) = waiting else { return Ok(Done::Nothing) };
        let address = delivery.address;
        let batch = Batch::load(&mut tx, &self.0, (address, vec![delivery])).await;
        let batch = batch.map_err(|error| failure(&error))?;
        tx.commit().await?;
        let now = run.context().now();
        if let Some(until) = batch.quiet_until(now) {
            return postpone(run, args.delivery, until).await;
        }
        batch.send(run, &self.0).await
    }
}

impl Handler for Digest {
    type Args = SendDigest;
    const RUN_SECONDS_MAX: u64 = 120;

    async fn run(&self, run: &Run, args: SendDigest) -> Result<Done, Failure> {
        let mut tx = run.read().await?;
        let waiting = store::delivery::of_digest(&mut tx, args.address, args.due_at).await?;
        if waiting.is_empty() {
            return Ok(Done::Nothing);
        }
        let is_full = waiting.len() >= usize::from(DIGEST_MAX);
        let batch = Batch::load(&mut tx, &self.0, (args.address, waiting)).await;
        let batch = batch.map_err(|error| failure(&error))?;
        tx.commit().await?;
        let done = batch.send(run, &self.0).await?;
        match done {
            // What had no room follows at once, in a message of its own.
            Done::In(mut tx) if is_full => {
                let job = NewJob::of(&args)?.with_attempts_max(ATTEMPTS_MAX);
                jobs::enqueue(&mut tx, run.context(), job).await?;
                Ok(Done::In(tx))
            }
            done => Ok(done),
        }
    }
}

/// What goes out together to one address.
struct Batch {
    address: Option<Address>,
    preferences: Preferences,
    /// What is sent, each with what it says.
    wanted: Vec<(Delivery, Part)>,
    /// What is not, and why.
    unwanted: Vec<(Delivery, &'static str)>,
    /// The token by which the address is ended.
    token: Option<String>,
}

impl Batch {
    async fn load(
        tx: &mut Tx,
        service: &Notices,
        (address, deliveries): (AddressId, Vec<Delivery>),
    ) -> Result<Self, NoticesError> {
        let found = store::address::one(tx, address).await?;
        let mut opened = open_addresses(tx, found.into_iter().collect()).await?;
        let address = opened.pop();
        let preferences = match &address {
            Some(address) => store::preference::one(tx, address.recipient).await?,
            None => Preferences::default(),
        };
        let token = match (&address, service.public_url()) {
            (Some(address), Some(_)) => unsubscribe::token(tx, address.id).await?,
            _ => None,
        };
        let mut batch =
            Self { address, preferences, wanted: Vec::new(), unwanted: Vec::new(), token };
        for delivery in deliveries {
            match batch.judge(tx, service, &delivery).await? {
                Ok(part) => batch.wanted.push((delivery, part)),
                Err(code) => batch.unwanted.push((delivery, code)),
            }
        }
        Ok(batch)
    }

    /// What a delivery says, or why it is not sent.
    async fn judge(
        &self,
        tx: &mut Tx,
        service: &Notices,
        delivery: &Delivery,
    ) -> Result<Result<Part, &'static str>, NoticesError> {
        let Some(notice) = store::notice::one(tx, delivery.notice).await? else {
            return Ok(Err("notice_unknown"));
        };
        let is_question = Notices::is_question(&notice.kind);
        let refused = match &self.address {
            None => Some("address_removed"),
            Some(Address { state: AddressState::Unconfirmed, .. }) if !is_question => {
                Some("address_unconfirmed")
            }
            Some(Address { state: AddressState::Active, .. }) if is_question => {
                Some("address_confirmed")
            }
            Some(Address { state: AddressState::Suspended, .. }) => Some("address_suspended"),
            Some(Address { state: AddressState::Unsubscribed, .. }) => Some("unsubscribed"),
            Some(Address { address: None, .. }) => Some("recipient_erased"),
            Some(_) => None,
        };
        if let Some(code) = refused {
            return Ok(Err(code));
        }
        let is_off = self.preferences.mode(&notice.kind, delivery.channel) == Mode::Off;
        if is_off && !Notices::is_trial(&notice.kind) {
            return Ok(Err("not_wanted"));
        }
        let opener = vault::opener(tx, notice.params.key()).await?;
        let params = opener.open(RowKey::of(notice.id.uuid()), &notice.params)?.content();
        let Some(params) = params else { return Ok(Err("recipient_erased")) };
        let (mut kind, mut params) = (notice.kind, params.0.into_iter().collect());
        if let Some(address) = self.address.as_ref().filter(|_| is_question) {
            let asked = confirm::question(tx, service, address).await?;
            let Some((asked, param)) = asked else { return Ok(Err("nothing_asked")) };
            (kind, params) = (asked.name.to_owned(), vec![param]);
        }
        Ok(Ok(Part {
            notice: notice.id,
            kind,
            severity: notice.severity,
            params,
            about: notice.about,
            created_at: notice.created_at,
        }))
    }

    /// Until when nothing of this is sent.
    fn quiet_until(&self, now: Timestamp) -> Option<Timestamp> {
        let (_, part) = self.wanted.first()?;
        if Notices::is_trial(&part.kind) {
            return None;
        }
        quiet_until(&self.preferences, part.severity, now)
    }

    async fn send(self, run: &Run, service: &Notices) -> Result<Done, Failure> {
        let answer = match (&self.address, self.wanted.is_empty()) {
            (Some(address), false) => Some(self.send_to(address, run, service).await?),
            _ => None,
        };
        let mut tx = run.begin().await?;
        let failed = self.note(&mut tx, run, answer).await.map_err(|error| failure(&error))?;
        match failed {
            // Noted now: the job that is tried again has nothing to hand over.
            Some(refusal) => {
                tx.commit().await?;
                Err(Failure::again(&refusal.code, "it could not be sent, and is tried again"))
            }
            None => Ok(Done::In(tx)),
        }
    }

    async fn send_to(
        &self,
        address: &Address,
        run: &Run,
        service: &Notices,
    ) -> Result<Result<Sent, Refusal>, Failure> {
        let Ok(channel) = service.channel(address.channel) else {
            return Ok(Err(Refusal::temporary("channel_off")));
        };
        let parts = self.wanted.iter().map(|(_, part)| part.clone()).collect();
        let is_digest = self.wanted.iter().any(|(one, _)| one.mode != Mode::AtOnce);
        let language = self.preferences.language;
        // A kind that is not known here: another worker may know it.
        let message = Message::of(service, parts, (language, is_digest));
        let Ok(message) = message else { return Ok(Err(Refusal::temporary("kind_unknown"))) };
        let unsubscribe = self.unsubscribe(service).map_err(|error| failure(&error))?;
        let Some((first, _)) = self.wanted.first() else {
            return Ok(Err(Refusal::permanent("nothing_to_say")));
        };
        let outgoing = Outgoing {
            id: first.id,
            address: address.address.clone().unwrap_or_default(),
            secret: address.secret.clone().unwrap_or_default(),
            message,
            unsubscribe,
            now: run.context().now(),
        };
        Ok(channel.send(&outgoing).await)
    }

    /// The link by which the address is ended, and the footer that says so.
    fn unsubscribe(&self, service: &Notices) -> Result<Option<(String, String)>, NoticesError> {
        let Some((url, token)) = service.public_url().zip(self.token.as_ref()) else {
            return Ok(None);
        };
        let link = format!("{url}/unsubscribe/{token}");
        let params = [("link".to_owned(), Param::Text { text: link.clone() })];
        let (rule, words) = template::render(&FOOTER, &params, self.preferences.language)?;
        Ok(Some((link, format!("{rule}\n{words}"))))
    }

    /// Notes what came of it; the refusal after which the job is to be tried again.
    async fn note(
        &self,
        tx: &mut Tx,
        run: &Run,
        answer: Option<Result<Sent, Refusal>>,
    ) -> Result<Option<Refusal>, NoticesError> {
        let now = run.context().now();
        for (delivery, code) in &self.unwanted {
            let end = End { state: DeliveryState::Suppressed, code: Some(code), receipt: None };
            store::delivery::settle(tx, delivery.id, &end, now).await?;
        }
        let refusal = match answer {
            None => return Ok(None),
            Some(Ok(Sent { receipt })) => {
                let receipt = receipt.as_deref();
                let end = End { state: DeliveryState::Sent, code: None, receipt };
                for (delivery, _) in &self.wanted {
                    store::delivery::tried(tx, delivery.id, (Outcome::Sent, None), now).await?;
                    store::delivery::settle(tx, delivery.id, &end, now).await?;
                }
                return Ok(None);
            }
            Some(Err(refusal)) => refusal,
        };
        let lease = run.lease();
        let is_again = refusal.class == RefusalClass::Temporary;
        let is_over = !is_again || lease.attempt >= lease.attempts_max;
        for (delivery, _) in &self.wanted {
            let tried = (refusal.class.outcome(), Some(refusal.code.as_str()));
            store::delivery::tried(tx, delivery.id, tried, now).await?;
            if is_over {
                self.give_up(tx, run, delivery, &refusal.code).await?;
            }
        }
        if refusal.class == RefusalClass::AddressGone {
            self.suspend(tx, run, &refusal.code).await?;
        }
        Ok(is_again.then_some(refusal))
    }

    async fn give_up(
        &self,
        tx: &mut Tx,
        run: &Run,
        delivery: &Delivery,
        code: &str,
    ) -> Result<(), NoticesError> {
        let end = End { state: DeliveryState::Failed, code: Some(code), receipt: None };
        if store::delivery::settle(tx, delivery.id, &end, run.context().now()).await? {
            let Delivery { id, notice, channel, .. } = *delivery;
            let failed = DeliveryFailed { delivery: id, notice, channel, code: code.to_owned() };
            tx.emit(run.context(), &failed).await?;
        }
        Ok(())
    }

    async fn suspend(&self, tx: &mut Tx, run: &Run, code: &str) -> Result<(), NoticesError> {
        let Some(Address { id, recipient, channel, .. }) = self.address else { return Ok(()) };
        // A browser subscribes anew, under another address: nobody could resume this one.
        if channel == ChannelKind::Push {
            if store::address::remove(tx, id).await? {
                tx.emit(run.context(), &AddressRemoved { address: id, recipient }).await?;
            }
            return Ok(());
        }
        let state = (AddressState::Suspended, Some(code));
        if store::address::set_state(tx, id, state, run.context().now()).await? {
            let suspended = AddressSuspended { address: id, recipient, code: code.to_owned() };
            tx.emit(run.context(), &suspended).await?;
        }
        Ok(())
    }
}

/// Lets a delivery wait for the end of quiet hours, in a job of its own: waiting is no failure.
async fn postpone(run: &Run, delivery: DeliveryId, until: Timestamp) -> Result<Done, Failure> {
    let mut tx = run.begin().await?;
    store::delivery::postpone(&mut tx, delivery, until).await?;
    let job = NewJob::of(&DeliverNotice { delivery })?.at(until).with_attempts_max(ATTEMPTS_MAX);
    jobs::enqueue(&mut tx, run.context(), job).await?;
    Ok(Done::In(tx))
}

fn failure(error: &NoticesError) -> Failure {
    if error.kind() == kernel::ErrorKind::Internal {
        tracing::error!(%error, "a notice could not be sent");
    }
    let problem = error.problem();
    Failure::again(problem.code, &problem.detail)
}
