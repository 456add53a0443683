//! A gateway over a database of its own, and what it answered.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use futures_util::future::BoxFuture;
use gateway::{Gateway, HealthCheck, Limits, Services};
use identity::{Founding, Identity, SigningKeys, Tenant};
use kernel::{Commodity, Context};
use ledger::{EngineLimits, Ledger};
use notices::{EmailChannel, Guard, Notices, SmtpSecurity, SmtpServer, WebhookChannel};
use objects::{BlobLimits, Blobs, Objects};
use remittances::Remittances;
use serde_json::{Value, json};
use std::sync::Arc;
use storage::{Module, StorageError, Tx};
use testing::TestDatabase;
use tower::ServiceExt as _;
use vault::{Register, Vault};
use wealth::Wealth;

/// Nothing is limited where nobody says so.
pub static HOME: meters::Plan = meters::Plan { name: "home", allows: &[] };
/// One file a month.
pub static ONE: meters::Plan =
    meters::Plan { name: "one", allows: &[("imports", meters::Allowance::UpTo(1))] };
static FEATURES: [&meters::Feature; 1] = [&wealth::IMPORTS];
static PLANS: [&meters::Plan; 2] = [&HOME, &ONE];

pub const METERS: meters::Meters = meters::Meters::new(&FEATURES, &PLANS);

pub const PASSWORD: &str = "correct horse battery";

/// The modules whose tables the tests need.
pub const MODULES: [Module; 13] = [
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

/// A gateway, one request at a time.
#[derive(Clone)]
pub struct TestApp {
    router: Router,
}

/// What was answered.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Somebody who signed in.
#[derive(Clone, Debug)]
pub struct Signed {
    pub access: String,
    pub refresh: String,
    pub tenant: String,
    pub user: String,
}

/// A tenant's household, as the program makes it.
struct Households(Wealth);

impl Founding for Households {
    fn found<'a>(
        &'a self,
        tx: &'a mut Tx,
        context: &'a Context,
        tenant: &'a Tenant,
    ) -> BoxFuture<'a, Result<(), StorageError>> {
        Box::pin(async move {
            let currency = Commodity::well_known(tenant.currency.as_str()).unwrap();
            self.0.open_household(tx, context, &tenant.name, currency).await.unwrap();
            Ok(())
        })
    }
}

/// The services of a gateway over a database.
pub async fn services(db: &TestDatabase, keys: SigningKeys) -> Services {
    let ledger = Ledger::start(db.database.clone(), EngineLimits::default()).await.unwrap();
    let objects = objects(db);
    let wealth = Wealth::new(db.database.clone(), ledger.clone(), objects.clone());
    let wealth = wealth.with_meters(METERS);
    let founding = Arc::new(Households(wealth.clone()));
    let identity = Identity::new(db.database.clone(), keys).with_founding(founding);
    Services {
        env: db.env.clone(),
        database: db.database.clone(),
        identity: Arc::new(identity),
        vault: Vault::new(
            &[
                wealth::SEALED,
                objects::SEALED,
                ledger::SEALED,
                notices::SEALED,
                remittances::SEALED,
                gateway::SEALED,
                approvals::SEALED,
                cases::SEALED,
            ],
            Register::at(&db.directory().join("erased-parties")),
        ),
        objects,
        notices: notices(),
        remittances: Remittances::new(db.database.clone(), ledger.clone()),
        meters: METERS,
        cases: cases::Cases::default().with(Arc::new(wealth::ReviewImport)),
        ledger,
        wealth,
        rate_age_days_max: 7,
        checks: vec![HealthCheck::database(db.database.clone())],
        gauges: Vec::new(),
        limits: Limits::default(),
    }
}

/// Objects in a directory that is gone after the test.
pub fn objects(db: &TestDatabase) -> Objects {
    let files = Blobs::directory(&db.directory().join("objects"), BlobLimits::default());
    Objects::new(db.database.clone(), files.unwrap())
}

/// What is told, and channels: webhooks, and an e-mail channel that leads nowhere.
fn notices() -> Notices {
    let nowhere = SmtpServer {
        host: "localhost".to_owned(),
        port: 1,
        security: SmtpSecurity::None,
        credentials: None,
        from: "florin@florin.example".to_owned(),
        root: None,
        time_max: std::time::Duration::from_secs(1),
    };
    let email = EmailChannel::new(nowhere).unwrap();
    let webhook = WebhookChannel::new(Guard::new(&[]));
    Notices::new(&[wealth::NOTICES, approvals::NOTICES, cases::NOTICES])
        .with(Arc::new(email))
        .with(Arc::new(webhook))
        .at("https://florin.example")
}

pub fn keys(db: &TestDatabase) -> SigningKeys {
    SigningKeys::generate(&db.env).unwrap()
}

impl TestApp {
    pub async fn new(db: &TestDatabase) -> Self {
        Self::of(services(db, keys(db)).await)
    }

    pub fn of(services: Services) -> Self {
        Self { router: Gateway::new(services).router() }
    }

    /// One that calls what a server serves.
    pub fn beside(gateway: &Gateway) -> Self {
        Self { router: gateway.router() }
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 64 << 20).await.unwrap().to_vec();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// The answer's head; its body may never end.
    pub async fn open(&self, request: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn get(&self, path: &str, token: &str) -> Reply {
        self.send(request(Method::GET, path, token, None)).await
    }

    pub async fn post(&self, path: &str, token: &str, key: &str, body: &Value) -> Reply {
        let mut request = request(Method::POST, path, token, Some(body));
        if !key.is_empty() {
            request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        }
        self.send(request).await
    }

    pub async fn register(&self, email: &str) -> Signed {
        let body = registration(email);
        let reply = self.post("/api/v1/auth/register", "", "", &body).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.signed()
    }

    pub async fn login(&self, email: &str, tenant: &str) -> Signed {
        let body = json!({ "email": email, "password": PASSWORD, "tenant": tenant });
        let reply = self.post("/api/v1/auth/login", "", "", &body).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.signed()
    }
}

pub fn registration(email: &str) -> Value {
    json!({
        "email": email, "password": PASSWORD, "name": "Сараа", "family_name": "Hargreaves",
        "currency": "AUD", "country": "AU",
    })
}

/// A request; without a token where that is empty.
pub fn request(method: Method, path: &str, token: &str, body: Option<&Value>) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(path);
    if !token.is_empty() {
        builder = builder.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let body = body.map(|body| {
        builder
            .headers_mut()
            .unwrap()
            .insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        Body::from(body.to_string())
    });
    builder.body(body.unwrap_or_default()).unwrap()
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    fn signed(&self) -> Signed {
        let body = self.json();
        let text = |pointer| body.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        Signed {
            access: text("/access_token"),
            refresh: text("/refresh_token"),
            tenant: text("/tenant/id"),
            user: text("/user/id"),
        }
    }

    /// Checks that it is a problem of a status and code, in every part.
    #[track_caller]
    pub fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?} {}", String::from_utf8_lossy(&self.body));
        assert_eq!(self.header("content-type"), "application/problem+json");
        let body = self.json();
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(body["status"], status, "{body}");
        assert_eq!(body["type"], format!("urn:florin:problem:{code}"));
        assert!(body["title"].as_str().is_some_and(|title| !title.is_empty()), "{body}");
        assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{body}");
        assert_eq!(body["request_id"].as_str(), Some(self.header("request-id")), "{body}");
        assert!(self.header("request-id").starts_with("req_"), "{:?}", self.headers);
    }
}
