//! TA-Lib's functions: their descriptions, taken from TA-Lib's own, and their computation over
//! whole series through TA-Lib's own dispatch.

use std::sync::LazyLock;

use ta_lib::abstract_api::{
    FUNCS, FuncFlags, FuncId, FuncInfo, Group as TaLibGroup, InputFlags, InputInfo, InputType,
    OptInputInfo, OptInputType, OutputFlags, OutputInfo, OutputType, ParamHolder,
};
use ta_lib::{Core, MAType, RetCode};

use super::model::Method;
use super::{
    Drawing, Group, Indicator, Input, Output, OutputKind, Parameter, ParameterKind, bollinger,
    relative_strength,
};
use crate::{Error, Result};

/// TA-Lib with its own settings of candlesticks and no unstable periods.
pub(super) static CORE: LazyLock<Core> = LazyLock::new(Core::new);

/// Every function of TA-Lib, in its order.
pub(super) fn describe() -> impl Iterator<Item = Indicator> {
    FUNCS.iter().filter_map(indicator)
}

/// A method of ours that is faster than TA-Lib's and has its values to within rounding.
pub(super) fn faster(id: FuncId, parameters: &[f64]) -> Option<Method> {
    match id {
        FuncId::RSI => Some(Method::Own(&relative_strength::RSI)),
        FuncId::BBANDS if parameters.last() == Some(&0.0) => Some(Method::Own(&bollinger::BANDS)),
        _ => None,
    }
}

/// How many bars pass before the first answer.
pub(super) fn warm_up(id: FuncId, parameters: &[f64]) -> Result<usize> {
    let holder = call(id, parameters).map_err(|code| refused(id, code))?;
    holder.lookback().map_err(|code| refused(id, code))
}

/// How far ahead of its bar a chart draws an output.
pub(super) fn display_shift(id: FuncId, parameters: &[f64], output: usize) -> i32 {
    call(id, parameters).and_then(|holder| holder.display_shift(output)).unwrap_or_default()
}

/// Computes whole columns. There are more bars than the warm-up has, and all are numbers.
pub(super) fn batch(
    id: FuncId,
    parameters: &[f64],
    inputs: &[&[f64]],
    outputs: &mut [&mut [f64]],
) -> Result<()> {
    let begin = warm_up(id, parameters)?;
    let bars = inputs.first().map_or(0, |column| column.len());
    let mut integers: Vec<Vec<i32>> = id
        .info()
        .outputs
        .iter()
        .map(|output| match output.kind {
            OutputType::Real => Vec::new(),
            OutputType::Integer => vec![0; bars.saturating_sub(begin)],
        })
        .collect();
    let mut run = || -> std::result::Result<(), RetCode> {
        let mut holder = call(id, parameters)?;
        bind_inputs(&mut holder, inputs)?;
        for (at, (column, integers)) in outputs.iter_mut().zip(&mut integers).enumerate() {
            match id.info().outputs[at].kind {
                OutputType::Real => holder.set_output(at, &mut column[begin..])?,
                OutputType::Integer => holder.set_int_output(at, integers)?,
            };
        }
        holder.call(0, bars.saturating_sub(1)).map(|_| ())
    };
    run().map_err(|code| refused(id, code))?;
    for (column, integers) in outputs.iter_mut().zip(&integers) {
        for (place, value) in column[begin..].iter_mut().zip(integers) {
            *place = f64::from(*value);
        }
    }
    Ok(())
}

/// TA-Lib's refusal as an error of ours. Inputs and bounds were checked before, so that what is
/// left are parameters that do not go together.
pub(super) fn refused(id: FuncId, code: RetCode) -> Error {
    let why = match code {
        RetCode::BadParam => "TA-Lib refuses these parameters together",
        RetCode::OutOfRangeStartIndex | RetCode::OutOfRangeEndIndex => "there are too many bars",
        _ => "TA-Lib gives no answer",
    };
    Error::Undefined { figure: id.name(), why }
}

