//! Portfolio construction.
