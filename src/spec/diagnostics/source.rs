//! Named texts, and places in them.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::streams::acts;
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// The longest excerpt of a line, in bytes; what is longer is cut around the place.
const MAX_LINE: usize = 160;
/// How much of a long line is shown on either side of the place, in bytes.
const MARGIN: usize = 40;

/// A text as it is shown: without letters that act on a terminal. Every byte stands where it stood.
#[derive(Debug)]
pub(in crate::spec) struct Source {
    name: String,
    text: String,
}

/// A piece of a named text: where a key or a value stands.
#[derive(Clone, Debug)]
pub struct Place {
    source: Arc<Source>,
    span: Range<usize>,
}

impl Source {
    /// The text under a name.
    pub fn new(name: impl Into<String>, text: &str) -> Arc<Self> {
        let mut letters = text.chars().peekable();
        let mut shown = String::with_capacity(text.len());
        while let Some(letter) = letters.next() {
            let ends_line = letter == '\r' && letters.peek() == Some(&'\n');
            shown.push(match letter.len_utf8() {
                _ if ends_line || letter == '\n' || letter == '\t' => letter,
                1 if acts(letter) => '?',
                2 if acts(letter) => '¿',
                3 if acts(letter) => '\u{fffd}',
                _ => letter,
            });
        }
        Arc::new(Source { name: name.into(), text: shown })
    }

    /// Its name: as a rule the path of a file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The line in which a byte stands, without its end.
    fn line(&self, at: usize) -> Range<usize> {
        let start = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        let end = self.text[at..].find('\n').map_or(self.text.len(), |length| at + length);
        start..end
    }

    /// The nearest end of a letter at or before a byte.
    fn boundary(&self, at: usize) -> usize {
        let at = at.min(self.text.len());
        (0..=at).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0)
    }

    /// The lines around a piece, as far as they are short; of a long line only a part.
    fn excerpt(&self, piece: Range<usize>, before: usize, after: usize) -> Range<usize> {
        let (first, last) = (self.line(piece.start), self.line(piece.end));
        let long = |line: &Range<usize>| line.len() > MAX_LINE;
        let (mut start, mut end) = (first.start, last.end);
        if long(&first) {
            start = start.max(self.boundary(piece.start.saturating_sub(MARGIN)));
        }
        if long(&last) {
            end = end.min(self.boundary(piece.end + MARGIN));
        }
        for _ in 0..before {
            if !self.text[..start].ends_with('\n') || long(&self.line(start - 1)) {
                break;
            }
            start = self.line(start - 1).start;
        }
        for _ in 0..after {
            if !self.text[end..].starts_with('\n') || long(&self.line(end + 1)) {
                break;
            }
            end = self.line(end + 1).end;
        }
        start..end
    }
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let piece = self.boundary(span.offset())..self.boundary(span.offset() + span.len());
        let shown = match (before, after) {
            (0, 0) => piece,
            _ => self.excerpt(piece, before, after),
        };
        let lines_before = self.text[..shown.start].matches('\n').count();
        let column = self.text[self.line(shown.start).start..shown.start].chars().count();
        let lines = self.text[shown.clone()].matches('\n').count();
        // With the end of the last line, so that an empty one is shown too.
        let end = shown.end + usize::from(self.text[shown.end..].starts_with('\n'));
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            &self.text.as_bytes()[shown.start..end],
            (shown.start, end - shown.start).into(),
            lines_before,
            column,
            lines,
        )))
    }
}

impl Place {
    /// The bytes of `source` from `span.start` to before `span.end`.
    pub(in crate::spec) fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        let start = source.boundary(span.start);
        Place { source: source.clone(), span: start..source.boundary(span.end.max(start)) }
    }

    /// The text.
    pub(in crate::spec) fn source(&self) -> &Source {
        &self.source
    }

    /// What is underlined: the place, but only its first line, and not too much of that.
    pub(in crate::spec) fn underlined(&self) -> Range<usize> {
        let line = self.source.line(self.span.start);
        let end = self.span.end.min(line.end);
        self.span.start..self.source.boundary(end.min(self.span.start + MAX_LINE / 2))
    }

    /// Whether both are of one text.
    pub(in crate::spec) fn beside(&self, other: &Place) -> bool {
        Arc::ptr_eq(&self.source, &other.source)
    }

    /// Whether both are the same bytes of one text.
    pub(in crate::spec) fn same(&self, other: &Place) -> bool {
        self.beside(other) && self.span == other.span
    }
}

impl fmt::Display for Place {
    /// `base.toml:3:7`, line and column counted from 1.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = &self.source.text[..self.span.start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        write!(out, "{}:{line}:{column}", self.source.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &Source, span: Range<usize>) -> (String, usize, usize) {
        let read = source.read_span(&(span.start, span.len()).into(), 1, 1).unwrap();
        (String::from_utf8_lossy(read.data()).into_owned(), read.line(), read.column())
    }

    #[test]
    fn shows_the_lines_around() {
        let source = Source::new("a", "one\ntwo\nthree\nfour");
        assert_eq!(shown(&source, 4..7), ("one\ntwo\nthree\n".into(), 0, 0));
        assert_eq!(shown(&source, 0..1), ("one\ntwo\n".into(), 0, 0));
        assert_eq!(shown(&source, 18..18), ("three\nfour".into(), 2, 0));
        assert_eq!(shown(&Source::new("a", ""), 0..0), (String::new(), 0, 0));
    }

    #[test]
    fn cuts_long_lines_around_the_place() {
        let source = Source::new("a", &format!("short\n{}\nshort", "é".repeat(1000)));
        let (text, line, column) = shown(&source, 1006..1008);
        assert_eq!((text, line, column), ("é".repeat(41), 1, 480));
        let (text, ..) = shown(&source, 0..5);
        assert_eq!(text, "short\n");
    }

    #[test]
    fn hides_control_characters_in_place() {
        let source = Source::new("a", "a\u{1b}\u{85}b\r\nc\rd\t\u{202e}");
        assert_eq!(source.text, "a?¿b\r\nc?d\t\u{fffd}");
    }

    #[test]
    fn counts_columns_in_letters() {
        let place = Place::new(&Source::new("a.toml", "x\nüö = 1"), 6..7);
        assert_eq!(place.to_string(), "a.toml:2:3");
    }
}
