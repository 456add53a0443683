//! Risk and performance of returns.
