//! From what lines say to commands of the ledger, and which step tells what became of which line.

use std::collections::{HashSet, VecDeque};
use std::fmt::Display;
use std::str::FromStr;

use kernel::{Amount, BookId, Commodity, CommodityCode, Context, Uuid};
use ledger::{
    AccountId, AccountText, Atomicity, GroupId, LedgerError, NewAccount, Request, Segment, Step,
    TransferId,
};

use super::known::Known;
use super::read::{Fault, Named, ReadBatch, ReadLine, Said, group_of};
use crate::routes::posting::OpenAmount;
use crate::wire::account::{limits, path};
use crate::wire::intake::IntakeAccount;

/// A command, and what its lines hear of it.
#[derive(Default)]
pub(super) struct Built {
    pub request: Request,
    pub lines: Vec<Planned>,
    /// The last line that it covers, empty ones included.
    pub last: u64,
}

/// A line, and what tells what became of it.
pub(super) struct Planned {
    pub number: u64,
    pub plan: Plan,
}

/// What tells what became of a line.
pub(super) enum Plan {
    /// The line itself.
    Fault(Fault),
    /// A step.
    Step { step: u32, made: Made },
}

/// What a step makes.
pub(super) enum Made {
    /// Defining one that is known changes nothing.
    Commodity {
        code: CommodityCode,
        is_known: bool,
    },
    Account(NewAccount),
    Transfer(TransferId),
    /// It moves what there is, and the line leaves that open.
    Open(TransferId, OpenAmount),
    /// It moves what there is, and the line says how much that was.
    Closing(TransferId, Amount, u8),
    /// The hold that is released.
    Expiry(TransferId),
}

/// Makes commands of a batch.
pub(super) struct Builder<'a> {
    pub context: &'a Context,
    pub book: BookId,
    pub known: &'a mut Known,
    /// Whether the caller may open accounts.
    pub keeps_books: bool,
}

/// Commands as they are made.
#[derive(Default)]
struct Building {
    built: Vec<Built>,
    open: Built,
    /// The ids that the open command uses up.
    ids: HashSet<Uuid>,
    /// The transfers of all of them, where a line takes one back.
    made: Option<HashSet<Uuid>>,
}

impl Builder<'_> {
    /// The commands of a batch, in its order: mostly one. Where a line takes back what a line
    /// before it makes, the two are compared once that is decided: what is left of the batch comes
    /// back from here until then.
    pub(super) fn build(mut self, batch: ReadBatch) -> (Vec<Built>, Option<ReadBatch>) {
        let ReadBatch { mut lines, named, last } = batch;
        let mut building = Building { open: Built::new(Atomicity::Each), ..Building::default() };
        if lines.iter().any(|line| line.reverses().is_some()) {
            building.made = Some(HashSet::new());
        }
        while let Some(line) = lines.pop_front() {
            if line.reverses().is_some_and(|original| self.waits(original, &building)) {
                lines.push_front(line);
                break;
            }
            let number = line.number;
            let mut piece = Request { atomicity: Atomicity::Each, ..Request::default() };
            let made = line.said.and_then(|said| self.line(said, &mut piece));
            building.add(number, piece, made);
        }
        self.known.forget_tentative();
        let rest = match lines.is_empty() {
            true => None,
            false => Some(ReadBatch { named: self.waiting(named, &lines, &building), lines, last }),
        };
        let last =
            rest.as_ref().and_then(|rest| rest.lines.front()).map_or(last, |line| line.number - 1);
        building.open.last = last;
        building.built.push(building.open);
        (building.built, rest)
    }

    /// Whether what a line takes back is made by a line before it and not decided yet.
    fn waits(&self, original: TransferId, building: &Building) -> bool {
        let is_made = building.made.as_ref().is_some_and(|made| made.contains(&original.uuid()));
        is_made && !self.known.transfers.reversed.contains_key(&original)
    }

    /// What is asked for before the lines that are left.
    fn waiting(&self, named: Named, lines: &VecDeque<ReadLine>, building: &Building) -> Named {
        let mut named = named;
        let originals = lines.iter().filter_map(ReadLine::reverses);
        let waits = originals.filter(|original| self.waits(*original, building));
        named.transfers.reversed.extend(waits);
        named
    }

    fn line(&mut self, said: Said, out: &mut Request) -> Result<Made, Fault> {
        match said {
            Said::Commodity(_) | Said::Account(_) if !self.keeps_books => {
                Err(Fault::rejected("forbidden", "the role does not allow it to open accounts"))
            }
            Said::Commodity(commodity) => {
                let is_known = self.known.commodity(commodity.code.as_str()).is_some();
                self.known.defines(commodity);
                out.steps.push(define(commodity));
                Ok(Made::Commodity { code: commodity.code, is_known })
            }
            Said::Account(account) => self.account(*account, out),
            Said::Transfer(body) => self.transfer(*body, out),
            Said::Exported(body) => self.exported(*body, out),
            Said::Expiry(body) => self.expiry(&body, out),
        }
    }

    fn account(&mut self, body: IntakeAccount, out: &mut Request) -> Result<Made, Fault> {
        let id: AccountId = parse("id", &body.id)?;
        let known = self.known.commodity(&body.commodity);
        let commodity = match known {
            Some(commodity) => commodity,
            None => Commodity::well_known(&body.commodity)
                .map_err(|error| malformed("commodity", error))?,
        };
        let limits = limits(body.floor.as_deref(), body.ceiling.as_deref(), commodity.scale)?;
        let group = self.group(body.path.as_deref())?;
        if known.is_none() {
            self.known.defines(commodity);
            out.steps.push(define(commodity));
        }
        let (kind, code) = (body.kind.into(), body.code);
        self.known.opens(id, commodity, kind);
        let account = NewAccount { id, commodity: commodity.code, kind, limits, code };
        out.steps.push(Step::OpenAccount(account.clone()));
        if body.name.is_some() || body.metadata.is_some() {
            let metadata = body.metadata.unwrap_or_else(|| serde_json::json!({}));
            let name = body.name.unwrap_or_default();
            out.account_texts.push(AccountText { account: id, name, metadata });
        }
        if let Some((group, name)) = group {
            out.atomicity = Atomicity::Together;
            out.place_account(self.book, id, group, &name);
        }
        Ok(Made::Account(account))
    }

    /// Where a path puts an account: below which group, and its name there.
    fn group(&self, text: Option<&str>) -> Result<Option<(Option<GroupId>, Segment)>, Fault> {
        let Some(text) = text else { return Ok(None) };
        path("path", text)?;
        let above = match group_of(text) {
            Some(above) => {
                let group = self.known.group(above).ok_or_else(|| {
                    let error = LedgerError::PathUnknown { path: above.to_owned() };
                    Fault::refused(&error).about("path")
                })?;
                Some(group)
            }
            None => None,
        };
        let name = text.rsplit(':').next().unwrap_or(text);
        Ok(Some((above, name.parse().map_err(|error| malformed("path", error))?)))
    }
}

