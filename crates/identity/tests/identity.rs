//! Registration, sign-in, refresh and members through the public face, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use identity::{
    ACCESS_SECONDS, Identity, IdentityError, NewUser, Role, SIGN_INS_IN_A_ROW_MAX, Secret, Session,
    SignIn, SigningKeys,
};
use kernel::{Actor, Context, Problematic as _, TenantId};
use storage::{Level, Mode};
use testing::{Cell, TestDatabase};

const PASSWORD: &str = "correct horse battery";
const DAY_S: i64 = 24 * 60 * 60;

fn identity(db: &TestDatabase) -> Identity {
    Identity::new(db.database.clone(), SigningKeys::generate(&db.env).unwrap())
}

fn nobody(db: &TestDatabase) -> Context {
    Context::new(db.env.clone(), TenantId::COMMON, Actor::Anonymous)
}

fn new_user(email: &str) -> NewUser {
    NewUser {
        email: email.to_owned(),
        password: Secret::new(PASSWORD),
        name: "Сараа Бат".to_owned(),
        family_name: "Hargreaves".to_owned(),
        currency: "AUD".to_owned(),
        country: Some("AU".to_owned()),
    }
}

fn sign_in(email: &str, password: &str) -> SignIn {
    let (email, password) = (email.to_owned(), Secret::new(password));
    SignIn { email, password, tenant: None, source: None }
}

fn code<T>(result: Result<T, IdentityError>) -> &'static str {
    result.err().map_or("ok", |error| error.code())
}

async fn register(db: &TestDatabase, identity: &Identity, email: &str) -> Session {
    identity.register(&nobody(db), new_user(email), None).await.unwrap()
}

/// The events that wait for the sequencer, oldest first.
async fn events(db: &TestDatabase) -> Vec<String> {
    let rows = db.raw().await.rows("SELECT body FROM log_inbox ORDER BY ord").await;
    let text = |row: Vec<Cell>| match &row[0] {
        Cell::Bytes(bytes) => String::from_utf8(bytes.clone()).unwrap(),
        cell => panic!("{cell:?}"),
    };
    rows.into_iter().map(text).collect()
}

async fn event_types(db: &TestDatabase) -> Vec<String> {
    let kind = |event: String| {
        let event: storage::log::Envelope =
            storage::log::Envelope::from_bytes(event.as_bytes()).unwrap();
        event.kind
    };
    events(db).await.into_iter().map(kind).collect()
}

