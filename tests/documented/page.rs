//! A page of Markdown as blocks of code and what stands between them.

use std::fmt;

/// A part of a page.
pub enum Part {
    /// Text, with the marks in it.
    Prose(String),
    /// A block of code.
    Block(Block),
}

/// A block between fences.
#[derive(Clone, Debug)]
pub struct Block {
    /// The word after the fence.
    pub language: String,
    /// Its lines.
    pub lines: Vec<String>,
    /// What stands in the comments for this test since the last block.
    pub marks: Vec<String>,
}

/// The parts of a page: put together they are the page.
pub fn parts(text: &str) -> Vec<Part> {
    let (mut parts, mut prose, mut marks) = (Vec::new(), String::new(), Vec::new());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            parts.push(Part::Prose(std::mem::take(&mut prose)));
            let inside = lines.by_ref().take_while(|line| *line != "```").map(str::to_owned);
            let (language, lines) = (language.to_owned(), inside.collect());
            parts.push(Part::Block(Block { language, lines, marks: std::mem::take(&mut marks) }));
            continue;
        }
        prose += &format!("{line}\n");
        let Some(mark) = line.strip_prefix("<!-- test: ") else { continue };
        let mut mark = mark.to_owned();
        while !mark.ends_with("-->") {
            let Some(line) = lines.next() else { break };
            prose += &format!("{line}\n");
            mark += &format!("\n{line}");
        }
        marks.push(mark.trim_end_matches("-->").trim_end_matches(' ').to_owned());
    }
    parts.push(Part::Prose(prose));
    parts
}

/// The commands of the program that stand between backticks in a text.
pub fn spans(prose: &str) -> Vec<String> {
    let visible = prose.split("<!--").map(|part| part.rsplit("-->").next().unwrap_or_default());
    let visible = visible.collect::<String>();
    let spans = visible.split('`').skip(1).step_by(2);
    let words = spans.map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "));
    words.filter(|span| span.starts_with("runner ")).collect()
}

impl Block {
    /// Whether commands and what they print stand in it.
    pub fn is_console(&self) -> bool {
        self.language == "console"
    }

    /// Its lines as a file.
    pub fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// The commands of the program in a block of the language `sh`, without their comments.
    pub fn listed(&self) -> Vec<&str> {
        let lines = self.lines.iter().filter(|_| self.language == "sh");
        let commands =
            lines.flat_map(|line| line.split(" # ").next().unwrap_or_default().split("&&"));
        commands.map(str::trim).filter(|command| command.starts_with("runner ")).collect()
    }

    /// Each command, and what is shown of what it prints.
    pub fn commands(&self) -> Vec<(&str, Vec<String>)> {
        let mut commands: Vec<(&str, Vec<String>)> = Vec::new();
        for line in &self.lines {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((command, Vec::new())),
                (None, Some((_, shown))) => shown.push(line.clone()),
                (None, None) => panic!("a console block begins with a command: {self}"),
            }
        }
        commands
    }
}

impl fmt::Display for Block {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "```{}\n{}```\n", self.language, self.text())
    }
}

#[test]
fn a_page_is_its_parts() {
    let text = "a `runner plan\nx.toml`, `b`\n\n<!-- test: accepted -->\n```console\n$ one\n1\n$ two\n```\n\
        <!-- test: file a.toml\nx = 1\n-->\n```\n$\n```\nc\n";
    let parts = parts(text);
    let whole = parts.iter().map(|part| match part {
        Part::Prose(prose) => prose.clone(),
        Part::Block(block) => block.to_string(),
    });
    assert_eq!(whole.collect::<String>(), text);
    let [Part::Prose(prose), Part::Block(first), _, Part::Block(second), _] = &parts[..] else {
        panic!("other parts");
    };
    assert_eq!(spans(prose), ["runner plan x.toml"]);
    assert_eq!(first.marks, ["accepted"]);
    assert_eq!(first.commands(), [("one", vec!["1".to_owned()]), ("two", vec![])]);
    assert_eq!(second.marks, ["file a.toml\nx = 1\n"]);

    let list = "```sh\nrunner plan a.toml   # why\nrunner b --c && seq 3\ncargo run\n```\n";
    let [_, Part::Block(list), _] = &self::parts(list)[..] else { panic!("other parts") };
    assert_eq!(list.listed(), ["runner plan a.toml", "runner b --c"]);
}