impl Building {
    /// Adds a line. A command ends before one that uses an id of it again, so that each text goes
    /// with its own step, and around one whose steps go together.
    fn add(&mut self, number: u64, piece: Request, made: Result<Made, Fault>) {
        let made = match made {
            Ok(made) => made,
            Err(fault) => {
                self.open.lines.push(Planned { number, plan: Plan::Fault(fault) });
                return;
            }
        };
        let (id, is_alone) = (made.id(), piece.atomicity == Atomicity::Together);
        if is_alone || id.is_some_and(|id| self.ids.contains(&id)) {
            self.end(number - 1, piece.atomicity);
        }
        self.ids.extend(id);
        if let Some(made) = &mut self.made {
            made.extend(id);
        }
        let plan = self.open.add(piece, made);
        self.open.lines.push(Planned { number, plan });
        if is_alone {
            self.end(number, Atomicity::Each);
        }
    }

    /// Ends the open command and begins another.
    fn end(&mut self, last: u64, next: Atomicity) {
        let mut ended = std::mem::replace(&mut self.open, Built::new(next));
        ended.last = last;
        if !ended.lines.is_empty() {
            self.built.push(ended);
        }
        self.ids.clear();
    }
}

impl Built {
    fn new(atomicity: Atomicity) -> Self {
        Self { request: Request { atomicity, ..Request::default() }, ..Self::default() }
    }

    /// Adds a line's steps; the last of them makes what the line is of.
    fn add(&mut self, piece: Request, made: Made) -> Plan {
        self.request.steps.extend(piece.steps);
        self.request.account_texts.extend(piece.account_texts);
        self.request.transfer_texts.extend(piece.transfer_texts);
        self.request.rows.extend(piece.rows);
        // A batch has far fewer lines than this holds.
        let step = u32::try_from(self.request.steps.len() - 1).unwrap_or(u32::MAX);
        Plan::Step { step, made }
    }
}

impl Made {
    /// The id that it uses up.
    fn id(&self) -> Option<Uuid> {
        match self {
            Self::Commodity { .. } => None,
            Self::Account(account) => Some(account.id.uuid()),
            Self::Transfer(id) | Self::Open(id, _) | Self::Closing(id, ..) => Some(id.uuid()),
            Self::Expiry(_) => None,
        }
    }
}

fn define(Commodity { code, scale }: Commodity) -> Step {
    Step::DefineCommodity { code, scale }
}

pub(super) fn parse<T: FromStr<Err: Display>>(field: &str, text: &str) -> Result<T, Fault> {
    text.parse().map_err(|error| malformed(field, error))
}

pub(super) fn malformed(field: &str, error: impl ToString) -> Fault {
    Fault::field(field, "malformed", error)
}
