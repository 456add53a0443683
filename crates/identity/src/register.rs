//! Registration: a user, the tenant they found and their membership as its owner, in one commit.

use kernel::{Actor, Commodity, CommodityCode, Context, FieldFault, TenantId, UserId};
use std::net::IpAddr;
use storage::{Level, Mode, StorageError};

use crate::error::IdentityError;
use crate::event::UserRegistered;
use crate::limiter::{REGISTER_BY_SOURCE, place};
use crate::model::{Email, Membership, NewUser, Role, Tenant, User, read_country, read_name};
use crate::session::Session;
use crate::{Identity, password, store};

/// What a registration says once every field was read.
struct Read {
    email: Email,
    name: String,
    family_name: String,
    currency: CommodityCode,
    country: Option<String>,
}

impl Identity {
    /// Registers somebody, founds their tenant and signs them in. Whoever lost the answer signs
    /// in: a second registration with the same address is refused.
    pub async fn register(
        &self,
        context: &Context,
        new: NewUser,
        source: Option<IpAddr>,
    ) -> Result<Session, IdentityError> {
        if let Some(source) = source {
            let taken = self.limiter.take(REGISTER_BY_SOURCE, &place(source), context.now());
            taken.map_err(|retry_after_s| IdentityError::TooManySignIns { retry_after_s })?;
        }
        let read = read(&new)?;
        let hash = self.passwords.hash(&context.env, &new.password).await?;
        let now = context.now();
        let tenant = Tenant {
            id: TenantId::from_uuid(context.env.new_uuid()),
            name: read.family_name,
            currency: read.currency,
            country: read.country,
            created_at: now,
        };
        let id = UserId::from_uuid(context.env.new_uuid());
        let user = User { id, email: read.email, name: read.name };
        let actor = Actor::User { id };
        let context = &Context { tenant: tenant.id, actor, ..context.clone() };

        let mut tx = self.database.begin(Level::Tenant(tenant.id), Mode::Write).await?;
        let inserted = store::insert_user(&mut tx, &user, &hash, now).await;
        inserted.map_err(|error| match error {
            StorageError::Duplicate { .. } => IdentityError::EmailTaken,
            error => error.into(),
        })?;
        self.insert_tenant(&mut tx, context, &tenant).await?;
        store::insert_membership(&mut tx, tenant.id, id, Role::Owner, now).await?;
        tx.emit(context, &UserRegistered { user: id, tenant: tenant.id }).await?;
        let membership = Membership { tenant, role: Role::Owner };
        let session = self.open_session(context, &mut tx, user, membership).await?;
        tx.commit().await?;
        Ok(session)
    }
}

/// Reads every field, so that all that is wrong is said at once.
fn read(new: &NewUser) -> Result<Read, IdentityError> {
    let email = new.email.parse::<Email>();
    let name = read_name("name", &new.name);
    let family_name = read_name("family_name", &new.family_name);
    let currency = read_currency(&new.currency);
    let country = new.country.as_deref().map(read_country).transpose();
    let password = password::check(&new.password, email.as_ref().ok());
    match (email, name, family_name, currency, country, password) {
        (Ok(email), Ok(name), Ok(family_name), Ok(currency), Ok(country), None) => {
            Ok(Read { email, name, family_name, currency, country })
        }
        (email, name, family_name, currency, country, password) => {
            let mut faults = match email {
                Err(IdentityError::Fields(faults)) => faults,
                Err(error) => return Err(error),
                Ok(_) => Vec::new(),
            };
            faults.extend(name.err());
            faults.extend(family_name.err());
            faults.extend(currency.err());
            faults.extend(country.err());
            faults.extend(password);
            Err(IdentityError::Fields(faults))
        }
    }
}

pub(crate) fn read_currency(text: &str) -> Result<CommodityCode, FieldFault> {
    let known = Commodity::well_known(text).ok().filter(Commodity::is_currency);
    let detail = "a currency is a code of ISO 4217, such as AUD";
    known.map(|known| known.code).ok_or_else(|| FieldFault::new("currency", "currency", detail))
}
