//! Diagnostics as they are shown: with colours of our own, and nothing of theirs that acts.

use super::visible::{on_a_line, visible};
use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteHandler, MietteSpanContents, ReportHandler,
    Severity, SourceCode, SourceSpan, SpanContents,
};
use std::error::Error;
use std::fmt::{self, Debug, Display};

/// A diagnostic whose texts are visible.
pub(super) struct Shown<'a> {
    of: &'a dyn Diagnostic,
    message: String,
    cause: Option<Box<Cause>>,
    source: Option<Excerpt<'a>>,
    related: Vec<Shown<'a>>,
}

impl<'a> Shown<'a> {
    pub(super) fn new(of: &'a dyn Diagnostic) -> Self {
        let cause = match of.diagnostic_source() {
            Some(inner) => Some(Cause::new(&inner.to_string(), inner.source())),
            None => of.source().map(|inner| Cause::new(&inner.to_string(), inner.source())),
        };
        Self {
            of,
            message: visible(&of.to_string()).into_owned(),
            cause: cause.map(Box::new),
            source: of.source_code().map(Excerpt),
            related: of.related().into_iter().flatten().map(Shown::new).collect(),
        }
    }
}

impl Debug for Shown<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl Display for Shown<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl Error for Shown<'_> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}

impl Diagnostic for Shown<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn Display + 'b>> {
        self.of.code()
    }

    fn severity(&self) -> Option<Severity> {
        self.of.severity()
    }

    fn help<'b>(&'b self) -> Option<Box<dyn Display + 'b>> {
        let help = self.of.help()?.to_string();
        Some(Box::new(visible(&help).into_owned()))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let shown = |label: LabeledSpan| {
            let text = label.label().map(|text| on_a_line(text).into_owned());
            match label.primary() {
                true => LabeledSpan::new_primary_with_span(text, *label.inner()),
                false => LabeledSpan::new_with_span(text, *label.inner()),
            }
        };
        Some(Box::new(self.of.labels()?.map(shown)))
    }

    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn Diagnostic> + 'b>> {
        (!self.related.is_empty()).then(|| {
            let related = self.related.iter().map(|shown| shown as &dyn Diagnostic);
            Box::new(related) as Box<dyn Iterator<Item = &dyn Diagnostic>>
        })
    }
}

/// Why, and why that.
#[derive(Debug)]
struct Cause {
    message: String,
    next: Option<Box<Cause>>,
}

impl Cause {
    fn new(message: &str, next: Option<&(dyn Error + 'static)>) -> Self {
        let next = next.map(|next| Box::new(Self::new(&next.to_string(), next.source())));
        Self { message: visible(message).into_owned(), next }
    }
}

impl Display for Cause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.next.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}

/// A text with a visible name; its own letters are shown in place by whoever made it.
struct Excerpt<'a>(&'a dyn SourceCode);

impl SourceCode for Excerpt<'_> {
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let found = self.0.read_span(span, before, after)?;
        let name = on_a_line(found.name().unwrap_or_default()).into_owned();
        Ok(Box::new(MietteSpanContents::new_named(
            name,
            found.data(),
            *found.span(),
            found.line(),
            found.column(),
            found.line_count(),
        )))
    }
}

/// The text of a diagnostic, as miette draws it.
pub(super) fn drawn(diagnostic: &dyn Diagnostic) -> String {
    struct Drawn<'a>(Shown<'a>);
    impl Display for Drawn<'_> {
        fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            MietteHandler::default().debug(&self.0, out)
        }
    }
    Drawn(Shown::new(diagnostic)).to_string()
}
