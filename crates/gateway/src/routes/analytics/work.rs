//! From a question to `quant` and back. What a caller can make large is looked at first.

use std::collections::BTreeMap;

use kernel::FieldFault;
use quant::algebra::Matrix;
use quant::indicators::{self, Indicator, Input, Inputs, Parameter, ParameterKind};
use quant::performance::attribution::{Segment, brinson_fachler};
use quant::performance::{drawdown, returns, tear_sheet};
use quant::risk::{covariance, value_at_risk, volatility};
use quant::sweep::{self as sweeps, Figures, Options, Plan};

use crate::problem::ApiError;
use crate::services::AnalyticsLimits;
use crate::wire::analytics::tear_sheet::TearSheet;
use crate::wire::analytics::{
    AttributionAnswer, AttributionEffects, AttributionRequest, CorrelationAnswer,
    CorrelationRequest, IndicatorAnswer, IndicatorChoice, IndicatorDescription, IndicatorOutput,
    IndicatorParameter, IndicatorRequest, PerformanceRequest, RiskAnswer, RiskRequest, Series,
    SweepAnswer, SweepRequest, SweptRule, SymbolPrices,
};

/// An entry of the registry.
pub(super) fn describe(indicator: &Indicator) -> IndicatorDescription {
    IndicatorDescription {
        name: indicator.name.to_owned(),
        group: indicator.group.name().to_owned(),
        title: indicator.title.clone(),
        inputs: indicator.inputs.iter().map(|input| input.name().to_owned()).collect(),
        parameters: indicator.parameters.iter().map(parameter).collect(),
        outputs: indicator.outputs.iter().map(|output| output.name.clone()).collect(),
        overlay: indicator.overlay,
    }
}

fn parameter(parameter: &Parameter) -> IndicatorParameter {
    let (bounds, choices) = match &parameter.kind {
        ParameterKind::Integer { min, max } => {
            (Some((f64::from(*min), f64::from(*max))), Vec::new())
        }
        ParameterKind::Real { min, max } => (Some((*min, *max)), Vec::new()),
        ParameterKind::Choice(choices) => {
            let choice = |(value, name): &(i32, &str)| IndicatorChoice {
                value: *value,
                name: (*name).into(),
            };
            (None, choices.iter().map(choice).collect())
        }
    };
    IndicatorParameter {
        name: parameter.name.clone(),
        hint: parameter.hint.clone(),
        default: parameter.default,
        min: bounds.map(|(min, _)| min),
        max: bounds.map(|(_, max)| max),
        choices,
    }
}

/// Computes an indicator.
pub(super) fn indicator(
    asked: IndicatorRequest,
    limits: &AnalyticsLimits,
) -> Result<IndicatorAnswer, ApiError> {
    let parameters: Vec<(&str, f64)> =
        asked.parameters.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let study = indicators::study(&asked.name, &parameters)?;
    let inputs = inputs(&asked.series, limits)?;
    let bars = asked.series.0.values().map(Vec::len).max().unwrap_or_default();
    let looks = bars.saturating_mul(study.warm_up());
    at_most("parameters", looks, limits.bar_periods_max, "bars times bars looked back over")?;
    let columns = study.compute(&inputs)?;
    let indicator = study.indicator();
    let set = indicator.parameters.iter().zip(study.parameters());
    let outputs = indicator.outputs.iter().zip(columns.values).map(|(output, values)| {
        let first = asked.last.map_or(0, |last| values.len().saturating_sub(last));
        let shown = values.into_iter().skip(first);
        let values = shown.map(|value| value.is_finite().then_some(value)).collect();
        IndicatorOutput { name: output.name.clone(), values }
    });
    Ok(IndicatorAnswer {
        name: indicator.name.to_owned(),
        parameters: set.map(|(parameter, value)| (parameter.name.clone(), *value)).collect(),
        warm_up: study.warm_up(),
        outputs: outputs.collect(),
    })
}

