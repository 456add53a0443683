//! Forecasts, decomposition and tests of time series.