/// A whole number as TA-Lib takes it.
#[allow(clippy::cast_possible_truncation, reason = "the study checked that it is whole and small")]
pub(super) fn integer(parameter: f64) -> i32 {
    parameter as i32
}

/// A kind of moving average as TA-Lib takes it.
pub(super) fn average(parameter: f64) -> std::result::Result<MAType, RetCode> {
    MAType::try_from(integer(parameter))
}

fn call(id: FuncId, parameters: &[f64]) -> std::result::Result<ParamHolder<'static>, RetCode> {
    let mut holder = id.new_call(&CORE);
    for (at, (info, &value)) in id.info().opt_inputs.iter().zip(parameters).enumerate() {
        match info.kind {
            OptInputType::RealRange { .. } | OptInputType::RealList { .. } => {
                holder.set_opt_input(at, value)?
            }
            OptInputType::IntegerRange { .. } | OptInputType::IntegerList { .. } => {
                holder.set_opt_input(at, integer(value))?
            }
        };
    }
    Ok(holder)
}

fn bind_inputs<'a>(
    holder: &mut ParamHolder<'a>,
    inputs: &[&'a [f64]],
) -> std::result::Result<(), RetCode> {
    let mut columns = inputs.iter().copied();
    for (slot, info) in holder.info().inputs.iter().enumerate() {
        if info.kind == InputType::Price {
            let mut price = |flag| info.flags.contains(flag).then(|| columns.next()).flatten();
            let (open, high) = (price(InputFlags::PRICE_OPEN), price(InputFlags::PRICE_HIGH));
            let (low, close) = (price(InputFlags::PRICE_LOW), price(InputFlags::PRICE_CLOSE));
            let volume = price(InputFlags::PRICE_VOLUME);
            holder.set_price_input(slot, open, high, low, close, volume, None)?;
        } else {
            holder.set_input(slot, columns.next().ok_or(RetCode::InputNotAllInitialize)?)?;
        }
    }
    Ok(())
}

/// The description; none of a function that reads what no function yet reads.
fn indicator(info: &'static FuncInfo) -> Option<Indicator> {
    let inputs: Option<Vec<Vec<Input>>> = info.inputs.iter().map(inputs).collect();
    let parameters: Vec<Parameter> = info.opt_inputs.iter().map(parameter).collect();
    Some(Indicator {
        name: info.name,
        group: group(info.group)?,
        title: info.hint.to_owned(),
        inputs: inputs?.concat(),
        parameters,
        outputs: info.outputs.iter().map(|output| self::output(info, output)).collect(),
        overlay: info.flags.contains(FuncFlags::OVERLAP),
        path_dependent: info.flags.contains(FuncFlags::PATH_DEPENDENT),
        may_be_undefined: info.flags.contains(FuncFlags::NAN_INF_OUTPUT),
        method: Method::TaLib(info.id),
    })
}

fn group(group: TaLibGroup) -> Option<Group> {
    Some(match group {
        TaLibGroup::CycleIndicators => Group::Cycle,
        TaLibGroup::MathOperators => Group::MathOperator,
        TaLibGroup::MathTransform => Group::MathTransform,
        TaLibGroup::MomentumIndicators => Group::Momentum,
        TaLibGroup::OverlapStudies => Group::Overlap,
        TaLibGroup::PatternRecognition => Group::Pattern,
        TaLibGroup::PriceTransform => Group::PriceTransform,
        TaLibGroup::StatisticFunctions => Group::Statistic,
        TaLibGroup::VolatilityIndicators => Group::Volatility,
        TaLibGroup::VolumeIndicators => Group::Volume,
        _ => return None,
    })
}

fn inputs(info: &InputInfo) -> Option<Vec<Input>> {
    const PRICES: [(InputFlags, Input); 5] = [
        (InputFlags::PRICE_OPEN, Input::Open),
        (InputFlags::PRICE_HIGH, Input::High),
        (InputFlags::PRICE_LOW, Input::Low),
        (InputFlags::PRICE_CLOSE, Input::Close),
        (InputFlags::PRICE_VOLUME, Input::Volume),
    ];
    match (info.kind, info.param_name) {
        (InputType::Price, _) => {
            let read = PRICES.iter().filter(|(flag, _)| info.flags.contains(*flag));
            Some(read.map(|&(_, input)| input).collect())
        }
        (InputType::Real, "inReal1") => Some(vec![Input::Second]),
        (InputType::Real, "inPeriods") => Some(vec![Input::Periods]),
        (InputType::Real, _) => Some(vec![Input::Real]),
        (InputType::Integer, _) => None,
    }
}

