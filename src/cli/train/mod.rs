//! Commands that train, or say what training would take.

pub(super) mod check;
pub(super) mod plan;
pub(super) mod run;
pub(super) mod submit;
pub(super) mod verify;
pub(super) mod worker;
