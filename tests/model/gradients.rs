//! The gradient of whole models against central differences of their loss.

use crate::support::{CELLS, VOCABULARY, batch, build, spec};
use samebits::data::{Batch, IGNORE};
use samebits::nn::{ModelState, NamedParameter, Step};
use samebits::spec::{self, Reduction};
use samebits::tasks::Model;
use samebits::tasks::language_model::LanguageModel;

const STEP: Step = Step { seed: 9, index: 3, reduction: Reduction::Sum };

/// A batch from the middle of a text: a position counts nowhere, and the state is not zero.
fn middle(model: &mut Model<LanguageModel>) -> (Batch, ModelState) {
    let mut state = model.zero_state(3);
    model.evaluate(&batch(4, 3, 1), &mut state).expect("memory");
    let mut batch = batch(5, 3, 2);
    batch.targets[7] = IGNORE;
    (batch, state)
}

/// The loss with the number at `index` of parameter `place` moved by `by`.
fn moved(
    model: &mut Model<LanguageModel>,
    (batch, state): (&Batch, &ModelState),
    (place, index): (usize, usize),
    by: f32,
) -> f64 {
    let kept = parameter(model, place).values()[index];
    parameter(model, place).values_mut()[index] = kept + by;
    let loss = model.train(batch, &mut state.clone(), STEP).expect("memory");
    parameter(model, place).values_mut()[index] = kept;
    loss.sum
}

fn parameter(model: &mut Model<LanguageModel>, place: usize) -> &mut NamedParameter {
    model.parameters.iter_mut().nth(place).expect("a parameter")
}

/// Compares every element of the gradient.
fn check(spec: &spec::Model) {
    let mut model = build(spec);
    let (batch, state) = middle(&mut model);
    model.train(&batch, &mut state.clone(), STEP).expect("memory");
    let gradients: Vec<(String, Vec<f32>)> =
        model.parameters.iter().map(|p| (p.name().to_owned(), p.gradient().to_vec())).collect();
    let by = 1.0 / 128.0;
    for (place, (name, gradient)) in gradients.iter().enumerate() {
        let largest = gradient.iter().fold(0.0f32, |bound, x| bound.max(x.abs()));
        assert!(largest > 1e-3, "{spec:?}: {name} has no gradient");
        for (index, found) in gradient.iter().enumerate() {
            let mut loss = |by| moved(&mut model, (&batch, &state), (place, index), by);
            let expected = (loss(by) - loss(-by)) / f64::from(2.0 * by);
            let error = (f64::from(*found) - expected).abs();
            assert!(
                error <= 1e-2 * expected.abs() + 3e-3,
                "{spec:?}: {name}[{index}] is {found}, not {expected}"
            );
        }
    }
}

#[test]
fn one_hot_models() {
    for cell in CELLS {
        check(&spec::Model { layers: 2, ..spec(cell) });
    }
}

#[test]
fn embedded_models() {
    for cell in CELLS {
        check(&spec::Model { layers: 2, embedding_size: 5, ..spec(cell) });
    }
}

#[test]
fn tied_models() {
    for cell in CELLS {
        check(&spec::Model { layers: 2, embedding_size: 6, tied: true, ..spec(cell) });
    }
}

#[test]
fn bidirectional_models() {
    for cell in CELLS {
        let both = spec::Model { layers: 2, bidirectional: true, ..spec(cell) };
        check(&both);
        check(&spec::Model { embedding_size: 5, ..both.clone() });
        check(&spec::Model { embedding_size: 12, tied: true, ..both });
    }
}

/// The masks of a step are its own, so its loss is a function that can be differentiated.
#[test]
fn models_with_dropout() {
    for bidirectional in [false, true] {
        let (dropout, embedding_dropout, output_dropout) = (0.3, 0.2, 0.4);
        let (layers, embedding_size) = (2, 5);
        let more = spec(CELLS[2]);
        check(&spec::Model {
            bidirectional,
            dropout,
            embedding_dropout,
            output_dropout,
            layers,
            embedding_size,
            ..more
        });
    }
}

#[test]
fn a_reduction_scales_the_gradient() {
    let mut model = build(&spec(CELLS[2]));
    let (batch, state) = middle(&mut model);
    let mut gradient = |reduction| {
        model.train(&batch, &mut state.clone(), Step { reduction, ..STEP }).expect("memory");
        model.parameters.iter().flat_map(|p| p.gradient().to_vec()).collect::<Vec<f32>>()
    };
    let sum = gradient(Reduction::Sum);
    for (reduction, divisor) in [(Reduction::Mean, 14.0), (Reduction::Batchmean, 3.0)] {
        for (found, sum) in gradient(reduction).iter().zip(&sum) {
            assert!((found * divisor - sum).abs() <= 1e-5 * sum.abs().max(0.1), "{reduction:?}");
        }
    }
}

/// Tokens that do not occur have no gradient, in either layout of the input weights.
#[test]
fn absent_tokens_have_no_gradient() {
    for embedding_size in [0, 5] {
        let mut model = build(&spec::Model { embedding_size, ..spec(CELLS[1]) });
        let inputs = vec![2; 6];
        let batch = Batch { inputs, targets: vec![3; 6], steps: 3, batch: 2, lengths: None };
        model.train(&batch, &mut model.zero_state(2), STEP).expect("memory");
        let first = parameter(&mut model, 0).gradient().to_vec();
        for (token, row) in first.chunks(first.len() / VOCABULARY).enumerate() {
            assert_eq!(row.iter().any(|x| *x != 0.0), token == 2, "{token}");
        }
    }
}

/// What a rule leaves in the gradient's memory is not taken for a gradient in the next step.
#[test]
fn absent_tokens_have_no_gradient_after_any_update() {
    use samebits::kernels::{Compute, Level, update::Clipping};
    use samebits::spec::Optimizer as Rule;
    let (betas, eps, weight_decay) = ([0.9, 0.999], 1e-8, 0.1);
    let rules = [
        Rule::Sgd { momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay: 0.0 },
        Rule::Adam { betas, eps, weight_decay },
        Rule::Adamw { betas, eps, weight_decay },
        Rule::Adagrad { lr_decay: 0.0, eps, initial_accumulator_value: 0.0, weight_decay },
        Rule::Rmsprop { alpha: 0.9, eps, momentum: 0.5, centered: true, weight_decay: 0.0 },
    ];
    for (rule, embedding_size) in rules.into_iter().flat_map(|rule| [(rule, 0), (rule, 5)]) {
        let mut model = build(&spec::Model { embedding_size, ..spec(CELLS[1]) });
        let compute = Compute::single(Level::best());
        let mut optimizer = samebits::train::Optimizer::new(rule, &compute, &model.parameters);
        for tokens in [[0, 1, 2, 3, 4, 5], [3; 6], [2; 6]] {
            let (inputs, targets) = (tokens.to_vec(), vec![3; 6]);
            let batch = Batch { inputs, targets, steps: 3, batch: 2, lengths: None };
            model.train(&batch, &mut model.zero_state(2), STEP).expect("memory");
            let first = parameter(&mut model, 0).gradient().to_vec();
            for (token, row) in (0u32..).zip(first.chunks(first.len() / VOCABULARY)) {
                let present = tokens.contains(&token);
                assert_eq!(row.iter().any(|x| *x != 0.0), present, "{rule:?} {token}");
            }
            optimizer.step(&mut model.parameters, 0.1, Clipping::NONE);
        }
    }
}
