//! The Python module that the wheel brings, with this build of the program.

use crate::python::python;
use std::path::Path;
use std::process::Command;

/// `python/tests` pass; those of them that need pandas or torch are skipped where these are absent.
#[test]
fn the_python_module_reads_what_the_program_leaves() {
    let Some(python) = python("importlib.metadata") else { return };
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
    let program = Path::new(env!("CARGO_BIN_EXE_runner")).parent().expect("in a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = [program.to_owned()].into_iter().chain(std::env::split_paths(&path));
    let tests = Command::new(python)
        .args(["-m", "unittest", "discover", "--buffer", "--start-directory"])
        .arg(source.join("tests"))
        .env("PATH", std::env::join_paths(paths).expect("a path"))
        .env("PYTHONPATH", &source)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("OMP_NUM_THREADS", "1")
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&tests.stderr);
    assert!(tests.status.success() && said.contains("Ran "), "{said}");
}
