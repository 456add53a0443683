//! Everything that runs in one process: the database, the engine, the tasks, and the modules.

use std::sync::Arc;

use anyhow::Context as _;
use approvals::Expire;
use cases::{Cases, Escalate};
use futures_util::future::BoxFuture;
use gateway::{Gateway, Gauge, HealthCheck, Services};
use identity::{Founding, Identity, SigningKeys, Tenant};
use jobs::{Cron, Leases, NewJob, NewSchedule, Priority, Worker, WorkerLimits, WorkerTask};
use kernel::{Actor, Commodity, Context, Env, TenantId};
use ledger::{EngineLimits, Ledger};
use markets::{EcbFeed, FetchEcbRates};
use meters::Count;
use notices::{Deliver, Digest, Notices, TellOfDeath};
use objects::{CheckObjects, Clamd, CollectObjects, Collection, Objects};
use remittances::{Remit, Remittances};
use sagas::{Sagas, TakeSteps, TellSagas};
use storage::keys::{LocalMasterKeys, master_key_counts};
use storage::log::{FileSink, HeadKey, HeadSigner, Sequencer, Task};
use storage::{Database, Dialect, Level, Limits, Mode, Module, StorageError, Tx};
use vault::master::{self, Missing};
use vault::{MasterRotation, Register, RotateKeys, RotateMasterKey, SealedTable, Vault};
use wealth::{ReviewImport, WatchWorth, Wealth};

use crate::broker::{Bus, Households};
use crate::config::Config;
use crate::plans::METERS;
use crate::retention::{Retain, Retention};

/// The modules whose tables there are, those that others build on first.
pub const MODULES: &[Module] = &[
    jobs::MODULE,
    vault::MODULE,
    sagas::MODULE,
    objects::MODULE,
    notices::MODULE,
    bus::MODULE,
    ledger::MODULE,
    remittances::MODULE,
    identity::MODULE,
    approvals::MODULE,
    cases::MODULE,
    meters::MODULE,
    markets::MODULE,
    wealth::MODULE,
];

/// The modules' tables with sealed columns.
const SEALED: &[&[SealedTable]] = &[
    wealth::SEALED,
    objects::SEALED,
    ledger::SEALED,
    notices::SEALED,
    remittances::SEALED,
    gateway::SEALED,
    approvals::SEALED,
    cases::SEALED,
];

/// The file of the key that signs heads, in the directory of keys.
const HEAD_KEY: &str = "head.key";
/// The file of the keys that sign access tokens.
const TOKEN_KEY: &str = "token.key";

/// Events that may wait for their number while the process counts as ready.
const LOG_PENDING_MAX: u64 = 10_000;
/// Bytes of the journal that may be missing in the tables while it does.
const LAG_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// A running Florin.
pub struct Platform {
    /// Time and randomness.
    pub env: Env,
    /// The database.
    pub database: Database,
    /// Keys, and what is sealed with them.
    pub vault: Vault,
    /// Its files.
    pub objects: Objects,
    /// What is told, and by what.
    pub notices: Notices,
    /// Its ledger.
    pub ledger: Ledger,
    /// What is sent from book to book.
    pub remittances: Remittances,
    /// What the family owns.
    pub wealth: Wealth,
    /// Who there is.
    pub identity: Arc<Identity>,
    bus: Bus,
    tasks: Vec<Task>,
    worker: Option<WorkerTask>,
}

impl Platform {
    /// Opens the database, brings its tables up to date, and starts engine and tasks.
    pub async fn open(config: &Config, env: Env) -> anyhow::Result<Self> {
        let database = open_database(config, &env).await?;
        let (keys, data) = (config.keys_dir(), config.data_dir());
        std::fs::create_dir_all(&keys)
            .with_context(|| format!("the directory of keys {}", keys.display()))?;
        let vault = open_vault(config, &database).await?;
        let head_key = head_key(config, &env)?;
        let sink = Arc::new(FileSink::open(&config.heads_dir(), &data)?);
        let token_keys = SigningKeys::open(&keys.join(TOKEN_KEY), &env)?;
        let ledger = Ledger::start(database.clone(), EngineLimits::default()).await?;
        let signer = HeadSigner::new(database.clone(), head_key, sink, config.heads_interval());
        let tasks = vec![Sequencer::new(database.clone()).start(), signer.start()];
        let objects = open_objects(config, &database)?;
        let wealth = Wealth::new(database.clone(), ledger.clone(), objects.clone());
        let remittances = Remittances::new(database.clone(), ledger.clone());
        let wealth = wealth.with_meters(METERS);
        let households = Arc::new(Foundings(wealth.clone()));
        let identity = Identity::new(database.clone(), token_keys).with_founding(households);
        let identity = Arc::new(identity);
        Ok(Self {
            env,
            database,
            vault,
            objects,
            notices: config.notices()?,
            ledger,
            remittances,
            wealth,
            identity,
            bus: Bus::default(),
            tasks,
            worker: None,
        })
    }

