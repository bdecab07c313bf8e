//! Downloading corpora: `runner fetch`.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
#[cfg(feature = "fetch")]
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use miette::Diagnostic;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use thiserror::Error;

use super::files::FULL;
use super::manifest::{FileEntry, Manifest, Unpack, nearest};
use super::provenance::size;
use super::read::hex;
use super::unpack;
use crate::{platform, streams};

/// How long a server may stay silent.
#[cfg(feature = "fetch")]
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a corpus could not be fetched. Whatever the reason, no half file is left behind.
#[derive(Debug, Error, Diagnostic)]
pub enum FetchError {
    #[error("no corpus `{name}` is known")]
    #[diagnostic(code(fetch::unknown), help("{help}"))]
    Unknown { name: String, help: String },
    #[cfg(feature = "fetch")]
    #[error("`{address}` answered {status}")]
    #[diagnostic(
        code(fetch::status),
        help("the file may have moved: look for it there, and put it into the folder by hand")
    )]
    Status { address: String, status: u16 },
    #[error("cannot download `{address}`: {reason}")]
    #[diagnostic(
        code(fetch::network),
        help("look at the network (`https_proxy` is honoured), then try again")
    )]
    Network { address: String, reason: String },
    /// The program was built without downloads.
    #[cfg(not(feature = "fetch"))]
    #[error("this program was built without downloads, so `{address}` was not asked for")]
    #[diagnostic(
        code(fetch::without),
        help(
            "with them: `cargo run --release --features fetch -- fetch …`; or put the file into the \
              folder by hand"
        )
    )]
    Without { address: String },
    /// What came is not what was expected.
    #[error("`{address}` gave {found}, not {expected}; nothing was kept")]
    #[diagnostic(
        code(fetch::wrong_content),
        help("the file there has changed, or something between here and there alters it")
    )]
    WrongContent { address: String, found: String, expected: String },
    #[error("cannot write `{}`: {source}", path.display())]
    #[diagnostic(
        code(fetch::write),
        help("make room there, or see that the folder may be written to")
    )]
    Write { path: PathBuf, source: io::Error },
}

/// Where progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// On stderr: a bar on a terminal, a line a file elsewhere.
    Shown,
    /// Nowhere.
    Quiet,
}

/// What [`fetch`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The folder of the corpus, `<root>/<name>/full`.
    pub folder: PathBuf,
    pub files: Vec<FetchedFile>,
}

/// A file of a fetched corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// How it came there.
    pub outcome: Outcome,
}

/// How a file came to be where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was there, with the right sum; nothing was done.
    Present,
    /// It was downloaded.
    Downloaded,
    /// A file with another sum was there; the download took its place.
    Replaced,
}

/// Downloads the corpus `name` of `manifest` into `<root>/<name>/full`, and checks size and sha256
/// of each file. Files that are there already and right are left alone. The others appear, whole,
/// once all of them have arrived.
///
/// # Errors
///
/// When the name is unknown, the network or the disk fails, or what comes is not what the manifest
/// says. Then nothing of the download is kept.
pub fn fetch(
    manifest: &Manifest,
    name: &str,
    root: &Path,
    progress: Progress,
) -> Result<Fetched, FetchError> {
    let corpus = manifest.corpora.get(name).ok_or_else(|| unknown(manifest, name))?;
    let folder = root.join(name).join(FULL);
    let fetched = fetch_into(&folder, &corpus.files, progress);
    if fetched.is_err() {
        // Folders made for nothing go again; only empty ones can be removed so.
        let _ = fs::remove_dir(&folder).and_then(|()| fs::remove_dir(root.join(name)));
    }
    Ok(Fetched { files: fetched?, folder })
}

fn fetch_into(
    folder: &Path,
    entries: &[FileEntry],
    progress: Progress,
) -> Result<Vec<FetchedFile>, FetchError> {
    let mut files = Vec::new();
    let mut arrived = Vec::new();
    for entry in entries {
        let path = folder.join(&entry.name);
        let outcome = match sum_of(&path) {
            Some(sum) if sum == entry.sha256 => Outcome::Present,
            Some(_) => Outcome::Replaced,
            None => Outcome::Downloaded,
        };
        if outcome != Outcome::Present {
            arrived.push((download(entry, folder, progress)?, path.clone()));
        }
        files.push(FetchedFile { path, bytes: entry.bytes, outcome });
    }
    for (file, path) in arrived {
        let cannot_write = |source| FetchError::Write { path: path.clone(), source };
        file.persist(&path).map_err(|error| cannot_write(error.error))?;
    }
    Ok(files)
}

fn unknown(manifest: &Manifest, name: &str) -> FetchError {
    let names: Vec<&str> = manifest.corpora.keys().map(String::as_str).collect();
    let all = format!("there are: {}", names.join(", "));
    let help = match nearest(name, manifest.corpora.keys()) {
        Some(near) => format!("did you mean `{near}`?\n{all}"),
        None => all,
    };
    FetchError::Unknown { name: name.to_owned(), help }
}

/// The sha256 of the file at `path`; `None` if there is none that can be read.
fn sum_of(path: &Path) -> Option<String> {
    let bytes = path.is_file().then(|| fs::read(path).ok())??;
    Some(hex(&Sha256::digest(bytes)))
}

