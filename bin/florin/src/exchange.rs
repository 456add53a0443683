//! Lines that go to the API and lines that come back, at the same time, and answers that go on.

use bytes::Bytes;
use futures_util::stream::{BoxStream, unfold};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use http_body_util::{BodyStream, Empty, StreamBody};
use hyper::body::{Body, Frame};
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

/// What comes back, as it comes.
pub type Answers = BoxStream<'static, anyhow::Result<Bytes>>;

/// A stream both ways.
pub struct Exchange {
    /// What is sent; dropped where nothing follows.
    pub lines: mpsc::Sender<Bytes>,
    /// What comes back.
    pub answers: Answers,
}

/// A stream in this process.
pub async fn local(gateway: &gateway::Local, path: &str) -> anyhow::Result<Exchange> {
    let (lines, taken) = mpsc::channel(PIECES_MAX);
    let (status, answers) = gateway.exchange(path, LINES, pieces(taken)).await?;
    let answers = opened(status, answers.map_err(anyhow::Error::from).boxed()).await?;
    Ok(Exchange { lines, answers })
}

/// A stream over HTTP. The client that makes the other calls reads no answer before it has sent
/// everything.
pub async fn remote(session: &StoredSession, path: &str) -> anyhow::Result<Exchange> {
    let (lines, taken) = mpsc::channel(PIECES_MAX);
    let body = StreamBody::new(pieces(taken).map_ok(Frame::data));
    let request = hyper::Request::post(path).header("content-type", LINES).body(body)?;
    Ok(Exchange { lines, answers: send(session, request).await? })
}

/// An answer that goes on, in this process.
pub async fn local_answers(gateway: &gateway::Local, path: &str) -> anyhow::Result<Answers> {
    let (status, answers) = gateway.stream("GET", path, LINES).await?;
    opened(status, answers.map_err(anyhow::Error::from).boxed()).await
}

/// An answer that goes on, over HTTP, for longer than the client of the other calls waits.
pub async fn remote_answers(session: &StoredSession, path: &str) -> anyhow::Result<Answers> {
    let request = hyper::Request::get(path).header("accept", LINES);
    send(session, request.body(Empty::<Bytes>::new())?).await
}

/// Sends a request, whose target is a path, on a connection of its own.
async fn send<B>(session: &StoredSession, request: hyper::Request<B>) -> anyhow::Result<Answers>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let place = || format!("the server {}", session.server);
    let server: hyper::Uri = session.server.parse().with_context(place)?;
    ensure!(server.scheme_str() == Some("http"), "{}: only http:// is spoken", place());
    let authority = server.authority().with_context(place)?;
    let host = authority.host().trim_matches(['[', ']']).to_owned();
    let socket = TcpStream::connect((host, authority.port_u16().unwrap_or(80)));
    let socket = TokioIo::new(socket.await.with_context(place)?);
    let (mut sender, connection) = http1::handshake(socket).await.with_context(place)?;
    tokio::spawn(connection);
    let mut request = request;
    let base = server.path().trim_end_matches('/');
    *request.uri_mut() = format!("{base}{}", request.uri()).parse().with_context(place)?;
    let bearer = format!("Bearer {}", session.access_token);
    for (name, value) in [("host", authority.as_str()), ("authorization", &bearer)] {
        request.headers_mut().insert(name, value.parse()?);
    }
    let response = sender.send_request(request).await.with_context(place)?;
    let status = response.status().as_u16();
    let data = |frame: Frame<Bytes>| frame.into_data().unwrap_or_default();
    let answers = BodyStream::new(response.into_body()).map_ok(data);
    opened(status, answers.map_err(anyhow::Error::from).boxed()).await
}

/// The pieces of a body.
fn pieces(
    taken: mpsc::Receiver<Bytes>,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send {
    unfold(taken, |mut taken| async move { Some((Ok(taken.recv().await?), taken)) })
}

/// What an answer says, or why there is none.
async fn opened(status: u16, mut answers: Answers) -> anyhow::Result<Answers> {
    if status < 400 {
        return Ok(answers);
    }
    let mut told = Vec::new();
    while let Some(piece) = answers.next().await.transpose()?
        && told.len() < PROBLEM_BYTES_MAX
    {
        told.extend_from_slice(&piece);
    }
    bail!(problem(status, &serde_json::from_slice(&told)?))
}