    /// Starts to do jobs, and puts the system's schedules as they are configured.
    pub async fn work(&mut self, config: &Config) -> anyhow::Result<()> {
        let name = format!("process {}", std::process::id());
        let mut worker = Worker::new(self.database.clone(), &name, WorkerLimits::default());
        worker = worker.with(RotateKeys::new(Arc::clone(self.vault.tables())));
        worker = worker.with(RotateMasterKey::new(self.database.clone()));
        worker = worker.with(CollectObjects::new(self.objects.clone()));
        worker = worker.with(CheckObjects::new(self.objects.clone()));
        worker = worker.with(Deliver(self.notices.clone())).with(Digest(self.notices.clone()));
        worker = worker.with(TellOfDeath).telling_of_deaths();
        let sagas = Sagas::new().with(Remit(self.remittances.clone()));
        worker = worker.with(TakeSteps(sagas.clone())).with(TellSagas(sagas));
        worker = worker.with(WatchWorth(self.wealth.clone())).with(Expire);
        worker = worker.with(Escalate(cases())).with(Count);
        worker = worker.with(Retain::new(self.database.clone()));
        let context = Context::new(self.env.clone(), TenantId::COMMON, Actor::system("florin"));
        let is_wrapped_by_older = self.is_wrapped_by_older().await?;
        let mut tx = self.database.begin(Level::Common, Mode::Write).await?;
        let collection = NewJob::of(&Collection {})?.with_priority(Priority::Low);
        let hourly = Cron::parse("17 * * * *", "UTC")?;
        let schedule = NewSchedule::new(COLLECTION, hourly, collection)?;
        jobs::put_schedule(&mut tx, &context, &schedule).await?;
        let nightly = Cron::parse("43 2 * * *", "UTC")?;
        let retention = NewJob::of(&Retention {})?.with_priority(Priority::Low);
        let schedule = NewSchedule::new(RETENTION, nightly, retention)?;
        jobs::put_schedule(&mut tx, &context, &schedule).await?;
        match config.ecb_rates_url() {
            Some(url) => {
                worker = worker.with(EcbFeed::new(self.database.clone(), url)?);
                let job = NewJob::of(&FetchEcbRates {})?;
                let schedule = NewSchedule::new(ECB_RATES, config.ecb_rates_times()?, job)?;
                jobs::put_schedule(&mut tx, &context, &schedule).await?;
            }
            None => {
                jobs::remove_schedule(&mut tx, ECB_RATES).await?;
            }
        }
        if is_wrapped_by_older {
            let job = NewJob::of(&MasterRotation {})?.unique("master")?;
            jobs::enqueue(&mut tx, &context, job).await?;
        }
        tx.commit().await?;
        self.worker = Some(worker.start());
        self.bus = Bus::start(
            config,
            Households {
                database: self.database.clone(),
                identity: Arc::clone(&self.identity),
                ledger: self.ledger.clone(),
            },
        )?;
        Ok(())
    }

    /// Begins to take commands from a broker, where that is configured.
    pub fn take_commands(&mut self, config: &Config, gateway: &Gateway) -> anyhow::Result<()> {
        self.bus.take_commands(config, gateway)
    }

    /// Whether a master key that is not the current one wraps keys of tenants.
    async fn is_wrapped_by_older(&self) -> anyhow::Result<bool> {
        let current = self.database.current_master_key()?;
        let counts = master_key_counts(&self.database).await?;
        Ok(counts.iter().any(|(id, _)| *id != current))
    }

    /// Lets the engine and the tasks finish what they are at.
    pub async fn close(self) {
        self.bus.stop().await;
        if let Some(worker) = self.worker {
            worker.stop().await;
        }
        self.ledger.stop().await;
        for task in self.tasks {
            task.stop().await;
        }
        // What this process did is in the log when it ends, even where it ran for a moment only.
        while let Ok(1..) = Sequencer::new(self.database.clone()).run_once().await {}
    }

