//! What each role may do: one table, and the question that everybody asks it.

use serde::Serialize;

use crate::error::IdentityError;
use crate::model::Role;
use crate::model::Role::{Adult, Adviser, Child, Owner, Viewer};

/// Something that may be allowed. Every route of the gateway names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// See who one is, and where one belongs.
    ReadSelf,
    /// See who belongs to the tenant.
    ReadMembers,
    /// Make somebody a member.
    AddMembers,
    /// See rates and prices.
    ReadRates,
    /// Add rates of the tenant's own.
    AddRates,
    /// See assets and what they are worth.
    ReadAssets,
    /// Add, value and dispose of assets.
    ChangeAssets,
    /// See the lines of accounts, with counterparties and purposes.
    ReadTransactions,
    /// See books, ledger accounts, transfers and the trial balance.
    ReadBooks,
    /// Open and close ledger accounts and commodities.
    KeepBooks,
    /// Move value between ledger accounts.
    PostTransfers,
    /// See imports and their lines.
    ReadImports,
    /// Import statements, book and undo imports.
    ImportStatements,
    /// Read the log of everything that happened.
    ReadEvents,
    /// Compute figures over series that the caller sends.
    ComputeFigures,
    /// See jobs and schedules, and why one failed.
    ReadJobs,
    /// Cancel and retry jobs, run a schedule before its time.
    SteerJobs,
    /// See how keys stand, and which parties something is sealed for.
    ReadVault,
    /// Replace keys, erase a party, export all that is held about one.
    KeepVault,
    /// See files, and download them.
    ReadObjects,
    /// Upload files, keep them until a time, give them up.
    KeepObjects,
    /// Place and release legal holds.
    HoldObjects,
    /// See one's notices, and mark them as read.
    ReadNotices,
    /// Choose how and where one is told oneself.
    ChooseNotices,
    /// See what was asked to be approved, and why.
    ReadApprovals,
    /// Approve and refuse, withdraw what one asked for, hand one's word to another. What a command
    /// needs may be narrower.
    DecideApprovals,
    /// See the cases that one's role sees, and what was said to them.
    ReadCases,
    /// Comment on cases, assign them, decide them. What a kind of case allows may be narrower.
    WorkOnCases,
    /// See what was used, and what may be.
    ReadMeters,
    /// See the notices of the tenant itself, and choose how and where they are told.
    KeepNotices,
}

/// The table. A child sees who is in the family and what a currency is worth: what the family is
/// worth, the grown-ups tell. A viewer sees what there is, an adviser also how it came about.
const ALLOWED: [(Action, &[Role]); 30] = [
    (Action::ReadSelf, &[Owner, Adult, Adviser, Viewer, Child]),
    (Action::ReadMembers, &[Owner, Adult, Adviser, Viewer, Child]),
    (Action::AddMembers, &[Owner]),
    (Action::ReadRates, &[Owner, Adult, Adviser, Viewer, Child]),
    (Action::AddRates, &[Owner, Adult]),
    (Action::ReadAssets, &[Owner, Adult, Adviser, Viewer]),
    (Action::ChangeAssets, &[Owner, Adult]),
    (Action::ReadTransactions, &[Owner, Adult, Adviser]),
    (Action::ReadBooks, &[Owner, Adult, Adviser]),
    (Action::KeepBooks, &[Owner, Adult]),
    (Action::PostTransfers, &[Owner, Adult]),
    (Action::ReadImports, &[Owner, Adult, Adviser]),
    (Action::ImportStatements, &[Owner, Adult]),
    (Action::ReadEvents, &[Owner, Adult, Adviser]),
    (Action::ComputeFigures, &[Owner, Adult, Adviser, Viewer]),
    (Action::ReadJobs, &[Owner, Adult, Adviser]),
    (Action::SteerJobs, &[Owner, Adult]),
    (Action::ReadVault, &[Owner, Adult]),
    (Action::KeepVault, &[Owner]),
    (Action::ReadObjects, &[Owner, Adult, Adviser]),
    (Action::KeepObjects, &[Owner, Adult]),
    (Action::HoldObjects, &[Owner]),
    (Action::ReadNotices, &[Owner, Adult, Adviser, Viewer, Child]),
    (Action::ChooseNotices, &[Owner, Adult, Adviser, Viewer, Child]),
    (Action::KeepNotices, &[Owner, Adult]),
    (Action::ReadApprovals, &[Owner, Adult, Adviser]),
    (Action::DecideApprovals, &[Owner, Adult, Adviser]),
    (Action::ReadCases, &[Owner, Adult, Adviser]),
    (Action::WorkOnCases, &[Owner, Adult, Adviser]),
    (Action::ReadMeters, &[Owner, Adult, Adviser]),
];

