//! The page on 127.0.0.1 while trials run. It answers from memory: `live` makes the page anew when files
//! have changed, and `request` says what is asked for. Each connection has a thread, of which there is
//! a bounded number, and a bounded time.

mod live;
mod request;

use live::Live;
use request::{Asked, asked};
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Connections at a time, and those of them that wait for news.
const CONNECTIONS: usize = 256;
const LISTENERS: usize = 64;
/// What a connection's thread needs of memory, at most.
const STACK: usize = 128 * 1024;
/// How long a client may take to read an answer, and bytes that are written at once.
const ANSWER: Duration = Duration::from_secs(30);
const CHUNK: usize = 64 * 1024;
/// A listener that has gone away is noticed by a word that it does not read.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Failures to accept a connection, one after the other, after which there is no more hope.
const FAILURES: usize = 100;

/// Places for connections.
struct Places {
    taken: AtomicUsize,
    most: usize,
}

/// A place that is taken, until it is dropped.
struct Place(Arc<Places>);

impl Places {
    fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { taken: AtomicUsize::new(0), most })
    }

    fn take(self: &Arc<Self>) -> Option<Place> {
        let place = Place(Arc::clone(self));
        (self.taken.fetch_add(1, Ordering::SeqCst) < self.most).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Answers requests until the process is ended.
///
/// # Errors
/// When the system takes the socket away.
pub fn serve(listener: &TcpListener, paths: Vec<PathBuf>) -> io::Result<()> {
    let live = Arc::new(Live::default());
    let maker = Arc::clone(&live);
    thread::Builder::new().spawn(move || maker.keep_up(&paths))?;
    let (places, listeners) = (Places::new(CONNECTIONS), Places::new(LISTENERS));
    let mut failures = 0;
    for stream in listener.incoming() {
        let mut stream = match stream {
            Ok(stream) => stream,
            Err(error) if failures >= FAILURES => return Err(error),
            // The client has gone already, or the process has no more files for a moment.
            Err(_) => {
                failures += 1;
                thread::sleep(Duration::from_millis(50));
                continue;
            }
        };
        failures = 0;
        let Some(place) = places.take() else {
            let _ = refuse(&mut stream, "503 Service Unavailable", "too many connections");
            continue;
        };
        let (live, listeners) = (Arc::clone(&live), Arc::clone(&listeners));
        let answered = move || {
            // A browser that goes away in the middle of an answer is no error.
            let _ = answer(stream, &live, &listeners);
            drop(place);
        };
        // Without a thread the connection is closed.
        let _ = thread::Builder::new().stack_size(STACK).spawn(answered);
    }
    Ok(())
}

/// Answers one request.
fn answer(mut stream: TcpStream, live: &Live, listeners: &Arc<Places>) -> io::Result<()> {
    match asked(&mut stream)? {
        Asked::Page { head_only } => {
            let Some(page) = live.newer_than(None, ANSWER) else { return Ok(()) };
            let body = if head_only { &[] } else { page.html.as_bytes() };
            write_head(&mut stream, "200 OK", "text/html; charset=utf-8", Some(page.html.len()))?;
            write_in_time(&mut stream, body)
        }
        Asked::News => match listeners.take() {
            Some(_place) => tell(&mut stream, live),
            None => refuse(&mut stream, "503 Service Unavailable", "too many listeners"),
        },
        Asked::Other(code, why) => refuse(&mut stream, code, why),
    }
}

/// Tells a listener of each newer page, until it goes away.
fn tell(stream: &mut TcpStream, live: &Live) -> io::Result<()> {
    write_head(stream, "200 OK", "text/event-stream", None)?;
    let mut known: Option<String> = None;
    loop {
        match live.newer_than(known.as_deref(), HEARTBEAT) {
            Some(page) => {
                write_in_time(stream, format!("data: {}\n\n", page.version).as_bytes())?;
                known = Some(page.version);
            }
            None => write_in_time(stream, b":\n\n")?,
        }
    }
}

fn refuse(stream: &mut TcpStream, code: &str, why: &str) -> io::Result<()> {
    write_head(stream, code, "text/plain; charset=utf-8", Some(why.len() + 1))?;
    write_in_time(stream, format!("{why}\n").as_bytes())
}

/// What stands before an answer: no other site may show it in a frame or read it.
fn write_head(
    stream: &mut TcpStream,
    code: &str,
    kind: &str,
    len: Option<usize>,
) -> io::Result<()> {
    let len = len.map(|len| format!("Content-Length: {len}\r\n")).unwrap_or_default();
    let allow = if code.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
    let head = format!(
        "HTTP/1.1 {code}\r\nContent-Type: {kind}\r\n{len}{allow}Cache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n\
         Cross-Origin-Resource-Policy: same-origin\r\nConnection: close\r\n\r\n"
    );
    write_in_time(stream, head.as_bytes())
}

/// Writes to a client that reads it in time.
fn write_in_time(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    let end = Instant::now() + ANSWER;
    for chunk in bytes.chunks(CHUNK) {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_write_timeout(Some(left))?;
        stream.write_all(chunk)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_places_than_there_are() {
        let places = Places::new(2);
        let taken: Vec<Place> = std::iter::from_fn(|| places.take()).collect();
        assert_eq!(taken.len(), 2);
        drop(taken);
        assert!(places.take().is_some());
    }
}
