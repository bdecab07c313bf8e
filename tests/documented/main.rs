//! README.md and the pages of `docs/` show what this version prints: every command in them is run, in the
//! order in which a reader would, and what it prints is held against what the page shows.
//!
//! A command stands in a block of the language `console`, after `$ `, and what it prints follows. A
//! comment before a block says what readers need not see (`marks.rs`): of commands that take minutes,
//! that a short form of them is run, of which only the layout is compared; of others, that they are
//! only checked for being accepted. Commands between backticks and in blocks of the language `sh` are
//! checked for that too. `links.rs` follows all links.
//!
//! ```sh
//! UPDATE_DOCS=1 cargo test --release --test documented    # writes what is printed into the pages
//! UPDATE_DOCS=all cargo test --release --test documented  # runs what takes minutes in full, too
//! ```
#![cfg(unix)]

mod compare;
mod links;
mod marks;
mod page;
mod session;

use compare::Likeness;
use marks::{Check, Marks};
use page::{Block, Part};
use session::Session;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A test for each page whose commands are run, with the folder that they are run in.
macro_rules! pages {
    ($($test:ident: $page:literal in $session:expr;)*) => {
        $(#[test] fn $test() { check($page, $session); })*

        const RUN: &[&str] = &[$($page),*];
    };
}

pages! {
    readme: "README.md" in checkout();
    ci: "docs/ci.md" in checkout();
    coming_from_char_rnn: "docs/coming_from_char_rnn.md" in checkout();
    coming_from_hydra: "docs/coming_from_hydra.md" in checkout();
    coming_from_pytorch: "docs/coming_from_pytorch.md" in checkout();
    command_line: "docs/command_line.md" in Session::new();
    results: "docs/results.md" in checkout();
    tour: "docs/tour.md" in Session::new();
    tutorial: "docs/tutorial.md" in Session::new();
    writing_a_spec: "docs/writing_a_spec.md" in checkout();
}

#[test]
fn other_pages() {
    for page in links::pages_of("docs").iter().filter(|page| !RUN.contains(&page.as_str())) {
        check(page, Session::new());
    }
    check("CONTRIBUTING.md", Session::new());
}

/// A folder with what of a checkout a reader's commands need.
fn checkout() -> Session {
    let session = Session::new();
    for folder in ["experiments", "datasets", "schema"] {
        session.copy(&repository(folder), folder);
    }
    session
}

#[test]
fn every_page_is_in_the_book() {
    let summary = fs::read_to_string(repository("docs/SUMMARY.md")).expect("read");
    for page in links::pages_of("docs").iter().filter(|page| *page != "docs/SUMMARY.md") {
        let name = page.trim_start_matches("docs/");
        assert!(summary.contains(&format!("({name})")), "{page} is not in docs/SUMMARY.md");
    }
}

#[test]
fn the_readme_is_short() {
    let lines = fs::read_to_string(repository("README.md")).expect("read").lines().count();
    assert!(lines <= 150, "README.md has {lines} lines: what is more than 150 belongs into docs/");
}

/// Whether pages are written anew, and whether long commands are run in full.
fn update() -> (bool, bool) {
    let wish = env::var_os("UPDATE_DOCS");
    (wish.is_some(), wish.is_some_and(|wish| wish == "all"))
}

/// Runs all commands of a page, and tells all that is wrong with it.
fn check(path: &str, mut session: Session) {
    let text = fs::read_to_string(repository(path)).expect("read");
    let (mut written, mut wrong) = (String::new(), Vec::new());
    for part in page::parts(&text) {
        match part {
            Part::Prose(prose) => {
                for command in page::spans(&prose) {
                    wrong.extend(session.accepts(&command).err());
                }
                written += &prose;
            }
            Part::Block(block) => written += &follow(&block, &mut session, &mut wrong),
        }
    }
    let wrong: Vec<String> = wrong.into_iter().map(|what| format!("{path}: {what}\n")).collect();
    if update().0 && written != text {
        fs::write(repository(path), written).expect("written");
    }
    assert!(
        wrong.is_empty(),
        "{}UPDATE_DOCS=1 cargo test --release --test documented writes what is printed; \
         UPDATE_DOCS=all also what takes minutes",
        wrong.concat()
    );
}

/// Does what a block and its marks say: the block as it should be.
fn follow(block: &Block, session: &mut Session, wrong: &mut Vec<String>) -> String {
    let marks = match Marks::read(&block.marks) {
        Ok(marks) => marks,
        Err(why) => {
            wrong.push(why);
            return block.to_string();
        }
    };
    if let Some((name, text)) = &marks.file {
        session.write(name, text.as_deref().unwrap_or(&block.text()));
    }
    if !block.is_console() {
        if block.text().starts_with("$ ") {
            wrong.push(format!("commands stand in blocks of the language console:\n{block}"));
        }
        wrong.extend(block.listed().iter().filter_map(|command| session.accepts(command).err()));
        return block.to_string();
    }
    if let Some(first) = &marks.first {
        let first = shortened(first, &marks);
        let ended = session.run(&first);
        if ended.code != 0 {
            wrong.push(format!("`{first}` has exit code {}: {}", ended.code, ended.text));
        }
    }
    let mut lines = Vec::new();
    for (command, shown) in block.commands() {
        let printed = match run(command, &shown, &marks, session) {
            Ok(printed) => printed,
            Err(why) => {
                wrong.push(why);
                shown
            }
        };
        lines.push(format!("$ {command}"));
        lines.extend(printed);
    }
    Block { lines, ..block.clone() }.to_string()
}

/// A command with the arguments that make it short.
fn shortened(command: &str, marks: &Marks) -> String {
    match &marks.check {
        Check::Layout(arguments) if !update().1 => format!("{command} {arguments}"),
        _ => command.to_owned(),
    }
}

/// Runs a command: the lines that the page should show, or what is wrong with it.
fn run(
    command: &str,
    shown: &[String],
    marks: &Marks,
    session: &mut Session,
) -> Result<Vec<String>, String> {
    if marks.check == Check::Accepted {
        return session.accepts(command).map(|()| shown.to_vec());
    }
    session::is_runnable(command)?;
    let in_full =
        if marks.first.is_none() { shortened(command, marks) } else { command.to_owned() };
    let ended = session.run(&in_full);
    if ended.code != marks.exit {
        let code = ended.code;
        return Err(format!(
            "`{in_full}` has exit code {code}, not {}: {}",
            marks.exit, ended.text
        ));
    }
    let printed: Vec<String> = ended.text.lines().map(str::to_owned).collect();
    let likeness = match &marks.check {
        _ if update().1 => Likeness::Text,
        Check::Text => Likeness::Text,
        Check::Layout(_) => Likeness::Layout,
        Check::Ending | Check::Accepted => return Ok(shown.to_vec()),
    };
    if likeness.holds(shown, &printed) {
        return Ok(shown.to_vec());
    }
    // What a short form prints is not for the page.
    if update().0 && likeness == Likeness::Text {
        return Ok(printed);
    }
    let (shown, printed) = (shown.join("\n"), printed.join("\n"));
    Err(format!("`{in_full}` prints something else. Shown:\n{shown}\nPrinted:\n{printed}"))
}
