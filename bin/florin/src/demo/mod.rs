//! The family that `florin demo` shows: made up, founded anew at every start, at its own date.
//!
//! What must stay true: apart from ids and the password, what is founded is the same on every
//! start; everything goes in through the doors that a person uses (registration, rates, assets,
//! statements that are staged and booked), and what is invented says so.

mod assets;
mod chart;
mod clock;
mod decisions;
mod founding;
mod password;
mod statements;
#[cfg(test)]
mod tests;

pub use founding::found;

use std::sync::Arc;

use kernel::Env;
use kernel::env::SystemEntropy;

use clock::DemoClock;

/// How to sign in to the demo.
pub struct SignIn {
    /// The address, the same on every start.
    pub email: &'static str,
    /// The password of this start.
    pub password: String,
}

/// The demo's own date, and real randomness: keys and the password are nobody's to guess.
pub fn environment() -> Env {
    Env::new(Arc::new(DemoClock::start()), Arc::new(SystemEntropy))
}
