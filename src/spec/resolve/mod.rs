//! Layers merged into settings (`settings`), whose values (`values`) make an experiment that keeps the
//! rules between keys (`rules`).

pub(super) mod rules;
pub(super) mod settings;
pub(super) mod values;
