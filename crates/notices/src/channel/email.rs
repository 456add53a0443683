//! E-mail, by SMTP to one server, which sends it on.
//!
//! What is a bounce here is what that server says while it is told of the message. One that it
//! learns of later comes back as a message of its own (RFC 3464), which nobody reads here.
//!
//! Sources: RFC 5321 (replies), RFC 3463 and its register (enhanced codes), RFC 8058 (ending it by
//! one click), RFC 3834 (what answers by itself does not answer to these).

use std::error::Error as _;
use std::io;
use std::time::{Duration, UNIX_EPOCH};

use futures_util::future::BoxFuture;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, SmtpTransport, Transport as _};

use super::{Channel, Outgoing, Refusal, Sent};
use crate::error::NoticesError;
use crate::model::ChannelKind;

/// How the way to a server is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// TLS from the first byte (RFC 8314; usually port 465).
    Tls,
    /// STARTTLS, and nothing is said without it (RFC 3207; usually port 587).
    StartTls,
    /// None: to a server on this machine alone.
    None,
}

/// The server that sends e-mail on.
#[derive(Clone)]
pub struct SmtpServer {
    /// Its name, which its certificate must be for.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way to it is kept from others.
    pub security: SmtpSecurity,
    /// User and password, where it asks for them.
    pub credentials: Option<(String, String)>,
    /// Who writes: `Florin <florin@example.com>`.
    pub from: String,
    /// A certificate in PEM that is trusted besides the world's: a server of one's own.
    pub root: Option<Vec<u8>>,
    /// How long it may take;
    /// [`SEND_SECONDS_MAX`](crate::limits::SEND_SECONDS_MAX) where nothing speaks against it.
    pub time_max: Duration,
}

/// E-mail.
pub struct EmailChannel {
    transport: SmtpTransport,
    from: Mailbox,
    time_max: Duration,
}

impl EmailChannel {
    /// By a server.
    ///
    /// # Errors
    /// Where it cannot be used as it is described.
    pub fn new(server: SmtpServer) -> Result<Self, NoticesError> {
        let unfit = |what: String| NoticesError::configuration(format!("e-mail: {what}"));
        let from: Mailbox = server.from.parse().map_err(|_| unfit("the sender".to_owned()))?;
        let is_here = matches!(server.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        let tls = || {
            let mut builder = TlsParameters::builder(server.host.clone());
            if let Some(root) = &server.root {
                let root = Certificate::from_pem(root);
                let root = root.map_err(|_| unfit("the certificate".to_owned()))?;
                builder = builder.add_root_certificate(root);
            }
            builder.build().map_err(|error| unfit(error.to_string()))
        };
        let tls = match server.security {
            SmtpSecurity::Tls => Tls::Wrapper(tls()?),
            SmtpSecurity::StartTls => Tls::Required(tls()?),
            SmtpSecurity::None if is_here => Tls::None,
            SmtpSecurity::None => {
                return Err(unfit("a server that is not on this machine needs TLS".to_owned()));
            }
        };
        let mut builder = SmtpTransport::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .hello_name(ClientId::Domain(from.email.domain().to_owned()))
            .timeout(Some(server.time_max));
        if let Some((user, password)) = server.credentials {
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self { transport: builder.build(), from, time_max: server.time_max })
    }

    fn compose(&self, outgoing: &Outgoing) -> Result<lettre::Message, Refusal> {
        let unfit = || Refusal::permanent("message_unfit");
        let to: Address = outgoing.address.parse().map_err(|_| Refusal::gone("address_unfit"))?;
        let since = u64::try_from(outgoing.now.micros()).unwrap_or_default();
        let id = format!("<{}@{}>", outgoing.id, self.from.email.domain());
        let mut builder = lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&outgoing.message.title)
            .message_id(Some(id))
            .date(UNIX_EPOCH + Duration::from_micros(since))
            .header(ContentType::TEXT_PLAIN)
            .raw_header(raw("Auto-Submitted", "auto-generated".to_owned()))
            .raw_header(raw("Content-Language", outgoing.message.language.to_string()));
        let mut text = outgoing.message.text.clone();
        if let Some((link, footer)) = &outgoing.unsubscribe {
            let one_click = "List-Unsubscribe=One-Click".to_owned();
            builder = builder
                .raw_header(raw("List-Unsubscribe", format!("<{link}>")))
                .raw_header(raw("List-Unsubscribe-Post", one_click));
            text.push_str("\n\n");
            text.push_str(footer);
        }
        text.push('\n');
        builder.body(text).map_err(|_| unfit())
    }
}

