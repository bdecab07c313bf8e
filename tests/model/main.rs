//! Whole models: sizes, wiring, gradients, evaluation and files.

mod evaluation;
mod files;
mod gradients;
mod sizes;
mod support;
mod tasks;
mod wiring;
