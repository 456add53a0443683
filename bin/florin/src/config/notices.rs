//! How notices leave the house.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use notices::limits::SEND_SECONDS_MAX;
use notices::{
    EmailChannel, Guard, MetaCloud, Network, Notices, PushChannel, SmsChannel, SmtpSecurity,
    SmtpServer, Twilio, VapidKey, WebhookChannel, WhatsappChannel,
};

use super::Config;

/// The file of the key that signs for push services, in the directory of keys.
const VAPID_KEY: &str = "vapid.key";
/// Where Twilio is.
const TWILIO: &str = "https://api.twilio.com";
/// Where Meta is.
const META: &str = "https://graph.facebook.com";

impl Config {
    /// The kinds of notices, and the channels that are set up. The key of web push is made where
    /// there is none.
    pub fn notices(&self) -> anyhow::Result<Notices> {
        let notices = self.channels()?;
        Ok(match self.chosen("push_contact") {
            None => notices,
            Some(contact) => {
                let push = PushChannel::new(self.guard()?, self.vapid_key()?, contact);
                notices.with(Arc::new(push))
            }
        })
    }

    /// The channels that need no key of ours.
    pub(super) fn channels(&self) -> anyhow::Result<Notices> {
        let mut notices = Notices::new(&[wealth::NOTICES, approvals::NOTICES, cases::NOTICES]);
        if let Some(url) = self.chosen("public_url") {
            let is_url = url.starts_with("https://") || url.starts_with("http://");
            ensure!(is_url, "public_url is {url:?}, not https://…");
            notices = notices.at(url);
        }
        notices = notices.with(Arc::new(WebhookChannel::new(self.guard()?)));
        if let Some(server) = self.chosen("smtp_server") {
            notices = notices.with(Arc::new(self.email(server)?));
        }
        if let Some(account) = self.chosen("twilio_account") {
            let twilio = Twilio {
                base_url: TWILIO.to_owned(),
                account: account.to_owned(),
                token: self.needed("twilio_token")?,
                from: self.needed("twilio_from")?,
            };
            notices = notices.with(Arc::new(SmsChannel::new(twilio)));
        }
        if let Some(number) = self.chosen("whatsapp_number") {
            let meta = MetaCloud {
                base_url: META.to_owned(),
                version: self.needed("whatsapp_version")?,
                phone_number_id: number.to_owned(),
                token: self.needed("whatsapp_token")?,
                template: self.needed("whatsapp_template")?,
            };
            notices = notices.with(Arc::new(WhatsappChannel::new(meta)));
        }
        Ok(notices)
    }

    fn email(&self, server: &str) -> anyhow::Result<EmailChannel> {
        let place = || format!("smtp_server is {server:?}, not HOST:PORT");
        let (host, port) = server.rsplit_once(':').with_context(place)?;
        let security = match self.get("smtp_security") {
            "starttls" => SmtpSecurity::StartTls,
            "tls" => SmtpSecurity::Tls,
            "none" => SmtpSecurity::None,
            other => bail!("smtp_security is {other:?}, not starttls, tls or none"),
        };
        let credentials = self.chosen("smtp_user").zip(self.chosen("smtp_password"));
        let root = self
            .chosen("smtp_root_file")
            .map(|path| std::fs::read(path).with_context(|| format!("smtp_root_file is {path:?}")));
        let server = SmtpServer {
            host: host.to_owned(),
            port: port.parse().ok().with_context(place)?,
            security,
            credentials: credentials.map(|(user, word)| (user.to_owned(), word.to_owned())),
            from: self.needed("smtp_from")?,
            root: root.transpose()?,
            time_max: Duration::from_secs(SEND_SECONDS_MAX),
        };
        EmailChannel::new(server).context("smtp_server")
    }

    /// What webhooks and push services may be.
    fn guard(&self) -> anyhow::Result<Guard> {
        let text = self.chosen("webhook_networks").unwrap_or_default();
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let read = |word: &str| {
            let network = word.parse::<Network>();
            network.map_err(|error| anyhow::anyhow!("webhook_networks: {word:?}: {error}"))
        };
        Ok(Guard::new(&words.map(read).collect::<anyhow::Result<Vec<_>>>()?))
    }

    /// The key that browsers subscribe to: another one would end every subscription.
    fn vapid_key(&self) -> anyhow::Result<VapidKey> {
        let path = self.keys_dir().join(VAPID_KEY);
        let place = || format!("the key of web push {}", path.display());
        let bytes = match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let bytes = VapidKey::generate()?;
                let mut options = std::fs::OpenOptions::new();
                let made = options.write(true).create_new(true).mode(0o600).open(&path);
                let written = made.and_then(|mut file| {
                    file.write_all(&bytes)?;
                    file.sync_all()
                });
                written.with_context(place)?;
                bytes
            }
            read => read.with_context(place)?,
        };
        Ok(VapidKey::from_pkcs8(&bytes)?)
    }

    /// A setting, where it has a value.
    fn chosen(&self, key: &str) -> Option<&str> {
        Some(self.get(key)).filter(|text| !text.is_empty())
    }

    fn needed(&self, key: &str) -> anyhow::Result<String> {
        let value = self.chosen(key).with_context(|| format!("{key} is needed, and is not set"));
        value.map(str::to_owned)
    }
}
