//! The reference rates of the European Central Bank as XML.
//!
//! `eurofxref-daily.xml`, `eurofxref-hist-90d.xml` and `eurofxref-hist.xml` have one form: in the
//! envelope a `Cube`, in it a `Cube time='2026-10-30'` for each day, in each of those a
//! `Cube currency='USD' rate='1.1172'` for each currency.
//!
//! Source: "Euro foreign exchange reference rates", European Central Bank.

use kernel::Date;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::ecb;
use crate::limits::NESTING_MAX;
use crate::lines::Lines;
use crate::model::RateKind;
use crate::sheet::{self, Sheet, StatedRate};

/// Where in the document the reader is.
#[derive(Default)]
struct Place {
    /// For each open element whether it states the day of those in it.
    open: Vec<bool>,
    /// The day of the last element that states one, where it is sound.
    date: Option<Date>,
    /// Whether the envelope was closed.
    is_done: bool,
}

/// Reads a whole document.
pub(crate) fn read(text: &str, sheet: &mut Sheet) {
    let mut reader = Reader::from_str(text);
    reader.config_mut().enable_all_checks(true);
    let mut lines = Lines::of(text);
    let mut place = Place::default();
    loop {
        let line = lines.at(reader.buffer_position());
        let expected = match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(Event::Start(element)) => place.enter(&element, line, sheet),
            Ok(Event::Empty(element)) => {
                let entered = place.enter(&element, line, sheet);
                place.leave();
                entered
            }
            Ok(Event::End(_)) => {
                place.leave();
                Ok(())
            }
            // The names of sender and subject, and what is not for us.
            Ok(Event::Text(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_)) => Ok(()),
            Ok(Event::CData(_) | Event::DocType(_) | Event::GeneralRef(_)) => {
                Err("a document without declarations, entities and CDATA".to_owned())
            }
            Err(error) => Err(format!("well-formed XML ({error})")),
        };
        if let Err(expected) = expected {
            sheet.fault(line, "document", "", expected);
            return;
        }
    }
    if !place.is_done {
        let line = lines.at(u64::MAX);
        sheet.fault(line, "document", "", "an envelope that is closed, as the ECB's files have it");
    }
}

impl Place {
    /// Takes in an element; else what was expected of the whole document.
    fn enter(
        &mut self,
        element: &BytesStart<'_>,
        line: u64,
        sheet: &mut Sheet,
    ) -> Result<(), String> {
        let name = element.local_name();
        if self.open.is_empty() && (self.is_done || name.as_ref() != "Envelope") {
            return Err("one Envelope, as the ECB's files have it".to_owned());
        }
        if self.open.len() >= NESTING_MAX {
            return Err(format!("elements at most {NESTING_MAX} deep"));
        }
        let is_day = name.as_ref() == "Cube" && self.read_cube(element, line, sheet)?;
        self.open.push(is_day);
        Ok(())
    }

    fn leave(&mut self) {
        self.open.pop();
        self.is_done = self.open.is_empty();
    }

    /// Reads a `Cube`; whether it states the day of those in it.
    fn read_cube(
        &mut self,
        element: &BytesStart<'_>,
        line: u64,
        sheet: &mut Sheet,
    ) -> Result<bool, String> {
        let (mut time, mut currency, mut rate) = (None, None, None);
        for attribute in element.attributes() {
            let attribute = attribute.map_err(|error| format!("well-formed XML ({error})"))?;
            match attribute.key.local_name().as_ref() {
                "time" => time = Some(attribute.value),
                "currency" => currency = Some(attribute.value),
                "rate" => rate = Some(attribute.value),
                _ => {}
            }
        }
        if let Some(time) = time {
            if currency.is_some() || rate.is_some() || self.open.contains(&true) {
                sheet.fault(
                    line,
                    "time",
                    &time,
                    "a day that is in no other and has no rate itself",
                );
            }
            self.date = sheet.check((line, "time", &time), sheet::read_date(&time));
            return Ok(true);
        }
        let (currency, rate) = match (currency, rate) {
            (None, None) => return Ok(false),
            (currency, rate) => (currency.unwrap_or_default(), rate.unwrap_or_default()),
        };
        if !self.open.contains(&true) {
            sheet.fault(line, "currency", &currency, "a rate within a Cube with a time");
            return Ok(false);
        }
        let key = sheet.check((line, "currency", &currency), ecb::series(&currency));
        let number = sheet.check((line, "rate", &rate), sheet::read_rate(&rate));
        if let (Some(key), Some(rate), Some(date)) = (key, number, self.date) {
            sheet.add(&key, date, StatedRate { rate, kind: RateKind::Reference, line });
        }
        Ok(false)
    }
}
