//! What the bus is given: the tenants and their streams, and the routes for commands.

use std::sync::Arc;

use bus::{Command, Commands, Exporter, Intake, Sources, Stream, Task};
use futures_util::future::BoxFuture;
use gateway::{Gateway, Gauge, GaugeKind, Local};
use identity::Identity;
use kernel::{Env, TenantId};
use ledger::{Ledger, LedgerSource};
use storage::{Database, Level, Mode, StorageError};

use crate::config::Config;

/// Every tenant of this installation, with the journals of its books.
pub struct Households {
    pub database: Database,
    pub identity: Arc<Identity>,
    pub ledger: Ledger,
}

/// The routes of the API, called as the tenant's owner.
struct Routes(Local);

/// What runs for a broker; nothing where none is named.
#[derive(Default)]
pub struct Bus {
    exporter: Option<Exporter>,
    tasks: Vec<Task>,
}

impl Sources for Households {
    fn tenants(
        &self,
        after: Option<TenantId>,
    ) -> BoxFuture<'_, Result<Vec<TenantId>, StorageError>> {
        Box::pin(self.identity.tenants_after(after))
    }

    fn streams(&self, tenant: TenantId) -> BoxFuture<'_, Result<Vec<Stream>, StorageError>> {
        Box::pin(async move {
            let mut tx = self.database.begin(Level::of(tenant), Mode::Read).await?;
            let books = self.ledger.books(&mut tx).await.map_err(|error| match error {
                ledger::LedgerError::Storage(error) => error,
                error => StorageError::Damaged { text: error.to_string() },
            })?;
            tx.commit().await?;
            let stream =
                |book: ledger::BookInfo| -> Stream { (book.id.uuid(), Arc::new(LedgerSource)) };
            Ok(books.into_iter().map(stream).collect())
        })
    }
}

impl Commands for Routes {
    fn run<'a>(
        &'a self,
        tenant: TenantId,
        command: &'a Command,
        key: &'a str,
    ) -> BoxFuture<'a, Result<(u16, Vec<u8>), String>> {
        Box::pin(async move {
            let headers = [
                ("idempotency-key", key.to_owned()),
                ("content-type", "application/json".to_owned()),
            ];
            let path = format!("/api/v1{}", command.path);
            let body = command.body.to_string().into_bytes();
            let called = self.0.about(tenant).call("POST", &path, &headers, body).await;
            called.map_err(|error| error.to_string())
        })
    }
}

impl Bus {
    /// Begins to hand events on, where a broker is named.
    pub fn start(config: &Config, households: Households) -> anyhow::Result<Self> {
        let Some(address) = config.nats_address()? else { return Ok(Self::default()) };
        let database = households.database.clone();
        let exporter = Exporter::new(database, Arc::new(households), address);
        let tasks = vec![exporter.start()];
        Ok(Self { exporter: Some(exporter), tasks })
    }

    /// Begins to take commands, where that is wanted.
    pub fn take_commands(&mut self, config: &Config, gateway: &Gateway) -> anyhow::Result<()> {
        if let Some(address) = config.nats_address()?.filter(|_| config.takes_commands()) {
            let routes = Arc::new(Routes(gateway.local(TenantId::COMMON)));
            self.tasks.push(Intake::new(Env::system(), routes, address).start());
        }
        Ok(())
    }

    /// What `/metrics` shows of it.
    pub fn gauges(&self) -> Vec<Gauge> {
        let Some(exporter) = &self.exporter else { return Vec::new() };
        let (connected, sent) = (exporter.clone(), exporter.clone());
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let sent = Gauge::new(
            "florin_bus_sent_events",
            "Events that were handed to the broker since the start",
            move || number(sent.sent()),
        );
        let connected = Gauge::new(
            "florin_bus_connected",
            "1 where the broker takes what is handed to it, or else 0",
            move || i64::from(connected.is_connected()),
        );
        vec![connected, Gauge { kind: GaugeKind::Counter, ..sent }]
    }

    /// Lets it finish what it is at.
    pub async fn stop(self) {
        for task in self.tasks {
            task.stop().await;
        }
    }
}
