//! What can be heard of, and who may.

use identity::Action;

/// What a client subscribes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
    /// Every event, in order, from any position.
    Events,
    /// That something happened in a module, from now on; what happens while a client has not been
    /// told yet becomes one message.
    Changed(usize),
}

/// The modules, by what their events begin with, and the action by which one may see what changed
/// there.
const MODULES: [(&str, &str, Action); 8] = [
    ("identity", "changed/identity", Action::ReadMembers),
    ("jobs", "changed/jobs", Action::ReadJobs),
    ("ledger", "changed/ledger", Action::ReadBooks),
    ("markets", "changed/markets", Action::ReadRates),
    ("notices", "changed/notices", Action::ReadNotices),
    ("objects", "changed/objects", Action::ReadObjects),
    ("vault", "changed/vault", Action::ReadVault),
    ("wealth", "changed/wealth", Action::ReadAssets),
];

const EVENTS: &str = "events";

impl Topic {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == EVENTS {
            return Some(Self::Events);
        }
        MODULES.iter().position(|(_, topic, _)| *topic == text).map(Self::Changed)
    }

    /// The one that an event of a type changes.
    pub(super) fn of_kind(kind: &str) -> Option<Self> {
        let module = kind.split('.').next();
        MODULES.iter().position(|(name, ..)| Some(*name) == module).map(Self::Changed)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Events => EVENTS,
            Self::Changed(module) => MODULES[module].1,
        }
    }

    pub(super) fn action(self) -> Action {
        match self {
            Self::Events => Action::ReadEvents,
            Self::Changed(module) => MODULES[module].2,
        }
    }

    /// Whether what happens concerns single people: others are not told that it did.
    pub(super) fn is_personal(self) -> bool {
        matches!(self, Self::Changed(module) if MODULES[module].0 == "notices")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_as_they_are_written() {
        for topic in (0..MODULES.len()).map(Topic::Changed).chain([Topic::Events]) {
            assert_eq!(Topic::parse(topic.as_str()), Some(topic));
        }
        for text in ["", "event", "changed", "changed/", "changed/nothing", "Events"] {
            assert_eq!(Topic::parse(text), None, "{text}");
        }
        let kinds = ["wealth.asset.added", "ledger.transfer.posted", "notices.notice.written"];
        let topics = kinds.map(|kind| Topic::of_kind(kind).map(Topic::as_str));
        let expected = ["changed/wealth", "changed/ledger", "changed/notices"];
        assert_eq!(topics, expected.map(Some));
    }
}