impl Channel for EmailChannel {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Email
    }

    fn normal(&self, address: &str) -> Result<String, NoticesError> {
        let address: Result<Address, _> = address.trim().parse();
        let address = address.map_err(|_| {
            NoticesError::field("address", "email", "an address such as bat@example.mn")
        })?;
        Ok(format!("{}@{}", address.user(), address.domain().to_lowercase()))
    }

    fn send<'a>(&'a self, outgoing: &'a Outgoing) -> BoxFuture<'a, Result<Sent, Refusal>> {
        Box::pin(async move {
            let message = self.compose(outgoing)?;
            let transport = self.transport.clone();
            let sending = tokio::task::spawn_blocking(move || transport.send(&message));
            // A server may answer a little at a time, for ever: whoever waits stops before that.
            match tokio::time::timeout(self.time_max, sending).await {
                Err(_) => Err(Refusal::temporary("smtp_timeout")),
                Ok(Err(_)) => Err(Refusal::temporary("smtp_failed")),
                Ok(Ok(sent)) => sent.map(|_| Sent::default()).map_err(|error| refusal(&error)),
            }
        })
    }
}

fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

/// What a server's reply means for message and address.
fn refusal(error: &lettre::transport::smtp::Error) -> Refusal {
    let Some(status) = error.status() else {
        let code = match (is_timeout(error), error.is_tls()) {
            (true, _) => "smtp_timeout",
            (_, true) => "smtp_tls",
            // It offers no way to say who we are, or lacks what the message needs.
            _ if error.is_client() => "smtp_mismatch",
            _ => "smtp_unreachable",
        };
        return Refusal::temporary(code);
    };
    let status = u16::from(status);
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    judge(status, enhanced(&text))
}

/// Whether it took too long: a socket with a limit says so in one of two ways.
fn is_timeout(error: &lettre::transport::smtp::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(cause) = cause.downcast_ref::<io::Error>() {
            return matches!(cause.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock);
        }
        source = cause.source();
    }
    false
}

/// The enhanced code at the beginning of a reply (RFC 2034): class, subject, detail.
fn enhanced(text: &str) -> Option<[u16; 3]> {
    let mut parts = text.split_whitespace().next()?.split('.').map(|part| part.parse().ok());
    let code = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(code)
}

/// A reply of 4xx passes. Of those of 5xx, some are about the recipient's address, some about us
/// (who we are, and whether we may), which the operator will mend, and the rest about the message.
fn judge(status: u16, enhanced: Option<[u16; 3]>) -> Refusal {
    let code = match enhanced {
        Some([class, subject, detail]) => format!("smtp_{status}_{class}.{subject}.{detail}"),
        None => format!("smtp_{status}"),
    };
    match (status, enhanced) {
        (..500, _) | (530 | 534 | 535 | 538, _) => Refusal::temporary(code),
        // Bad mailbox, bad system, bad syntax, moved, no mail there, disabled.
        (_, Some([5, 1, 1 | 2 | 3 | 6 | 10] | [5, 2, 1])) => Refusal::gone(code),
        (550 | 551 | 553, None) => Refusal::gone(code),
        _ => Refusal::permanent(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::RefusalClass;

    /// Replies as RFC 5321, RFC 3463 and the register of enhanced codes describe them.
    #[test]
    fn a_reply_says_whose_fault_it_is() {
        let cases = [
            (421, "4.3.2 Service shutting down", RefusalClass::Temporary),
            (451, "local error in processing", RefusalClass::Temporary),
            (452, "4.2.2 Mailbox full", RefusalClass::Temporary),
            (535, "5.7.8 Authentication credentials invalid", RefusalClass::Temporary),
            (550, "5.1.1 <bat@example.mn>: no such user", RefusalClass::AddressGone),
            (550, "No such user here", RefusalClass::AddressGone),
            (550, "5.7.1 Message rejected as spam", RefusalClass::Permanent),
            (550, "5.1.8 Bad sender's system address", RefusalClass::Permanent),
            (552, "5.2.3 Message too large", RefusalClass::Permanent),
            (550, "5.2.1 Mailbox disabled", RefusalClass::AddressGone),
            (554, "Transaction failed", RefusalClass::Permanent),
        ];
        for (status, text, class) in cases {
            let refusal = judge(status, enhanced(text));
            assert_eq!(refusal.class, class, "{status} {text}");
            assert!(!refusal.code.contains('@'), "{}", refusal.code);
        }
        assert_eq!(judge(550, enhanced("5.1.1 gone")).code, "smtp_550_5.1.1");
    }
}
