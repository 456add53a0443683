//! The state that every handler shares.

use std::ops::Deref;
use std::sync::Arc;

use axum::http::StatusCode;
use kernel::TenantId;
use tokio::sync::watch;

use crate::calculation::Calculations;
use crate::idempotency::KeysUnderWay;
use crate::live::Lives;
use crate::load::{Place, TenantLoad};
use crate::metrics::Metrics;
use crate::problem::ApiError;
use crate::services::Services;
use crate::socket::Sockets;

/// The services of the process, and what the gateway itself keeps count of. Cloning it is cheap.
#[derive(Clone)]
pub(crate) struct App(Arc<State>);

pub(crate) struct State {
    pub services: Services,
    pub metrics: Metrics,
    /// Requests of each tenant that are under way.
    pub requests: TenantLoad,
    /// Live streams of each tenant.
    pub streams: TenantLoad,
    /// Sockets of this node.
    pub sockets: Sockets,
    /// Sockets of each tenant.
    pub tenant_sockets: TenantLoad,
    pub keys: KeysUnderWay,
    /// Questions about figures that are under way.
    pub calculations: Calculations,
    /// What happens in the tenants that somebody follows.
    pub lives: Lives,
    /// Becomes true when the process is asked to end: live streams end then.
    pub ending: watch::Sender<bool>,
}

impl App {
    pub(crate) fn new(services: Services) -> Self {
        let requests = TenantLoad::new(services.limits.requests_per_tenant_max);
        let streams = TenantLoad::new(services.limits.streams_per_tenant_max);
        let sockets = Sockets::new(&services.limits);
        let tenant_sockets = TenantLoad::new(services.limits.sockets_per_tenant_max);
        let (lives, ending) = (Lives::default(), watch::Sender::new(false));
        let (metrics, keys) = (Metrics::default(), KeysUnderWay::default());
        let calculations = Calculations::new(services.limits.analytics);
        let state = State {
            services,
            metrics,
            requests,
            streams,
            sockets,
            tenant_sockets,
            keys,
            calculations,
            lives,
            ending,
        };
        Self(Arc::new(state))
    }

    /// Waits until the process is asked to end.
    pub(crate) async fn asked_to_end(ending: &mut watch::Receiver<bool>) {
        // An error means that the process has no state any more.
        let _ = ending.wait_for(|ending| *ending).await;
    }

    /// A place among a tenant's live streams.
    pub(crate) fn stream_of(&self, tenant: TenantId) -> Result<Place, ApiError> {
        self.streams.take(tenant).ok_or_else(|| {
            let text = "this tenant has too many live streams";
            ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", text)
        })
    }
}

impl Deref for App {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}
