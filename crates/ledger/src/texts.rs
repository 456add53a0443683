//! Texts of accounts and transfers: sealed for the party that the tenant is, below the book and the
//! account or transfer, and opened again where they are shown. What was erased is shown as nothing.

use kernel::{BookId, Context, Uuid};
use serde::{Deserialize, Serialize};
use storage::journal::RowChange;
use storage::{Database, Level, Mode, StorageError, TextHasher, Tx, params, sql};
use vault::{AsJson, Column, RowKey, Sealed, SealedColumn, SealedTable, Sealer, VaultError};

use crate::error::LedgerError;
use crate::model::AccountId;
use crate::prepare::AccountText;
use crate::query::TransferText;

sql! {
    ACCOUNT_TEXT_INSERT =
        "INSERT INTO ledger_account_text (tenant, book, account, texts)
         VALUES (app_tenant(), $1, $2, $3)";
    TRANSFER_TEXT_INSERT =
        "INSERT INTO ledger_transfer_text (tenant, book, transfer, texts)
         VALUES (app_tenant(), $1, $2, $3)
         ON CONFLICT (book, transfer) DO NOTHING";
    ACCOUNT_TEXT =
        "SELECT texts FROM ledger_account_text
         WHERE tenant = app_tenant() AND book = $1 AND account = $2";
    ACCOUNT_TEXTS =
        "SELECT account, texts FROM ledger_account_text
         WHERE tenant = app_tenant() AND book = $1 ORDER BY account";
    ACCOUNTS_PAGE =
        "SELECT book, account, texts FROM ledger_account_text
         WHERE tenant = app_tenant() AND (book, account) > ($1, $2)
         ORDER BY book, account LIMIT $3";
    ACCOUNTS_UPDATE =
        "UPDATE ledger_account_text SET texts = $3
         WHERE tenant = app_tenant() AND book = $1 AND account = $2 AND texts = $4";
    TRANSFERS_PAGE =
        "SELECT book, transfer, texts FROM ledger_transfer_text
         WHERE tenant = app_tenant() AND (book, transfer) > ($1, $2)
         ORDER BY book, transfer LIMIT $3";
    TRANSFERS_UPDATE =
        "UPDATE ledger_transfer_text SET texts = $3
         WHERE tenant = app_tenant() AND book = $1 AND transfer = $2 AND texts = $4";
}

/// The sealed columns.
pub(crate) static SEALED: [SealedTable; 2] = [
    SealedTable {
        name: AccountTexts::TABLE,
        columns: &[SealedColumn::of::<AccountTexts>()],
        first: RowKey::FIRST_ID,
        page: &ACCOUNTS_PAGE,
        update: &ACCOUNTS_UPDATE,
    },
    SealedTable {
        name: TransferTexts::TABLE,
        columns: &[SealedColumn::of::<TransferTexts>()],
        first: RowKey::FIRST_ID,
        page: &TRANSFERS_PAGE,
        update: &TRANSFERS_UPDATE,
    },
];

/// The column `texts` of accounts.
struct AccountTexts;

/// The column `texts` of transfers.
pub(crate) struct TransferTexts;

/// What an account is called, and anything else that was said of it.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct AccountWords {
    pub name: String,
    pub metadata: serde_json::Value,
}

/// What was said of a transfer.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct TransferWords {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterparty: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<serde_json::Value>,
}

impl Column for AccountTexts {
    type Content = AsJson<AccountWords>;
    const TABLE: &'static str = "ledger_account_text";
    const NAME: &'static str = "texts";
}

impl Column for TransferTexts {
    type Content = AsJson<TransferWords>;
    const TABLE: &'static str = "ledger_transfer_text";
    const NAME: &'static str = "texts";
}

/// What hashes the references of a tenant, and seals its texts.
pub(crate) struct Keys {
    pub hasher: TextHasher,
    sealer: Sealer,
}

impl Keys {
    /// A tenant's keys; those that it does not have yet are made.
    pub(crate) async fn of(database: &Database, context: &Context) -> Result<Self, LedgerError> {
        let (level, party) = (Level::of(context.tenant), vault::own_party(context.tenant));
        // Keys are made once; nobody waits for the one writer of SQLite after that.
        let mut tx = database.begin(level, Mode::Read).await?;
        let hasher = storage::known_tenant_hasher(&mut tx).await?;
        let sealer = vault::known_sealer(&mut tx, context, party).await?;
        tx.commit().await?;
        if let (Some(hasher), Some(sealer)) = (hasher, sealer) {
            return Ok(Self { hasher, sealer });
        }
        let mut tx = database.begin(level, Mode::Write).await?;
        let hasher = storage::tenant_hasher(&mut tx, context).await?;
        let sealer = vault::sealer(&mut tx, context, party).await?;
        tx.commit().await?;
        Ok(Self { hasher, sealer })
    }

