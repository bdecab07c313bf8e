//! What is wrong with a spec, where it stands, and what was meant.

pub(super) mod problem;
pub(super) mod source;
pub(super) mod suggest;
