//! What is wrong with a spec, and where.

use std::fmt;

use miette::{Diagnostic, LabeledSpan, Severity, SourceCode};

use super::source::Place;

/// How many problems of a spec are told.
pub(in crate::spec) const MAX_PROBLEMS: usize = 50;

/// One thing that is wrong with a spec (or, as a warning, merely odd), and what would be right.
#[derive(Clone, Debug)]
pub struct Problem(Box<Content>);

#[derive(Clone, Debug)]
struct Content {
    severity: Severity,
    message: String,
    help: Option<String>,
    place: Option<Place>,
    label: Option<String>,
    also: Vec<(Place, String)>,
}

impl Problem {
    /// An error that has no place.
    pub(in crate::spec) fn new(message: impl Into<String>) -> Self {
        Problem(Box::new(Content {
            severity: Severity::Error,
            message: message.into(),
            help: None,
            place: None,
            label: None,
            also: Vec::new(),
        }))
    }

    /// An error at a place.
    pub(in crate::spec) fn at(place: &Place, message: impl Into<String>) -> Self {
        Problem::new(message).or_at(Some(place.clone()))
    }

    /// An error at a place, if there is one.
    pub(in crate::spec) fn maybe_at(place: Option<&Place>, message: impl Into<String>) -> Self {
        Problem::new(message).or_at(place.cloned())
    }

    /// An error at the place, unless it has one.
    pub(in crate::spec) fn or_at(mut self, place: Option<Place>) -> Self {
        self.0.place = self.0.place.or(place);
        self
    }

    /// What would be right: one more line of it.
    pub(in crate::spec) fn help(mut self, help: impl Into<String>) -> Self {
        let help = help.into();
        self.0.help = Some(match self.0.help {
            Some(before) => format!("{before}\n{help}"),
            None => help,
        });
        self
    }

    /// What would be right, if that is known.
    pub(in crate::spec) fn maybe_help(self, help: Option<String>) -> Self {
        help.into_iter().fold(self, Problem::help)
    }

    /// A few words beside the underlined place.
    pub(in crate::spec) fn label(mut self, label: impl Into<String>) -> Self {
        self.0.label = Some(label.into());
        self
    }

    /// Another place that has to do with it, where something `is`: underlined if it stands in the
    /// same text, else named in the help.
    pub(in crate::spec) fn also(mut self, place: &Place, is: impl fmt::Display) -> Self {
        match &self.0.place {
            Some(primary) if primary.beside(place) => {
                self.0.also.push((place.clone(), format!("{is} here")));
                self
            }
            _ => self.help(format!("{is} at {place}")),
        }
    }

    /// Not an error.
    pub(in crate::spec) fn warning(mut self) -> Self {
        self.0.severity = Severity::Warning;
        self
    }

    /// Whether both say the same of the same place.
    pub(in crate::spec) fn same(&self, other: &Problem) -> bool {
        self.0.message == other.0.message
            && match (&self.0.place, &other.0.place) {
                (Some(place), Some(other)) => place.same(other),
                (place, other) => place.is_none() == other.is_none(),
            }
    }

    /// Where it stands, as `file:line:column`, if it stands anywhere.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }
}

impl From<Problem> for Vec<Problem> {
    fn from(problem: Problem) -> Self {
        vec![problem]
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn severity(&self) -> Option<Severity> {
        Some(self.0.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.place.as_ref().map(|place| place.source() as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.0.place.as_ref()?;
        let label = self.0.label.clone();
        let primary = LabeledSpan::new_primary_with_span(label, place.underlined());
        let also = self.0.also.iter().map(|(place, label)| {
            LabeledSpan::new_with_span(Some(label.clone()), place.underlined())
        });
        Some(Box::new(std::iter::once(primary).chain(also)))
    }
}

/// Everything that is wrong with a spec.
///
/// Its [`Diagnostic::related`] are the [`Problem`]s, the first 50: those of the spec, of the files
/// that it extends, of the arguments of `--set`, then those between keys.
#[derive(Clone, Debug)]
pub struct SpecErrors {
    name: String,
    count: usize,
    problems: Vec<Problem>,
}

impl SpecErrors {
    /// The problems of the spec of that name.
    pub(in crate::spec) fn new(name: String, mut problems: Vec<Problem>) -> Self {
        let count = problems.len();
        problems.truncate(MAX_PROBLEMS);
        SpecErrors { name, count, problems }
    }

    /// The problems, at least one.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for SpecErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            1 => write!(out, "1 problem in {}", self.name),
            count if count > MAX_PROBLEMS => {
                write!(out, "{count} problems in {}; the first {MAX_PROBLEMS}", self.name)
            }
            count => write!(out, "{count} problems in {}", self.name),
        }
    }
}

impl std::error::Error for SpecErrors {}

impl Diagnostic for SpecErrors {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}
