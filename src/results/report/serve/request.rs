//! What a client asks for.

use std::io::{self, Read};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Bytes and fields of a request's head, and how long a client may take to say it.
const HEAD: usize = 16 * 1024;
const FIELDS: usize = 64;
const PATIENCE: Duration = Duration::from_secs(5);

/// What is asked for.
#[derive(Debug, PartialEq)]
pub(super) enum Asked {
    /// The page, or what stands before it.
    Page {
        /// Whether the client wants no more than that.
        head_only: bool,
    },
    /// To be told of newer pages.
    News,
    /// What there is not, or not for this client: the code and why.
    Other(&'static str, &'static str),
}

/// Reads a request.
///
/// # Errors
/// When the client goes away, or takes too long.
pub(super) fn asked(stream: &mut TcpStream) -> io::Result<Asked> {
    let end = Instant::now() + PATIENCE;
    let mut head = Vec::new();
    let mut part = [0; 2048];
    while !head.windows(4).any(|ends| ends == b"\r\n\r\n") {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut part)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => head.extend_from_slice(&part[..read]),
        }
        if head.len() > HEAD {
            return Ok(Asked::Other("431 Request Header Fields Too Large", "ask in fewer words"));
        }
    }
    Ok(parsed(&head))
}

/// What a head asks for.
fn parsed(head: &[u8]) -> Asked {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let (Ok(httparse::Status::Complete(_)), Some(method), Some(path)) =
        (request.parse(head), request.method, request.path)
    else {
        return Asked::Other("400 Bad Request", "this is no request");
    };
    let field = |name: &str| {
        let found = request.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name));
        found.and_then(|field| str::from_utf8(field.value).ok())
    };
    // Another site's page must not read results through a name that it points here, nor use up places.
    if !field("host").is_some_and(is_local) {
        return Asked::Other("403 Forbidden", "ask for 127.0.0.1");
    }
    if field("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site") {
        return Asked::Other("403 Forbidden", "another site asks");
    }
    let head_only = match method {
        "GET" => false,
        "HEAD" => true,
        _ => return Asked::Other("405 Method Not Allowed", "there is only GET and HEAD"),
    };
    match path.split('?').next() {
        Some("/") => Asked::Page { head_only },
        Some("/events") if !head_only => Asked::News,
        _ => Asked::Other("404 Not Found", "there is only /"),
    }
}

/// Whether a host is this machine by its own name, with or without a port.
fn is_local(host: &str) -> bool {
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    port.parse::<u16>().is_ok()
        && ["127.0.0.1", "localhost"].iter().any(|own| name.eq_ignore_ascii_case(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(head: &str) -> &'static str {
        match parsed(head.as_bytes()) {
            Asked::Page { .. } | Asked::News => "200",
            Asked::Other(code, _) => &code[..3],
        }
    }

    #[test]
    fn only_this_machine_is_answered_and_only_what_it_may_ask() {
        let get = |path: &str, fields: &str| code(&format!("GET {path} HTTP/1.1\r\n{fields}\r\n"));
        for host in ["127.0.0.1:6007", "localhost", "LOCALHOST:1"] {
            assert_eq!(get("/", &format!("Host: {host}\r\n")), "200", "{host}");
        }
        for host in ["example.org", "127.0.0.1.example.org", "127.0.0.1:80:90", "[::1]", ""] {
            assert_eq!(get("/", &format!("Host: {host}\r\n")), "403", "{host}");
        }
        assert_eq!(get("/", ""), "403");
        let own = "Host: localhost\r\n";
        assert_eq!(get("/", &format!("{own}Sec-Fetch-Site: cross-site\r\n")), "403");
        assert_eq!(get("/", &format!("{own}Sec-Fetch-Site: none\r\n")), "200");
        assert_eq!(get("/../etc/passwd", own), "404");
        assert_eq!(get("/events", own), "200");
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"] {
            assert_eq!(code(&format!("{method} / HTTP/1.1\r\n{own}\r\n")), "405", "{method}");
        }
        let head = parsed(format!("HEAD / HTTP/1.1\r\n{own}\r\n").as_bytes());
        assert_eq!(head, Asked::Page { head_only: true });
        assert_eq!(code("\u{0}\r\n\r\n"), "400");
        assert_eq!(code(&format!("GET / HTTP/1.1\r\n{own}{}\r\n", "A: b\r\n".repeat(100))), "400");
    }
}
