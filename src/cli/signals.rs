//! Signals that ask for the state to be saved and the program to leave.

use super::failure::Failure;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A flag that SIGINT, SIGTERM, SIGUSR1 and a hang-up set. A SIGINT at least a second after the first
/// ends the process at once: whoever repeats it sooner, as wrappers do that hand on what their group
/// has got already, asks for the same once more.
pub(super) fn listen() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    install(&stop)
        .map_err(|error| Failure::internal(miette::miette!("no signal handlers: {error}")))?;
    Ok(stop)
}

#[cfg(unix)]
fn install(stop: &Arc<AtomicBool>) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
    use signal_hook::iterator::Signals;
    use std::sync::atomic::Ordering;
    use std::time::{Duration, Instant};

    /// Signals of one wish come within this time.
    const SAME: Duration = Duration::from_secs(1);
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGUSR1])?;
    // `nohup` has it ignored, and so it stays.
    if !is_ignored(SIGHUP) {
        signals.add_signal(SIGHUP)?;
    }
    let stop = Arc::clone(stop);
    let wait = move || {
        let mut first = None;
        for signal in &mut signals {
            stop.store(true, Ordering::SeqCst);
            if signal == SIGINT && first.get_or_insert_with(Instant::now).elapsed() >= SAME {
                signal_hook::low_level::exit(i32::from(super::failure::exit::INTERRUPTED));
            }
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait)?;
    Ok(())
}

#[cfg(not(unix))]
fn install(stop: &Arc<AtomicBool>) -> std::io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(stop))?;
    }
    Ok(())
}

/// Whether the process was started with a signal ignored.
#[cfg(unix)]
#[allow(unsafe_code)]
fn is_ignored(signal: i32) -> bool {
    // SAFETY: all zeros are a `sigaction`, and without a new action the call only fills in the old.
    unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &raw mut old) == 0
            && old.sa_sigaction == libc::SIG_IGN
    }
}
