//! When what is printed is what is shown.
//!
//! What may differ from run to run and from machine to machine, and is held for the same:
//!
//! - a number after "about" or "at most", with its unit, and another number with a unit after it: times
//!   and memory;
//! - a number before "at once" or "threads each": the machine's cores;
//! - a number with a unit of bytes at a line's end: the size of a file in which there are times.

/// How like what is shown and what is printed must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Likeness {
    /// The same lines, but for what may differ.
    Text,
    /// The same lines but for numbers, the digits of a hash, the width of columns, and their order.
    Layout,
}

impl Likeness {
    /// Whether these lines are so like.
    pub fn holds(self, shown: &[String], printed: &[String]) -> bool {
        let form = |lines: &[String]| -> Vec<String> {
            let mut lines: Vec<String> = lines.iter().map(|line| self.form(line)).collect();
            if self == Self::Layout {
                lines.sort();
            }
            lines
        };
        form(shown) == form(printed)
    }

    fn form(self, line: &str) -> String {
        match self {
            Self::Text => lasting(line),
            Self::Layout => numberless(&lasting(line)),
        }
    }
}

const UNITS: [&str; 7] = ["ms", "s", "min", "h", "KB", "MB", "GB"];

/// A line without what may differ.
fn lasting(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    let bare = |word: &str| word.trim_end_matches([',', ':']).to_owned();
    let is_number = |word: &str| word.parse::<f64>().is_ok();
    let is_unit = |word: &str| UNITS.contains(&bare(word).as_str());
    for at in 0..words.len() {
        let before = if at > 0 { words[at - 1] } else { "" };
        let after = words[at + 1..].first().copied().unwrap_or_default();
        let second = words[at + 1..].get(1).copied().unwrap_or_default();
        let measured = matches!(before, "about" | "most") && is_unit(after);
        let goes_on = before == "…" && is_unit(after);
        let of_cores = (after, second) == ("at", "once")
            || (matches!(after, "thread" | "threads") && bare(second) == "each");
        let of_a_file = at + 2 == words.len() && after.ends_with('B') && is_unit(after);
        if !is_number(words[at]) {
            continue;
        }
        if measured || goes_on || of_a_file {
            words[at] = "…";
            words[at + 1] = "…";
        } else if of_cores {
            words[at] = "…";
        }
    }
    let line = words.join(" ").replace("threads each", "thread each");
    line.replace("… … … …", "… …")
}

/// A line without its numbers, the digits of hashes, and the width of its columns.
fn numberless(line: &str) -> String {
    let word = |word: &str| {
        let number = word.trim_matches([',', ';', ':', '(', ')']);
        if number.parse::<f64>().is_ok() {
            return word.replace(number, "0");
        }
        let digits = word.rsplit('-').next().unwrap_or_default().trim_end_matches(':');
        let is_hash = digits.len() == 8 && digits.chars().all(|digit| digit.is_ascii_hexdigit());
        let text = if is_hash { word.replace(digits, "0") } else { word.to_owned() };
        let mut letters: Vec<char> = text.chars().collect();
        letters.dedup_by(|next, last| next.is_ascii_digit() && last.is_ascii_digit());
        letters.iter().map(|letter| if letter.is_ascii_digit() { '0' } else { *letter }).collect()
    };
    line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_may_differ_does_not_count() {
    let same =
        |a: &str, b: &str, likeness: Likeness| likeness.holds(&[a.to_owned()], &[b.to_owned()]);
    for (shown, printed) in [
        ("    time        about 45.6 s", "    time        about 1 min 07 s"),
        ("    memory      about 68 MB at the peak", "    memory      about 1.2 GB at the peak"),
        (
            "3 trials, 1 at once with 2 threads each: about 45.6 s, at most 109 MB",
            "3 trials, 4 at once with 1 thread each: about 2 h 03 min, at most 9 MB",
        ),
        ("report.html: 4 trials, 45 KB", "report.html: 4 trials, 46 KB"),
    ] {
        assert!(same(shown, printed, Likeness::Text), "{shown:?} {printed:?}");
    }
    for (shown, printed) in [
        ("report.html: 4 trials, 45 KB", "report.html: 3 trials, 45 KB"),
        ("valid 75.80, test 90.22", "valid 75.81, test 90.22"),
        ("3 trials, 1 at once", "2 trials, 1 at once"),
        ("a (shipped sample: 131 KB; b)", "a (shipped sample: 132 KB; b)"),
        ("1  gru", "1 gru"),
    ] {
        assert!(!same(shown, printed, Likeness::Text), "{shown:?} {printed:?}");
    }
    let row = "9  lstm          64           97.90 ± 3.894    6           3      done";
    assert!(same(row, "1  lstm  64  202.2 ± 1e-7  5.7  2  done", Likeness::Layout));
    assert!(!same(row, "1  lstm  64  202.2  5.7  2  done", Likeness::Layout));
    let line = "results/a/seed=42-05d82df2: train perplexity 36.86 (best epoch 13)";
    let other = "results/a/seed=42-6c70cf5a: train perplexity 1.5e7 (best epoch 1)";
    assert!(same(line, other, Likeness::Layout));
    assert!(!same(line, &other.replace("best", "last"), Likeness::Layout));
}
