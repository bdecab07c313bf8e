//! Whether a file has changed.

use std::path::Path;
use std::time::SystemTime;

/// The length of a file or folder and when it was last written. It has changed where this has; `None`
/// if it is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp(Option<(u64, SystemTime)>);

impl Stamp {
    pub(super) fn of(path: &Path) -> Self {
        let found = std::fs::metadata(path).ok();
        Self(found.and_then(|found| Some((found.len(), found.modified().ok()?))))
    }

    /// When it was last written.
    pub(super) fn written(self) -> Option<SystemTime> {
        self.0.map(|(_, written)| written)
    }
}
