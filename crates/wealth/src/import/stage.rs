//! Staging: a file is read, and what it holds is written down beside what would become of it.

use std::collections::BTreeMap;

use kernel::{Context, Date};
use objects::ObjectId;
use statements::{ReadOptions, Reading};
use storage::{Level, Mode, StorageError, TextHasher, Tx, crypto, tenant_hash, tenant_hasher};

use super::accounts;
use super::assess::{Assessment, follows_soon};
use super::dedup::{Family, Key};
use super::draft::{self, Draft, DraftStatement};
use super::error::ImportError;
use super::event::ImportStaged;
use super::file;
use super::model::{Import, ImportId, ImportNote, ImportStatus, LineStatus, Upload};
use super::review;
use super::store::accounts::AccountPlan;
use super::store::lines::{self, NewLine};
use super::store::{self, ImportRow, StatementRow};
use super::{
    FILE_NAME_CHARS_MAX, IMPORT_ACCOUNTS_MAX, IMPORT_BYTES_MAX, IMPORT_LINES_MAX,
    IMPORT_STATEMENTS_MAX,
};
use crate::Wealth;
use crate::error::WealthError;
use crate::ids::new_id;
use crate::model::{Asset, AssetId, Country};
use crate::notice::{Faulty, tell_faults};

/// Where an account is that does not say.
const NOWHERE: &str = "ZZ";

