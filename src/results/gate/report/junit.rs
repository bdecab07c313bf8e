//! Outcomes as a JUnit file, which CI systems show as tests.

use crate::results::gate::outcome::{Outcome, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// The file: one test suite, a test case an experiment. A regression is a failure, a comparison
/// that cannot be made or decides nothing an error.
///
/// # Errors
/// Never for outcomes of this program.
pub fn junit(outcomes: &[Outcome]) -> Result<String, quick_junit::SerializeError> {
    let mut suite = TestSuite::new("runner check");
    suite.add_test_cases(outcomes.iter().map(case));
    let mut report = Report::new("runner check");
    report.add_test_suite(suite);
    report.to_string()
}

fn case(outcome: &Outcome) -> TestCase {
    let kind = match outcome.verdict {
        Verdict::Pass | Verdict::Improved | Verdict::Recorded | Verdict::Removed => None,
        Verdict::Regression | Verdict::Changed => Some(NonSuccessKind::Failure),
        Verdict::Undecided | Verdict::Refused => Some(NonSuccessKind::Error),
    };
    let status = kind.map_or_else(TestCaseStatus::success, |kind| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(outcome.reason.as_str()).set_type(outcome.verdict.name());
        status
    });
    let mut case = TestCase::new(outcome.name.as_str(), status);
    case.set_classname(outcome.metric.as_deref().unwrap_or("runner"));
    let mut lines = vec![format!("{}: {}", outcome.verdict.name(), outcome.reason)];
    lines.extend(outcome.warnings.iter().map(|warning| format!("warning: {warning}")));
    let figures = [("baseline", outcome.baseline), ("now", outcome.value)];
    let figures =
        figures.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}", value?)));
    lines.extend(figures);
    case.set_system_out(lines.join("\n"));
    case
}

#[cfg(test)]
mod tests {
    use super::super::tests::outcomes;
    use super::*;

    #[test]
    fn failures_and_errors_are_counted() {
        let text = junit(&outcomes()).unwrap();
        insta::assert_snapshot!(text);
        let read = Report::deserialize_from_str(&text).unwrap();
        assert_eq!((read.tests, read.failures, read.errors), (6, 1, 2));
    }
}
