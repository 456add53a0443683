//! Telephones: text messages through Twilio, WhatsApp messages through Meta's Cloud API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::json;

use super::http::{Answer, Client, Request};
use super::{Channel, Outgoing, Refusal, Sent};
use crate::error::NoticesError;
use crate::model::ChannelKind;

/// The longest text message, in characters: Twilio takes 1,600 and bills each 67 of them.
const SMS_CHARS_MAX: usize = 320;
/// The longest parameter of a template, in characters: Meta takes 1,024 in all.
const PARAMETER_CHARS_MAX: usize = 480;

/// An account at Twilio.
#[derive(Clone)]
pub struct Twilio {
    /// `https://api.twilio.com`, or a server of the tests.
    pub base_url: String,
    /// The account: `AC…`.
    pub account: String,
    /// Its token.
    pub token: String,
    /// The number that writes, or the messaging service: `MG…`.
    pub from: String,
}

/// Text messages.
///
/// Source: Twilio's documentation, "Messages resource" (create) and "Error and warning
/// dictionary".
pub struct SmsChannel {
    client: Client,
    twilio: Twilio,
}

impl SmsChannel {
    /// Through an account.
    #[must_use]
    pub fn new(twilio: Twilio) -> Self {
        Self { client: Client::new(), twilio }
    }
}

#[derive(Default, Deserialize)]
struct TwilioAnswer {
    sid: Option<String>,
    code: Option<u32>,
}

impl Channel for SmsChannel {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Sms
    }

    fn normal(&self, address: &str) -> Result<String, NoticesError> {
        number(address)
    }

    fn send<'a>(&'a self, outgoing: &'a Outgoing) -> BoxFuture<'a, Result<Sent, Refusal>> {
        let Twilio { base_url, account, token, from } = &self.twilio;
        let sender = if from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
        let text = format!("{}\n{}", outgoing.message.title, outgoing.message.text);
        let text: String = text.chars().take(SMS_CHARS_MAX).collect();
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("To", &outgoing.address)
            .append_pair(sender, from)
            .append_pair("Body", &text)
            .finish();
        let user = STANDARD.encode(format!("{account}:{token}"));
        let request = Request {
            url: format!("{base_url}/2010-04-01/Accounts/{account}/Messages.json"),
            headers: vec![
                ("authorization", format!("Basic {user}")),
                ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ],
            body: body.into_bytes(),
        };
        Box::pin(async move {
            let Answer { status, body } = self.client.post(request).await?;
            let answer: TwilioAnswer = serde_json::from_slice(&body).unwrap_or_default();
            match (status, answer.sid, answer.code) {
                (200..300, Some(sid), _) => Ok(Sent { receipt: receipt(sid) }),
                // Taken, as far as anybody can tell: whoever asks again sends it twice.
                (200..300, None, _) => Err(Refusal::permanent("twilio_nonsense")),
                (_, _, Some(code)) => Err(twilio_refusal(status, code)),
                (status, ..) => Err(Refusal::temporary(format!("http_{status}"))),
            }
        })
    }
}

/// What an error of Twilio's means: its codes are stable, its texts repeat the number.
fn twilio_refusal(status: u16, code: u32) -> Refusal {
    let name = format!("twilio_{code}");
    match code {
        // Invalid number, not reachable there, stopped by its owner, no mobile number.
        21211 | 21612 | 21610 | 21614 => Refusal::gone(name),
        // Empty or too long.
        21602 | 21617 => Refusal::permanent(name),
        // Who we are and what we may is the operator's to mend; rates and faults pass.
        _ if status == 400 => Refusal::permanent(name),
        _ => Refusal::temporary(name),
    }
}

/// A telephone number of WhatsApp Business at Meta.
#[derive(Clone)]
pub struct MetaCloud {
    /// `https://graph.facebook.com`, or a server of the tests.
    pub base_url: String,
    /// The version of the API: `v23.0`.
    pub version: String,
    /// The number's id.
    pub phone_number_id: String,
    /// A token of a system user.
    pub token: String,
    /// An approved template whose body has two parameters: the title and the text. Nobody may be
    /// written to in other words, unless they wrote within a day.
    pub template: String,
}

