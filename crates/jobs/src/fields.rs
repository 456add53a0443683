//! The five fields of a crontab's line: minute, hour, day of month, month, day of week.
//!
//! Source: crontab(5) of Vixie's cron: lists, ranges, steps, the first three letters of months and
//! days in any case, 7 for Sunday too. Where both the day of month and the day of week are said, a
//! day fits that fits either.

use jiff::civil::Date;

/// The longest expression, in bytes.
const TEXT_BYTES_MAX: usize = 200;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const NICKNAMES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// What fits.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    minute: Field,
    hour: Field,
    day: Field,
    month: Field,
    weekday: Field,
}

/// The numbers of one field.
#[derive(Clone, Copy, Debug)]
struct Field {
    /// Bit `n` for the number `n`.
    bits: u64,
    /// Whether it begins with a star, which counts for days and for changes of clocks.
    is_star: bool,
}

/// What may stand in a field.
struct Form {
    name: &'static str,
    min: u8,
    max: u8,
    names: &'static [&'static str],
}

const FORMS: [Form; 5] = [
    Form { name: "minute", min: 0, max: 59, names: &[] },
    Form { name: "hour", min: 0, max: 23, names: &[] },
    Form { name: "day of month", min: 1, max: 31, names: &[] },
    Form { name: "month", min: 1, max: 12, names: &MONTHS },
    Form { name: "day of week", min: 0, max: 7, names: &DAYS },
];

impl Fields {
    /// Reads an expression; else what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(format!("it has more than {TEXT_BYTES_MAX} bytes"));
        }
        let text = text.trim();
        let nickname = NICKNAMES.iter().find(|(name, _)| *name == text);
        let text = nickname.map_or(text, |(_, fields)| *fields);
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.len() != FORMS.len() {
            return Err("it has not the five fields minute, hour, day, month, weekday".to_owned());
        }
        let mut fields = [Field { bits: 0, is_star: false }; 5];
        for ((field, form), word) in fields.iter_mut().zip(&FORMS).zip(words) {
            *field = form.read(word)?;
        }
        let [minute, hour, day, month, mut weekday] = fields;
        // Both 0 and 7 are Sunday.
        weekday.bits |= weekday.bits >> 7 & 1;
        Ok(Self { minute, hour, day, month, weekday })
    }

    /// Whether it is for particular times of a day, not for every minute or hour of some.
    pub(crate) const fn is_particular(&self) -> bool {
        !self.minute.is_star && !self.hour.is_star
    }

    pub(crate) fn fit_date(&self, date: Date) -> bool {
        let weekday = date.weekday().to_sunday_zero_offset();
        let (day, weekday) = (self.day.has(date.day()), self.weekday.has(weekday));
        let day_fits = match self.day.is_star || self.weekday.is_star {
            true => day && weekday,
            false => day || weekday,
        };
        day_fits && self.month.has(date.month())
    }

    /// Hours and minutes of a day, in their order.
    pub(crate) fn times(&self) -> impl Iterator<Item = (i8, i8)> {
        let minutes = self.minute;
        let hours = (0..24).filter(|hour| self.hour.has(*hour));
        hours.flat_map(move |hour| {
            let minutes = (0..60).filter(move |minute| minutes.has(*minute));
            minutes.map(move |minute| (hour, minute))
        })
    }
}

impl Field {
    const fn has(self, number: i8) -> bool {
        self.bits >> number & 1 == 1
    }
}

impl Form {
    fn read(&self, word: &str) -> Result<Field, String> {
        let mut field = Field { bits: 0, is_star: word.starts_with('*') };
        for part in word.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(self.step(part, step)?)),
                None => (part, None),
            };
            let (first, last) = match (range, range.split_once('-')) {
                ("*", _) => (self.min, self.max),
                (_, Some((first, last))) => (self.number(part, first)?, self.number(part, last)?),
                (only, None) if step.is_none() => {
                    let only = self.number(part, only)?;
                    (only, only)
                }
                _ => return Err(self.unfit(part, "a step stands behind * or a range")),
            };
            if first > last {
                return Err(self.unfit(part, "the range ends before it begins"));
            }
            for number in (first..=last).step_by(usize::from(step.unwrap_or(1))) {
                field.bits |= 1 << number;
            }
        }
        Ok(field)
    }

    fn step(&self, part: &str, text: &str) -> Result<u8, String> {
        let step = digits(text).filter(|step| *step >= 1 && *step <= self.max);
        step.ok_or_else(|| self.unfit(part, "that is no step"))
    }

    fn number(&self, part: &str, text: &str) -> Result<u8, String> {
        let lower = text.to_ascii_lowercase();
        let named = self.names.iter().position(|name| *name == lower);
        let named = named.and_then(|index| u8::try_from(index).ok()).map(|index| index + self.min);
        let number = named.or_else(|| digits(text));
        let number = number.filter(|number| (self.min..=self.max).contains(number));
        number.ok_or_else(|| {
            self.unfit(part, &format!("{} to {} is what there is", self.min, self.max))
        })
    }

    fn unfit(&self, part: &str, why: &str) -> String {
        format!("{part:?} is no {}: {why}", self.name)
    }
}

/// One or two digits, and nothing else.
fn digits(text: &str) -> Option<u8> {
    let plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}
