//! The cells against values that PyTorch gave; `tests/fixtures/torch_cells.py` made them.

use crate::support::{Arrays, Case, assert_close};
use samebits::kernels::{Compute, Level};
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Expected>,
}

/// A case and, under `expected`, its values and gradients. Those of `x` and the weights are
/// gradients.
#[derive(Deserialize)]
struct Expected {
    #[serde(flatten)]
    case: Case,
    expected: Arrays,
}

#[test]
fn forward_and_every_gradient_match_pytorch() {
    let text = include_str!("../fixtures/torch_cells.json");
    let fixture: Fixture =
        serde_json::from_str(text).expect("the fixture is as its script wrote it");
    assert_eq!(fixture.cases.len(), 4);
    for Expected { case, expected } in fixture.cases {
        let (mut found, gradients) = case.run(&Compute::single(Level::best()));
        found.extend(gradients);
        assert_close(&found, &expected, 1e-6, &format!("{:?}", case.kind));
    }
}
