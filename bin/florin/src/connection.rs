//! How a command reaches the API: through the server that runs here or elsewhere, or, where none
//! runs, in this process on the embedded database, as the owner of the data directory.

use std::fmt;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use futures_util::StreamExt as _;
use kernel::Env;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::cli::Global;
use crate::config::Config;
use crate::exchange::{self, Answers, Exchange};
use crate::lock::{Leader, Lock, lead};
use crate::platform::Platform;

/// The largest answer that is read.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// A way to the API.
pub enum Connection {
    /// In this process.
    Local(Box<Local>),
    /// Over HTTP.
    Remote(Remote),
}

/// Florin itself, in this process.
pub struct Local {
    platform: Platform,
    gateway: gateway::Local,
    _lock: Lock,
}

/// A server, and who we are there.
pub struct Remote {
    agent: ureq::Agent,
    session: StoredSession,
}

/// What `florin login` keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredSession {
    /// `http://127.0.0.1:7450`
    pub server: String,
    /// Good for a quarter of an hour.
    pub access_token: String,
    /// Gives a new one, once.
    pub refresh_token: String,
}

/// A request.
pub struct Call<'a> {
    /// GET, POST, PUT, PATCH or DELETE.
    pub method: &'a str,
    /// Below `/api/v1`, with its query.
    pub path: &'a str,
    /// What is sent, and what it is.
    pub body: Option<(&'a str, Vec<u8>)>,
    /// The Idempotency-Key of a POST.
    pub key: Option<String>,
}

/// What came back.
pub struct Answer {
    /// 200 and its like.
    pub status: u16,
    /// JSON, or nothing.
    pub body: Vec<u8>,
}

impl Connection {
    /// Finds out what runs, and connects to it.
    pub async fn open(global: &Global, config: &Config) -> anyhow::Result<Self> {
        if let Some(server) = global.server() {
            return Remote::open(global, Some(server), server).map(Self::Remote);
        }
        match lead(&config.data_dir())? {
            Leader::Us(lock) => {
                tracing::info!(data_dir = %config.data_dir().display(),
                    "no server runs here: working on the database directly, as its owner");
                let platform = Platform::open(config, Env::system()).await?;
                let tenant = platform.tenant(global.tenant.as_deref()).await?;
                let gateway = gateway::Local::new(platform.services(config), tenant);
                let local = Local { platform, gateway, _lock: lock };
                Ok(Self::Local(Box::new(local)))
            }
            Leader::Other { address } => {
                let address = address.as_deref();
                let place =
                    format!("{} runs on this data directory", address.unwrap_or("another process"));
                Remote::open(global, address, &place).map(Self::Remote)
            }
        }
    }

    /// Sends a request; an answer of any status is an answer.
    pub async fn call(&mut self, call: Call<'_>) -> anyhow::Result<Answer> {
        match self {
            Self::Local(local) => local.call(call).await,
            Self::Remote(remote) => remote.call_or_refresh(&call),
        }
    }

    /// Sends a request and reads the JSON of its answer; a problem becomes an error in words.
    pub async fn json(&mut self, call: Call<'_>) -> anyhow::Result<Json> {
        let answer = self.call(call).await?;
        let body: Json = match answer.body.as_slice() {
            [] => Json::Null,
            bytes => serde_json::from_slice(bytes).context("the answer is not JSON")?,
        };
        if answer.status < 400 {
            return Ok(body);
        }
        let code = body["code"].as_str().unwrap_or_default().to_owned();
        Err(Refused { status: answer.status, code, text: problem(answer.status, &body) }.into())
    }

    /// Sends a request and copies its answer as it comes, however long; a problem becomes an error
    /// in words.
    pub async fn copy(&mut self, call: Call<'_>, out: &mut impl Write) -> anyhow::Result<()> {
        match self {
            Self::Local(local) => local.copy(call, out).await,
            Self::Remote(remote) => remote.copy(&call, out),
        }
    }

    /// Opens a stream of lines both ways.
    pub async fn exchange(&mut self, path: &str) -> anyhow::Result<Exchange> {
        let path = format!("/api/v1{path}");
        match self {
            Self::Local(local) => exchange::local(&local.gateway, &path).await,
            Self::Remote(remote) => {
                // A new token is good for longer than a stream should last.
                remote.refresh()?;
                exchange::remote(&remote.session, &path).await
            }
        }
    }

