//! What a tenant, or one person of it, may use: by grant, by plan, or as is usual.

use kernel::{Context, PartyId, Timestamp, UserId};
use storage::Tx;

use crate::error::MetersError;
use crate::event::{FeatureGranted, PlanChanged};
use crate::model::{Allowance, Entitlement, Feature, Plan, Said, Source, Usage};
use crate::span::{next_month, start_of};
use crate::store::grant::GrantRow;
use crate::{Span, store, usage};

/// The features and plans that this program knows. The first plan is that of a tenant of which
/// nobody said anything.
#[derive(Clone, Copy, Default)]
pub struct Meters {
    features: &'static [&'static Feature],
    plans: &'static [&'static Plan],
}

impl Meters {
    /// Of these.
    #[must_use]
    pub const fn new(
        features: &'static [&'static Feature],
        plans: &'static [&'static Plan],
    ) -> Self {
        Self { features, plans }
    }

    /// The features.
    pub fn features(&self) -> impl Iterator<Item = &'static Feature> {
        self.features.iter().copied()
    }

    /// A feature by its name.
    ///
    /// # Errors
    /// [`MetersError::FeatureUnknown`]
    pub fn feature(&self, name: &str) -> Result<&'static Feature, MetersError> {
        let found = self.features.iter().copied().find(|feature| feature.name == name);
        found.ok_or_else(|| MetersError::FeatureUnknown { feature: name.to_owned() })
    }

    fn plan(&self, name: Option<&str>) -> Option<&'static Plan> {
        match name {
            // A plan that is not there any more says nothing: what is usual holds.
            Some(name) => self.plans.iter().copied().find(|plan| plan.name == name),
            None => self.plans.first().copied(),
        }
    }
}

/// What the tenant, and one person of it, may use of a feature, with all that was said about it.
///
/// # Errors
/// Where the database fails.
pub async fn entitlement(
    tx: &mut Tx,
    context: &Context,
    service: &Meters,
    (feature, user): (&'static Feature, Option<UserId>),
) -> Result<Entitlement, MetersError> {
    let now = context.now();
    let tenant = context.tenant.uuid();
    let person = user.map_or(tenant, UserId::uuid);
    let grants = store::grant::of(tx, feature.name, (tenant, person)).await?;
    let is_over = |until: Option<Timestamp>| until.is_some_and(|until| until <= now);
    let mut why = Vec::new();
    let holders = [(Source::User, user.map(UserId::uuid)), (Source::Tenant, Some(tenant))];
    for (source, holder) in holders {
        let found = grants.iter().find(|grant| Some(grant.holder) == holder);
        if let Some(GrantRow { allowance, until, .. }) = found {
            let (allowance, until) = (*allowance, *until);
            why.push(Said { source, plan: None, allowance, until, is_over: is_over(until) });
        }
    }
    let named = store::grant::plan(tx).await?;
    if let Some(plan) = service.plan(named.as_deref()) {
        let said = plan.allows.iter().find(|(name, _)| *name == feature.name);
        why.extend(said.map(|(_, allowance)| Said {
            source: Source::Plan,
            plan: Some(plan.name.to_owned()),
            allowance: *allowance,
            until: None,
            is_over: false,
        }));
    }
    let (source, allowance) = (Source::Usual, feature.usual);
    why.push(Said { source, plan: None, allowance, until: None, is_over: false });
    let holds = why.iter().find(|said| !said.is_over).map_or(feature.usual, |said| said.allowance);
    let month = (start_of(Span::Month, now), next_month(now));
    let used = match feature.counts {
        Some(kind) => Some(store::usage::used(tx, kind, month).await?),
        None => None,
    };
    let resets_at = used.map(|_| month.1);
    let feature = feature.name.to_owned();
    Ok(Entitlement { feature, user, allowance: holds, used, resets_at, why })
}

/// Uses some of what is counted, in the caller's transaction: it is written down, or refused where
/// it would be too much. For the same key it is used once.
///
/// # Errors
/// [`MetersError::LimitReached`]
pub async fn spend(
    tx: &mut Tx,
    context: &Context,
    service: &Meters,
    (feature, party): (&'static Feature, PartyId),
    (key, amount): (&str, u64),
) -> Result<(), MetersError> {
    let Some(kind) = feature.counts else {
        return Err(MetersError::FeatureUnknown { feature: feature.name.to_owned() });
    };
    // Held until the transaction ends, so that no two take what is left at once.
    store::usage::gate(tx, feature.name).await?;
    if !usage::record(tx, context, &Usage { kind, party, key, amount }).await? {
        return Ok(());
    }
    let stands = entitlement(tx, context, service, (feature, None)).await?;
    match stands.allowance {
        Allowance::UpTo(limit) if stands.used.unwrap_or_default() > limit => {
            Err(MetersError::LimitReached {
                feature: feature.name.to_owned(),
                limit,
                used: stands.used.unwrap_or_default().saturating_sub(amount),
                more: amount,
                resets_at: next_month(context.now()),
            })
        }
        Allowance::UpTo(_) | Allowance::Unlimited => Ok(()),
    }
}

/// Gives the tenant another plan.
///
/// # Errors
/// [`MetersError::PlanUnknown`]
pub async fn set_plan(
    tx: &mut Tx,
    context: &Context,
    service: &Meters,
    plan: &str,
) -> Result<(), MetersError> {
    if !service.plans.iter().any(|known| known.name == plan) {
        return Err(MetersError::PlanUnknown { plan: plan.to_owned() });
    }
    store::grant::set_plan(tx, plan, context.now()).await?;
    let (tenant, plan) = (context.tenant, plan.to_owned());
    tx.emit(context, &PlanChanged { tenant, plan }).await?;
    Ok(())
}

/// Grants the tenant, or one person of it, something else than its plan says, in place of what was
/// granted before.
///
/// # Errors
/// Where the database fails.
pub async fn grant(
    tx: &mut Tx,
    context: &Context,
    (feature, user): (&'static Feature, Option<UserId>),
    (allowance, until): (Allowance, Option<Timestamp>),
) -> Result<(), MetersError> {
    let holder = user.map_or(context.tenant.uuid(), UserId::uuid);
    let row = GrantRow { holder, allowance, until };
    store::grant::grant(tx, feature.name, &row, context.now()).await?;
    let limit = match allowance {
        Allowance::UpTo(limit) => Some(limit),
        Allowance::Unlimited => None,
    };
    let (tenant, feature) = (context.tenant, feature.name.to_owned());
    tx.emit(context, &FeatureGranted { tenant, user, feature, limit, until }).await?;
    Ok(())
}
