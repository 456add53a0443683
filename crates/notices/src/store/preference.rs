//! The rows of what each recipient chose.

use kernel::PartyId;
use storage::{Row, StorageError, Tx, params, sql};

use super::damaged;
use crate::error::NoticesError;
use crate::preference::{Choice, Preferences, QuietHours};

sql! {
    SETTING = "SELECT language, zone, quiet_from, quiet_to, digest_minute, digest_weekday,
                   worth_change_bp
               FROM notices_setting WHERE tenant = app_tenant() AND recipient = $1";
    SETTING_PUT = "INSERT INTO notices_setting (tenant, recipient, language, zone, quiet_from,
                       quiet_to, digest_minute, digest_weekday, worth_change_bp)
                   VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8)
                   ON CONFLICT (tenant, recipient) DO UPDATE SET language = $2, zone = $3,
                       quiet_from = $4, quiet_to = $5, digest_minute = $6, digest_weekday = $7,
                       worth_change_bp = $8";
    CHOICES = "SELECT kind, channel, mode FROM notices_choice
               WHERE tenant = app_tenant() AND recipient = $1 ORDER BY kind, channel";
    CHOICES_FORGET = "DELETE FROM notices_choice
                      WHERE tenant = app_tenant() AND recipient = $1";
    CHOICE = "INSERT INTO notices_choice (tenant, recipient, kind, channel, mode)
              VALUES (app_tenant(), $1, $2, $3, $4)";
}

/// What a recipient chose; what stands for everybody where they chose nothing.
pub(crate) async fn one(tx: &mut Tx, recipient: PartyId) -> Result<Preferences, NoticesError> {
    let row = tx.row(&SETTING, params![recipient.uuid()]).await?;
    let setting = row.as_ref().map(setting_of).transpose()?.unwrap_or_default();
    let rows = tx.rows(&CHOICES, params![recipient.uuid()]).await?;
    let choices = rows.iter().map(choice_of).collect::<Result<_, StorageError>>()?;
    Ok(Preferences { choices, ..setting })
}

pub(crate) async fn put(
    tx: &mut Tx,
    recipient: PartyId,
    preferences: &Preferences,
) -> Result<(), StorageError> {
    let Preferences { digest_minute, digest_weekday, worth_change_bp, .. } = *preferences;
    let row = params![
        recipient.uuid(),
        preferences.language.as_str(),
        preferences.zone.as_str(),
        preferences.quiet.map(|quiet| quiet.from),
        preferences.quiet.map(|quiet| quiet.to),
        digest_minute,
        digest_weekday,
        worth_change_bp,
    ];
    tx.execute_one(&SETTING_PUT, row).await?;
    tx.execute(&CHOICES_FORGET, params![recipient.uuid()]).await?;
    let row = |choice: &Choice| {
        let (channel, mode) = (choice.channel.as_str(), choice.mode.as_str());
        params![recipient.uuid(), choice.kind.as_str(), channel, mode]
    };
    tx.execute_many(&CHOICE, preferences.choices.iter().map(row).collect()).await.map(drop)
}

fn setting_of(row: &Row) -> Result<Preferences, StorageError> {
    let language: String = row.get(0)?;
    let quiet: (Option<u16>, Option<u16>) = (row.get(2)?, row.get(3)?);
    let weekday: u16 = row.get(5)?;
    Ok(Preferences {
        language: language.parse().map_err(damaged)?,
        zone: row.get(1)?,
        quiet: quiet.0.zip(quiet.1).map(|(from, to)| QuietHours { from, to }),
        digest_minute: row.get(4)?,
        digest_weekday: u8::try_from(weekday).map_err(damaged)?,
        worth_change_bp: row.get(6)?,
        choices: Vec::new(),
    })
}

fn choice_of(row: &Row) -> Result<Choice, StorageError> {
    let (channel, mode): (String, String) = (row.get(1)?, row.get(2)?);
    Ok(Choice {
        kind: row.get(0)?,
        channel: channel.parse().map_err(damaged)?,
        mode: mode.parse().map_err(damaged)?,
    })
}
