//! What can be known of the machine and of the moment.

use serde::{Deserialize, Serialize};
use std::sync::OnceLock;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The machine that a run was made on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The operating system.
    pub os: String,
    /// The instruction set.
    pub architecture: String,
    /// The processor's name, if the system says it.
    pub processor: Option<String>,
    /// Cores that the process may use.
    pub cores: usize,
    /// The SIMD level that was used.
    pub simd: String,
    /// Threads of the trial when it began: trials that run share the cores.
    pub threads: usize,
}

impl Machine {
    /// This machine.
    pub fn this(simd: &str, threads: usize) -> Self {
        Self {
            os: std::env::consts::OS.to_owned(),
            architecture: std::env::consts::ARCH.to_owned(),
            processor: processor(),
            cores: cores(),
            simd: simd.to_owned(),
            threads,
        }
    }
}

/// Cores that the process may use, at least 1.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The most memory that the process has had, in bytes; `None` if the system does not say.
pub fn peak_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// The memory that the process may have, in bytes: the machine's, or what a container grants of it.
/// Where the system does not tell, more than any machine has.
pub fn memory() -> u64 {
    let machine = || {
        let text = std::fs::read_to_string("/proc/meminfo").ok()?;
        let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
        Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
    };
    let granted = || {
        let paths = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
        paths.iter().find_map(|path| std::fs::read_to_string(path).ok()?.trim().parse().ok())
    };
    machine().unwrap_or(1 << 45).min(granted().unwrap_or(u64::MAX))
}

/// Makes [`peak_memory`] begin anew, where the system can.
pub fn reset_peak_memory() {
    // Linux: 5 resets the high-water mark. Elsewhere there is no such file, and nothing to reset.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The present moment, as `2026-03-01T12:00:00Z`.
pub fn now() -> String {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).unwrap_or_default()
}

/// What tells this build of this program from others: the length of its file, and when it was last
/// written.
pub fn program() -> Option<String> {
    let file = std::fs::metadata(std::env::current_exe().ok()?).ok()?;
    let written = file.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(format!("{}-{:x}", file.len(), written.as_nanos()))
}

/// The commit of the git checkout that the process stands in.
pub fn git_commit() -> Option<String> {
    // Asked once: of a thousand short trials each would wait for git.
    static COMMIT: OnceLock<Option<String>> = OnceLock::new();
    COMMIT.get_or_init(ask_git).clone()
}

fn ask_git() -> Option<String> {
    let output = std::process::Command::new("git").args(["rev-parse", "HEAD"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let commit = text.trim();
    (output.status.success() && commit.len() >= 40).then(|| commit.to_owned())
}
