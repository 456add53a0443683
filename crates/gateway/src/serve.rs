//! The server: accepts connections up to a limit, gives each a time to send its request's head,
//! and ends in good order: what is in flight is finished, within a limit of its own.
//!
//! Both HTTP/1.1 and HTTP/2 are spoken; a client that wants the second begins with it, as there is
//! no TLS here in which the two could be agreed on.

use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, watch};

use crate::app::App;
use crate::services::Limits;

/// What a client begins with that knows this server to speak HTTP/2 (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";
/// How long the rest of it is waited for where a part has come.
const PREFACE_PAUSE: Duration = Duration::from_millis(5);

/// How long the server waits after it could not accept a connection: the system is out of files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where a request came from.
#[derive(Clone, Copy)]
pub(crate) struct Peer(pub SocketAddr);

/// Ends a connection at once, whatever is under way on it.
#[derive(Clone, Default)]
pub(crate) struct Cut(Arc<Notify>);

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything in flight was finished.
    Finished,
    /// Some of it took longer than it may, and was given up.
    GaveUp,
}

impl Cut {
    pub(crate) fn cut(&self) {
        self.0.notify_one();
    }
}

pub(crate) async fn serve(
    app: App,
    router: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Ended {
    let places = Arc::new(Semaphore::new(app.services.limits.connections_max));
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        // A place first: connections beyond the limit wait in the system's queue.
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(&app, router.clone(), stream, peer, &graceful);
                tokio::spawn(async move {
                    let _place = place;
                    connection.await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    app.ending.send_replace(true);
    let limit = Duration::from_millis(app.services.limits.shutdown_ms_max);
    let ended = async {
        graceful.shutdown().await;
        app.sockets.ended().await;
    };
    match tokio::time::timeout(limit, ended).await {
        Ok(()) => Ended::Finished,
        Err(_) => Ended::GaveUp,
    }
}

/// One connection, until it ends, is cut, or the process ends.
fn connection(
    app: &App,
    router: Router,
    stream: TcpStream,
    peer: SocketAddr,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + use<> {
    // Answers are small: none waits for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let (watcher, limits) = (graceful.watcher(), app.services.limits);
    let mut ending = app.ending.subscribe();
    async move {
        let patience = Duration::from_millis(limits.header_ms_max);
        let spoken = tokio::select! {
            spoken = tokio::time::timeout(patience, spoken(&stream)) => spoken,
            () = App::asked_to_end(&mut ending) => return,
        };
        let io = TokioIo::new(stream);
        match spoken {
            Ok(Ok(Version::One)) => {
                // It counts as under way for as long as the watcher is there.
                let _watcher = watcher;
                serve_one(io, (router, peer), limits, ending).await;
            }
            Ok(Ok(Version::Two)) => serve_two(io, (router, peer), limits, watcher).await,
            // It went away, or said nothing.
            Ok(Err(_)) | Err(_) => {}
        }
    }
}

/// What is spoken on a connection.
enum Version {
    One,
    Two,
}

/// Looks at how a connection begins, and takes nothing away.
async fn spoken(stream: &TcpStream) -> std::io::Result<Version> {
    let mut seen = [0; PREFACE.len()];
    loop {
        let count = stream.peek(&mut seen).await?;
        match (seen[..count] == PREFACE[..count], count) {
            (false, _) | (true, 0) => return Ok(Version::One),
            (true, count) if count == PREFACE.len() => return Ok(Version::Two),
            // The system does not tell when more is there than was looked at.
            (true, _) => tokio::time::sleep(PREFACE_PAUSE).await,
        }
    }
}

async fn serve_one(
    io: TokioIo<TcpStream>,
    (router, peer): (Router, SocketAddr),
    limits: Limits,
    mut ending: watch::Receiver<bool>,
) {
    let cut = Cut::default();
    let service = TowerToHyperService::new(router);
    let marked = cut.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(marked.clone());
        hyper::service::Service::call(&service, request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limits.header_ms_max))
        .serve_connection(io, service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let finished = async {
        tokio::select! {
            outcome = connection.as_mut() => return outcome,
            () = App::asked_to_end(&mut ending) => {}
        }
        connection.as_mut().graceful_shutdown();
        connection.await
    };
    tokio::select! {
        // What goes wrong on a connection is the other side's: it went away, or sent nonsense.
        outcome = finished => if let Err(error) = outcome {
            tracing::debug!(%error, "a connection ended early");
        },
        () = cut.0.notified() => tracing::info!("a connection was cut"),
    }
}

/// Many requests at a time. No single one of them may cut the connection of the others.
async fn serve_two(
    io: TokioIo<TcpStream>,
    (router, peer): (Router, SocketAddr),
    limits: Limits,
    watcher: Watcher,
) {
    let requests = Requests::default();
    let service = TowerToHyperService::new(router);
    let counted = requests.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let under_way = counted.begin();
        let answer = hyper::service::Service::call(&service, request);
        async move {
            let counted = |body| Body::new(Counted { body, _under_way: under_way });
            answer.await.map(|response: Response| response.map(counted))
        }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.http2_requests_max)
        .keep_alive_interval(Duration::from_millis(limits.heartbeat_ms))
        .keep_alive_timeout(Duration::from_millis(limits.header_ms_max))
        .serve_connection(io, service);
    let idle = Duration::from_millis(limits.http2_idle_ms_max);
    tokio::select! {
        outcome = watcher.watch(connection) => if let Err(error) = outcome {
            tracing::debug!(%error, "a connection ended early");
        },
        () = requests.none_for(idle) => tracing::debug!("a connection was idle"),
    }
}

/// The requests that are under way on a connection.
#[derive(Clone, Default)]
struct Requests(Arc<watch::Sender<usize>>);

/// A request that is under way until its answer was sent.
struct UnderWay(Requests);

/// An answer that is counted while it is sent.
struct Counted {
    body: Body,
    _under_way: UnderWay,
}

impl Requests {
    fn begin(&self) -> UnderWay {
        self.0.send_modify(|count| *count += 1);
        UnderWay(self.clone())
    }

    /// Waits until there was none for a time.
    async fn none_for(&self, time: Duration) {
        let mut seen = self.0.subscribe();
        loop {
            // The sender is here, so waiting does not fail.
            let _ = seen.wait_for(|count| *count == 0).await;
            let begun = tokio::time::timeout(time, seen.wait_for(|count| *count > 0));
            if begun.await.is_err() {
                return;
            }
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

impl hyper::body::Body for Counted {
    type Data = bytes::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
