//! A gateway that is served, for a client in a process of its own.

#[allow(dead_code, reason = "not every bench asks for all of it")]
pub mod usage;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use gateway::{Gateway, Limits, Services};
use identity::{Identity, NewUser, Secret, SigningKeys};
use kernel::{Actor, BookId, Commodity, Context, Env, TenantId};
use ledger::{EngineLimits, Ledger};
use objects::{Blobs, Objects};
use storage::{Database, Dialect, Level, Mode, migrate};
use tokio::net::TcpListener;
use wealth::Wealth;

const MODULES: [storage::Module; 13] = [
    jobs::MODULE,
    vault::MODULE,
    sagas::MODULE,
    objects::MODULE,
    notices::MODULE,
    ledger::MODULE,
    remittances::MODULE,
    identity::MODULE,
    approvals::MODULE,
    cases::MODULE,
    meters::MODULE,
    markets::MODULE,
    wealth::MODULE,
];
/// Runs a bench on both databases, on a runtime of many threads, as the program has it: with the
/// database's name and its address.
pub fn on_both<F: Future<Output = ()>>(run: impl Fn(String, String) -> F + Send + Copy + 'static) {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        testing::run(dialect, &MODULES, async |db| {
            let (name, url) = (format!("{:?}", db.dialect()), db.url().to_owned());
            let work = move || {
                let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
                runtime.unwrap().block_on(run(name, url));
            };
            std::thread::spawn(work).join().unwrap();
        });
    }
}

/// Where it is, and who may call it.
pub struct Served {
    pub address: SocketAddr,
    pub token: String,
    pub tenant: TenantId,
    pub database: Database,
    pub ledger: Ledger,
}

impl Served {
    /// Serves the database at an address.
    pub async fn start(url: &str, limits: Limits) -> Self {
        let env = Env::system();
        let database = Database::open(url, Env::system(), storage::Limits::default()).unwrap();
        let database = testing::with_keys(database);
        migrate::migrate(&database, &MODULES).await.unwrap();
        let ledger = Ledger::start(database.clone(), EngineLimits::default()).await.unwrap();
        let objects = Objects::new(database.clone(), Blobs::in_memory());
        let wealth = Wealth::new(database.clone(), ledger.clone(), objects.clone());
        let keys = SigningKeys::generate(&env).unwrap();
        let identity = Arc::new(Identity::new(database.clone(), keys));
        let anonymous = Context::new(env.clone(), TenantId::COMMON, Actor::Anonymous);
        let user = NewUser {
            email: "bench@example.com".to_owned(),
            password: Secret::new("correct horse battery"),
            name: "Bench".to_owned(),
            family_name: "Bench".to_owned(),
            currency: "AUD".to_owned(),
            country: Some("AU".to_owned()),
        };
        let session = identity.register(&anonymous, user, None).await.unwrap();
        let services = Services {
            env,
            database: database.clone(),
            identity,
            vault: vault::Vault::new(&[], vault::Register::at(Path::new("erased-parties"))),
            remittances: remittances::Remittances::new(database.clone(), ledger.clone()),
            ledger: ledger.clone(),
            objects,
            notices: notices::Notices::new(&[]),
            cases: cases::Cases::default(),
            meters: meters::Meters::new(&[], &[]),
            wealth,
            rate_age_days_max: 7,
            checks: Vec::new(),
            gauges: Vec::new(),
            limits,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(Gateway::new(services).serve(listener, std::future::pending()));
        let token = session.access_token.expose().to_owned();
        Self { address, token, tenant: session.tenant.id, database, ledger }
    }

    /// A book in AUD of whoever may call.
    #[allow(dead_code, reason = "not every bench needs one")]
    pub async fn open_book(&self) -> BookId {
        let mut tx = self.database.begin(Level::Tenant(self.tenant), Mode::Write).await.unwrap();
        let context = Context::new(Env::system(), self.tenant, Actor::Owner);
        let aud = Commodity::well_known("AUD").unwrap();
        let book = self.ledger.open_book(&mut tx, &context, "Bench", aud).await.unwrap();
        tx.commit().await.unwrap();
        book.id
    }
}