    /// Asks for something whose answer goes on, line by line.
    pub async fn listen(&mut self, path: &str) -> anyhow::Result<Answers> {
        let path = format!("/api/v1{path}");
        match self {
            Self::Local(local) => exchange::local_answers(&local.gateway, &path).await,
            Self::Remote(remote) => {
                remote.refresh()?;
                exchange::remote_answers(&remote.session, &path).await
            }
        }
    }

    /// Lets what is under way finish.
    pub async fn close(self) {
        match self {
            Self::Local(local) => local.platform.close().await,
            Self::Remote(_) => {}
        }
    }
}

/// A problem that was answered, in words.
#[derive(Debug)]
pub struct Refused {
    status: u16,
    code: String,
    text: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl std::error::Error for Refused {}

impl Refused {
    /// Whether the same request would be refused again.
    pub fn is_final(error: &anyhow::Error) -> bool {
        error.downcast_ref::<Self>().is_some_and(|refused| {
            // Others change the same accounts; a moment later it may go through.
            refused.code != "changed_meanwhile"
                && matches!(refused.status, 400 | 409 | 413 | 415 | 422)
        })
    }
}

impl Local {
    async fn call(&self, call: Call<'_>) -> anyhow::Result<Answer> {
        let mut headers = Vec::new();
        if let Some(key) = call.key {
            headers.push(("idempotency-key", key));
        }
        let (kind, body) = call.body.unzip();
        headers.extend(kind.map(|kind| ("content-type", kind.to_owned())));
        let path = format!("/api/v1{}", call.path);
        let (status, body) =
            self.gateway.call(call.method, &path, &headers, body.unwrap_or_default()).await?;
        Ok(Answer { status, body })
    }

    async fn copy(&self, call: Call<'_>, out: &mut impl Write) -> anyhow::Result<()> {
        let path = format!("/api/v1{}", call.path);
        let (status, mut chunks) = self.gateway.stream(call.method, &path, "*/*").await?;
        let mut told = Vec::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.context("the answer broke off")?;
            if status < 400 {
                out.write_all(&chunk)?;
            } else {
                told.extend_from_slice(&chunk);
            }
        }
        if status < 400 { Ok(()) } else { bail!(problem(status, &serde_json::from_slice(&told)?)) }
    }
}

impl Remote {
    /// A session at the server of this address, or at whatever server where that is not known.
    fn open(global: &Global, address: Option<&str>, place: &str) -> anyhow::Result<Self> {
        let session = StoredSession::read()?
            .with_context(|| format!("{place}: sign in first: florin login"))?;
        if address.is_some_and(|address| *address != session.server) {
            bail!("{place}, but you are signed in to {}: florin login", session.server);
        }
        if global.tenant.is_some() {
            bail!("{place}: it answers for the family of the session: florin login --tenant");
        }
        Ok(Self { agent: agent(), session })
    }

    fn copy(&mut self, call: &Call<'_>, out: &mut impl Write) -> anyhow::Result<()> {
        let mut response = self.answer(call)?;
        if response.status() == 401 {
            self.refresh()?;
            response = self.answer(call)?;
        }
        let status = response.status().as_u16();
        let body = response.body_mut();
        if status >= 400 {
            let told = body.with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
            bail!(problem(status, &serde_json::from_slice(&told)?));
        }
        std::io::copy(&mut body.as_reader(), out).context("the answer broke off")?;
        Ok(())
    }

    /// Where the access token has run out, gets another one and asks again.
    fn call_or_refresh(&mut self, call: &Call<'_>) -> anyhow::Result<Answer> {
        let answer = self.send(call)?;
        if answer.status != 401 {
            return Ok(answer);
        }
        self.refresh()?;
        self.send(call)
    }

    fn refresh(&mut self) -> anyhow::Result<()> {
        let body = serde_json::json!({ "refresh_token": self.session.refresh_token });
        let session = open_session(&self.agent, &self.session.server, "/auth/refresh", &body)
            .context("the session has ended: florin login")?;
        session.write()?;
        self.session = session;
        Ok(())
    }

