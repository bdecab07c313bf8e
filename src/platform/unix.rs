//! Linux, macOS and their kin.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Makes opening a FIFO fail or succeed at once, where it would wait for someone to write into it.
pub fn do_not_wait(options: &mut OpenOptions) {
    options.custom_flags(libc::O_NONBLOCK);
}

/// Lets everyone read a file who may read its folder: a temporary file is its owner's alone.
pub fn let_all_read(file: &File) -> io::Result<()> {
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

/// Makes temporary files with the permissions of any other new file.
pub fn as_any_new_file(builder: &mut tempfile::Builder<'_, '_>) {
    builder.permissions(fs::Permissions::from_mode(0o666));
}

/// Brings the names in a folder to the disk, where the file system can.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some file systems cannot do this for folders, and do not need it.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        synced => synced,
    }
}

/// Whether standard output is a terminal that was closed. The system then knows it as a terminal no
/// more, but still as a device of characters, which files on a failing disk are not.
pub fn is_terminal_closed(error: &io::Error) -> bool {
    let file = io::stdout().as_fd().try_clone_to_owned().map(File::from);
    let kind = file.and_then(|file| file.metadata()).map(|metadata| metadata.file_type());
    error.raw_os_error() == Some(libc::EIO) && kind.is_ok_and(|kind| kind.is_char_device())
}

/// Sets `stop` at SIGINT, SIGTERM, SIGUSR1 and a hang-up. A SIGINT at least a second after the first
/// ends the process with `code`: whoever repeats it sooner, as wrappers do that hand on what their group
/// has got already, asks for the same once more.
pub fn on_signals(stop: &Arc<AtomicBool>, code: u8) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
    use signal_hook::iterator::Signals;

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
                signal_hook::low_level::exit(i32::from(code));
            }
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(wait)?;
    Ok(())
}

/// Whether the process was started with a signal ignored.
#[allow(unsafe_code)]
fn is_ignored(signal: i32) -> bool {
    // SAFETY: all zeros are a `sigaction`, and without a new action the call only fills in the old.
    unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &raw mut old) == 0
            && old.sa_sigaction == libc::SIG_IGN
    }
}

/// A command of a person, to be run by the shell in a group of processes of its own.
pub fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).process_group(0);
    shell
}

/// Does to a command of [`shell`] and all that it has begun what Ctrl-C does.
pub fn interrupt(child: &Child) {
    signal_group(child, libc::SIGINT);
}

/// Whether such a command has ended. It is not waited for by that: its number is still its own.
#[allow(unsafe_code)]
pub fn has_ended(child: &mut Child) -> bool {
    // SAFETY: all zeros are a `siginfo_t`, which the call only fills in.
    unsafe {
        let mut told: libc::siginfo_t = std::mem::zeroed();
        let how = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        let failed = libc::waitid(libc::P_PID, child.id(), &raw mut told, how) != 0;
        failed || told.si_pid() != 0
    }
}

/// Ends what is left of such a command and of all that it has begun.
pub fn kill(child: &mut Child) {
    signal_group(child, libc::SIGKILL);
    // How it ended is known.
    drop(child.wait());
}

/// Sends a signal to the group of a child that was not waited for: its number is no other's.
#[allow(unsafe_code)]
fn signal_group(child: &Child, signal: libc::c_int) {
    if let Ok(group) = libc::pid_t::try_from(child.id()) {
        // SAFETY: the call takes numbers alone.
        unsafe {
            libc::kill(-group, signal);
        }
    }
}
