//! Downloads from a server in the same process.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use flate2::{Compression, write::DeflateEncoder};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::fetch::{FetchError, Fetched};
use super::read::hex;
use super::{Manifest, Outcome, Progress, fetch};

const TEXT: &[u8] = b"yada yada yada\n";

/// A server on this machine.
struct Server {
    address: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    /// Answers each request with `status` and `body`, but claims that the body is `claimed` long.
    fn new(status: &'static str, body: Vec<u8>, claimed: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = requests.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
                counter.fetch_add(1, Ordering::SeqCst);
                let head = format!("HTTP/1.1 {status}\r\nContent-Length: {claimed}\r\n\r\n");
                let _ = stream.write_all(&[head.as_bytes(), &body].concat());
            }
        });
        Self { address, requests }
    }

    fn giving(body: &[u8]) -> Self {
        Self::new("200 OK", body.to_vec(), body.len())
    }

    /// The entry of a file that has this text.
    fn file(&self, name: &str, text: &[u8], extra: &str) -> String {
        let (address, bytes, sum) = (&self.address, text.len(), hex(&Sha256::digest(text)));
        format!(
            "[[c.files]]\nname = '{name}'\naddress = '{address}/{name}'\nbytes = {bytes}\n\
             sha256 = '{sum}'\n{extra}\n"
        )
    }
}

/// Fetches a corpus `c` of these files into `root`.
fn fetch_files(root: &Path, files: &[String]) -> Result<Fetched, FetchError> {
    let path = root.join("corpora.toml");
    let head = "[c]\ntitle = ''\nlicence = ''\nserves = ''\n";
    fs::write(&path, format!("{head}{}", files.concat())).unwrap();
    fetch(&Manifest::read(&path).unwrap(), "c", root, Progress::Quiet)
}

fn outcomes(fetched: &Fetched) -> Vec<Outcome> {
    fetched.files.iter().map(|file| file.outcome).collect()
}

/// Asserts that fetching fails, leaving nothing, and gives the error.
fn fails(files: &[String]) -> FetchError {
    let root = TempDir::new().unwrap();
    let error = fetch_files(root.path(), files).unwrap_err();
    assert!(!root.path().join("c").exists());
    error
}

#[test]
fn a_corpus_is_downloaded_once() {
    let root = TempDir::new().unwrap();
    let server = Server::giving(TEXT);
    let files = [server.file("a.txt", TEXT, ""), server.file("b.txt", TEXT, "")];
    let fetched = fetch_files(root.path(), &files).unwrap();
    assert_eq!(outcomes(&fetched), [Outcome::Downloaded; 2]);
    assert_eq!(fetched.folder, root.path().join("c/full"));
    assert_eq!(fs::read(fetched.folder.join("a.txt")).unwrap(), TEXT);
    let again = fetch_files(root.path(), &files).unwrap();
    assert_eq!(outcomes(&again), [Outcome::Present; 2]);
    assert_eq!(server.requests.load(Ordering::SeqCst), 2);
    fs::write(fetched.folder.join("b.txt"), "not that").unwrap();
    let mended = fetch_files(root.path(), &files).unwrap();
    assert_eq!(outcomes(&mended), [Outcome::Present, Outcome::Replaced]);
    assert_eq!(fs::read(fetched.folder.join("b.txt")).unwrap(), TEXT);
    assert_eq!(fs::read_dir(&fetched.folder).unwrap().count(), 2);
}

#[test]
fn the_first_member_of_a_zip_is_unpacked() {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
    packed.write_all(TEXT).unwrap();
    for (method, data) in [(8, packed.finish().unwrap()), (0, TEXT.to_vec())] {
        let mut archive = b"PK\x03\x04\x14\0\0\0".to_vec();
        archive.extend([method, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        archive.extend((data.len() as u32).to_le_bytes());
        archive.extend((TEXT.len() as u32).to_le_bytes());
        archive.extend([5, 0, 2, 0]);
        archive.extend(b"a.txtxx");
        archive.extend(&data);
        archive.extend(b"PK\x01\x02 and the rest");
        let root = TempDir::new().unwrap();
        let file = Server::giving(&archive).file("a.txt", TEXT, "unpack = 'zip'");
        let fetched = fetch_files(root.path(), &[file]).unwrap();
        assert_eq!(fs::read(fetched.folder.join("a.txt")).unwrap(), TEXT);
    }
    let error = fails(&[Server::giving(&[b'x'; 99]).file("a.txt", TEXT, "unpack = 'zip'")]);
    assert!(error.to_string().contains("no zip archive"), "{error}");
}

#[test]
fn wrong_text_is_not_kept() {
    let right = Server::giving(TEXT).file("a.txt", TEXT, "");
    for wrong in [&b"yada yada nada\n"[..], b"yada", b"yada yada yada yada\n"] {
        let error = fails(&[right.clone(), Server::giving(wrong).file("b.txt", TEXT, "")]);
        assert!(matches!(error, FetchError::WrongContent { .. }), "{error}");
    }
}

#[test]
fn a_cut_connection_leaves_nothing() {
    let server = Server::new("200 OK", TEXT[..5].to_vec(), TEXT.len());
    let error = fails(&[server.file("a.txt", TEXT, "")]);
    assert!(matches!(error, FetchError::Network { .. }), "{error}");
}

#[test]
fn an_error_of_the_server_is_told() {
    let server = Server::new("404 Not Found", Vec::new(), 0);
    let error = fails(&[server.file("a.txt", TEXT, "")]);
    assert!(matches!(error, FetchError::Status { status: 404, .. }), "{error}");
}

#[test]
fn no_server_is_a_network_error() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server { address: format!("http://{address}"), requests: Arc::default() };
    let error = fails(&[server.file("a.txt", TEXT, "")]);
    assert!(matches!(error, FetchError::Network { .. }), "{error}");
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let root = TempDir::new().unwrap();
    fs::write(root.path().join("c"), "in the way").unwrap();
    let file = Server::giving(TEXT).file("a.txt", TEXT, "");
    let error = fetch_files(root.path(), &[file]).unwrap_err();
    assert!(matches!(error, FetchError::Write { .. }), "{error}");
}

#[test]
fn an_unknown_name_is_told_the_known_ones() {
    let error = fetch(&Manifest::shipped().unwrap(), "sienfeld", Path::new("."), Progress::Quiet);
    let Err(FetchError::Unknown { help, .. }) = error else { panic!("{error:?}") };
    assert!(
        help.starts_with("did you mean `seinfeld`?\nthere are: digits, imdb, jaychou"),
        "{help}"
    );
}
