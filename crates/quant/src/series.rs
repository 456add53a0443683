//! Forecasts, decomposition and tests of time series.
//!
//! | question | functions |
//! | --- | --- |
//! | what comes next, and how surely | [`forecast`], [`seasonal_naive`] |
//! | by which model | [`select_ets`], [`fit_ets`], [`fit_theta`], [`select_arima`], [`fit_arima`] |
//! | what is season, what is trend | [`decompose`] |
//! | when did it change | [`change_points`], [`binary_segmentation`] |
//! | does it wander | [`augmented_dickey_fuller`], [`phillips_perron`], [`kpss`] |
//! | do several stay together | [`engle_granger`], [`johansen`] |
//! | what may become of a plan | [`simulate_wealth`] |
//!
//! What must stay true: a fit is a function of its values alone (no random starts); clean input
//! gives finite forecasts or a typed error.

mod arima;
mod change_points;
mod cointegration;
mod ets;
mod ets_fit;
mod forecast;
mod innovations;
mod mackinnon;
mod minimise;
mod season;
mod simulate;
mod stl;
mod theta;
mod unit_root;

pub use arima::{ArimaCoefficients, ArimaModel, ArimaOrder, fit_arima, select_arima};
pub use change_points::{SegmentCost, binary_segmentation, change_points};
pub use cointegration::{JohansenTest, engle_granger, johansen};
pub use ets::{ErrorForm, EtsModel, Form, PERIOD_MAX, Smoothing, State, Trend, VALUES_MAX};
pub use ets_fit::{fit_ets, select_ets};
pub use forecast::{Forecast, ForecastRequest, HORIZON_MAX, Method, forecast, seasonal_naive};
pub use season::Season;
pub use simulate::{ReturnLaw, WealthPaths, WealthPlan, simulate_wealth};
pub use stl::{Decomposition, StlOptions, decompose};
pub use theta::{ThetaForm, ThetaModel, fit_theta};
pub use unit_root::{
    Deterministic, Lags, UnitRootTest, augmented_dickey_fuller, kpss, phillips_perron,
};
