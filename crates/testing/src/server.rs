//! The PostgreSQL server of the tests: makes a database for each test and drops it afterwards.
//!
//! What a set of modules needs is migrated once, into a template that every later test process on
//! that server copies. The template's name is a hash over the text that makes it, so that another
//! text gets another template.

use std::future::Future;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use kernel::Env;
use storage::{Database, Dialect, Limits, Module, crypto, migrate};
use tokio_postgres::{Client, NoTls};

/// Where the server is.
pub(crate) const URL_VARIABLE: &str = "FLORIN_TEST_POSTGRES_URL";
/// Held while a template is made: test processes run side by side.
const TEMPLATE_LOCK: i64 = 7_239_446_105;

/// A database on the server; dropping it drops it there.
pub(crate) struct Server {
    admin_url: String,
    name: String,
}

impl Server {
    /// Makes a database with the tables of these modules.
    pub(crate) fn create_database(modules: &[Module]) -> Self {
        let admin_url = std::env::var(URL_VARIABLE).unwrap_or_else(|_| {
            panic!(
                "{URL_VARIABLE} names no PostgreSQL; run `make test`, or \
                 `scripts/postgres.sh with cargo test`, which start one"
            )
        });
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let random = u32::from_be_bytes(Env::system().random_bytes());
        let name = format!("florin_test_{}_{number}_{random:08x}", process::id());
        let server = Self { admin_url, name };
        block_on(async {
            let admin = connect(&server.admin_url).await;
            let template = server.template(&admin, modules).await;
            let sql = format!("CREATE DATABASE {} TEMPLATE {template}", server.name);
            admin.batch_execute(&sql).await.unwrap();
        });
        server
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        with_database(&self.admin_url, &self.name)
    }

    /// The name of the template, which is made where it is not there.
    async fn template(&self, admin: &Client, modules: &[Module]) -> String {
        let script = migrate::script(modules, Dialect::Postgres).unwrap();
        let hash = crypto::short(crypto::sha256(&[script.as_bytes()]));
        let name = format!("florin_template_{hash:032x}");
        if exists(admin, &name).await {
            return name;
        }
        // A session's lock: it is given up with the connection, however this ends.
        admin.execute("SELECT pg_advisory_lock($1)", &[&TEMPLATE_LOCK]).await.unwrap();
        if !exists(admin, &name).await {
            let building = format!("{name}_new");
            let fresh = format!("DROP DATABASE IF EXISTS {building} WITH (FORCE)");
            admin.batch_execute(&fresh).await.unwrap();
            admin.batch_execute(&format!("CREATE DATABASE {building}")).await.unwrap();
            let url = with_database(&self.admin_url, &building);
            let database = Database::open(&url, Env::system(), Limits::default()).unwrap();
            migrate::migrate(&database, modules).await.unwrap();
            drop(database);
            // Nobody may be connected to what is renamed; the pool's connection may still be.
            let end = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                       WHERE datname = $1";
            admin.execute(end, &[&building]).await.unwrap();
            let rename = format!("ALTER DATABASE {building} RENAME TO {name}");
            admin.batch_execute(&rename).await.unwrap();
        }
        admin.execute("SELECT pg_advisory_unlock($1)", &[&TEMPLATE_LOCK]).await.unwrap();
        name
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        block_on(async {
            let admin = connect(&self.admin_url).await;
            let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
            if let Err(error) = admin.batch_execute(&sql).await {
                eprintln!("{sql}: {error}");
            }
        });
    }
}

async fn exists(admin: &Client, name: &str) -> bool {
    let sql = "SELECT FROM pg_database WHERE datname = $1";
    admin.query_opt(sql, &[&name]).await.unwrap().is_some()
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap_or_else(|error| {
        panic!("the PostgreSQL that {URL_VARIABLE} names does not answer: {error}")
    });
    tokio::spawn(connection);
    client
}

/// Runs to its end what has no runtime around it.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(future)
}

/// The address of another database on the same server.
fn with_database(url: &str, name: &str) -> String {
    let (address, options) = match url.split_once('?') {
        Some((address, options)) => (address, format!("?{options}")),
        None => (url, String::new()),
    };
    let authority = address.find("://").map_or(0, |at| at + 3);
    let end = address[authority..].find('/').map_or(address.len(), |at| authority + at);
    format!("{}/{name}{options}", &address[..end])
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_of_an_address_is_replaced() {
        let cases = [
            ("postgres://u:p@h:1/postgres", "postgres://u:p@h:1/x"),
            ("postgres://u:p@h:1", "postgres://u:p@h:1/x"),
            ("postgres://u@h/a?sslmode=disable", "postgres://u@h/x?sslmode=disable"),
        ];
        for (url, expected) in cases {
            assert_eq!(with_database(url, "x"), expected);
        }
    }
}
