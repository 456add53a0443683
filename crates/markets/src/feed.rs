//! The daily fetch of the European Central Bank's rates, as a job of the system.
//!
//! The ECB publishes its reference rates "around 16:00 CET on every working day, except on TARGET
//! closing days", as files for programs to read; the one of the last ninety days makes up for days
//! that were missed. What is known already is not added again, so a fetch may be repeated at will.
//!
//! What must stay true: whatever the other side does (is down, slow, answers nonsense or too much),
//! nothing is added, and the job says why.
//!
//! Source: "Euro foreign exchange reference rates", European Central Bank.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use jobs::{Done, Failure, Handler, JobArgs, Run};
use serde::{Deserialize, Serialize};
use storage::Database;
use ureq::tls::{RootCerts, TlsConfig};

use crate::error::MarketsError;
use crate::file::RateFile;
use crate::import::import_common;
use crate::limits::FILE_BYTES_MAX;

/// How long the fetch may take, from the name's look-up to the last byte.
const FETCH_SECONDS_MAX: u64 = 60;
/// The ECB's server answers at the address that is configured, or close to it.
const REDIRECTS_MAX: u32 = 3;

/// A fetch of the ECB's rates.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct FetchEcbRates {}

impl JobArgs for FetchEcbRates {
    const KIND: &'static str = "markets.ecb_rates";
}

/// Fetches the ECB's rates from an address, and adds them for everybody.
pub struct EcbFeed {
    database: Database,
    agent: ureq::Agent,
    url: String,
}

impl EcbFeed {
    /// From this address: a file in any of the ECB's formats.
    ///
    /// # Errors
    /// Where it is no address of a file: `https://…`, or `http://…` on this machine.
    pub fn new(database: Database, url: &str) -> Result<Self, MarketsError> {
        let refused = || MarketsError::MalformedFeed { found: url.chars().take(100).collect() };
        let uri: ureq::http::Uri = url.parse().map_err(|_| refused())?;
        let is_here = matches!(uri.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_here => {}
            _ => return Err(refused()),
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::WebPki)
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(FETCH_SECONDS_MAX)))
            .max_redirects(REDIRECTS_MAX)
            .https_only(!is_here)
            .http_status_as_error(false)
            .user_agent("Florin")
            .tls_config(tls);
        let agent = config.build().new_agent();
        Ok(Self { database, agent, url: url.to_owned() })
    }
}

impl Handler for EcbFeed {
    type Args = FetchEcbRates;

    async fn run(&self, run: &Run, _: FetchEcbRates) -> Result<Done, Failure> {
        let (agent, url) = (self.agent.clone(), self.url.clone());
        let fetched = tokio::task::spawn_blocking(move || fetch(&agent, &url)).await;
        let bytes = fetched.map_err(|error| down(&error.to_string()))??;
        let file = RateFile::new("the ECB's answer", bytes);
        let came = import_common(&self.database, run.context(), file).await;
        let came = came.map_err(|error| Failure::of(&error))?;
        tracing::info!(added = came.added, known = came.known, last = %came.last,
            "the ECB's rates were fetched");
        Ok(Done::Nothing)
    }
}

/// The bytes at an address, up to what a file of rates may have.
fn fetch(agent: &ureq::Agent, url: &str) -> Result<Vec<u8>, Failure> {
    let mut answer = agent.get(url).call().map_err(|error| down(&error.to_string()))?;
    if answer.status() != ureq::http::StatusCode::OK {
        return Err(down(&format!("the ECB's server answers {}", answer.status())));
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let read = answer.body_mut().as_reader().take(limit).read_to_end(&mut bytes);
    read.map_err(|error| down(&format!("the answer broke off: {error}")))?;
    Ok(bytes)
}

fn down(detail: &str) -> Failure {
    Failure::again("ecb_unavailable", detail)
}