    /// The row of an account's text.
    pub(crate) fn account_row(
        &self,
        book: BookId,
        text: AccountText,
    ) -> Result<RowChange, LedgerError> {
        let AccountText { account, name, metadata } = text;
        let row = RowKey::of_both(book.uuid(), account.uuid());
        let words = AsJson(AccountWords { name, metadata });
        let sealed = self.sealer.seal::<AccountTexts>(row, &words)?;
        let params = params![book.uuid(), account.uuid(), sealed];
        Ok(RowChange::unguarded(&ACCOUNT_TEXT_INSERT, params))
    }

    /// The row of a transfer's text.
    pub(crate) fn transfer_row(
        &self,
        book: BookId,
        text: TransferText,
    ) -> Result<RowChange, LedgerError> {
        let TransferText { transfer, reference, purpose, counterparty, metadata } = text;
        let row = RowKey::of_both(book.uuid(), transfer.uuid());
        let words = AsJson(TransferWords { reference, purpose, counterparty, metadata });
        let sealed = self.sealer.seal::<TransferTexts>(row, &words)?;
        let params = params![book.uuid(), transfer.uuid(), sealed];
        Ok(RowChange::unguarded(&TRANSFER_TEXT_INSERT, params))
    }
}

/// What some transfers of a book say, each by its id; nothing where nothing is said or it was
/// erased.
pub(crate) async fn of_transfers(
    tx: &mut Tx,
    book: BookId,
    sealed: Vec<(Uuid, Option<Sealed<TransferTexts>>)>,
) -> Result<Vec<TransferWords>, StorageError> {
    let opened = opened(tx, book, sealed).await?;
    Ok(opened
        .into_iter()
        .map(|words| words.map_or_else(Default::default, |words| words.0))
        .collect())
}

/// What some accounts of a book are called; nothing where nothing is said or it was erased.
pub(crate) async fn of_accounts(
    tx: &mut Tx,
    book: BookId,
    accounts: &[AccountId],
) -> Result<Vec<Option<AccountWords>>, StorageError> {
    let many = accounts.iter().map(|account| params![book.uuid(), account.uuid()]).collect();
    let mut sealed = Vec::with_capacity(accounts.len());
    for (account, rows) in accounts.iter().zip(tx.rows_many(&ACCOUNT_TEXT, many).await?) {
        sealed.push((account.uuid(), rows.first().map(|row| row.get(0)).transpose()?));
    }
    let opened = opened::<AccountTexts>(tx, book, sealed).await?;
    Ok(opened.into_iter().map(|words| words.map(|words| words.0)).collect())
}

/// What every account of a book is called, in the order of their ids.
pub(crate) async fn of_book(
    tx: &mut Tx,
    book: BookId,
) -> Result<Vec<(AccountId, AccountWords)>, StorageError> {
    let mut sealed = Vec::new();
    for row in tx.rows(&ACCOUNT_TEXTS, params![book.uuid()]).await? {
        sealed.push((row.get(0)?, Some(row.get(1)?)));
    }
    let accounts: Vec<Uuid> = sealed.iter().map(|(account, _)| *account).collect();
    let opened = opened::<AccountTexts>(tx, book, sealed).await?;
    let named = accounts.into_iter().zip(opened);
    Ok(named.filter_map(|(id, words)| Some((AccountId::from_uuid(id), words?.0))).collect())
}

async fn opened<C: Column>(
    tx: &mut Tx,
    book: BookId,
    sealed: Vec<(Uuid, Option<Sealed<C>>)>,
) -> Result<Vec<Option<C::Content>>, StorageError> {
    let keys: Vec<_> = sealed.iter().filter_map(|(_, sealed)| sealed.as_ref()?.key()).collect();
    if keys.is_empty() {
        return Ok(sealed.iter().map(|_| None).collect());
    }
    let opener = vault::opener(tx, keys).await.map_err(as_read)?;
    let open = |(id, sealed): (Uuid, Option<Sealed<C>>)| {
        let Some(sealed) = sealed else { return Ok(None) };
        let opened = opener.open(RowKey::of_both(book.uuid(), id), &sealed).map_err(as_read)?;
        Ok(opened.content())
    };
    sealed.into_iter().map(open).collect()
}

/// Whatever else is wrong with what was read, it is damaged.
fn as_read(error: VaultError) -> StorageError {
    match error {
        VaultError::Storage(error) => error,
        other => StorageError::Damaged { text: other.to_string() },
    }
}