    fn send(&self, call: &Call<'_>) -> anyhow::Result<Answer> {
        let mut response = self.answer(call)?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec();
        let place = || format!("the server {}", self.session.server);
        Ok(Answer { status, body: body.with_context(place)? })
    }

    /// The answer's head, with a body to be read.
    fn answer(&self, call: &Call<'_>) -> anyhow::Result<ureq::http::Response<ureq::Body>> {
        let url = format!("{}/api/v1{}", self.session.server, call.path);
        let mut request = ureq::http::Request::builder()
            .method(call.method)
            .uri(url)
            .header("authorization", format!("Bearer {}", self.session.access_token));
        if let Some(key) = &call.key {
            request = request.header("idempotency-key", key);
        }
        let mut body = Vec::new();
        if let Some((kind, bytes)) = &call.body {
            request = request.header("content-type", *kind);
            body.clone_from(bytes);
        }
        let place = || format!("the server {}", self.session.server);
        self.agent.run(request.body(body)?).with_context(place)
    }
}

/// An HTTP client to which every status is an answer.
pub fn agent() -> ureq::Agent {
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ureq::tls::TlsConfig::builder().unversioned_rustls_crypto_provider(provider);
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .tls_config(tls.build())
        .timeout_global(Some(std::time::Duration::from_secs(120)));
    config.build().new_agent()
}

/// Signs in or refreshes.
pub fn open_session(
    agent: &ureq::Agent,
    server: &str,
    path: &str,
    body: &Json,
) -> anyhow::Result<StoredSession> {
    let request = ureq::http::Request::post(format!("{server}/api/v1{path}"))
        .header("content-type", "application/json")
        .body(serde_json::to_vec(body)?)?;
    let mut response = agent.run(request).with_context(|| format!("the server {server}"))?;
    let status = response.status().as_u16();
    let bytes = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
    let answer: Json = serde_json::from_slice(&bytes).context("the answer is not JSON")?;
    if status >= 400 {
        bail!(problem(status, &answer));
    }
    let token = |name: &str| {
        let token = answer.get(name).and_then(Json::as_str);
        token.map(str::to_owned).with_context(|| format!("the answer has no {name}"))
    };
    let (access_token, refresh_token) = (token("access_token")?, token("refresh_token")?);
    Ok(StoredSession { server: server.to_owned(), access_token, refresh_token })
}

/// A problem document in words.
pub fn problem(status: u16, body: &Json) -> String {
    let word = |name: &str| body.get(name).and_then(Json::as_str);
    let detail = word("detail").or_else(|| word("title")).unwrap_or("no reason was given");
    let code = word("code").unwrap_or_default();
    let mut text = format!("{detail} ({status} {code})");
    for fault in body.get("errors").and_then(Json::as_array).into_iter().flatten() {
        let word = |name: &str| fault.get(name).and_then(Json::as_str).unwrap_or_default();
        text.push_str(&format!("\n  {}: {}", word("field"), word("detail")));
    }
    if let Some(request) = word("request_id") {
        text.push_str(&format!("\n  request {request}"));
    }
    text
}

impl StoredSession {
    fn path() -> anyhow::Result<PathBuf> {
        let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
        let base = state.or_else(home).context("neither XDG_STATE_HOME nor HOME is set")?;
        Ok(base.join("florin/session.json"))
    }

    /// What the last sign-in left.
    pub fn read() -> anyhow::Result<Option<Self>> {
        let path = Self::path()?;
        match std::fs::read(&path) {
            Ok(bytes) => {
                let place = || format!("the session in {}", path.display());
                Ok(Some(serde_json::from_slice(&bytes).with_context(place)?))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{}", path.display())),
        }
    }

    /// Keeps it where only its owner reads it.
    pub fn write(&self) -> anyhow::Result<()> {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let path = Self::path()?;
        let folder = path.parent().context("a session has a folder")?;
        std::fs::create_dir_all(folder)?;
        let unfinished = path.with_extension("unfinished");
        // Made anew, so that it never has the permissions of an older file.
        let _ = std::fs::remove_file(&unfinished);
        let mut open = std::fs::OpenOptions::new();
        let mut file = open.write(true).create_new(true).mode(0o600).open(&unfinished)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.sync_all()?;
        Ok(std::fs::rename(unfinished, path)?)
    }
}