    /// The context of the person who owns the data directory.
    pub fn owner(&self, tenant: TenantId) -> Context {
        Context::new(self.env.clone(), tenant, Actor::Owner)
    }

    /// The family that a command is for: the only one, or the one that is named. Where there is
    /// none yet, one is founded, so that the first import just works.
    pub async fn tenant(&self, named: Option<&str>) -> anyhow::Result<TenantId> {
        let tenants = self.identity.tenants().await?;
        let found: Vec<_> = match named {
            Some(named) => tenants
                .iter()
                .filter(|tenant| tenant.id.to_string() == named || tenant.name == named)
                .collect(),
            None => tenants.iter().collect(),
        };
        match (found.as_slice(), named) {
            ([tenant], _) => Ok(tenant.id),
            ([], None) => self.found("Home", "EUR").await,
            ([], Some(named)) => anyhow::bail!("there is no family {named:?}"),
            (several, _) => {
                let names: Vec<String> =
                    several.iter().map(|one| format!("{} ({})", one.id, one.name)).collect();
                anyhow::bail!("name one of them with --tenant: {}", names.join(", "))
            }
        }
    }

    /// Founds a family of the owner's.
    pub async fn found(&self, name: &str, currency: &str) -> anyhow::Result<TenantId> {
        let tenant =
            self.identity.found_tenant(&self.owner(TenantId::COMMON), name, currency).await?;
        tracing::info!(family = name, "a family was founded");
        Ok(tenant.id)
    }

    /// What the gateway serves.
    pub fn services(&self, config: &Config) -> Services {
        Services {
            env: self.env.clone(),
            database: self.database.clone(),
            identity: Arc::clone(&self.identity),
            vault: self.vault.clone(),
            objects: self.objects.clone(),
            notices: self.notices.clone(),
            cases: cases(),
            meters: METERS,
            ledger: self.ledger.clone(),
            remittances: self.remittances.clone(),
            wealth: self.wealth.clone(),
            rate_age_days_max: config.rate_age_days_max(),
            checks: self.checks(),
            gauges: self.gauges().into_iter().chain(self.bus.gauges()).collect(),
            limits: gateway::Limits::default(),
        }
    }

    fn checks(&self) -> Vec<HealthCheck> {
        let (database, ledger) = (self.database.clone(), self.ledger.clone());
        vec![
            HealthCheck::database(self.database.clone()),
            HealthCheck::new("log", move || {
                let sequencer = Sequencer::new(database.clone());
                async move {
                    let pending = sequencer.pending().await.map_err(|_| "not known".to_owned())?;
                    within("events wait for their number", pending, LOG_PENDING_MAX)
                }
            }),
            HealthCheck::new("ledger", move || {
                let lag = ledger.projection_lag_bytes();
                async move {
                    within("bytes of the journal are not in the tables yet", lag, LAG_BYTES_MAX)
                }
            }),
        ]
    }

    /// How many jobs of all tenants are in a state.
    fn jobs_gauge(&self, state: &'static str, name: &'static str, help: &'static str) -> Gauge {
        let database = self.database.clone();
        Gauge::asking(name, help, move || {
            let leases = Leases::new(database.clone(), "gauge", 1);
            async move {
                let counts = leases.counts().await.ok()?;
                let found = counts.iter().find(|(counted, _)| counted == state);
                Some(found.map_or(0, |(_, count)| i64::try_from(*count).unwrap_or(i64::MAX)))
            }
        })
    }

    /// How many sagas of all tenants are stuck.
    fn sagas_gauge(&self) -> Gauge {
        let database = self.database.clone();
        let help = "Sagas that stand still until somebody helps";
        Gauge::asking("florin_sagas_stuck", help, move || {
            let database = database.clone();
            async move {
                let mut tx = database.begin(Level::System, Mode::Read).await.ok()?;
                let count = sagas::stuck_count(&mut tx).await.ok()?;
                tx.commit().await.ok()?;
                i64::try_from(count).ok()
            }
        })
    }

