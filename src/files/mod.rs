//! Files that stay what they are taken for: read only if they are regular, written whole or not at
//! all, in folders that are no links to elsewhere.
//!
//! [`read`] and [`open_regular`] read, [`write_synced`] and its sisters write, [`make_below`] makes
//! folders, [`links`] refuses what leads out of a folder. [`cells`] is CSV that a spreadsheet does not
//! run, [`sha256`] a sum of bytes, [`sealed`] JSON that has its own. `fault` lets tests see what a process leaves that dies between two
//! writes.

mod atomic;
pub mod cells;
mod error;
pub mod fault;
mod folders;
mod hash;
pub mod links;
mod regular;
mod sealed;

pub use atomic::{Sync, TEMPORARY, remove, sweep_up, write_synced, write_whole, write_whole_with};
pub use error::{RecordError, failed};
pub use folders::{make_below, make_folder};
pub use hash::{Summing, hex, sha256};
pub use regular::{open_regular, read, read_regular};
pub use sealed::{is_whole, sealed};
