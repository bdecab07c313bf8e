//! Reading and drawing in turns, until someone leaves.

use super::app::{App, Then};
use super::theme::Theme;
use super::{WatchOptions, view};
use crate::cli::failure::{Failure, exit};
use crate::cli::signals::listen;
use crate::results::watch::Live;
use crate::streams::is_answer_unread;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime};

/// How long is waited for a key before it is looked for something new.
const WAIT: Duration = Duration::from_millis(100);
/// Times that are shown go on, though nothing new is there.
const SECOND: Duration = Duration::from_secs(1);

/// How watching ended.
enum Ended {
    /// Someone left.
    Left,
    /// A signal asked for it.
    Asked,
    /// A thread that reads has ended.
    Unread,
}

/// Shows how trials stand until someone leaves.
pub(crate) fn watch(options: &WatchOptions) -> Result<(), Failure> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Failure::usage(miette::miette!(
            code = "watch::no_terminal",
            help = "`runner board` prints how trials stand, also into a file or a pipe",
            "`runner watch` needs a terminal, on standard input and on standard output"
        )));
    }
    let live = Live::start(&options.paths).map_err(Failure::usage)?;
    let stop = listen()?;
    // With it comes a hook: a panic leaves the terminal as it was, too.
    let ended = ratatui::try_init().and_then(|mut terminal| {
        let ended = show(&mut terminal, &live, &stop);
        if terminal.show_cursor().is_err() {
            // Dropped, it would tell standard error, which has vanished too, and panic.
            std::mem::forget(terminal);
        }
        ended
    });
    // A terminal that has vanished needs nothing more.
    let _ = ratatui::try_restore();
    match ended {
        Ok(Ended::Left) => Ok(()),
        Ok(Ended::Asked) => Err(Failure::told(exit::INTERRUPTED)),
        Ok(Ended::Unread) => Err(Failure::internal(miette::miette!(
            "the thread that reads has ended: what is said above is why"
        ))),
        Err(error) if is_answer_unread(&error) => Ok(()),
        Err(error) => Err(Failure::internal(miette::miette!("no screen: {error}"))),
    }
}

fn show(terminal: &mut DefaultTerminal, live: &Live, stop: &AtomicBool) -> io::Result<Ended> {
    let (mut app, theme, events) = (App::default(), Theme::of_environment(), events());
    let (mut selected, mut drawn) = (Vec::new(), None::<Instant>);
    while !stop.load(Ordering::Relaxed) {
        let mut is_new = drawn.is_none_or(|drawn| drawn.elapsed() >= SECOND);
        loop {
            match live.next() {
                Ok(Some(update)) => app.take(update),
                Ok(None) => break,
                Err(_) => return Ok(Ended::Unread),
            }
            is_new = true;
        }
        let folders = app.folders();
        if folders != selected {
            live.select(folders.clone());
            selected = folders;
        }
        if is_new {
            terminal.draw(|frame| view::draw(frame, &mut app, theme, SystemTime::now()))?;
            drawn = Some(Instant::now());
        }
        // All that has been typed by now is answered with one frame.
        let first = match events.recv_timeout(WAIT) {
            Err(RecvTimeoutError::Disconnected) => return Ok(Ended::Unread),
            first => first.ok(),
        };
        for event in first.into_iter().chain(events.try_iter()) {
            drawn = None;
            if let Event::Key(key) = event?
                && key.kind != KeyEventKind::Release
                && app.key(key) == Then::Leave
            {
                return Ok(Ended::Left);
            }
        }
    }
    Ok(Ended::Asked)
}

/// What is typed, read in a thread of its own: of a terminal that has vanished crossterm reads without
/// end, while drawing on it fails.
fn events() -> Receiver<io::Result<Event>> {
    let (told, events) = channel();
    let read = move || {
        loop {
            let event = event::read();
            let has_failed = event.is_err();
            if told.send(event).is_err() || has_failed {
                return;
            }
        }
    };
    // One that cannot be had is as one that has ended.
    let _ = std::thread::Builder::new().name("keys".to_owned()).spawn(read);
    events
}
