//! When a notice goes to an address: decided from what its recipient chose, and from the time.

use jobs::Cron;
use kernel::Timestamp;

use crate::model::{ChannelKind, Mode, Severity};
use crate::preference::Preferences;
use crate::quiet::Zone;

/// When somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub mode: Mode,
    pub due_at: Timestamp,
}

/// When a notice of a kind goes out by a channel; nothing where it does not. What is urgent waits
/// neither for a digest nor for the end of quiet hours.
pub(crate) fn plan(
    preferences: &Preferences,
    (kind, severity): (&str, Severity),
    channel: ChannelKind,
    now: Timestamp,
) -> Option<Plan> {
    let chosen = preferences.mode(kind, channel);
    let mode = match (chosen, severity) {
        (Mode::Daily | Mode::Weekly, Severity::Urgent) => Mode::AtOnce,
        _ => chosen,
    };
    let due_at = match mode {
        Mode::Off => return None,
        Mode::AtOnce => quiet_until(preferences, severity, now).unwrap_or(now),
        Mode::Daily | Mode::Weekly => digest_after(preferences, mode, now)?,
    };
    Some(Plan { mode, due_at })
}

/// Until when nothing of this severity is sent, where now is a quiet hour.
pub(crate) fn quiet_until(
    preferences: &Preferences,
    severity: Severity,
    now: Timestamp,
) -> Option<Timestamp> {
    let hours = preferences.quiet.filter(|_| severity < Severity::Urgent)?;
    Zone::named(&preferences.zone)?.quiet_until(now, (hours.from, hours.to))
}

/// The next time of a digest. It is somebody's own choice, so that it may lie in quiet hours.
fn digest_after(preferences: &Preferences, mode: Mode, now: Timestamp) -> Option<Timestamp> {
    let Preferences { digest_minute, digest_weekday, zone, .. } = preferences;
    let day = match mode {
        Mode::Weekly => digest_weekday.to_string(),
        Mode::Off | Mode::AtOnce | Mode::Daily => "*".to_owned(),
    };
    let times = format!("{} {} * * {day}", digest_minute % 60, digest_minute / 60);
    Cron::parse(&times, zone).ok()?.next_after(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preference::{Choice, QuietHours};

    fn preferences() -> Preferences {
        let choice = |kind: &str, channel, mode| Choice { kind: kind.to_owned(), channel, mode };
        Preferences {
            zone: "Asia/Ulaanbaatar".to_owned(),
            quiet: Some(QuietHours { from: 22 * 60, to: 7 * 60 }),
            digest_minute: 8 * 60 + 30,
            digest_weekday: 1,
            choices: vec![
                choice("*", ChannelKind::Sms, Mode::Off),
                choice("a.daily", ChannelKind::Email, Mode::Daily),
                choice("a.weekly", ChannelKind::Email, Mode::Weekly),
                choice("a.daily", ChannelKind::Sms, Mode::AtOnce),
            ],
            ..Preferences::default()
        }
    }

    /// Ulaanbaatar is eight hours ahead of UTC all year: 2026-03-31T14:30Z is Tuesday, 22:30.
    #[test]
    fn what_was_chosen_and_the_hour_say_when_it_goes_out() {
        let now = "2026-03-31T14:30:00Z";
        let cases = [
            (
                "a.any",
                Severity::Info,
                ChannelKind::Email,
                Some((Mode::AtOnce, "2026-03-31T23:00:00Z")),
            ),
            ("a.any", Severity::Urgent, ChannelKind::Email, Some((Mode::AtOnce, now))),
            ("a.any", Severity::Urgent, ChannelKind::Sms, None),
            (
                "a.daily",
                Severity::Info,
                ChannelKind::Sms,
                Some((Mode::AtOnce, "2026-03-31T23:00:00Z")),
            ),
            (
                "a.daily",
                Severity::Info,
                ChannelKind::Email,
                Some((Mode::Daily, "2026-04-01T00:30:00Z")),
            ),
            (
                "a.weekly",
                Severity::Info,
                ChannelKind::Email,
                Some((Mode::Weekly, "2026-04-06T00:30:00Z")),
            ),
            ("a.weekly", Severity::Urgent, ChannelKind::Email, Some((Mode::AtOnce, now))),
        ];
        for (kind, severity, channel, expected) in cases {
            let now = now.parse().unwrap();
            let planned = plan(&preferences(), (kind, severity), channel, now);
            let planned = planned.map(|plan| (plan.mode, plan.due_at.to_string()));
            let expected = expected.map(|(mode, at)| (mode, at.to_owned()));
            assert_eq!(planned, expected, "{kind} {severity} {channel}");
        }
    }
}
