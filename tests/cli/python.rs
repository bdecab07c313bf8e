//! Other tools' own Python packages, where the machine has them.

use crate::support::Place;
use std::path::PathBuf;
use std::process::Command;

/// A Python that can import a module: that of `RUNNER_PYTHON`, else `python3`. None: the test
/// says that it is skipped.
pub fn python(module: &str) -> Option<PathBuf> {
    let python = std::env::var_os("RUNNER_PYTHON").map_or_else(|| "python3".into(), PathBuf::from);
    let mut import = Command::new(&python);
    import.args(["-c", &format!("import {module}")]);
    if import.output().is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    eprintln!("skipped: {} has no {module} (set RUNNER_PYTHON)", python.display());
    None
}

/// Runs a Python script in a place, and expects it to work: what it printed.
pub fn run_python(place: &Place, python: &PathBuf, script: &str) -> String {
    place.write("script.py", script);
    let mut command = Command::new(python);
    command.current_dir(place.path("")).arg("script.py").env("OMP_NUM_THREADS", "1");
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}
