//! Lines that go to the API and lines that come back, at the same time.

use bytes::Bytes;
use futures_util::stream::{BoxStream, unfold};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use http_body_util::{BodyStream, StreamBody};
use hyper::body::Frame;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use anyhow::{Context as _, bail, ensure};

use crate::connection::{StoredSession, problem};

/// Newline-delimited JSON.
const LINES: &str = "application/x-ndjson";
/// Pieces that wait to be sent.
const PIECES_MAX: usize = 4;
/// The longest problem document that is read.
const PROBLEM_BYTES_MAX: usize = 1 << 20;

/// A stream both ways.
pub struct Exchange {
    /// What is sent; dropped where nothing follows.
    pub lines: mpsc::Sender<Bytes>,
    /// What comes back.
    pub answers: BoxStream<'static, anyhow::Result<Bytes>>,
}

/// A stream in this process.
pub async fn local(gateway: &gateway::Local, path: &str) -> anyhow::Result<Exchange> {
    let (lines, taken) = mpsc::channel(PIECES_MAX);
    let (status, answers) = gateway.exchange(path, LINES, pieces(taken)).await?;
    let answers = answers.map_err(anyhow::Error::from).boxed();
    opened(status, lines, answers).await
}

/// A stream over HTTP. The client that makes the other calls reads no answer before it has sent
/// everything.
pub async fn remote(session: &StoredSession, path: &str) -> anyhow::Result<Exchange> {
    let place = || format!("the server {}", session.server);
    let target: hyper::Uri = format!("{}{path}", session.server).parse().with_context(place)?;
    ensure!(target.scheme_str() == Some("http"), "{}: only http:// is spoken", place());
    let host = target.host().with_context(place)?.trim_matches(['[', ']']).to_owned();
    let socket = TcpStream::connect((host, target.port_u16().unwrap_or(80)));
    let socket = TokioIo::new(socket.await.with_context(place)?);
    let (mut sender, connection) = http1::handshake(socket).await.with_context(place)?;
    tokio::spawn(connection);
    let (lines, taken) = mpsc::channel(PIECES_MAX);
    let authority = target.authority().map(ToString::to_string).unwrap_or_default();
    let asked = target.path_and_query().map_or("/", |path| path.as_str());
    let request = hyper::Request::post(asked)
        .header("host", authority)
        .header("authorization", format!("Bearer {}", session.access_token))
        .header("content-type", LINES)
        .body(StreamBody::new(pieces(taken).map_ok(Frame::data)))?;
    let response = sender.send_request(request).await.with_context(place)?;
    let status = response.status().as_u16();
    let data = |frame: Frame<Bytes>| frame.into_data().unwrap_or_default();
    let answers = BodyStream::new(response.into_body()).map_ok(data);
    opened(status, lines, answers.map_err(anyhow::Error::from).boxed()).await
}

/// The pieces of a body.
fn pieces(
    taken: mpsc::Receiver<Bytes>,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
    unfold(taken, |mut taken| async move { Some((Ok(taken.recv().await?), taken)) })
}

/// A stream that was opened, or why it was not.
async fn opened(
    status: u16,
    lines: mpsc::Sender<Bytes>,
    mut answers: BoxStream<'static, anyhow::Result<Bytes>>,
) -> anyhow::Result<Exchange> {
    if status < 400 {
        return Ok(Exchange { lines, answers });
    }
    let mut told = Vec::new();
    while let Some(piece) = answers.next().await.transpose()?
        && told.len() < PROBLEM_BYTES_MAX
    {
        told.extend_from_slice(&piece);
    }
    bail!(problem(status, &serde_json::from_slice(&told)?))
}
