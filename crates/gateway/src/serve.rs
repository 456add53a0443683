//! The server: accepts connections up to a limit, gives each a time to send its request's head,
//! and ends in good order: what is in flight is finished, within a limit of its own.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};

use crate::app::App;

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
    match tokio::time::timeout(limit, graceful.shutdown()).await {
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
        .header_read_timeout(Duration::from_millis(app.services.limits.header_ms_max))
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    async move {
        tokio::select! {
            // What goes wrong on a connection is the other side's: it went away, or sent nonsense.
            outcome = connection => if let Err(error) = outcome {
                tracing::debug!(%error, "a connection ended early");
            },
            () = cut.0.notified() => tracing::info!("a connection was cut"),
        }
    }
}
