//! What a process knows of notices: their kinds, the channels that are set up, and where it can be
//! reached.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::channel::Channel;
use crate::error::NoticesError;
use crate::kind::{Kind, ParamType};
use crate::model::{ChannelKind, Language, Severity};

/// The texts of this module's own kinds.
const TEXTS: &[(Language, &str)] = &[
    (Language::En, include_str!("../texts/en.txt")),
    (Language::De, include_str!("../texts/de.txt")),
    (Language::Mn, include_str!("../texts/mn.txt")),
];

/// Somebody tries whether an address works.
pub(crate) static TEST: Kind =
    Kind { name: "notices.test", severity: Severity::Info, params: &[], texts: TEXTS };

/// Whoever reads an e-mail is asked whether they want to be told. The link is made when it is
/// sent, so that it stands in no row and is shown to nobody else.
pub(crate) static CONFIRM_LINK: Kind = Kind {
    name: "notices.confirm_link",
    severity: Severity::Info,
    params: &[("link", ParamType::Text)],
    texts: TEXTS,
};

/// Whoever reads a message on a telephone is asked, by a code that is made when it is sent.
pub(crate) static CONFIRM_CODE: Kind = Kind {
    name: "notices.confirm_code",
    severity: Severity::Info,
    params: &[("code", ParamType::Text)],
    texts: TEXTS,
};

/// Several notices at once.
pub(crate) static DIGEST: Kind = Kind {
    name: "notices.digest",
    severity: Severity::Info,
    params: &[("notices", ParamType::Count)],
    texts: TEXTS,
};

/// How to get no more of them, below an e-mail.
pub(crate) static FOOTER: Kind = Kind {
    name: "notices.footer",
    severity: Severity::Info,
    params: &[("link", ParamType::Text)],
    texts: TEXTS,
};

/// A job was given up.
pub(crate) static JOB_DIED: Kind = Kind {
    name: "jobs.died",
    severity: Severity::Warning,
    params: &[("kind", ParamType::Text), ("attempts", ParamType::Count), ("code", ParamType::Text)],
    texts: TEXTS,
};

/// The kinds of this module.
pub static KINDS: &[&Kind] = &[&TEST, &CONFIRM_LINK, &CONFIRM_CODE, &DIGEST, &FOOTER, &JOB_DIED];

/// What a process knows of notices. Clones share it.
#[derive(Clone, Default)]
pub struct Notices {
    kinds: BTreeMap<&'static str, &'static Kind>,
    channels: BTreeMap<ChannelKind, Arc<dyn Channel>>,
    public_url: Option<Arc<str>>,
}

impl Notices {
    /// Of this module's own kinds, and those of others.
    #[must_use]
    pub fn new(kinds: &[&[&'static Kind]]) -> Self {
        let all = KINDS.iter().chain(kinds.iter().copied().flatten());
        let kinds = all.map(|kind| (kind.name, *kind)).collect();
        Self { kinds, ..Self::default() }
    }

    /// With a channel.
    #[must_use]
    pub fn with(mut self, channel: Arc<dyn Channel>) -> Self {
        self.channels.insert(channel.kind(), channel);
        self
    }

    /// Reached by people at this address, which links begin with: `https://florin.example`.
    #[must_use]
    pub fn at(self, public_url: &str) -> Self {
        Self { public_url: Some(public_url.trim_end_matches('/').into()), ..self }
    }

    /// A kind by its name.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&'static Kind> {
        self.kinds.get(name).copied()
    }

    /// The kinds that somebody may be told of, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &'static Kind> {
        let own = |kind: &&&Kind| !kind.name.starts_with("notices.");
        self.kinds.values().filter(own).copied()
    }

    /// The channels that are set up, besides the application.
    pub fn channels(&self) -> impl Iterator<Item = ChannelKind> {
        self.channels.keys().copied()
    }

    /// A channel.
    ///
    /// # Errors
    /// [`NoticesError::ChannelOff`]
    pub fn channel(&self, kind: ChannelKind) -> Result<&Arc<dyn Channel>, NoticesError> {
        self.channels.get(&kind).ok_or(NoticesError::ChannelOff { channel: kind })
    }

    /// The key that a browser must know to subscribe, where web push is set up.
    #[must_use]
    pub fn push_key(&self) -> Option<String> {
        self.channels.get(&ChannelKind::Push)?.public_key()
    }

    /// Whether a kind is a question that [`ask`](crate::ask_address) sent.
    pub(crate) fn is_question(kind: &str) -> bool {
        [CONFIRM_LINK.name, CONFIRM_CODE.name].contains(&kind)
    }

    /// Whether a kind is sent because a person asked for it just now, whatever they chose.
    pub(crate) fn is_trial(kind: &str) -> bool {
        kind == TEST.name || Self::is_question(kind)
    }

    pub(crate) fn public_url(&self) -> Option<&str> {
        self.public_url.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_every_language_and_every_parameter() {
        KINDS.iter().for_each(|kind| crate::check_texts(kind).unwrap());
    }
}
