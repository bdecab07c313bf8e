//! Standard error and standard output, which may go away under a run that goes on.
//!
//! A closed pipe, a full device and a terminal that has vanished take nothing any more. Nothing that is
//! written to standard error is worth the end of a training: what cannot be written is dropped. All of
//! standard error passes through here, and nothing that acts on a terminal comes from elsewhere: what is
//! [`visible`] of a text stands for it.

mod report;
mod visible;

pub use visible::{acts, inert_json, on_a_line, visible};

use crate::platform;
use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};
use miette::Diagnostic;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

/// Writes a line to standard error.
pub fn tell(line: impl Display) {
    put(&visible(&line.to_string()));
}

/// Writes a diagnostic to standard error: with colours, if it is a terminal.
pub fn tell_of(diagnostic: &dyn Diagnostic) {
    put(&report::drawn(diagnostic));
}

/// Writes a line in one piece, so that those of several processes are not mixed.
fn put(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Writes the beginning of a line to standard error, which an answer will end.
pub fn ask(question: impl Display) {
    let _ = io::stderr().write_all(visible(&question.to_string()).as_bytes());
}

/// Whether whoever read standard output has gone away, as `head` does and a terminal that was closed:
/// what is written there interests no one any more, and is no error.
pub fn is_answer_unread(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe || platform::is_terminal_closed(error)
}

/// Where bars are drawn: standard error, if it is a terminal.
pub fn bars() -> Option<ProgressDrawTarget> {
    /// Frames a second.
    const RATE: u8 = 10;
    if !io::stderr().is_terminal() {
        return None;
    }
    // The colours of bars are those of standard output otherwise, which may lead elsewhere.
    console::set_colors_enabled(console::colors_enabled_stderr());
    let terminal = Terminal(Mutex::new(Term::buffered_stderr()));
    Some(ProgressDrawTarget::term_like_with_hz(Box::new(terminal), RATE))
}

/// Columns of the terminal behind standard error; of none, as many as most have.
pub fn width() -> usize {
    Term::stderr().size_checked().map_or(80, |(_, columns)| usize::from(columns))
}

/// A terminal that may vanish: bars are drawn on it as long as it takes them.
#[derive(Debug)]
struct Terminal(Mutex<Term>);

impl Terminal {
    fn draw(&self, what: impl FnOnce(&Term) -> io::Result<()>) -> io::Result<()> {
        let mut term = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if what(&term).is_err() {
            // What it did not take would stay in its buffer, which grew with each frame.
            *term = Term::buffered_stderr();
        }
        Ok(())
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size().1
    }

    fn height(&self) -> u16 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.draw(|term| term.move_cursor_up(n))
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.draw(|term| term.move_cursor_down(n))
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.draw(|term| term.move_cursor_right(n))
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.draw(|term| term.move_cursor_left(n))
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.draw(|term| term.write_line(text))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.draw(|term| term.write_str(text))
    }

    fn clear_line(&self) -> io::Result<()> {
        self.draw(|term| term.clear_line())
    }

    fn flush(&self) -> io::Result<()> {
        self.draw(|term| term.flush())
    }
}
