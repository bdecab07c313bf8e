//! What is shown of trials while they run: bars on a terminal, plain lines elsewhere, JSON lines for
//! programs.

mod bar_line;
mod console;
mod json;
mod shared;
mod sweep_progress;

pub(crate) use console::Console;
pub(crate) use json::JsonLines;
pub(crate) use shared::Screen;
pub(crate) use sweep_progress::SweepProgress;
