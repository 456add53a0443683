//! What the binary hands to the gateway: the modules it calls, what it asks about health, and the
//! limits it keeps.

use std::sync::Arc;

use cases::Cases;
use futures_util::future::BoxFuture;
use identity::Identity;
use kernel::Env;
use ledger::Ledger;
use meters::Meters;
use notices::Notices;
use objects::Objects;
use remittances::Remittances;
use storage::Database;
use vault::Vault;
use wealth::Wealth;

/// The modules behind the routes.
pub struct Services {
    /// Time and randomness.
    pub env: Env,
    /// Where transactions of requests begin.
    pub database: Database,
    /// Who calls, and what they may do.
    pub identity: Arc<Identity>,
    /// Keys, parties, erasure.
    pub vault: Vault,
    /// Files.
    pub objects: Objects,
    /// Kinds of notices, and the channels that are set up.
    pub notices: Notices,
    /// Kinds of cases, and what becomes of what is decided.
    pub cases: Cases,
    /// Features and plans.
    pub meters: Meters,
    /// Books, accounts, transfers.
    pub ledger: Ledger,
    /// What is sent from book to book.
    pub remittances: Remittances,
    /// Assets, imports, net worth.
    pub wealth: Wealth,
    /// How old a rate may be where the caller does not say, in days.
    pub rate_age_days_max: u32,
    /// What `/health/ready` asks.
    pub checks: Vec<HealthCheck>,
    /// What `/metrics` shows beside the requests.
    pub gauges: Vec<Gauge>,
    /// How much of anything.
    pub limits: Limits,
}

/// Something that must work for requests to be answered.
pub struct HealthCheck {
    /// Its name: `database`, `sequencer`.
    pub name: &'static str,
    /// Asks it: what it says of itself, or what is wrong. Neither names a host or a secret.
    pub ask: Box<dyn Fn() -> BoxFuture<'static, Result<String, String>> + Send + Sync>,
}

/// Figures that are read when somebody looks.
pub struct Gauge {
    /// Its name as Prometheus wants it, the unit last: `florin_log_lag_milliseconds`.
    pub name: &'static str,
    /// What it tells.
    pub help: &'static str,
    /// Whether it only grows.
    pub kind: GaugeKind,
    /// Reads it; one figure for each set of labels, none where it cannot be read.
    pub read: Box<dyn Fn() -> BoxFuture<'static, Vec<Reading>> + Send + Sync>,
}

/// How a figure moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GaugeKind {
    /// Up and down.
    Gauge,
    /// Up only.
    Counter,
}

/// One figure.
pub struct Reading {
    /// Names and values that tell it from the others.
    pub labels: Vec<(&'static str, String)>,
    /// The figure.
    pub value: i64,
}

/// How much of anything.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a request may take until its answer begins.
    pub request_ms_max: u64,
    /// The largest body of a request.
    pub body_bytes_max: usize,
    /// The largest body of JSON where many things are sent at once: transfers, prices.
    pub bulk_bytes_max: usize,
    /// The largest body where a file is sent.
    pub upload_bytes_max: usize,
    /// Requests of one tenant at a time.
    pub requests_per_tenant_max: u32,
    /// Live streams of one tenant at a time.
    pub streams_per_tenant_max: u32,
    /// Sockets of this node at a time.
    pub sockets_max: u32,
    /// Those of one tenant.
    pub sockets_per_tenant_max: u32,
    /// Those that have not said who they are.
    pub sockets_unknown_max: u32,
    /// The largest message of a client on a socket.
    pub message_bytes_max: usize,
    /// How long a live stream may be silent.
    pub heartbeat_ms: u64,
    /// How long the reader of a live stream may leave what was sent to it.
    pub reader_stall_ms_max: u64,
    /// How long a reader who was found not to read may take to be told so.
    pub farewell_ms_max: u64,
    /// Connections at a time.
    pub connections_max: usize,
    /// How long a connection may take to send the head of a request.
    pub header_ms_max: u64,
    /// Requests of one HTTP/2 connection at a time.
    pub http2_requests_max: u32,
    /// How long an HTTP/2 connection may be without any.
    pub http2_idle_ms_max: u64,
    /// How long what is in flight may take once the process is asked to end.
    pub shutdown_ms_max: u64,
    /// How long one health check or gauge may take.
    pub check_ms_max: u64,
    /// Figures over series that callers send.
    pub analytics: AnalyticsLimits,
}