fn parameter(info: &OptInputInfo) -> Parameter {
    let (kind, default) = match info.kind {
        OptInputType::RealRange { min, max, default, .. } => {
            (ParameterKind::Real { min, max }, default)
        }
        OptInputType::IntegerRange { min, max, default, .. } => {
            (ParameterKind::Integer { min, max }, f64::from(default))
        }
        OptInputType::RealList { values, default } => {
            let values = values.iter().map(|&(value, name)| (integer(value), name)).collect();
            (ParameterKind::Choice(values), default)
        }
        OptInputType::IntegerList { values, default } => {
            let each = values.iter().filter_map(|&(value, name)| {
                // TA-Lib's own mark of "not given" is no choice.
                Some((i32::try_from(value).ok()?, name)).filter(|(_, name)| *name != "DEFAULT")
            });
            let default = i32::try_from(default).map(f64::from).unwrap_or_default();
            (ParameterKind::Choice(each.collect()), default)
        }
    };
    let name = snake_case(info.param_name.trim_start_matches("optIn"));
    Parameter { name, hint: info.hint.to_owned(), kind, default }
}

fn output(function: &FuncInfo, info: &OutputInfo) -> Output {
    let bare = ["outReal", "outInteger", "out"]
        .iter()
        .find_map(|prefix| info.param_name.strip_prefix(prefix))
        .unwrap_or(info.param_name);
    let name = if bare.is_empty() { "value".to_owned() } else { snake_case(bare) };
    let is_bar = name.ends_with("idx") || function.name.ends_with("INDEX");
    let kind = match info.kind {
        OutputType::Real => OutputKind::Real,
        OutputType::Integer if function.flags.contains(FuncFlags::CANDLESTICK) => {
            OutputKind::Pattern
        }
        OutputType::Integer if is_bar => OutputKind::Bar,
        OutputType::Integer => OutputKind::Integer,
    };
    const DRAWINGS: [(OutputFlags, Drawing); 6] = [
        (OutputFlags::UPPER_LIMIT, Drawing::UpperLimit),
        (OutputFlags::LOWER_LIMIT, Drawing::LowerLimit),
        (OutputFlags::HISTO, Drawing::Histogram),
        (OutputFlags::DASH_LINE, Drawing::Dashes),
        (OutputFlags::DOT_LINE, Drawing::Dashes),
        (OutputFlags::DOT, Drawing::Dots),
    ];
    let flagged = DRAWINGS.iter().find(|(flag, _)| info.flags.contains(*flag));
    let plain = if kind == OutputKind::Pattern { Drawing::Mark } else { Drawing::Line };
    let drawing = match kind {
        OutputKind::Pattern => plain,
        _ => flagged.map_or(plain, |&(_, drawing)| drawing),
    };
    Output::new(&name, kind, drawing)
}

/// `FastK_Period` as `fast_k_period`, `MACDSignal` as `macd_signal`.
fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().filter(|letter| *letter != '_').collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(at + 1);
        let begins_word = letter.is_uppercase()
            && before.is_some_and(|before| {
                !before.is_uppercase() || after.is_some_and(|after| after.is_lowercase())
            });
        if begins_word {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn names_are_told_in_words() {
        let cases = [
            ("TimePeriod", "time_period"),
            ("FastK_Period", "fast_k_period"),
            ("MAType", "ma_type"),
            ("MACDSignal", "macd_signal"),
            ("ROC1Period", "roc1_period"),
            ("SenkouSpanB", "senkou_span_b"),
            ("J", "j"),
        ];
        for (name, expected) in cases {
            assert_eq!(snake_case(name), expected);
        }
    }
}
