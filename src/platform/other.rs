//! Windows, and what else is no Unix.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Opening a file waits for no one here.
pub fn do_not_wait(_: &mut OpenOptions) {}

/// A file has the permissions of its folder here.
pub fn let_all_read(_: &File) -> io::Result<()> {
    Ok(())
}

/// A temporary file has the permissions of its folder here.
pub fn as_any_new_file(_: &mut tempfile::Builder<'_, '_>) {}

/// A folder cannot be opened here; the file system keeps its names.
pub fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// A terminal that was closed is a broken pipe here.
pub fn is_terminal_closed(_: &io::Error) -> bool {
    false
}

/// Sets `stop` at Ctrl-C and when the process is asked to end.
pub fn on_signals(stop: &Arc<AtomicBool>, _: u8) -> io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(stop))?;
    }
    Ok(())
}

/// A command of a person, to be run by the shell.
pub fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.args(["/C", command]);
    shell
}

/// A command cannot be asked to end here.
pub fn interrupt(_: &Child) {}

/// Whether a command has ended.
pub fn has_ended(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

/// Ends a command.
pub fn kill(child: &mut Child) {
    drop(child.kill());
    drop(child.wait());
}