    fn gauges(&self) -> Vec<Gauge> {
        let (database, ledger) = (self.database.clone(), self.ledger.clone());
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        vec![
            Gauge::new(
                "florin_ledger_projection_lag_bytes",
                "Bytes of the journal that are committed and not yet in the tables",
                move || number(ledger.projection_lag_bytes()),
            ),
            Gauge::asking(
                "florin_log_pending_events",
                "Events that are committed and wait for their number",
                move || {
                    let sequencer = Sequencer::new(database.clone());
                    async move { sequencer.pending().await.ok().map(number) }
                },
            ),
            self.jobs_gauge("available", "florin_jobs_available", "Jobs that may be run and wait"),
            self.jobs_gauge("dead", "florin_jobs_dead", "Jobs that were given up, and are kept"),
            self.sagas_gauge(),
        ]
    }
}

/// The schedule by which the ECB's rates are fetched.
const ECB_RATES: &str = "markets.ecb_rates";
/// The schedule by which files are taken away that nobody needs.
const COLLECTION: &str = "objects.collect";

/// The schedule by which what is of no use any more is taken away.
const RETENTION: &str = "meters.retain";

/// The kinds of cases, with who does what is decided about them.
fn cases() -> Cases {
    Cases::default().with(Arc::new(ReviewImport))
}

/// Ready, where no more waits than may.
fn within(what: &str, count: u64, count_max: u64) -> Result<String, String> {
    let text = format!("{count} {what}");
    if count <= count_max { Ok(text) } else { Err(text) }
}

/// A tenant gets its household's book in the transaction that makes it.
struct Foundings(Wealth);

impl Founding for Foundings {
    fn found<'a>(
        &'a self,
        tx: &'a mut Tx,
        context: &'a Context,
        tenant: &'a Tenant,
    ) -> BoxFuture<'a, Result<(), StorageError>> {
        Box::pin(async move {
            let damaged = |text: String| StorageError::Damaged { text };
            let currency = Commodity::well_known(tenant.currency.as_str());
            let currency = currency.map_err(|error| damaged(error.to_string()))?;
            let opened = self.0.open_household(tx, context, &tenant.name, currency).await;
            opened.map(|_| ()).map_err(|error| damaged(error.to_string()))
        })
    }
}

/// Opens the database and brings its tables up to date.
pub async fn open_database(config: &Config, env: &Env) -> anyhow::Result<Database> {
    let place = || format!("the database {}", config.database_name());
    let database = Database::open(config.database_url(), env.clone(), Limits::default());
    let database = database.with_context(place)?;
    let applied = storage::migrate::migrate(&database, MODULES).await.with_context(place)?;
    if applied > 0 {
        tracing::info!(applied, "the database's tables are up to date");
    }
    Ok(database)
}

/// The master keys. An embedded database gets its own with its first start; one on a server is
/// shared, and so must its key be.
///
/// # Errors
/// Where one that the database needs is missing.
pub async fn master_keys(config: &Config, database: &Database) -> anyhow::Result<LocalMasterKeys> {
    let keys = match config.master_key() {
        Some(text) => master::from_text(text)?,
        None => {
            let is_new = master_key_counts(database).await?.is_empty();
            let makes = is_new && database.dialect() == Dialect::Sqlite;
            let missing = if makes { Missing::Make } else { Missing::Refuse };
            master::open_file(&config.master_key_file(), database.env(), missing)?
        }
    };
    master::check(database, &keys).await?;
    Ok(keys)
}

/// Opens the master keys, and does again what was erased since the backup that this may be.
async fn open_vault(config: &Config, database: &Database) -> anyhow::Result<Vault> {
    let keys = master_keys(config, database).await?;
    database.use_master_keys(Arc::new(keys))?;
    let vault = Vault::new(SEALED, Register::at(&config.erased_parties_file()));
    let again = vault.recall(database).await?;
    if again > 0 {
        tracing::warn!(parties = again, "parties that the database did not know as erased are");
    }
    Ok(vault)
}

/// Where files are kept, and what looks for viruses in them.
fn open_objects(config: &Config, database: &Database) -> anyhow::Result<Objects> {
    let objects = Objects::new(database.clone(), config.objects()?);
    Ok(match config.clamd_address() {
        None => objects,
        Some(address) => objects.with_scanner(Arc::new(Clamd::at(address))),
    })
}

/// The key that signs heads.
pub fn head_key(config: &Config, env: &Env) -> anyhow::Result<HeadKey> {
    let path = config.keys_dir().join(HEAD_KEY);
    Ok(HeadKey::open(&path, &config.data_dir(), env)?)
}
