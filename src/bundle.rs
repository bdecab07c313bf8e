//! What the program carries with it: the shipped experiments and the small texts that they train
//! on, as they stand in `experiments/` and `datasets/` of the repository.

/// Path in the repository, and contents.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/bundle.rs"));

/// The shipped experiments: name and spec, in the order of their names.
pub fn experiments() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().filter_map(|(path, bytes)| {
        let name = path.strip_prefix("experiments/")?.strip_suffix(".toml")?;
        Some((name, str::from_utf8(bytes).ok().filter(|_| !name.contains('/'))?))
    })
}

/// The names of the shipped corpora.
pub fn corpora() -> Vec<&'static str> {
    let folder = |path: &'static str| Some(path.strip_prefix("datasets/")?.split_once('/')?.0);
    let mut names: Vec<_> = FILES.iter().filter_map(|(path, _)| folder(path)).collect();
    names.dedup();
    names
}

/// The files of a shipped corpus, by their path below `datasets/`; none if it is not shipped.
pub fn corpus(name: &str) -> impl Iterator<Item = (&'static str, &'static [u8])> {
    FILES.iter().filter_map(move |(path, bytes)| {
        let path = path.strip_prefix("datasets/")?;
        (path.split_once('/')?.0 == name).then_some((path, *bytes))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_is_there() {
        let (_, spec) = experiments().find(|(name, _)| *name == "lstm_seinfeld").unwrap();
        assert!(spec.contains("corpus          = \"seinfeld\""));
        assert!(corpora().contains(&"seinfeld") && corpora().contains(&"kafka"));
        let (path, bytes) = corpus("seinfeld").next().unwrap();
        assert_eq!(path, "seinfeld/episode_01.txt");
        assert!(!bytes.is_empty() && corpus("none").next().is_none());
    }
}
