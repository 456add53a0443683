//! The types of the wire: what requests say and answers hold. No module below knows them.

pub(crate) mod account;
pub(crate) mod analytics;
pub(crate) mod asset;
pub(crate) mod auth;
pub(crate) mod book;
pub(crate) mod changes;
pub(crate) mod chart;
pub(crate) mod event;
pub(crate) mod export;
pub(crate) mod fx;
pub(crate) mod health;
pub(crate) mod import;
pub(crate) mod intake;
pub(crate) mod job;
pub(crate) mod member;
pub(crate) mod money;
pub(crate) mod notice;
pub(crate) mod notice_preference;
pub(crate) mod object;
pub(crate) mod page;
pub(crate) mod posting;
pub(crate) mod problem;
pub(crate) mod search;
pub(crate) mod transfer;
pub(crate) mod vault;
pub(crate) mod worth;
