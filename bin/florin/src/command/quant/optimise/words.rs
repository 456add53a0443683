//! The words of `florin quant optimise` as `quant` takes them.

use anyhow::Context as _;
use quant::portfolio::{
    Linkage, NamedBounds, NamedGroup, NamedObjective, NamedRules, ObjectiveKind, Split,
};
use quant::risk::covariance::Estimator;

use crate::cli::quant::{Covariance, Divide, Goal, Link, Rules, Wanted};

/// What an objective is called.
pub const fn title(goal: Goal) -> &'static str {
    match goal {
        Goal::MinimumVariance => "minimum variance",
        Goal::MaximumReturn => "maximum return",
        Goal::MaximumUtility => "maximum utility",
        Goal::MaximumSharpe => "maximum Sharpe ratio",
        Goal::MinimumCvar => "minimum CVaR",
        Goal::MaximumDiversification => "maximum diversification",
        Goal::RiskParity => "risk parity",
        Goal::HierarchicalRiskParity => "hierarchical risk parity",
        Goal::HierarchicalEqualRisk => "hierarchical equal risk",
    }
}

/// How a covariance is estimated.
pub const fn estimator(said: Covariance) -> Estimator {
    match said {
        Covariance::Sample => Estimator::Sample,
        Covariance::LedoitWolf => Estimator::LedoitWolf,
        Covariance::OracleApproximating => Estimator::OracleApproximating,
    }
}

/// What is wanted.
pub fn objective(said: &Wanted) -> anyhow::Result<NamedObjective> {
    Ok(NamedObjective {
        kind: kind_of(said.objective),
        return_min: said.return_min,
        volatility_max: said.volatility_max,
        risk_aversion: said.risk_aversion,
        confidence: said.confidence,
        budgets: pairs("--budget", &said.budgets)?,
        linkage: said.linkage.map(linkage_of),
        split: said.split.map(split_of),
        clusters: said.clusters,
    })
}

const fn kind_of(goal: Goal) -> ObjectiveKind {
    match goal {
        Goal::MinimumVariance => ObjectiveKind::MinimumVariance,
        Goal::MaximumReturn => ObjectiveKind::MaximumReturn,
        Goal::MaximumUtility => ObjectiveKind::MaximumUtility,
        Goal::MaximumSharpe => ObjectiveKind::MaximumSharpe,
        Goal::MinimumCvar => ObjectiveKind::MinimumCvar,
        Goal::MaximumDiversification => ObjectiveKind::MaximumDiversification,
        Goal::RiskParity => ObjectiveKind::RiskBudgets,
        Goal::HierarchicalRiskParity => ObjectiveKind::HierarchicalRiskParity,
        Goal::HierarchicalEqualRisk => ObjectiveKind::HierarchicalEqualRisk,
    }
}

const fn linkage_of(said: Link) -> Linkage {
    match said {
        Link::Single => Linkage::Single,
        Link::Complete => Linkage::Complete,
        Link::Average => Linkage::Average,
        Link::Ward => Linkage::Ward,
    }
}

const fn split_of(said: Divide) -> Split {
    match said {
        Divide::Halves => Split::Halves,
        Divide::TurnedHalves => Split::TurnedHalves,
        Divide::OptimalHalves => Split::OptimalHalves,
        Divide::Tree => Split::Tree,
    }
}

/// The constraints by name.
pub fn rules(said: &Rules) -> anyhow::Result<NamedRules> {
    Ok(NamedRules {
        weight_min: said.weight_min,
        weight_max: said.weight_max,
        bounds: said.bounds.iter().map(|text| bounds(text)).collect::<Result<_, _>>()?,
        groups: said.groups.iter().map(|text| group(text)).collect::<Result<_, _>>()?,
        current: pairs("--held", &said.held)?,
        turnover_max: said.turnover_max,
        cost: said.cost,
        benchmark: pairs("--benchmark", &said.benchmark)?,
        tracking_error_max: said.tracking_error_max,
        assets_max: said.assets_max,
        held_min: said.held_min,
        ..NamedRules::default()
    })
}

/// `GLD=0.05..0.2`; an end that is left out is that of long only.
fn bounds(text: &str) -> anyhow::Result<NamedBounds> {
    let form = || format!("--bound: {text:?} is not NAME=MIN..MAX");
    let (name, range) = text.rsplit_once('=').with_context(form)?;
    let (lower, upper) = range_of(range).with_context(form)?;
    let (lower, upper) = (lower.unwrap_or(0.0), upper.unwrap_or(1.0));
    Ok(NamedBounds { name: name.trim().to_owned(), lower, upper })
}

/// `tech=AAPL,MSFT:..0.4`; an end that is left out is open.
fn group(text: &str) -> anyhow::Result<NamedGroup> {
    let form = || format!("--group: {text:?} is not GROUP=NAME,NAME:MIN..MAX");
    let (name, rest) = text.split_once('=').with_context(form)?;
    let (members, range) = rest.rsplit_once(':').with_context(form)?;
    let (lower, upper) = range_of(range).with_context(form)?;
    Ok(NamedGroup {
        name: name.trim().to_owned(),
        members: members.split(',').map(|member| member.trim().to_owned()).collect(),
        lower: lower.unwrap_or(f64::NEG_INFINITY),
        upper: upper.unwrap_or(f64::INFINITY),
    })
}

fn range_of(text: &str) -> Option<(Option<f64>, Option<f64>)> {
    let (from, to) = text.split_once("..")?;
    let end = |text: &str| match text.trim() {
        "" => Some(None),
        number => number.parse().ok().map(Some),
    };
    Some((end(from)?, end(to)?))
}

/// `AAPL=0.1`, again and again.
pub fn pairs(word: &str, said: &[String]) -> anyhow::Result<Vec<(String, f64)>> {
    let pair = |text: &String| {
        let form = || format!("{word}: {text:?} is not NAME=NUMBER");
        let (name, value) = text.rsplit_once('=').with_context(form)?;
        let value = value.trim().parse().with_context(form)?;
        Ok((name.trim().to_owned(), value))
    };
    said.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_and_groups_are_read_and_their_faults_said() {
        let gold = bounds("GLD=0.05..0.2").unwrap();
        assert_eq!((gold.name.as_str(), gold.lower, gold.upper), ("GLD", 0.05, 0.2));
        assert_eq!(bounds("GLD=..0.2").unwrap().lower, 0.0);
        let tech = group("tech=AAPL, MSFT:..0.4").unwrap();
        assert_eq!(tech.members, ["AAPL", "MSFT"]);
        assert_eq!((tech.lower, tech.upper), (f64::NEG_INFINITY, 0.4));
        for wrong in ["GLD", "GLD=1", "GLD=a..1", "GLD=1..b"] {
            assert!(bounds(wrong).unwrap_err().to_string().contains("--bound"), "{wrong}");
        }
        for wrong in ["tech", "tech=A", "tech=A:1", "tech=A:x..1"] {
            assert!(group(wrong).unwrap_err().to_string().contains("--group"), "{wrong}");
        }
        assert!(pairs("--held", &["A=x".to_owned()]).is_err());
        assert_eq!(pairs("--held", &["A=B=0.5".to_owned()]).unwrap()[0].0, "A=B");
    }
}
