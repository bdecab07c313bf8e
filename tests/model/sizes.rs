//! The table of sizes that are known to the compiler.

use crate::support::{CELLS, VOCABULARY, batch, bits, compute, spec};
use samebits::kernels::update::Clipping;
use samebits::nn::Step;
use samebits::spec::{self, Reduction, load};
use samebits::tasks::language_model::sizes::is_known;
use samebits::tasks::language_model::{LanguageModel, build, build_unsized};
use samebits::tasks::{Model, TaskNetwork};
use samebits::train::Optimizer;
use std::path::Path;

#[test]
fn shipped_experiments_have_known_sizes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    for entry in std::fs::read_dir(folder).expect("experiments/") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            continue;
        }
        for trial in load(&path, &[]).expect("a right spec").trials {
            // The smallest networks and those of other tasks have sizes of run time.
            let task = trial.experiment.task;
            if task != spec::Task::LanguageModel || trial.experiment.model.hidden_size < 100 {
                continue;
            }
            assert!(is_known(&trial.experiment.model), "{}", path.display());
        }
    }
    assert!(!is_known(&spec(CELLS[0])));
}

/// Loss and parameters, bit for bit, after some steps.
fn train(mut model: Model<LanguageModel>) -> (Vec<u64>, Vec<u32>) {
    let rule = spec::Optimizer::Adam { betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.0 };
    let mut optimizer = Optimizer::new(rule, &compute(), &model.parameters);
    let mut state = model.zero_state(3);
    let mut losses = Vec::new();
    for index in 0..4 {
        let step = Step { seed: 1, index, reduction: Reduction::Mean };
        let loss = model.train(&batch(5, 3, index), &mut state, step).expect("memory");
        losses.push(loss.sum.to_bits());
        optimizer.step(&mut model.parameters, 1e-2, Clipping::NONE);
    }
    (losses, bits(&model))
}

#[test]
fn sizes_known_to_the_compiler_change_no_number() {
    for cell in CELLS {
        for bidirectional in [false, true] {
            for embedding_size in [0, 256] {
                let tied = embedding_size > 0 && !bidirectional;
                let (layers, hidden_size, dropout) = (2, 256, 0.25);
                let more = spec(cell);
                let spec = spec::Model {
                    bidirectional,
                    embedding_size,
                    tied,
                    layers,
                    hidden_size,
                    dropout,
                    ..more
                };
                assert!(is_known(&spec));
                let known = build(compute(), &spec, VOCABULARY, 5);
                let at_run_time = build_unsized(compute(), &spec, VOCABULARY, 5);
                assert_eq!(known.network.describe(), at_run_time.network.describe());
                assert!(train(known) == train(at_run_time), "{spec:?}");
            }
        }
    }
}

#[test]
fn the_number_of_parameters_is_pytorchs() {
    let count = |spec: &spec::Model| build(compute(), spec, 10, 0).parameters.count();
    // torch.nn.LSTM(10, 6) and Linear(6, 10): 4·6·(10 + 6 + 2) + 10·(6 + 1).
    assert_eq!(count(&spec(CELLS[2])), 432 + 70);
    let both = spec::Model { bidirectional: true, layers: 2, ..spec(CELLS[1]) };
    // Two directions of GRU(10, 6), two of GRU(12, 6), Linear(12, 10).
    assert_eq!(count(&both), 2 * 18 * (10 + 6 + 2) + 2 * 18 * (12 + 6 + 2) + 10 * 13);
    let tied = spec::Model { embedding_size: 6, tied: true, ..spec(CELLS[0]) };
    assert_eq!(count(&tied), 60 + 6 * (6 + 6 + 2) + 10);
}
