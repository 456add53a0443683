//! Sessions: signing in, the next access token, signing out, and who somebody is.

use kernel::{Actor, Context, TenantId, UserId};
use storage::{Level, Mode, Tx};

use crate::error::IdentityError;
use crate::event::{CloseReason, RefreshReused, SessionClosed, SessionOpened, SessionRefused};
use crate::limiter::{SIGN_IN_BY_EMAIL, SIGN_IN_BY_SOURCE, place};
use crate::model::{Email, Membership, Role, Secret, SessionId, SignIn, Tenant, User};
use crate::store::{FoundSession, Rotation};
use crate::token::{Claims, RefreshToken};
use crate::{ACCESS_SECONDS, Identity, store};

const DAY_S: i64 = 24 * 60 * 60;
/// A session ends that was not used for so long.
const IDLE_SECONDS_MAX: i64 = 30 * DAY_S;
/// A session ends after so long, however much it was used.
const SESSION_SECONDS_MAX: i64 = 365 * DAY_S;
/// Within this time a refresh token may be sent again, because its answer was lost or because two
/// windows of one browser sent it at once; the answer holds the same next token.
const RETRY_SECONDS_MAX: i64 = 10;

/// What somebody gets who signed in.
#[derive(Clone)]
pub struct Session {
    /// Who they are.
    pub user: User,
    /// Where they signed in.
    pub tenant: Tenant,
    /// What they are there.
    pub role: Role,
    /// Says so, for [`Session::expires_in_s`] seconds.
    pub access_token: Secret,
    /// How long the access token is good, in seconds.
    pub expires_in_s: i64,
    /// Gets the next one, once.
    pub refresh_token: Secret,
}

/// Who somebody is, and where they belong.
#[derive(Clone)]
pub struct Me {
    /// Who they are.
    pub user: User,
    /// Everything they belong to.
    pub memberships: Vec<Membership>,
    /// Where they signed in.
    pub tenant: Tenant,
    /// What they are there.
    pub role: Role,
}

impl Identity {
    /// Signs somebody in. A second call opens a second session.
    pub async fn sign_in(
        &self,
        context: &Context,
        sign_in: SignIn,
    ) -> Result<Session, IdentityError> {
        let email = sign_in.email.parse::<Email>().ok();
        let name = email.as_ref().map_or("", Email::as_str).as_bytes().to_vec();
        let source = sign_in.source.map(place);
        self.take_try(context, &name, source.as_deref())?;

        let found = match &email {
            Some(email) => {
                let mut tx = self.database.begin(Level::Common, Mode::Read).await?;
                let found = store::user_by_email(&mut tx, email).await?;
                tx.commit().await?;
                found
            }
            None => None,
        };
        let (user, hash) = found.unzip();
        let right = self.passwords.verify(&sign_in.password, hash).await?;
        let Some(user) = user.clone().filter(|_| right) else {
            let user = user.map(|user| user.id);
            return Err(self.refuse_sign_in(context, user).await?);
        };
        self.limiter.give_back(SIGN_IN_BY_EMAIL, &name);
        if let Some(source) = source {
            self.limiter.give_back(SIGN_IN_BY_SOURCE, &source);
        }
        self.open_for(context, user, sign_in.tenant).await
    }

    fn take_try(
        &self,
        context: &Context,
        name: &[u8],
        source: Option<&[u8]>,
    ) -> Result<(), IdentityError> {
        let too_many = |retry_after_s| IdentityError::TooManySignIns { retry_after_s };
        if let Some(source) = source {
            self.limiter.take(SIGN_IN_BY_SOURCE, source, context.now()).map_err(too_many)?;
        }
        self.limiter.take(SIGN_IN_BY_EMAIL, name, context.now()).map_err(too_many)
    }

    /// Notes a refused sign-in; the answer to it.
    async fn refuse_sign_in(
        &self,
        context: &Context,
        user: Option<UserId>,
    ) -> Result<IdentityError, IdentityError> {
        let (tenant, actor) = (TenantId::COMMON, Actor::Anonymous);
        let context = Context { tenant, actor, ..context.clone() };
        let mut tx = self.database.begin(Level::Common, Mode::Write).await?;
        tx.emit(&context, &SessionRefused { user }).await?;
        tx.commit().await?;
        Ok(IdentityError::SignInRefused)
    }