/// Series under the names of inputs.
fn inputs<'a>(series: &'a Series, limits: &AnalyticsLimits) -> Result<Inputs<'a>, ApiError> {
    let names: BTreeMap<&str, Input> = Input::ALL.map(|input| (input.name(), input)).into();
    series.0.iter().try_fold(Inputs::new(), |inputs, (name, values)| {
        let input = names
            .get(name.as_str())
            .ok_or_else(|| quant::Error::Unknown { argument: "series", found: name.clone() })?;
        at_most("series", values.len(), limits.bars_max, "bars")?;
        Ok(inputs.with(*input, values)?)
    })
}

/// Tries every crossing on every symbol.
pub(super) fn sweep(
    asked: SweepRequest,
    limits: &AnalyticsLimits,
) -> Result<SweepAnswer, ApiError> {
    at_most("symbols", asked.symbols.len(), limits.symbols_max, "symbols")?;
    at_most("periods", asked.periods.len(), limits.periods_max, "periods")?;
    let bars =
        asked.symbols.iter().filter_map(|symbol| symbol.series.0.values().map(Vec::len).max());
    let plan = Plan::crossings(&asked.average, &asked.periods)?;
    let bars = bars.sum::<usize>();
    let looks = plan.studies().iter().map(|study| bars.saturating_mul(study.warm_up()));
    let looks = looks.fold(0, usize::saturating_add);
    at_most("periods", looks, limits.bar_periods_max, "bars times bars looked back over")?;
    let bar_sets = bars.saturating_mul(plan.rules().len());
    at_most("symbols", bar_sets, limits.bar_sets_max, "bars times rules")?;
    let symbols: Vec<Inputs<'_>> = asked
        .symbols
        .iter()
        .map(|symbol| inputs(&symbol.series, limits))
        .collect::<Result<_, ApiError>>()?;
    let options =
        Options { fee: asked.fee, bars_per_year: asked.bars_per_year, ..Options::default() };
    let made = sweeps::sweep(&plan, &symbols, &options)?;
    let mut rules = Vec::new();
    for (symbol, figures) in asked.symbols.iter().zip(made) {
        let swept = pairs(&asked.periods).zip(figures);
        rules.extend(swept.map(|(periods, figures)| rule(&symbol.symbol, periods, &figures)));
    }
    let tried = rules.len();
    let ratio = |rule: &SweptRule| rule.sharpe.unwrap_or(f64::NEG_INFINITY);
    rules.sort_by(|one, other| ratio(other).total_cmp(&ratio(one)));
    rules.truncate(asked.top);
    Ok(SweepAnswer { average: asked.average.to_uppercase(), tried, rules })
}

/// Pairs in the order of a plan's rules, the shorter period first.
fn pairs(periods: &[u32]) -> impl Iterator<Item = [u32; 2]> {
    periods.iter().enumerate().flat_map(|(at, one)| {
        let after = periods.iter().skip(at + 1);
        after.map(|other| [*one.min(other), *one.max(other)])
    })
}

fn rule(symbol: &str, [short, long]: [u32; 2], figures: &Figures) -> SweptRule {
    let Figures { equity, max_drawdown, sharpe, trades, bars_held } = *figures;
    let symbol = symbol.to_owned();
    SweptRule { symbol, short, long, equity, max_drawdown, sharpe, trades, bars_held }
}

/// Measures prices.
pub(super) fn performance(
    asked: PerformanceRequest,
    limits: &AnalyticsLimits,
) -> Result<TearSheet, ApiError> {
    at_most("prices", asked.prices.len(), limits.bars_max, "prices")?;
    let basis = asked.basis()?;
    let own = returns::simple(&asked.prices)?;
    let sheet = match &asked.benchmark {
        Some(benchmark) => {
            at_most("benchmark", benchmark.len(), limits.bars_max, "prices")?;
            let other = returns::simple(benchmark).map_err(|error| under("benchmark", &error))?;
            tear_sheet::TearSheet::against(&own, &other, &basis)?
        }
        None => tear_sheet::TearSheet::of(&own, &basis)?,
    };
    Ok(TearSheet::of(&sheet, basis.periods()))
}

