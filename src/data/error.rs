//! What can be wrong with a corpus.

use std::io;
use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

/// How splits are named.
fn names() -> &'static str {
    "splits are called `train.txt`, `valid.txt` and `test.txt`"
}

/// Why a corpus could not be turned into token ids.
#[derive(Debug, Error, Diagnostic)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum DataError {
    /// Nothing lies where the corpus could be.
    #[error("there is no corpus `{corpus}` (looked at {places})")]
    #[diagnostic(code(data::missing), help("{help}"))]
    Missing {
        corpus: String,
        /// The paths tried, separated by commas.
        places: String,
        help: String,
    },
    /// Nothing lies where a named split could be.
    #[error("there is no `{path}` (looked at {places})")]
    #[diagnostic(
        code(data::no_file),
        help(
            "`data.{split}` takes paths of files or folders and patterns as `part-*.txt`, beside the spec or from here"
        )
    )]
    NoFile { split: &'static str, path: String, places: String },
    /// The path of a named split cannot be read.
    #[error("`{path}` is no path: {reason}")]
    #[diagnostic(
        code(data::path),
        help(
            "`~` stands for your home folder in `data.{split}`, `${{NAME}}` for a variable of the environment, and `*`, `?` and `[…]` for characters"
        )
    )]
    Path { split: &'static str, path: String, reason: String },
    /// A file stands in two splits.
    #[error("`{}` is in `data.{first}` and in `data.{second}`", path.display())]
    #[diagnostic(
        code(data::shared),
        help("figures of a text that was learned from say nothing of others: name it once")
    )]
    Shared { path: PathBuf, first: &'static str, second: &'static str },
    #[error("`{}` holds no text", path.display())]
    #[diagnostic(code(data::empty), help("{help}"))]
    Empty { path: PathBuf, help: String },
    /// A device, FIFO or socket where a file should be.
    #[error("`{}` is not a regular file", path.display())]
    #[diagnostic(
        code(data::not_a_file),
        help("a corpus is a text file, a `.gz` of one, or a folder of such files")
    )]
    NotAFile { path: PathBuf },
    #[error("cannot read `{}`: {source}", path.display())]
    #[diagnostic(code(data::read))]
    Read { path: PathBuf, source: io::Error },
    /// A `.gz` file is cut off or no gzip at all.
    #[error("cannot unpack `{}`: {source}", path.display())]
    #[diagnostic(
        code(data::gzip),
        help("the file is cut off or no gzip file; get it again, or put the plain text there")
    )]
    Gzip { path: PathBuf, source: io::Error },
    /// More text than is read.
    #[error("`{}` takes the corpus over {limit} bytes of text", path.display())]
    #[diagnostic(
        code(data::too_large),
        help(
            "cut the text up, name fewer files in `data.corpus`, or raise `data.max_bytes` if this is what \
             the file should hold"
        )
    )]
    TooLarge {
        /// The file at which the limit was passed.
        path: PathBuf,
        /// The limit, bytes.
        limit: u64,
    },
    #[error("`{}` is not UTF-8: byte 0x{byte:02x} at position {position}", path.display())]
    #[diagnostic(
        code(data::not_utf8),
        help("convert the file to UTF-8, or set `data.level = \"byte\"`, which takes any bytes")
    )]
    NotUtf8 {
        path: PathBuf,
        /// Place of the first wrong byte in the (unpacked) file, from 0.
        position: usize,
        byte: u8,
    },
    /// A text and a packed text of its name are two texts.
    #[error("`{}` does not hold the text of `{}`", packed.display(), plain.display())]
    #[diagnostic(
        code(data::other_copy),
        help("only one of them can be meant: take the other out of the folder, or rename it")
    )]
    OtherCopy { plain: PathBuf, packed: PathBuf },
    #[error("`{}` is a link to `{}`, which is not there", path.display(), target.display())]
    #[diagnostic(code(data::broken_link), help("mend or remove the link"))]
    BrokenLink { path: PathBuf, target: PathBuf },
    #[error("`{}` leads back to `{}`, which it lies in", path.display(), target.display())]
    #[diagnostic(code(data::link_loop), help("remove the link"))]
    LinkLoop { path: PathBuf, target: PathBuf },
    /// A file of a folder is for evaluation, but the name does not say of which kind.
    #[error("it is not clear which split `{}` is", path.display())]
    #[diagnostic(code(data::unclear_split), help("{}", names()))]
    UnclearSplit { path: PathBuf },
    /// A folder has validation or test files and none to learn from.
    #[error("`{}` has no training file beside {files}", folder.display())]
    #[diagnostic(
        code(data::no_training_file),
        help("{}; or name a single file in `data.corpus`, which is cut into splits", names())
    )]
    NoTrainingFile { folder: PathBuf, files: String },
    /// A folder has a training file and others that are of no split.
    #[error("{train} looks like a training split, and {others} like no split")]
    #[diagnostic(
        code(data::only_training_file),
        help("{}; or take what is not to be read out of the folder", names())
    )]
    OnlyTrainingFile { train: String, others: String },
    /// Two files of a folder claim to be the same split.
    #[error("`{}` and `{}` both look like the {split} split", first.display(), second.display())]
    #[diagnostic(
        code(data::ambiguous_split),
        help(
            "leave one {split} file in the folder, or number its parts ({split}_1.txt, {split}_2.txt), \
             or name a single file in `data.corpus`"
        )
    )]
    AmbiguousSplit { split: &'static str, first: PathBuf, second: PathBuf },
    #[error(
        "the training split of `{corpus}` has {tokens} tokens; \
         one batch of {batch_size} sequences of {sequence_length} needs {needed}"
    )]
    #[diagnostic(code(data::train_too_short), help("{help}"))]
    TrainTooShort {
        corpus: String,
        tokens: usize,
        batch_size: usize,
        sequence_length: usize,
        /// The least number of tokens.
        needed: usize,
        help: String,
    },
    /// A file is not of the form that the task reads.
    #[error("`{}`, line {line}: {form}", path.display())]
    #[diagnostic(
        code(data::form),
        help("the forms that each task reads are in datasets/README.md")
    )]
    Form {
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        form: String,
    },
    /// Validation or test has labels that training never saw, and no others.
    #[error("no label of the {split} split of `{corpus}` stands in its training split")]
    #[diagnostic(
        code(data::unseen),
        help("all of its predictions would be wrong, whatever is learned: cut the splits anew")
    )]
    Unseen { corpus: String, split: &'static str },
    /// Validation or test has nothing to predict.
    #[error("the {split} split of `{corpus}` has {tokens} of the {least} tokens it needs at least")]
    #[diagnostic(
        code(data::split_too_short),
        help("set `data.{split}_fraction` to 0 (no {split} split) or higher, or take more text")
    )]
    SplitTooShort {
        corpus: String,
        split: &'static str,
        tokens: usize,
        /// The least number of tokens.
        least: usize,
    },
}

/// A text has a token that the vocabulary lacks, and there is no `<unk>`.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[error("`{token}` is not in the vocabulary of {entries} tokens, which has no `<unk>`")]
#[diagnostic(
    code(data::unknown_token),
    help("use only text whose tokens occur in the training split (mind upper and lower case)")
)]
pub struct UnknownToken {
    /// The token.
    pub token: String,
    /// Entries of the vocabulary.
    pub entries: usize,
}

/// Bytes that a person gave are no text.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[error("the text is not UTF-8: byte 0x{byte:02x} at position {position}")]
#[diagnostic(
    code(data::not_text),
    help("give it in UTF-8; only a model that was trained at level `byte` takes any bytes")
)]
pub struct NotText {
    /// Place of the first wrong byte, from 0.
    pub position: usize,
    /// The byte.
    pub byte: u8,
}

/// Why what a person gave cannot be read with a vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum Unreadable {
    /// It is no text.
    #[error(transparent)]
    #[diagnostic(transparent)]
    NotText(#[from] NotText),
    /// It has a token that the vocabulary lacks.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Unknown(#[from] UnknownToken),
}