/// Whether a role may do something; what is not in the table is not allowed.
///
/// ```
/// use identity::{Action, Role, authorise};
/// assert!(authorise(Role::Owner, Action::AddMembers).is_ok());
/// assert!(authorise(Role::Viewer, Action::ChangeAssets).is_err());
/// ```
pub fn authorise(role: Role, action: Action) -> Result<(), IdentityError> {
    let row = ALLOWED.iter().find(|(listed, _)| *listed == action);
    if row.is_some_and(|(_, roles)| roles.contains(&role)) {
        return Ok(());
    }
    Err(IdentityError::Forbidden { role, action })
}

impl Action {
    /// All of them, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        ALLOWED.iter().map(|(action, _)| *action)
    }

    /// Its name, in the contract and in the matrix.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadSelf => "read_self",
            Self::ReadMembers => "read_members",
            Self::AddMembers => "add_members",
            Self::ReadRates => "read_rates",
            Self::AddRates => "add_rates",
            Self::ReadAssets => "read_assets",
            Self::ChangeAssets => "change_assets",
            Self::ReadTransactions => "read_transactions",
            Self::ReadBooks => "read_books",
            Self::KeepBooks => "keep_books",
            Self::PostTransfers => "post_transfers",
            Self::ReadImports => "read_imports",
            Self::ImportStatements => "import_statements",
            Self::ReadEvents => "read_events",
            Self::ComputeFigures => "compute_figures",
            Self::ReadJobs => "read_jobs",
            Self::SteerJobs => "steer_jobs",
            Self::ReadVault => "read_vault",
            Self::KeepVault => "keep_vault",
            Self::ReadObjects => "read_objects",
            Self::KeepObjects => "keep_objects",
            Self::HoldObjects => "hold_objects",
            Self::ReadNotices => "read_notices",
            Self::ChooseNotices => "choose_notices",
            Self::KeepNotices => "keep_notices",
            Self::ReadApprovals => "read_approvals",
            Self::DecideApprovals => "decide_approvals",
            Self::ReadCases => "read_cases",
            Self::WorkOnCases => "work_on_cases",
            Self::ReadMeters => "read_meters",
        }
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_is_what_was_agreed() {
        let mut matrix = format!("{:18}", "");
        for role in Role::ALL {
            matrix.push_str(&format!("{role:9}"));
        }
        for action in Action::all() {
            matrix = format!("{}\n{action:18}", matrix.trim_end());
            for role in Role::ALL {
                let word = if authorise(role, action).is_ok() { "yes" } else { "-" };
                matrix.push_str(&format!("{word:9}"));
            }
        }
        testing::golden_text("testdata/access.txt", &format!("{}\n", matrix.trim_end()));
    }

    #[test]
    fn every_action_stands_in_the_table_once_under_its_own_name() {
        let names: std::collections::BTreeSet<_> = Action::all().map(Action::as_str).collect();
        assert_eq!(names.len(), ALLOWED.len());
        for action in Action::all() {
            let json = serde_json::to_string(&action).unwrap();
            assert_eq!(json, format!("\"{action}\""));
        }
    }
}
