//! What differs between operating systems, and stands nowhere else in the program.
//!
//! `unix` and `other` have the same functions. What only Linux tells of a machine, in files of `/proc`,
//! is `None` elsewhere: see `machine`.

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub use other::*;
#[cfg(unix)]
pub use unix::*;

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn no_other_file_is_for_one_system_alone() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let files = [root.join("src"), root.join("kernels/src")].map(walkdir::WalkDir::new);
        for file in files.into_iter().flatten().map(Result::unwrap) {
            let path = file.path();
            let of_tests =
                path.file_stem().is_some_and(|stem| stem.to_string_lossy().contains("test"));
            if of_tests
                || path.starts_with(root.join("src/platform"))
                || !file.file_type().is_file()
            {
                continue;
            }
            let Ok(text) = std::fs::read_to_string(path) else { continue };
            let program = text.split("#[cfg(test)]").next().unwrap_or_default();
            let program = program.split("#[cfg(all(test, unix))]").next().unwrap_or_default();
            for word in ["cfg(unix)", "cfg(windows)", "target_os", "os::unix", "libc::"] {
                assert!(!program.contains(word), "{word} stands in {}", path.display());
            }
        }
    }
}
