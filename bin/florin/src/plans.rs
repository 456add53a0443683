//! The plans that there are, and what they say of features.

use meters::{Allowance, Feature, Meters, Plan};
use wealth::IMPORTS;

/// Whoever runs this for themselves: nothing is limited.
static HOME: Plan = Plan { name: "home", allows: &[] };
/// Whoever tries it where somebody else runs it.
static STARTER: Plan = Plan { name: "starter", allows: &[("imports", Allowance::UpTo(30))] };

static FEATURES: [&Feature; 1] = [&IMPORTS];
static PLANS: [&Plan; 2] = [&HOME, &STARTER];

/// The features and the plans; the first plan is that of a family of which nobody said anything.
pub const METERS: Meters = Meters::new(&FEATURES, &PLANS);
