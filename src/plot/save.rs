//! Charts on disk: whole or not at all.

use std::{io, path::Path};

use super::{error::ChartError, paint, scene::Scene};
use crate::files::{Sync, make_folder, write_synced, write_whole_with};
use crate::train::RecordError;

/// Writes `<stem>.svg` and `<stem>.png` into a folder, which is created if need be. After a power cut
/// they may be missing: they can be drawn again.
pub(super) fn both(scene: &Scene, folder: &Path, stem: &str) -> Result<(), ChartError> {
    let [svg, png] = ["svg", "png"].map(|ending| folder.join(format!("{stem}.{ending}")));
    let unwritten = |path: &Path| {
        let path = path.to_owned();
        |error: RecordError| ChartError::Write { path, source: error.source }
    };
    let document =
        paint::svg(scene).map_err(|reason| ChartError::Draw { path: svg.clone(), reason })?;
    make_folder(folder).map_err(unwritten(&svg))?;
    write_synced(&svg, document.as_bytes(), Sync::Nothing).map_err(unwritten(&svg))?;
    let paint = |new: &Path| paint::png(scene, new).map_err(io::Error::other);
    write_whole_with(&png, Sync::Nothing, paint, |_| Ok(())).map_err(unwritten(&png))
}