/// How much a caller can make of a calculation.
#[derive(Clone, Copy, Debug)]
pub struct AnalyticsLimits {
    /// Bars or prices of one series.
    pub bars_max: usize,
    /// Symbols of one question.
    pub symbols_max: usize,
    /// Periods of a sweep, of which every pair is a rule.
    pub periods_max: usize,
    /// Bars times rules of a sweep, over all its symbols.
    pub bar_sets_max: usize,
    /// Bars times bars that each study looks back over: some go over all of them for each bar.
    pub bar_periods_max: usize,
    /// Prices, over all symbols, of a portfolio by its worst scenarios.
    pub scenario_values_max: usize,
    /// The same near a benchmark, which takes many times as long.
    pub tracked_scenario_values_max: usize,
    /// Points of an efficient frontier.
    pub frontier_points_max: usize,
    /// Nodes of the search where a portfolio may hold only some; by its worst scenarios a tenth.
    pub portfolio_nodes_max: usize,
    /// Values to forecast from, over all series.
    pub forecast_values_max: usize,
    /// The same by ARIMA.
    pub arima_values_max: usize,
    /// Values of a season by ARIMA.
    pub arima_period_max: usize,
    /// Questions at a time that wait for their bodies, for a thread or for their answer.
    pub questions_max: usize,
    /// Those of one tenant.
    pub questions_per_tenant_max: u32,
    /// Questions that are worked on at a time, each on a thread of its own.
    pub calculations_max: usize,
    /// How long the caller waits from the end of its body to the answer.
    pub calculation_ms_max: u64,
}

impl Default for AnalyticsLimits {
    fn default() -> Self {
        Self {
            bars_max: 200_000,
            symbols_max: 100,
            periods_max: 200,
            bar_sets_max: 500_000_000,
            bar_periods_max: 400_000_000,
            scenario_values_max: 300_000,
            tracked_scenario_values_max: 30_000,
            frontier_points_max: 100,
            portfolio_nodes_max: 2_000,
            forecast_values_max: 10_000,
            arima_values_max: 1_000,
            arima_period_max: 12,
            questions_max: 32,
            questions_per_tenant_max: 8,
            calculations_max: 2,
            calculation_ms_max: 10_000,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_ms_max: 30_000,
            body_bytes_max: 1 << 20,
            bulk_bytes_max: 8 << 20,
            upload_bytes_max: 16 << 20,
            requests_per_tenant_max: 64,
            streams_per_tenant_max: 16,
            sockets_max: 10_000,
            sockets_per_tenant_max: 1_000,
            sockets_unknown_max: 1_000,
            message_bytes_max: 8 << 10,
            heartbeat_ms: 15_000,
            reader_stall_ms_max: 30_000,
            farewell_ms_max: 5_000,
            connections_max: 1_024,
            header_ms_max: 10_000,
            http2_requests_max: 128,
            http2_idle_ms_max: 60_000,
            shutdown_ms_max: 20_000,
            check_ms_max: 2_000,
            analytics: AnalyticsLimits::default(),
        }
    }
}

impl HealthCheck {
    /// A check by a function that makes a future.
    pub fn new<F>(name: &'static str, ask: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<String, String>> + Send + 'static,
    {
        Self { name, ask: Box::new(move || Box::pin(ask())) }
    }

    /// Whether the database answers.
    #[must_use]
    pub fn database(database: Database) -> Self {
        Self::new("database", move || {
            let database = database.clone();
            async move {
                let answer = database.ping().await;
                answer.map(|()| "answers".to_owned()).map_err(|error| {
                    tracing::warn!(%error, "the database does not answer");
                    "does not answer".to_owned()
                })
            }
        })
    }
}

impl Gauge {
    /// A figure without labels that is there at once.
    pub fn new(
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> i64 + Send + Sync + 'static,
    ) -> Self {
        Self::asking(name, help, move || {
            let value = read();
            async move { Some(value) }
        })
    }

    /// A figure without labels that somebody must be asked for.
    pub fn asking<F>(
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Option<i64>> + Send + 'static,
    {
        let read = move || -> BoxFuture<'static, Vec<Reading>> {
            let value = read();
            Box::pin(async move {
                let reading = |value| Reading { labels: Vec::new(), value };
                value.await.map(reading).into_iter().collect()
            })
        };
        Self { name, help, kind: GaugeKind::Gauge, read: Box::new(read) }
    }
}
