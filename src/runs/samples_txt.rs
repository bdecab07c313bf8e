//! `samples.txt`: texts that a trial has generated, each below a line `=== epoch 1, step 10, …`.

use crate::train::Sample;

/// A generated text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleText {
    /// The epoch, if the file says so.
    pub epoch: u64,
    pub step: u64,
    /// What distinguishes it from others of the same step: a prefix, as a rule.
    pub what: String,
    pub text: String,
}

/// A sample as it is written.
pub fn written(Sample { epoch, step, prefix, text }: &Sample) -> String {
    let (prefix, text) = (prefix.escape_debug(), text.trim_end());
    format!("=== epoch {epoch}, step {step}, prefix \"{prefix}\"\n{text}\n\n")
}

/// The texts of a file.
pub fn read(text: &str) -> Vec<SampleText> {
    let mut samples: Vec<SampleText> = Vec::new();
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("=== ").and_then(heading) {
            samples.push(head);
        } else if let Some(sample) = samples.last_mut() {
            sample.text.push_str(line);
            sample.text.push('\n');
        }
    }
    for sample in &mut samples {
        sample.text.truncate(sample.text.trim_end().len());
    }
    samples
}

/// What a heading says.
fn heading(line: &str) -> Option<SampleText> {
    let (epoch, rest) = line.strip_prefix("epoch ")?.split_once(", ")?;
    let (step, what) = rest.strip_prefix("step ")?.split_once(", ").unwrap_or((&rest[5..], ""));
    let (epoch, step) = (epoch.parse().ok()?, step.parse().ok()?);
    let what = what.strip_prefix("prefix ").unwrap_or(what).trim_matches('"').to_owned();
    Some(SampleText { epoch, step, what, text: String::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_parted_by_their_headings() {
        let text =
            "=== epoch 1, step 20, prefix \"lou:\"\nlou: a\n\nb\n\n=== epoch 2, step 40\nc\n";
        let found = read(text);
        let of = |s: &SampleText| (s.epoch, s.step, s.what.clone(), s.text.clone());
        assert_eq!(of(&found[0]), (1, 20, "lou:".into(), "lou: a\n\nb".into()));
        assert_eq!(of(&found[1]), (2, 40, String::new(), "c".into()));
        assert!(read("no heading\n").is_empty());
    }

    #[test]
    fn what_is_written_reads_back() {
        let (prefix, text) = ("lou:".to_owned(), "lou: a\nb\n".to_owned());
        let found = read(&written(&Sample { epoch: 1, step: 2, prefix, text }));
        let (what, text) = ("lou:".to_owned(), "lou: a\nb".to_owned());
        assert_eq!(found, [SampleText { epoch: 1, step: 2, what, text }]);
    }
}