testing::both_databases! {
    modules = [identity::MODULE];

    async fn who_registers_is_signed_in_as_owner(db: TestDatabase) {
        let identity = identity(&db);
        let session = register(&db, &identity, " Saraa@Example.MN").await;
        assert_eq!(session.role, Role::Owner);
        assert_eq!(session.user.email.as_str(), "saraa@example.mn");
        let claims = identity.verify(&nobody(&db), session.access_token.expose()).unwrap();
        assert_eq!((claims.sub, claims.tid), (session.user.id, session.tenant.id));
        assert_eq!(claims.exp - claims.iat, ACCESS_SECONDS);
        let me = identity.me(&claims).await.unwrap();
        assert_eq!(me.user.name, "Сараа Бат");
        assert_eq!((me.memberships.len(), me.tenant.name.as_str()), (1, "Hargreaves"));
        let tenants = identity.tenants().await.unwrap();
        assert_eq!(tenants.len(), 1);
        assert_eq!((tenants[0].id, tenants[0].currency.as_str()), (session.tenant.id, "AUD"));
        let expected = ["identity.user.registered", "identity.session.opened"];
        assert_eq!(event_types(&db).await, expected);
    }

    async fn an_address_registers_once(db: TestDatabase) {
        let identity = identity(&db);
        register(&db, &identity, "saraa@example.mn").await;
        let again = new_user("SARAA@example.mn");
        let refused = identity.register(&nobody(&db), again, None).await;
        assert_eq!(code(refused), "email_taken");
        assert_eq!(identity.tenants().await.unwrap().len(), 1);
    }

    async fn every_fault_of_a_registration_is_named(db: TestDatabase) {
        let new = NewUser {
            email: "saraa".to_owned(),
            password: Secret::new("short"),
            name: " ".to_owned(),
            family_name: "a\nb".to_owned(),
            currency: "AUX".to_owned(),
            country: Some("aus".to_owned()),
        };
        let refused = identity(&db).register(&nobody(&db), new, None).await;
        let fields = refused.err().unwrap().fields();
        let names: Vec<&str> = fields.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(names, ["email", "name", "family_name", "currency", "country", "password"]);
    }

    async fn registrations_from_one_place_have_a_limit(db: TestDatabase) {
        let identity = identity(&db);
        let source = Some("192.0.2.7".parse().unwrap());
        let wrong = NewUser { password: Secret::new("short"), ..new_user("saraa@example.mn") };
        let mut codes = Vec::new();
        for _ in 0..21 {
            codes.push(code(identity.register(&nobody(&db), wrong.clone(), source).await));
        }
        assert!(codes[..20].iter().all(|code| *code == "invalid_fields"), "{codes:?}");
        assert_eq!(codes[20], "too_many_sign_ins");
    }

    async fn a_wrong_password_and_an_unknown_address_are_refused_alike(db: TestDatabase) {
        let identity = identity(&db);
        register(&db, &identity, "saraa@example.mn").await;
        let before = events(&db).await.len();
        let mut texts = Vec::new();
        for email in ["saraa@example.mn", "bat@example.mn", "no address"] {
            let refused = identity.sign_in(&nobody(&db), sign_in(email, "wrong password")).await;
            texts.push(refused.err().unwrap().to_string());
        }
        assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
        assert_eq!(event_types(&db).await[before..], ["identity.session.refused"; 3]);
        let opened = identity.sign_in(&nobody(&db), sign_in("Saraa@example.mn", PASSWORD)).await;
        assert_eq!(opened.unwrap().user.email.as_str(), "saraa@example.mn");
    }

    async fn refused_sign_ins_have_a_limit_for_each_address(db: TestDatabase) {
        let identity = identity(&db);
        register(&db, &identity, "saraa@example.mn").await;
        for _ in 0..3 {
            // What turns out well does not count.
            let sign_in = sign_in("saraa@example.mn", PASSWORD);
            identity.sign_in(&nobody(&db), sign_in).await.unwrap();
        }
        let wrong = async |email: &str| {
            code(identity.sign_in(&nobody(&db), sign_in(email, "wrong password")).await)
        };
        for _ in 0..SIGN_INS_IN_A_ROW_MAX {
            assert_eq!(wrong("saraa@example.mn").await, "sign_in_refused");
        }
        let before = events(&db).await.len();
        assert_eq!(wrong(" SARAA@example.mn").await, "too_many_sign_ins");
        let right = identity.sign_in(&nobody(&db), sign_in("saraa@example.mn", PASSWORD)).await;
        assert_eq!(code(right), "too_many_sign_ins");
        assert_eq!(events(&db).await.len(), before);
        assert_eq!(wrong("bat@example.mn").await, "sign_in_refused");
        db.clock.advance_seconds(30);
        let right = identity.sign_in(&nobody(&db), sign_in("saraa@example.mn", PASSWORD)).await;
        assert_eq!(code(right), "ok");
    }

    async fn a_refresh_token_is_good_once(db: TestDatabase) {
        let identity = identity(&db);
        let first = register(&db, &identity, "saraa@example.mn").await;
        db.clock.advance_seconds(ACCESS_SECONDS);
        let second = identity.refresh(&nobody(&db), &first.refresh_token).await.unwrap();
        assert!(second.refresh_token != first.refresh_token);
        let claims = identity.verify(&nobody(&db), second.access_token.expose()).unwrap();
        assert_eq!(claims.sub, first.user.id);
        let third = identity.refresh(&nobody(&db), &second.refresh_token).await.unwrap();

        let reused = identity.refresh(&nobody(&db), &first.refresh_token).await;
        assert_eq!(code(reused), "refresh_reused");
        let closed = identity.refresh(&nobody(&db), &third.refresh_token).await;
        assert_eq!(code(closed), "refresh_invalid");
        let again = identity.refresh(&nobody(&db), &first.refresh_token).await;
        assert_eq!(code(again), "refresh_invalid");
        let types = event_types(&db).await;
        assert_eq!(types[2..], ["identity.refresh.reused"]);
    }

    async fn a_refresh_whose_answer_was_lost_may_be_tried_again(db: TestDatabase) {
        let identity = identity(&db);
        let first = register(&db, &identity, "saraa@example.mn").await;
        let lost = identity.refresh(&nobody(&db), &first.refresh_token).await.unwrap();
        db.clock.advance_seconds(9);
        let found = identity.refresh(&nobody(&db), &first.refresh_token).await.unwrap();
        assert!(found.refresh_token == lost.refresh_token);
        db.clock.advance_seconds(1);
        let late = identity.refresh(&nobody(&db), &first.refresh_token).await;
        assert_eq!(code(late), "refresh_reused");
    }

    async fn two_refreshes_at_once_get_the_same_token(db: TestDatabase) {
        let identity = identity(&db);
        let first = register(&db, &identity, "saraa@example.mn").await;
        let context = nobody(&db);
        let refresh = || identity.refresh(&context, &first.refresh_token);
        let (left, right) = tokio::join!(refresh(), refresh());
        assert!(left.unwrap().refresh_token == right.unwrap().refresh_token);
    }

    async fn a_session_ends_by_signing_out_or_by_itself(db: TestDatabase) {
        let identity = identity(&db);
        let first = register(&db, &identity, "saraa@example.mn").await;
        for _ in 0..2 {
            identity.sign_out(&nobody(&db), &first.refresh_token).await.unwrap();
        }
        identity.sign_out(&nobody(&db), &Secret::new("nonsense")).await.unwrap();
        let closed = identity.refresh(&nobody(&db), &first.refresh_token).await;
        assert_eq!(code(closed), "refresh_invalid");
        assert_eq!(event_types(&db).await[2..], ["identity.session.closed"]);

        let second = identity.sign_in(&nobody(&db), sign_in("saraa@example.mn", PASSWORD)).await;
        let second = second.unwrap();
        db.clock.advance_seconds(29 * DAY_S);
        let third = identity.refresh(&nobody(&db), &second.refresh_token).await.unwrap();
        db.clock.advance_seconds(30 * DAY_S);
        let late = identity.refresh(&nobody(&db), &third.refresh_token).await;
        assert_eq!(code(late), "refresh_invalid");
        let opened = identity.sign_in(&nobody(&db), sign_in("saraa@example.mn", PASSWORD)).await;
        opened.unwrap();
        let rows = db.raw().await.rows("SELECT id FROM identity_session").await;
        assert_eq!(rows.len(), 1, "sessions that ended are forgotten at the next sign-in");
        let rows = db.raw().await.rows("SELECT hash FROM identity_refresh").await;
        assert_eq!(rows.len(), 1);
    }

    async fn a_session_in_use_ends_after_a_year(db: TestDatabase) {
        let identity = identity(&db);
        let mut session = register(&db, &identity, "saraa@example.mn").await;
        for _ in 0..13 {
            db.clock.advance_seconds(28 * DAY_S);
            session = identity.refresh(&nobody(&db), &session.refresh_token).await.unwrap();
        }
        let rows = db.raw().await.rows("SELECT hash FROM identity_refresh").await;
        assert!(rows.len() <= 3, "{} tokens are kept that nobody can use", rows.len());
        db.clock.advance_seconds(2 * DAY_S);
        let late = identity.refresh(&nobody(&db), &session.refresh_token).await;
        assert_eq!(code(late), "refresh_invalid");
    }

    async fn a_member_signs_in_where_they_belong(db: TestDatabase) {
        let identity = identity(&db);
        let owner = register(&db, &identity, "saraa@example.mn").await;
        let guest = register(&db, &identity, "bat@example.mn").await;
        let actor = Actor::User { id: owner.user.id };
        let context = Context::new(db.env.clone(), owner.tenant.id, actor);
        let add = async |email: &str| {
            let level = Level::Tenant(owner.tenant.id);
            let mut tx = db.database.begin(level, Mode::Write).await.unwrap();
            let member = identity.add_member(&context, &mut tx, email, Role::Adviser).await?;
            tx.commit().await.unwrap();
            Ok(member)
        };
        let into = |session: &Session| SignIn {
            tenant: Some(session.tenant.id),
            ..sign_in("bat@example.mn", PASSWORD)
        };
        db.clock.advance_seconds(1);
        let early = identity.sign_in(&nobody(&db), into(&owner)).await;
        assert_eq!(code(early), "not_a_member");

        assert_eq!(code(add("nobody@example.mn").await), "user_unknown");
        assert_eq!(add("Bat@example.mn").await.unwrap().user.id, guest.user.id);
        assert_eq!(code(add("bat@example.mn").await), "already_member");

        let there = identity.sign_in(&nobody(&db), into(&owner)).await.unwrap();
        assert_eq!((there.tenant.id, there.role), (owner.tenant.id, Role::Adviser));
        let home = identity.sign_in(&nobody(&db), sign_in("bat@example.mn", PASSWORD)).await;
        assert_eq!(home.unwrap().tenant.id, guest.tenant.id);

        let level = Level::Tenant(owner.tenant.id);
        let mut tx = db.database.begin(level, Mode::Read).await.unwrap();
        let members = identity.members(&context, &mut tx).await.unwrap();
        let roles: Vec<Role> = members.iter().map(|member| member.role).collect();
        assert_eq!(roles, [Role::Owner, Role::Adviser]);
    }

    async fn no_event_and_no_error_holds_what_is_personal(db: TestDatabase) {
        let identity = identity(&db);
        let session = register(&db, &identity, "saraa@example.mn").await;
        let wrong = identity.sign_in(&nobody(&db), sign_in("saraa@example.mn", "x")).await;
        let taken = identity.register(&nobody(&db), new_user("saraa@example.mn"), None).await;
        identity.refresh(&nobody(&db), &session.refresh_token).await.unwrap();
        db.clock.advance_seconds(60);
        let reused = identity.refresh(&nobody(&db), &session.refresh_token).await;
        let errors = [wrong.err(), taken.err(), reused.err()];
        let mut texts: Vec<String> =
            errors.into_iter().flatten().map(|error| format!("{error} {error:?}")).collect();
        texts.extend(events(&db).await);
        assert!(texts.len() > 6);
        let token = &session.refresh_token.expose()[10..];
        for text in texts {
            for secret in ["saraa", "example.mn", "Сараа", "Hargreaves", PASSWORD, token] {
                assert!(!text.contains(secret), "{text}");
            }
        }
    }
}
