//! Commands that help to begin: specs, corpora, manuals.

pub(super) mod explain;
pub(super) mod fetch;
pub(super) mod init;
pub(super) mod man;
