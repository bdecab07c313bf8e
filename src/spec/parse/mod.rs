//! From a text to a layer: TOML with the place of every key and value (`file`), each value held
//! against its key (`check`), what is swept (`distribution`, `swept`, `read_swept`), and all that a
//! file (`layer`) or the arguments of `--set` (`overrides`) say.

pub(super) mod check;
pub(super) mod distribution;
pub(super) mod file;
pub(super) mod layer;
pub(super) mod overrides;
mod read_swept;
pub(super) mod swept;
