//! Requests to other servers: with a limit on time and on the answer, on a thread of its own.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::transport::DefaultConnector;

use super::Refusal;
use super::guard::Guard;
use crate::limits::{ANSWER_BYTES_MAX, SEND_SECONDS_MAX};

/// Makes requests.
#[derive(Clone)]
pub(crate) struct Client {
    agent: Agent,
    time_max: Duration,
}

/// A request with a body.
pub(crate) struct Request {
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// What came back.
pub(crate) struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Client {
    /// One that calls what a guard lets through, and follows no redirect.
    pub(crate) fn guarded(guard: Guard) -> Self {
        let agent = Agent::with_parts(config(), DefaultConnector::default(), guard);
        Self { agent, time_max: Duration::from_secs(SEND_SECONDS_MAX) }
    }

    /// One for an address that the operator chose.
    pub(crate) fn new() -> Self {
        let time_max = Duration::from_secs(SEND_SECONDS_MAX);
        Self { agent: config().new_agent(), time_max }
    }

    /// Sends a request; a refusal where there is no answer.
    pub(crate) async fn post(&self, request: Request) -> Result<Answer, Refusal> {
        let agent = self.agent.clone();
        let asking = tokio::task::spawn_blocking(move || post(&agent, request));
        // A name may take longer to be looked up than the client waits.
        match tokio::time::timeout(self.time_max, asking).await {
            Err(_) => Err(Refusal::temporary("http_timeout")),
            Ok(Err(_)) => Err(Refusal::temporary("http_failed")),
            Ok(Ok(answer)) => answer,
        }
    }
}

fn config() -> ureq::config::Config {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::WebPki)
        .unversioned_rustls_crypto_provider(provider)
        .build();
    Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(SEND_SECONDS_MAX)))
        .max_redirects(0)
        .http_status_as_error(false)
        // A proxy would look names up again, behind the guard's back.
        .proxy(None)
        .user_agent("Florin")
        .tls_config(tls)
        .build()
}

fn post(agent: &Agent, request: Request) -> Result<Answer, Refusal> {
    let mut builder = ureq::http::Request::post(&request.url);
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    let unfit = |_| Refusal::permanent("message_unfit");
    let mut answer = agent.run(builder.body(request.body).map_err(unfit)?).map_err(refusal)?;
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    let read = answer.body_mut().as_reader().take(ANSWER_BYTES_MAX).read_to_end(&mut body);
    // The status is what counts: an answer that breaks off behind it says no more.
    if read.is_err() {
        body.clear();
    }
    Ok(Answer { status, body })
}

/// Why there is no answer.
fn refusal(error: ureq::Error) -> Refusal {
    match error {
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Refusal::permanent("address_refused")
        }
        ureq::Error::Timeout(_) => Refusal::temporary("http_timeout"),
        ureq::Error::HostNotFound => Refusal::temporary("http_host_unknown"),
        ureq::Error::Rustls(_) | ureq::Error::Tls(_) => Refusal::temporary("http_tls"),
        _ => Refusal::temporary("http_unreachable"),
    }
}