/// Measures what can be lost.
pub(super) fn risk(asked: RiskRequest, limits: &AnalyticsLimits) -> Result<RiskAnswer, ApiError> {
    at_most("prices", asked.prices.len(), limits.bars_max, "prices")?;
    let (own, level) = (returns::simple(&asked.prices)?, asked.level);
    let variances = volatility::ewma(&own, asked.decay)?;
    let falls = drawdown::summary(&own)?;
    let cornish_fisher = match value_at_risk::cornish_fisher(&own, level) {
        Ok(risk) => Some(risk.into()),
        Err(quant::Error::Undefined { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(RiskAnswer {
        level,
        historical: value_at_risk::historical(&own, level)?.into(),
        normal: value_at_risk::normal(&own, level)?.into(),
        cornish_fisher,
        volatility: variances.last().map_or(0.0, |variance| variance.sqrt()),
        max_drawdown: falls.maximum,
        ulcer_index: falls.ulcer_index,
    })
}

/// Correlates returns.
pub(super) fn correlation(
    asked: CorrelationRequest,
    limits: &AnalyticsLimits,
) -> Result<CorrelationAnswer, ApiError> {
    let returns = returns_of(&asked.symbols, limits)?;
    let matrix = covariance::correlation_of(&covariance::estimate(&returns, asked.method.into())?)?;
    Ok(CorrelationAnswer {
        symbols: asked.symbols.into_iter().map(|symbol| symbol.symbol).collect(),
        correlation: (0..matrix.rows()).map(|row| matrix.row(row).to_vec()).collect(),
    })
}

/// The returns of several symbols: a row a period, a column a symbol.
pub(super) fn returns_of(
    symbols: &[SymbolPrices],
    limits: &AnalyticsLimits,
) -> Result<Matrix, ApiError> {
    at_most("symbols", symbols.len(), limits.symbols_max, "symbols")?;
    let mut columns = Vec::with_capacity(symbols.len());
    for (index, symbol) in symbols.iter().enumerate() {
        at_most("symbols", symbol.prices.len(), limits.bars_max, "prices")?;
        let field = format!("symbols[{index}].prices");
        let own = returns::simple(&symbol.prices).map_err(|error| under(&field, &error))?;
        columns.push(own);
    }
    periods_by_symbol(&columns)
}

/// Columns of returns as rows of periods.
fn periods_by_symbol(columns: &[Vec<f64>]) -> Result<Matrix, ApiError> {
    let periods = columns.first().map_or(0, Vec::len);
    for column in columns {
        if column.len() != periods {
            let (argument, expected) = ("symbols", periods + 1);
            let found = column.len() + 1;
            return Err(quant::Error::LengthsDiffer { argument, expected, found }.into());
        }
    }
    let row = |period: usize| columns.iter().map(|column| column[period]).collect::<Vec<_>>();
    Ok(Matrix::from_rows(&(0..periods).map(row).collect::<Vec<_>>())?)
}

/// Attributes a period's difference to the benchmark.
pub(super) fn attribution(
    asked: AttributionRequest,
    limits: &AnalyticsLimits,
) -> Result<AttributionAnswer, ApiError> {
    at_most("segments", asked.segments.len(), limits.bars_max, "segments")?;
    let segments: Vec<Segment> = asked.segments.iter().map(|one| one.segment()).collect();
    let made = brinson_fachler(&segments)?;
    let each = asked.segments.iter().zip(&made.segments);
    Ok(AttributionAnswer {
        segments: each.map(|(one, made)| AttributionEffects::of(&one.name, made)).collect(),
        total: AttributionEffects::of("total", &made.total),
        portfolio_return: made.portfolio_return,
        benchmark_return: made.benchmark_return,
    })
}

/// A caller makes nothing larger than it may be.
pub(super) fn at_most(field: &str, found: usize, max: usize, of: &str) -> Result<(), ApiError> {
    if found <= max {
        return Ok(());
    }
    let detail = format!("{found} {of} are more than the {max} that one question may have");
    Err(ApiError::field(FieldFault::new(field, "too_many", detail)))
}

/// An error of the caller's field `field`, whatever the function calls its argument.
pub(super) fn under(field: &str, error: &quant::Error) -> ApiError {
    let code = kernel::Problematic::code(error);
    ApiError::field(FieldFault::new(field, code, error))
}
