//! What a comment before a block says about it: `<!-- test: MARK; MARK -->`.
//!
//! | mark | meaning |
//! | --- | --- |
//! | `short ARGUMENTS` | the command takes minutes: with these arguments it is run in seconds, and numbers and the order of lines are not compared |
//! | `first COMMAND` | what is shown is of results that this command makes, which is the one to be made short |
//! | `ending` | it is run, but what it prints is not compared: it depends on what was made short |
//! | `accepted` | it is not run, as it needs the network, a cluster or minutes: the program must take its arguments |
//! | `exit CODE` | its exit code, where that is not 0 |
//! | `file NAME` | the block, or what follows in the comment, is written into this file |

use std::collections::HashSet;

/// How a block's commands are checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Check {
    /// They print what is shown.
    #[default]
    Text,
    /// With these arguments they print something of the same layout.
    Layout(String),
    /// They end as they should.
    Ending,
    /// The program takes their arguments.
    Accepted,
}

/// What is said about a block.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    pub check: Check,
    pub exit: i32,
    pub first: Option<String>,
    /// A file, and its text if that is not the block's.
    pub file: Option<(String, Option<String>)>,
}

impl Marks {
    /// Reads the comments before a block.
    pub fn read(comments: &[String]) -> Result<Self, String> {
        let mut marks = Self::default();
        let mut seen = HashSet::new();
        for comment in comments {
            let (head, text) = match comment.split_once('\n') {
                Some((head, text)) => (head, Some(text.to_owned())),
                None => (comment.as_str(), None),
            };
            for mark in head.split("; ") {
                let (word, rest) = mark.split_once(' ').unwrap_or((mark, ""));
                match (word, rest) {
                    ("short", arguments) if !arguments.is_empty() => {
                        marks.check = Check::Layout(arguments.to_owned());
                    }
                    ("ending", "") => marks.check = Check::Ending,
                    ("accepted", "") => marks.check = Check::Accepted,
                    ("first", command) => marks.first = Some(command.to_owned()),
                    ("file", name) => marks.file = Some((name.to_owned(), text.clone())),
                    ("exit", code) if code.parse::<i32>().is_ok() => {
                        marks.exit = code.parse().unwrap_or_default();
                    }
                    _ => return Err(format!("there is no mark {mark:?}")),
                }
                let kind = if matches!(word, "ending" | "accepted") { "short" } else { word };
                if !seen.insert(kind.to_owned()) {
                    return Err(format!("the mark {mark:?} does not go with another"));
                }
            }
        }
        Ok(marks)
    }
}

#[test]
fn marks_are_read() {
    let read = |comment: &str| Marks::read(&[comment.to_owned()]);
    let marks = read("first runner a.toml; short -s training.steps=1; exit 2").expect("right");
    assert_eq!(marks.check, Check::Layout("-s training.steps=1".to_owned()));
    assert_eq!((marks.exit, marks.first.as_deref()), (2, Some("runner a.toml")));
    let marks = read("file a.toml\nseed = 1\n").expect("right");
    assert_eq!(marks.file, Some(("a.toml".to_owned(), Some("seed = 1\n".to_owned()))));
    for wrong in ["exit two", "shortt", "short", "accepted; ending", "accepted, slow"] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}
