//! One rule over many parameter sets and symbols in one pass.
