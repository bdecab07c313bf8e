//! Commands that show what trials left.

pub(super) mod board;
pub(super) mod compare;
pub(super) mod export;
pub(super) mod report;
pub(super) mod sample;
