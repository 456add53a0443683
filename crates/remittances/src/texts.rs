//! Names and references: sealed on each side for the party that the tenant is.

use vault::{AsJson, Column, RowKey};

use crate::model::{Direction, RemittanceId, Texts};

/// What a payee is called.
pub(crate) struct PayeeName;

/// What is said of a remittance.
pub(crate) struct RemittanceTexts;

impl Column for PayeeName {
    type Content = String;
    const TABLE: &'static str = "remittances_payee";
    const NAME: &'static str = "name";
}

impl Column for RemittanceTexts {
    type Content = AsJson<Texts>;
    const TABLE: &'static str = "remittances_remittance";
    const NAME: &'static str = "texts";
}

/// What one side of a remittance is called where it is sealed.
pub(crate) fn row(id: RemittanceId, direction: Direction) -> RowKey {
    RowKey::numbered(id.uuid(), direction.number())
}