impl Wealth {
    /// Reads a file of statements and says what would be booked. Nothing is.
    ///
    /// # Errors
    /// Where the file is larger than may be, or the asset that was named for it is not one of its
    /// currency. A file with faults is no error: the import names them.
    pub async fn stage(&self, context: &Context, upload: Upload) -> Result<Import, WealthError> {
        let bytes = upload.bytes.len();
        if bytes > IMPORT_BYTES_MAX {
            return Err(ImportError::FileTooLarge { bytes }.into());
        }
        let id = ImportId::from_uuid(new_id(context, "import", 0));
        if context.key.is_some() && self.is_there(context, id).await? {
            return self.import(context, id).await;
        }
        let (book, asset, hasher) = self.prepare(context, upload.asset).await?;
        let currency = asset.as_ref().map_or(book.currency, |asset| asset.commodity);
        let options = ReadOptions {
            encoding: None,
            currency: Some(currency.code),
            not_after: last_day(context.now().date()),
            csv_mapping: upload.csv_mapping.clone(),
        };
        let hash = hasher.derived(&["wealth.import.file"]).hmac(&[&upload.bytes]);
        let mut import = ImportRow::staged(id, (book.id, hash), &upload, context.now());
        import.file_name = file_name(&upload.file_name);
        let reading = read(upload.bytes.clone(), options).await?;
        let mut draft = Draft::of(reading);
        check_limits(&draft)?;
        note_currency(&mut draft, (upload.csv_mapping.is_none(), asset.is_none()), currency);
        describe(&mut import, &draft);

        let file = self.keep_file(context, &import.file_name, upload.bytes).await?;
        let mut attempt = 0;
        loop {
            match self.stage_once(context, (&import, &draft, file), asset.as_ref()).await {
                Ok(()) => return self.import(context, id).await,
                Err(error) if follows_soon(attempt, &error).await => attempt += 1,
                Err(WealthError::Storage(StorageError::Duplicate { .. }))
                    if context.key.is_some() =>
                {
                    // The same call, sent twice at once.
                    return self.import(context, id).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn stage_once(
        &self,
        context: &Context,
        (import, draft, file): (&ImportRow, &Draft, Option<ObjectId>),
        asset: Option<&Asset>,
    ) -> Result<(), WealthError> {
        let (_, settled) = self.settled(context).await?;
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Write).await?;
        self.count_import(&mut tx, context, import.id).await?;
        self.write(&mut tx, context, (import, draft), asset).await?;
        if let Some(file) = file {
            objects::refer(&mut tx, context, file, file::reference(import.id)).await?;
        }
        let assessed = self.assess(&mut tx, import.clone(), &settled).await?;
        let staged = staged_event(&assessed);
        let faulty = Faulty {
            id: import.id.to_string(),
            file_name: &import.file_name,
            faults: staged.faults,
            lines: staged.new,
        };
        tell_faults(&mut tx, context, &faulty).await?;
        review::follow(&mut tx, context, (import.id, &assessed.lines)).await?;
        tx.emit(context, &staged).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The book and the asset that was named, and what makes the tenant's hashes, whose key is made
    /// before it is used ten thousand times.
    async fn prepare(
        &self,
        context: &Context,
        asset: Option<AssetId>,
    ) -> Result<(ledger::BookInfo, Option<Asset>, TextHasher), WealthError> {
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Write).await?;
        let book = self.household(&mut tx).await?;
        let found = match asset {
            None => None,
            Some(asset) => {
                let found = crate::store::asset(&mut tx, asset).await?;
                let found = found.ok_or(WealthError::AssetUnknown { asset })?;
                accounts::check(&found, found.commodity)?;
                Some(found)
            }
        };
        let hasher = tenant_hasher(&mut tx, context).await?;
        tx.commit().await?;
        Ok((book, found, hasher))
    }

    async fn is_there(&self, context: &Context, id: ImportId) -> Result<bool, WealthError> {
        let mut tx = self.database.begin(Level::Tenant(context.tenant), Mode::Read).await?;
        let found = store::import(&mut tx, id).await?;
        tx.commit().await?;
        Ok(found.is_some())
    }

    /// Writes what was read, as if nothing of it were known.
    async fn write(
        &self,
        tx: &mut Tx,
        context: &Context,
        (import, draft): (&ImportRow, &Draft),
        asset: Option<&Asset>,
    ) -> Result<(), WealthError> {
        let (plans, assets) = plans(tx, context, (import, draft), asset).await?;
        let family = draft.family();
        store::insert(tx, import).await?;
        let statements: Vec<StatementRow> = draft
            .statements
            .iter()
            .map(|statement| row(statement, family, assets.get(&statement.number).copied()))
            .collect();
        store::insert_statements(tx, import.id, &statements).await?;
        let mut new = Vec::with_capacity(draft.line_count());
        for statement in &draft.statements {
            for line in &statement.lines {
                let id = draft::bank_id(line);
                let text = draft::normalised(line);
                new.push(NewLine {
                    number: u32::try_from(new.len() + 1).unwrap_or(u32::MAX),
                    statement: statement.number,
                    asset: assets.get(&statement.number).copied(),
                    family,
                    id_key: match id {
                        Some(id) => Some(key(tx, context, "reference", &id).await?),
                        None => None,
                    },
                    text_key: key(tx, context, "text", &text).await?,
                    line,
                });
            }
        }
        let sealer = vault::sealer(tx, context, vault::own_party(context.tenant)).await?;
        lines::insert(tx, import.id, (&new, &sealer)).await?;
        store::accounts::write(tx, import.id, &plans, &[]).await?;
        Ok(())
    }
}

/// A keyed hash for a purpose: equal texts of two purposes have nothing in common.
async fn key(
    tx: &mut Tx,
    context: &Context,
    purpose: &str,
    text: &str,
) -> Result<Key, StorageError> {
    tenant_hash(tx, context, &format!("wealth.import.{purpose}:{text}")).await
}

/// Reads a file on a thread of its own: it may take seconds.
async fn read(bytes: Vec<u8>, options: ReadOptions) -> Result<Reading, WealthError> {
    let read = tokio::task::spawn_blocking(move || {
        let reading = statements::read(&bytes, &options);
        let mut entries = reading.statements.iter().flat_map(|statement| &statement.entries);
        if entries.any(|entry| options.not_after.is_some_and(|last| entry.booked > last)) {
            // The file tells of days to come, so that they rule no order of dates out.
            return statements::read(&bytes, &ReadOptions { not_after: None, ..options });
        }
        reading
    });
    Ok(read.await.map_err(|error| ImportError::Unread { text: error.to_string() })?)
}

/// The last day that a booking is expected to have: banks announce some days ahead.
fn last_day(today: Date) -> Option<Date> {
    const DAYS_AHEAD: i32 = 31;
    kernel::time::date_from_days(kernel::time::days_since_epoch(today) + DAYS_AHEAD).ok()
}

fn check_limits(draft: &Draft) -> Result<(), ImportError> {
    let (lines, statements) = (draft.line_count(), draft.statements.len());
    if lines > IMPORT_LINES_MAX {
        return Err(ImportError::TooManyLines { lines });
    }
    if statements > IMPORT_STATEMENTS_MAX {
        return Err(ImportError::TooManyStatements { statements });
    }
    Ok(())
}

/// A table often does not say which currency it is in; what was taken is said.
fn note_currency(
    draft: &mut Draft,
    (unmapped, unnamed): (bool, bool),
    currency: kernel::Commodity,
) {
    let has_column = draft.mapping.as_ref().is_none_or(|mapping| {
        mapping.column(statements::Role::Currency).is_some()
            || mapping.currency != Some(currency.code)
    });
    if unmapped && !has_column {
        let whose = if unnamed { "the household's" } else { "the asset's" };
        let text = format!("the file names no currency: {currency}, {whose}, is taken");
        draft.notes.push(ImportNote { line: 0, statement: None, text });
    }
}

fn describe(import: &mut ImportRow, draft: &Draft) {
    import.format = draft.format.map(|format| draft::format_code(format).to_owned());
    import.format_version.clone_from(&draft.format_version);
    import.encoding.clone_from(&draft.encoding);
    import.bookable_in_part = draft.bookable_in_part;
    import.mapping.clone_from(&draft.mapping);
    import.questions.clone_from(&draft.questions);
    import.faults.clone_from(&draft.faults);
    import.faults_left_out = u64::try_from(draft.faults_left_out).unwrap_or(u64::MAX);
    import.notes.clone_from(&draft.notes);
    if !draft.bookable_in_part {
        import.status = ImportStatus::Refused;
    }
}

fn file_name(name: &str) -> String {
    let name = draft::clean(name).unwrap_or_else(|| "statement".to_owned());
    name.chars().take(FILE_NAME_CHARS_MAX).collect()
}

/// A plan for each account of the file, as if it were new, and which statement is about which.
async fn plans(
    tx: &mut Tx,
    context: &Context,
    (import, draft): (&ImportRow, &Draft),
    asset: Option<&Asset>,
) -> Result<(Vec<AccountPlan>, BTreeMap<u32, AssetId>), WealthError> {
    let mut plans: Vec<AccountPlan> = Vec::new();
    let mut assets = BTreeMap::new();
    let mut known: BTreeMap<Vec<String>, AssetId> = BTreeMap::new();
    for statement in draft.statements.iter().filter(|statement| !statement.is_faulty) {
        let Some(currency) = statement.currency else { continue };
        let mut names = draft::account_names(&statement.account, currency.code);
        let is_unnamed = names.is_empty();
        if is_unnamed {
            let file = crypto::hex(&import.file_hash);
            names.push(format!("file:{file}:{}:{currency}", statement.number));
        }
        if let Some(id) = known.get(&names) {
            assets.insert(statement.number, *id);
            continue;
        }
        let mut plan = match asset {
            Some(asset) => {
                accounts::check(asset, currency)?;
                AccountPlan::existing(asset)
            }
            None => new_plan(context, (statement, draft), plans.len(), currency)?,
        };
        for name in &names {
            plan.keys.push(crypto::hex(&key(tx, context, "account", name).await?));
        }
        plan.is_unnamed = is_unnamed;
        plan.number = match draft::bank_number(&statement.account) {
            Some((number, naming)) => {
                let number = format!("{number}:{currency}");
                Some((key(tx, context, "number", &number).await?, naming))
            }
            None => None,
        };
        plan.layout = layout(draft).filter(|_| is_unnamed);
        assets.insert(statement.number, plan.asset);
        known.insert(names, plan.asset);
        plans.push(plan);
    }
    let accounts = plans.len();
    if asset.is_some() && accounts > 1 {
        return Err(ImportError::SeveralAccounts { accounts }.into());
    }
    if accounts > IMPORT_ACCOUNTS_MAX {
        return Err(ImportError::TooManyAccounts { accounts }.into());
    }
    Ok((plans, assets))
}

fn new_plan(
    context: &Context,
    (statement, draft): (&DraftStatement, &Draft),
    number: usize,
    currency: kernel::Commodity,
) -> Result<AccountPlan, WealthError> {
    let iban = statement.account.iban.as_deref().and_then(|iban| iban.get(..2));
    let country = iban.and_then(|letters| letters.parse::<Country>().ok());
    let nowhere = || NOWHERE.parse().map_err(|_| WealthError::field("country", "country", NOWHERE));
    Ok(AccountPlan {
        asset: accounts::planned(context, u32::try_from(number).unwrap_or(u32::MAX)),
        opens: true,
        is_unnamed: false,
        is_open: false,
        kind: draft::asset_type(statement.account.kind),
        country: country.map_or_else(nowhere, Ok)?,
        name: draft::label(&statement.account, draft.family(), Some(currency)),
        currency,
        keys: Vec::new(),
        layout: None,
        number: None,
        asset_version: 0,
        opened_on: None,
        opened_before: None,
        opening_before: None,
        opening_after: None,
    })
}

/// A hash of the columns of a table.
fn layout(draft: &Draft) -> Option<[u8; 32]> {
    let mapping = draft.mapping.as_ref()?;
    let columns = serde_json::to_vec(&mapping.columns).ok()?;
    let mut delimiter = [0; 4];
    let delimiter = mapping.delimiter.encode_utf8(&mut delimiter);
    Some(crypto::sha256(&[b"florin.wealth.layout.", delimiter.as_bytes(), &columns]))
}

fn row(statement: &DraftStatement, family: Family, asset: Option<AssetId>) -> StatementRow {
    StatementRow {
        number: statement.number,
        asset,
        label: draft::label(&statement.account, family, statement.currency),
        currency: statement.currency,
        from: statement.from,
        to: statement.to,
        cover: statement.cover,
        opening: statement.opening,
        closing: statement.closing,
        refused: u64::try_from(statement.refused).unwrap_or(u64::MAX),
        notes: statement.notes.clone(),
    }
}

fn staged_event(assessed: &Assessment) -> ImportStaged {
    let import = &assessed.import;
    let count = |status: LineStatus| {
        let lines = assessed.lines.iter().filter(|line| line.verdict.status == status);
        u64::try_from(lines.count()).unwrap_or(u64::MAX)
    };
    ImportStaged {
        import: import.id,
        book: import.book,
        status: import.status,
        format: import.format.clone(),
        statements: u64::try_from(assessed.statements.len()).unwrap_or(u64::MAX),
        faults: u64::try_from(import.faults.len()).unwrap_or(u64::MAX) + import.faults_left_out,
        new: count(LineStatus::New),
        known: count(LineStatus::Known),
        review: count(LineStatus::Review),
    }
}