    async fn open_for(
        &self,
        context: &Context,
        user: User,
        tenant: Option<TenantId>,
    ) -> Result<Session, IdentityError> {
        let mut tx = self.database.begin(Level::Common, Mode::Read).await?;
        let membership = match tenant {
            Some(tenant) => store::membership(&mut tx, user.id, tenant).await?,
            None => store::memberships(&mut tx, user.id).await?.into_iter().next(),
        };
        tx.commit().await?;
        let membership = membership.ok_or(IdentityError::NotAMember)?;
        let (tenant, actor) = (membership.tenant.id, Actor::User { id: user.id });
        let context = &Context { tenant, actor, ..context.clone() };
        let mut tx = self.database.begin(Level::Tenant(tenant), Mode::Write).await?;
        store::forget_sessions(&mut tx, user.id, context.now()).await?;
        let session = self.open_session(context, &mut tx, user, membership).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// Opens a session in a transaction of its tenant.
    pub(crate) async fn open_session(
        &self,
        context: &Context,
        tx: &mut Tx,
        user: User,
        membership: Membership,
    ) -> Result<Session, IdentityError> {
        let now = context.now();
        let refresh = RefreshToken::random(&context.env);
        let found = FoundSession {
            id: SessionId::from_uuid(context.env.new_uuid()),
            user: user.id,
            tenant: membership.tenant.id,
            opened_at: now,
            expires_at: now.plus_seconds(IDLE_SECONDS_MAX),
            closed_at: None,
            rotated_at: None,
        };
        store::insert_session(tx, &found, refresh.hash()).await?;
        tx.emit(context, &SessionOpened { session: found.id, user: user.id }).await?;
        self.session(context, user, membership, found.id, &refresh)
    }

    /// Gives the next pair of tokens for a refresh token.
    pub async fn refresh(
        &self,
        context: &Context,
        secret: &Secret,
    ) -> Result<Session, IdentityError> {
        let token = RefreshToken::parse(secret)?;
        let (context, mut tx, found) = self.lock_family(context, &token).await?;
        let now = context.now();
        if found.closed_at.is_some() || found.expires_at <= now {
            return Err(IdentityError::RefreshInvalid);
        }
        let next = token.successor(&self.keys);
        if let Some(rotated_at) = found.rotated_at {
            let lately = now < rotated_at.plus_seconds(RETRY_SECONDS_MAX);
            if !lately || !store::is_unused(&mut tx, next.hash()).await? {
                return Err(self.end_reused(&context, tx, &found).await?);
            }
        }
        let membership = store::membership(&mut tx, found.user, found.tenant).await?;
        let user = store::user(&mut tx, found.user).await?;
        let Some((user, membership)) = user.zip(membership) else {
            self.close(&context, &mut tx, &found, CloseReason::MembershipEnded).await?;
            tx.commit().await?;
            return Err(IdentityError::RefreshInvalid);
        };
        if found.rotated_at.is_none() {
            let end = found.opened_at.plus_seconds(SESSION_SECONDS_MAX);
            let times = Rotation {
                now,
                expires_at: now.plus_seconds(IDLE_SECONDS_MAX).min(end),
                forget_before: now.plus_seconds(-IDLE_SECONDS_MAX),
            };
            store::rotate(&mut tx, &found, token.hash(), next.hash(), times).await?;
        }
        let session = self.session(&context, user, membership, found.id, &next)?;
        tx.commit().await?;
        Ok(session)
    }

    /// Ends a session for good. To end one that has ended, or never was, changes nothing.
    pub async fn sign_out(&self, context: &Context, secret: &Secret) -> Result<(), IdentityError> {
        let Ok(token) = RefreshToken::parse(secret) else { return Ok(()) };
        let (context, mut tx, found) = match self.lock_family(context, &token).await {
            Err(IdentityError::RefreshInvalid) => return Ok(()),
            found => found?,
        };
        self.close(&context, &mut tx, &found, CloseReason::SignedOut).await?;
        Ok(tx.commit().await?)
    }

    /// What an access token says, if it is good.
    pub fn verify(&self, context: &Context, token: &str) -> Result<Claims, IdentityError> {
        self.verified.verify(token, &self.keys, context.now())
    }

    /// What the bearer of a token is at this moment, whatever it says: their session may have ended
    /// since, and their role may be another one. For what goes on for longer than a request.
    ///
    /// # Errors
    /// [`IdentityError::SessionOver`]
    pub async fn standing(
        &self,
        context: &Context,
        claims: &Claims,
    ) -> Result<Role, IdentityError> {
        let mut tx = self.database.begin(Level::Common, Mode::Read).await?;
        let role = store::standing(&mut tx, claims, context.now()).await?;
        tx.commit().await?;
        role.ok_or(IdentityError::SessionOver)
    }

    /// Who the bearer of a token is.
    pub async fn me(&self, claims: &Claims) -> Result<Me, IdentityError> {
        let mut tx = self.database.begin(Level::Common, Mode::Read).await?;
        let user = store::user(&mut tx, claims.sub).await?;
        let memberships = store::memberships(&mut tx, claims.sub).await?;
        tx.commit().await?;
        let user = user.ok_or(IdentityError::TokenInvalid)?;
        let here = memberships.iter().find(|membership| membership.tenant.id == claims.tid);
        let here = here.cloned().ok_or(IdentityError::NotAMember)?;
        Ok(Me { user, memberships, tenant: here.tenant, role: here.role })
    }

    /// A transaction of the tenant of a refresh token's session, which nobody else changes until
    /// it ends, and the session as it is then.
    async fn lock_family(
        &self,
        context: &Context,
        token: &RefreshToken,
    ) -> Result<(Context, Tx, FoundSession), IdentityError> {
        let mut tx = self.database.begin(Level::Common, Mode::Read).await?;
        let found = store::find_session(&mut tx, token.hash()).await?;
        tx.commit().await?;
        let found = found.ok_or(IdentityError::RefreshInvalid)?;
        let mut tx = self.database.begin(Level::Tenant(found.tenant), Mode::Write).await?;
        store::lock_session(&mut tx, found.id).await?;
        let found = store::find_session(&mut tx, token.hash()).await?;
        let found = found.ok_or(IdentityError::RefreshInvalid)?;
        let (tenant, actor) = (found.tenant, Actor::User { id: found.user });
        Ok((Context { tenant, actor, ..context.clone() }, tx, found))
    }

    /// Closes the session of a token that was used twice: one of the two is not its owner.
    async fn end_reused(
        &self,
        context: &Context,
        mut tx: Tx,
        found: &FoundSession,
    ) -> Result<IdentityError, IdentityError> {
        let (session, user) = (found.id, found.user);
        store::close_session(&mut tx, session, context.now()).await?;
        tx.emit(context, &RefreshReused { session, user }).await?;
        tx.commit().await?;
        tracing::warn!(%session, %user, "a refresh token was used twice; its session is closed");
        Ok(IdentityError::RefreshReused)
    }

    async fn close(
        &self,
        context: &Context,
        tx: &mut Tx,
        found: &FoundSession,
        reason: CloseReason,
    ) -> Result<(), IdentityError> {
        let (session, user) = (found.id, found.user);
        if store::close_session(tx, session, context.now()).await? {
            tx.emit(context, &SessionClosed { session, user, reason }).await?;
        }
        Ok(())
    }

    fn session(
        &self,
        context: &Context,
        user: User,
        Membership { tenant, role }: Membership,
        session: SessionId,
        refresh: &RefreshToken,
    ) -> Result<Session, IdentityError> {
        let claims = Claims::new(&context.env, user.id, tenant.id, role, session);
        Ok(Session {
            user,
            tenant,
            role,
            access_token: claims.sign(&self.keys)?,
            expires_in_s: ACCESS_SECONDS,
            refresh_token: refresh.to_secret(),
        })
    }
}