/// WhatsApp.
///
/// Source: Meta's documentation of the WhatsApp Cloud API, "Send messages" (template messages) and
/// "Error codes".
pub struct WhatsappChannel {
    client: Client,
    meta: MetaCloud,
}

impl WhatsappChannel {
    /// Through a number.
    #[must_use]
    pub fn new(meta: MetaCloud) -> Self {
        Self { client: Client::new(), meta }
    }
}

#[derive(Default, Deserialize)]
struct MetaAnswer {
    #[serde(default)]
    messages: Vec<MetaMessage>,
    error: Option<MetaError>,
}

#[derive(Deserialize)]
struct MetaMessage {
    id: String,
}

#[derive(Deserialize)]
struct MetaError {
    code: u32,
}

impl Channel for WhatsappChannel {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Whatsapp
    }

    fn normal(&self, address: &str) -> Result<String, NoticesError> {
        number(address)
    }

    fn send<'a>(&'a self, outgoing: &'a Outgoing) -> BoxFuture<'a, Result<Sent, Refusal>> {
        let MetaCloud { base_url, version, phone_number_id, token, template } = &self.meta;
        let body = json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": outgoing.address.trim_start_matches('+'),
            "type": "template",
            "template": {
                "name": template,
                "language": { "code": outgoing.message.language },
                "components": [{
                    "type": "body",
                    "parameters": [
                        { "type": "text", "text": parameter(&outgoing.message.title) },
                        { "type": "text", "text": parameter(&outgoing.message.text) },
                    ],
                }],
            },
        });
        let request = Request {
            url: format!("{base_url}/{version}/{phone_number_id}/messages"),
            headers: vec![
                ("authorization", format!("Bearer {token}")),
                ("content-type", "application/json".to_owned()),
            ],
            body: body.to_string().into_bytes(),
        };
        Box::pin(async move {
            let Answer { status, body } = self.client.post(request).await?;
            let answer: MetaAnswer = serde_json::from_slice(&body).unwrap_or_default();
            match (status, answer.messages.into_iter().next(), answer.error) {
                (200..300, Some(message), _) => Ok(Sent { receipt: receipt(message.id) }),
                (200..300, None, _) => Err(Refusal::permanent("meta_nonsense")),
                (_, _, Some(MetaError { code })) => Err(meta_refusal(code)),
                (status, ..) => Err(Refusal::temporary(format!("http_{status}"))),
            }
        })
    }
}

/// What an error of Meta's means.
fn meta_refusal(code: u32) -> Refusal {
    let name = format!("meta_{code}");
    match code {
        // Undeliverable (no WhatsApp there), stopped by its owner.
        131_026 | 131_050 => Refusal::gone(name),
        // Bad parameter, the template is not there, paused or disabled, its parameters do not fit.
        100 | 131_008 | 131_009 | 132_000 | 132_001 | 132_005 | 132_007 | 132_012 => {
            Refusal::permanent(name)
        }
        // Tokens, permissions, rates, faults: they pass, or the operator mends them.
        _ => Refusal::temporary(name),
    }
}

/// A parameter of a template may hold no line breaks and no tabs (error 132018).
fn parameter(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(PARAMETER_CHARS_MAX).collect()
}

/// An id of the other side's: a word, and not a long one.
fn receipt(id: String) -> Option<String> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"._=-+/".contains(&byte);
    (!id.is_empty() && id.len() <= 200 && id.bytes().all(is_word)).then_some(id)
}

/// A number as E.164 has it: a plus, and 8 to 15 digits, of which the first is not 0.
fn number(text: &str) -> Result<String, NoticesError> {
    let digits: String = text.chars().filter(|c| !" -()./".contains(*c)).collect();
    let rest = digits.strip_prefix('+').unwrap_or_default();
    let fits = (8..=15).contains(&rest.len())
        && !rest.starts_with('0')
        && rest.bytes().all(|byte| byte.is_ascii_digit());
    let detail = "a number with its country, such as +976 9911 2233";
    if fits { Ok(digits) } else { Err(NoticesError::field("address", "telephone", detail)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_with_its_country() {
        assert_eq!(number(" +976 9911-2233").unwrap(), "+97699112233");
        for wrong in
            ["", "99112233", "+0976991122", "+97699", "+976991122334455667", "+9769911a233"]
        {
            assert!(number(wrong).is_err(), "{wrong}");
        }
    }
}