/// The file of `entry`, checked, as a temporary file in `folder`.
fn download(
    entry: &FileEntry,
    folder: &Path,
    progress: Progress,
) -> Result<NamedTempFile, FetchError> {
    let cannot_write = |source| FetchError::Write { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(cannot_write)?;
    let mut file = temporary(folder).map_err(cannot_write)?;
    let (length, body) = request(&entry.address)?;
    let meter = Meter::new(entry, length, progress);
    let arriving = meter.bar.wrap_read(body);
    let (bytes, sum) = receive(entry, arriving, |chunk| file.write_all(chunk), cannot_write)?;
    file.as_file().sync_all().map_err(cannot_write)?;
    check(entry, bytes, &sum)?;
    meter.done();
    Ok(file)
}

/// Hands the text of `entry` to `keep`, piece by piece, as it arrives. Returns its bytes and sha256.
fn receive(
    entry: &FileEntry,
    arriving: impl Read,
    mut keep: impl FnMut(&[u8]) -> io::Result<()>,
    cannot_write: impl Fn(io::Error) -> FetchError,
) -> Result<(u64, String), FetchError> {
    let broken = |error: io::Error| network(&entry.address, error);
    let contents = match entry.unpack {
        Unpack::No => Box::new(arriving),
        Unpack::Zip => unpack::first_member(arriving).map_err(broken)?,
        Unpack::Reviews => unpack::reviews(arriving, &entry.member).map_err(broken)?,
    };
    // A byte more than expected is enough to know that it is wrong.
    let most = if entry.cut { entry.bytes } else { entry.bytes + 1 };
    let mut contents = contents.take(most);
    let (mut bytes, mut sum) = (0, Sha256::new());
    let mut buffer = vec![0; 1 << 16];
    loop {
        let length = contents.read(&mut buffer).map_err(broken)?;
        if length == 0 {
            return Ok((bytes, hex(&sum.finalize())));
        }
        bytes += length as u64;
        sum.update(&buffer[..length]);
        keep(&buffer[..length]).map_err(&cannot_write)?;
    }
}

fn network(address: &str, reason: impl ToString) -> FetchError {
    FetchError::Network { address: address.to_owned(), reason: reason.to_string() }
}

/// A hidden file in `folder`, which the corpus reader passes over, with the permissions of any
/// other new file.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".fetch-");
    platform::as_any_new_file(&mut builder);
    builder.tempfile_in(folder)
}

/// Bytes of a file as far as its server says, and the file.
type Answer = (Option<u64>, Box<dyn Read>);

#[cfg(not(feature = "fetch"))]
fn request(address: &str) -> Result<Answer, FetchError> {
    Err(FetchError::Without { address: address.to_owned() })
}

/// Asks for `address`, through the proxy of the environment unless it is on this machine.
#[cfg(feature = "fetch")]
fn request(address: &str) -> Result<Answer, FetchError> {
    let local = address.starts_with("http://127.0.0.1:");
    let proxy = (!local).then(ureq::Proxy::try_from_env).flatten();
    let agent = ureq::Agent::config_builder()
        .proxy(proxy)
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE))
        .user_agent(concat!("runner/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    match agent.get(address).call() {
        Ok(response) => {
            let body = response.into_body();
            Ok((body.content_length(), Box::new(body.into_reader())))
        }
        Err(ureq::Error::StatusCode(status)) => {
            Err(FetchError::Status { address: address.to_owned(), status })
        }
        Err(error) => Err(network(address, error)),
    }
}

fn check(entry: &FileEntry, bytes: u64, sum: &str) -> Result<(), FetchError> {
    let (found, expected) = if bytes > entry.bytes {
        (format!("more than {} bytes", entry.bytes), format!("{} bytes", entry.bytes))
    } else if bytes < entry.bytes {
        (format!("{bytes} bytes"), format!("{} bytes", entry.bytes))
    } else if sum != entry.sha256 {
        (format!("text with sha256 {sum}"), entry.sha256.clone())
    } else {
        return Ok(());
    };
    Err(FetchError::WrongContent { address: entry.address.clone(), found, expected })
}

/// Shows how a download goes.
struct Meter {
    bar: ProgressBar,
    plain: Option<String>,
}

impl Meter {
    fn new(entry: &FileEntry, length: Option<u64>, progress: Progress) -> Self {
        if progress == Progress::Quiet {
            return Self { bar: ProgressBar::hidden(), plain: None };
        }
        let name = entry.name.clone();
        let Some(target) = streams::bars() else {
            streams::tell(format_args!(
                "downloading {name} ({}) from {}",
                size(entry.bytes),
                entry.address
            ));
            return Self { bar: ProgressBar::hidden(), plain: Some(name) };
        };
        let total = if entry.unpack == Unpack::No { Some(entry.bytes) } else { length };
        let bar = ProgressBar::with_draw_target(total, target);
        let template = "{msg:24} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta} left";
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        Self { bar: bar.with_message(name), plain: None }
    }

    fn done(self) {
        self.bar.finish();
        if let Some(name) = self.plain {
            streams::tell(format_args!("downloaded {name}, sha256 right"));
        }
    }
}
