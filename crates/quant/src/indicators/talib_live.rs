//! TA-Lib's streaming handles behind one face. TA-Lib's abstract interface has none for them: the
//! rows stand, generated, in `talib_streams`.

use ta_lib::RetCode;
use ta_lib::abstract_api::FuncId;

use super::live::Live;
use super::{talib, talib_streams};
use crate::Result;

/// Opens TA-Lib's stream on the bars of the warm-up and the one after, whose answer it writes.
pub(super) fn open(
    id: FuncId,
    parameters: &[f64],
    columns: &[Vec<f64>],
    outputs: &mut [f64],
) -> Result<Box<dyn Live>> {
    let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    talib_streams::open(id, &columns, parameters, outputs).map_err(|code| talib::refused(id, code))
}

/// A parameter as its handle takes it; each row names the kinds.
pub(super) fn integer(parameter: f64) -> std::result::Result<i32, RetCode> {
    Ok(talib::integer(parameter))
}

pub(super) fn real(parameter: f64) -> std::result::Result<f64, RetCode> {
    Ok(parameter)
}

pub(super) fn average(parameter: f64) -> std::result::Result<ta_lib::MAType, RetCode> {
    talib::average(parameter)
}

/// What a handle answers: one to four numbers.
pub(super) trait Answer {
    fn write(self, outputs: &mut [f64]);
}

macro_rules! answers {
    ($(($($kind:ty),+) ($($place:tt),+);)+) => {
        $(impl Answer for ($($kind,)+) {
            fn write(self, outputs: &mut [f64]) {
                let values = [$(f64::from(self.$place)),+];
                for (place, value) in outputs.iter_mut().zip(values) {
                    *place = value;
                }
            }
        })+
    };
}

answers! {
    (f64, f64) (0, 1);
    (f64, f64, f64) (0, 1, 2);
    (f64, f64, f64, f64) (0, 1, 2, 3);
    (i32, i32) (0, 1);
    (f64, i32) (0, 1);
    (f64, i32, i32) (0, 1, 2);
}

impl Answer for f64 {
    fn write(self, outputs: &mut [f64]) {
        if let [place, ..] = outputs {
            *place = self;
        }
    }
}

impl Answer for i32 {
    fn write(self, outputs: &mut [f64]) {
        f64::from(self).write(outputs);
    }
}

/// Makes of each row what [`Live`] asks for, and of all rows one opener.
macro_rules! streams {
    ($(
        $id:ident $handle:ident $open:ident ($($input:literal)+) ($($kind:ident $at:literal)*);
    )+) => {
        $(impl super::live::Live for ta_lib::$handle {
            fn update(&mut self, row: &[f64], outputs: &mut [f64]) -> Option<()> {
                let answer = ta_lib::$handle::update(self, $(row[$input]),+).ok()?;
                super::talib_live::Answer::write(answer, outputs);
                Some(())
            }

            fn peek(&self, row: &[f64], outputs: &mut [f64]) -> Option<()> {
                let answer = ta_lib::$handle::peek(self, $(row[$input]),+).ok()?;
                super::talib_live::Answer::write(answer, outputs);
                Some(())
            }

            fn fork(&self) -> Box<dyn super::live::Live> {
                Box::new(self.clone())
            }
        })+

        pub(super) fn open(
            id: ta_lib::abstract_api::FuncId,
            columns: &[&[f64]],
            parameters: &[f64],
            outputs: &mut [f64],
        ) -> Result<Box<dyn super::live::Live>, ta_lib::RetCode> {
            match id {
                $(ta_lib::abstract_api::FuncId::$id => {
                    let (live, answer) = super::talib::CORE.$open(
                        $(columns[$input],)+
                        $(super::talib_live::$kind(parameters[$at])?),*
                    )?;
                    super::talib_live::Answer::write(answer, outputs);
                    Ok(Box::new(live))
                })+
                _ => Err(ta_lib::RetCode::FuncNotFound),
            }
        }
    };
}
pub(super) use streams;
