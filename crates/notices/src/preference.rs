//! How somebody wants to be told.

use kernel::{Context, PartyId};
use storage::Tx;

use crate::error::NoticesError;
use crate::event::PreferencesChanged;
use crate::limits::CHOICES_MAX;
use crate::model::{ChannelKind, Language, Mode};
use crate::quiet::{DAY_MINUTES, Zone};
use crate::store;

/// The kind that stands for every kind.
pub(crate) const EVERY: &str = "*";

/// How somebody wants to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preferences {
    /// In which language.
    pub language: Language,
    /// By whose clocks: a name of the IANA's database.
    pub zone: String,
    /// When nothing but what is urgent is sent.
    pub quiet: Option<QuietHours>,
    /// When digests come, in minutes of the day.
    pub digest_minute: u16,
    /// On which day weekly ones come; 0 is Sunday.
    pub digest_weekday: u8,
    /// From which change within a day the net worth is worth a notice, in hundredths of a percent;
    /// 0 is never.
    pub worth_change_bp: u32,
    /// What was chosen for kinds and channels. What is not chosen is told at once.
    pub choices: Vec<Choice>,
}

/// Hours of a day, in minutes; they may go over midnight. Equal ones are a whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// The first minute.
    pub from: u16,
    /// The first minute that is not quiet any more.
    pub to: u16,
}

/// When a kind is told by a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Which kind; `*` for those that no other choice names.
    pub kind: String,
    /// By what.
    pub channel: ChannelKind,
    /// When.
    pub mode: Mode,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            language: Language::En,
            zone: "UTC".to_owned(),
            quiet: None,
            digest_minute: 8 * 60,
            digest_weekday: 1,
            worth_change_bp: 500,
            choices: Vec::new(),
        }
    }
}

impl Preferences {
    /// When a kind is told by a channel.
    #[must_use]
    pub fn mode(&self, kind: &str, channel: ChannelKind) -> Mode {
        let of = |kind: &str| {
            let mut choices = self.choices.iter();
            choices.find(|choice| choice.kind == kind && choice.channel == channel)
        };
        of(kind).or_else(|| of(EVERY)).map_or(Mode::AtOnce, |choice| choice.mode)
    }

    fn check(&self) -> Result<(), NoticesError> {
        let minute = |field: &str, minute: u16| {
            let detail = "minutes of a day are 0 to 1439";
            let fits = minute < DAY_MINUTES;
            fits.then_some(()).ok_or_else(|| NoticesError::field(field, "minute", detail))
        };
        if Zone::named(&self.zone).is_none() {
            let detail = "a zone of the IANA's database, such as Asia/Ulaanbaatar";
            return Err(NoticesError::field("zone", "zone", detail));
        }
        if let Some(QuietHours { from, to }) = self.quiet {
            minute("quiet.from", from)?;
            minute("quiet.to", to)?;
        }
        minute("digest_minute", self.digest_minute)?;
        if self.digest_weekday > 6 {
            let detail = "a day of the week is 0 (Sunday) to 6";
            return Err(NoticesError::field("digest_weekday", "weekday", detail));
        }
        if self.worth_change_bp > 1_000_000 {
            let detail = "a change has 0 to 1000000 hundredths of a percent";
            return Err(NoticesError::field("worth_change_bp", "range", detail));
        }
        if self.choices.len() > CHOICES_MAX {
            let detail = format!("there are at most {CHOICES_MAX} choices");
            return Err(NoticesError::field("choices", "count", detail));
        }
        self.choices.iter().enumerate().try_for_each(|(at, choice)| choice.check(at, self))
    }
}

impl Choice {
    fn check(&self, at: usize, all: &Preferences) -> Result<(), NoticesError> {
        let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_');
        let named = (1..=100).contains(&self.kind.len()) && self.kind.bytes().all(is_plain);
        if self.kind != EVERY && !named {
            let detail = "a kind of notice, or * for every";
            return Err(NoticesError::field(&format!("choices[{at}].kind"), "kind", detail));
        }
        let is_digest = matches!(self.mode, Mode::Daily | Mode::Weekly);
        if is_digest && matches!(self.channel, ChannelKind::App | ChannelKind::Webhook) {
            let detail = format!("{} has no digests: it is at_once or off", self.channel);
            return Err(NoticesError::field(&format!("choices[{at}].mode"), "mode", detail));
        }
        let same = |other: &Self| other.kind == self.kind && other.channel == self.channel;
        if all.choices[..at].iter().any(same) {
            let detail = "there is a choice for this kind and channel already";
            return Err(NoticesError::field(&format!("choices[{at}]"), "twice", detail));
        }
        Ok(())
    }
}

/// How a party of the transaction's tenant wants to be told.
pub async fn preferences(tx: &mut Tx, recipient: PartyId) -> Result<Preferences, NoticesError> {
    store::preference::one(tx, recipient).await
}

/// Notes how a party of the transaction's tenant wants to be told from now on. What waits already
/// goes out as it was planned, unless it is not wanted any more.
///
/// # Errors
/// [`NoticesError::Field`] names what does not fit.
pub async fn put_preferences(
    tx: &mut Tx,
    context: &Context,
    recipient: PartyId,
    preferences: &Preferences,
) -> Result<(), NoticesError> {
    preferences.check()?;
    store::preference::put(tx, recipient, preferences).await?;
    tx.emit(context, &PreferencesChanged { recipient }).await?;
    Ok(())
}
