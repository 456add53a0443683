//! What the broker's topics are called: the names of the platform's architecture (trading, user,
//! system, audit and anonymous events), which no other module of ours knows.

use kernel::Actor;
use storage::log::Envelope;

/// What an event's type begins with, and its topic; the first that fits counts.
const TOPICS: [(&str, &str); 12] = [
    ("identity.user.registered", "users.registered"),
    ("identity.session.opened", "users.authenticated"),
    ("identity.", "audit.security.events"),
    ("notices.preferences.changed", "users.preferences.updated"),
    ("ledger.transfer.", "audit.financial.transactions"),
    ("ledger.hold.", "audit.financial.transactions"),
    ("ledger.command.rejected", "audit.financial.transactions"),
    ("ledger.step.rejected", "audit.financial.transactions"),
    ("wealth.asset.", "positions.updated"),
    ("vault.", "audit.compliance.checks"),
    ("jobs.job.died", "errors.critical"),
    ("notices.delivery.failed", "errors.warning"),
];

/// The topic of an event. What has none of its own is an action of its user, or of the system.
pub(crate) fn topic(event: &Envelope) -> &'static str {
    let named = TOPICS.iter().find(|(begin, _)| event.kind.starts_with(begin));
    named.map_or_else(
        || match event.actor {
            Actor::User { .. } => "audit.user.actions",
            Actor::Owner | Actor::System { .. } | Actor::Anonymous => "audit.admin.actions",
        },
        |(_, topic)| topic,
    )
}
