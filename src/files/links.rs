//! Symbolic links in folders of results, which may come from elsewhere.
//!
//! The folder of results may be a link itself, and so may any folder that a person names. What stands
//! below it stays there: an experiment's and a trial's folder are no links to other places, and no link
//! in a trial's folder leads out of it. Otherwise a run would write where it should not, and a page
//! would show what is none of its. Nor is there anything but files and folders: to open a FIFO or a device
//! may wait for ever.

use std::path::{Component, Path, PathBuf};

/// What stands in the place of a trial's folder or file, and is none.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum Foreign {
    /// A link that leads where nothing of a trial stands.
    #[error("{} is a symbolic link that does not stay in {}", path.display(), folder.display())]
    #[diagnostic(
        code(record::link),
        help(
            "it is neither read nor written through: put what belongs there in its place, or remove it"
        )
    )]
    Link {
        /// The link.
        path: PathBuf,
        /// The folder that it should stay in.
        folder: PathBuf,
    },
    /// A FIFO, a device or a socket.
    #[error("{} is not a regular file", .0.display())]
    #[diagnostic(
        code(record::special),
        help("it is not opened: put what belongs there in its place, or remove it")
    )]
    Special(PathBuf),
}

/// Makes sure that a trial's folder stays in the one above it, and all that is in it in the trial's.
///
/// # Errors
/// When a link leads out of one of them, or nowhere, or something is neither file nor folder.
pub fn check(trial: &Path) -> Result<(), Foreign> {
    /// As deep as `checkpoint/owner/owner.json`.
    const DEPTH: usize = 3;
    // Without a slash at the end, which would follow the link.
    let trial: PathBuf = trial.components().collect();
    stays_in(&above(&trial), &trial)?;
    let entries = walkdir::WalkDir::new(&trial).min_depth(1).max_depth(DEPTH);
    entries.into_iter().flatten().try_for_each(|entry| {
        let (path, kind) = (entry.path(), entry.file_type());
        match kind {
            kind if kind.is_symlink() => stays_in(&trial, path),
            kind if kind.is_file() || kind.is_dir() => Ok(()),
            _ => Err(Foreign::Special(path.to_owned())),
        }
    })
}

/// Makes sure that a path in a folder is no link that leads out of the folder, or nowhere.
pub fn stays_in(folder: &Path, path: &Path) -> Result<(), Foreign> {
    let inside = || Some(path.canonicalize().ok()?.starts_with(folder.canonicalize().ok()?));
    if !path.is_symlink() || inside() == Some(true) {
        return Ok(());
    }
    Err(Foreign::Link { path: path.to_owned(), folder: folder.to_owned() })
}

/// The folder that another one stands in.
pub fn above(folder: &Path) -> PathBuf {
    match folder.file_name().and(folder.parent()) {
        Some(above) if above.as_os_str().is_empty() => PathBuf::from("."),
        Some(above) => above.to_owned(),
        None => folder.join(".."),
    }
}

/// The name of a folder, which is that of the experiment or the trial in it: what a file in it says of
/// its name is not believed.
pub fn name_of(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a text is the name of something in a folder, and leads neither out of it nor further into it.
pub fn is_name(text: &str) -> bool {
    let mut parts = Path::new(text).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(name)), None) if name == text)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_that_lead_out_of_a_trial_are_told() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs::create_dir_all(at("results/base/one/checkpoint")).unwrap();
        fs::create_dir_all(at("elsewhere")).unwrap();
        fs::write(at("results/base/one/a.csv"), "a").unwrap();
        symlink("a.csv", at("results/base/one/b.csv")).unwrap();
        symlink("one", at("results/base/alias")).unwrap();
        symlink(at("results"), at("linked")).unwrap();
        for fine in
            ["results/base/one", "results/base/alias", "results/base/none", "linked/base/one"]
        {
            assert!(check(&at(fine)).is_ok(), "{fine}");
        }
        symlink(at("elsewhere"), at("results/base/two")).unwrap();
        for trial in ["results/base/two", "results/base/two/", "linked/base/two"] {
            assert!(check(&at(trial)).is_err(), "{trial}");
        }
        for (name, target) in
            [("c.csv", "../two"), ("checkpoint/lock", "/etc/hostname"), ("d.csv", "nowhere")]
        {
            let link = at("results/base/one").join(name);
            symlink(target, &link).unwrap();
            let error = check(&at("results/base/one")).unwrap_err();
            assert!(matches!(&error, Foreign::Link { path, .. } if *path == link), "{error}");
            fs::remove_file(link).unwrap();
        }
    }

    #[test]
    fn names_lead_nowhere() {
        assert!(is_name("hidden_size=12,seed=1-0123abcd") && is_name("..."));
        for text in ["", ".", "..", "a/b", "../a", "/a", "a/", "./a", "a/.."] {
            assert!(!is_name(text), "{text}");
        }
        assert_eq!(above(Path::new("a/b")), Path::new("a"));
        assert_eq!(above(Path::new("a")), Path::new("."));
        assert_eq!(above(Path::new(".")), Path::new("./.."));
    }
}
