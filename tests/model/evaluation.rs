//! Perplexity is that of one text read from its beginning, however it is cut up.

use crate::support::{CELLS, batch, build, evaluate, spec, tokens};
use samebits::nn::Step;
use samebits::spec::{self, Reduction};
use samebits::tasks::Model;
use samebits::tasks::language_model::LanguageModel;

const TEXT: usize = 203;

#[test]
fn chunks_of_a_text_are_the_whole_text() {
    for cell in CELLS {
        let model = build(&spec::Model { layers: 2, embedding_size: 5, ..spec(cell) });
        let tokens = tokens(TEXT, 4);
        let whole = evaluate(&model, &tokens, 1, TEXT).expect("memory");
        assert_eq!(whole.count, TEXT as u64 - 1);
        for steps in [1, 7, 100] {
            let parts = evaluate(&model, &tokens, 1, steps).expect("memory");
            assert_eq!(parts.count, whole.count);
            assert!((parts.sum - whole.sum).abs() < 1e-9 * whole.sum, "{cell:?} {steps}");
        }
    }
}

#[test]
fn the_logits_of_chunks_are_the_same_bits() {
    for cell in CELLS {
        let model = build(&spec::Model { layers: 2, ..spec(cell) });
        let tokens = tokens(TEXT, 4);
        let read = |steps: usize| {
            let mut state = model.zero_state(1);
            let parts = tokens.chunks(steps);
            let logits = parts.flat_map(|part| model.logits(part, &mut state).expect("memory"));
            let logits: Vec<u32> = logits.map(f32::to_bits).collect();
            (logits, state)
        };
        let whole = read(TEXT);
        assert!([1, 7, 100].into_iter().all(|steps| read(steps) == whole), "{cell:?}");
    }
}

/// The loss that the logits say is the loss that the evaluation finds.
#[test]
fn a_loss_is_the_log_of_the_softmax() {
    let model = build(&spec(CELLS[1]));
    let tokens = tokens(TEXT, 4);
    let logits = model.logits(&tokens, &mut model.zero_state(1)).expect("memory");
    let rows = logits.chunks(logits.len() / TEXT);
    let expected: f64 = rows
        .zip(&tokens[1..])
        .map(|(row, target)| {
            let total: f64 = row.iter().map(|logit| f64::from(*logit).exp()).sum();
            total.ln() - f64::from(row[*target as usize])
        })
        .sum();
    let found = evaluate(&model, &tokens, 1, 10).expect("memory").sum;
    assert!((found - expected).abs() < 1e-6 * expected, "{found} {expected}");
}

/// Streams differ from one text in nothing but the state that each begins with. Read backwards, one
/// that had ended while another went on began in the first token of the next.
#[test]
fn streams_are_texts_of_their_own() {
    for (streams, steps, bidirectional) in
        [(2, 9, false), (3, 9, false), (202, 9, false), (3, 9, true), (3, 67, true), (5, 8, true)]
    {
        let layers = if bidirectional { 2 } else { 1 };
        let spec = spec::Model { embedding_size: 5, bidirectional, layers, ..spec(CELLS[2]) };
        let model = build(&spec);
        let tokens = tokens(TEXT, 4);
        let together = evaluate(&model, &tokens, streams, steps).expect("memory");
        let (mut sum, mut start) = (0.0, 0);
        for stream in 0..streams {
            let length = (TEXT - 1) / streams + usize::from(stream < (TEXT - 1) % streams);
            let text = &tokens[start..=start + length];
            sum += evaluate(&model, text, 1, steps).expect("memory").sum;
            start += length;
        }
        assert_eq!((together.count, start), (TEXT as u64 - 1, TEXT - 1));
        let same = (together.sum - sum).abs() < 1e-6 * sum;
        assert!(same, "{streams} {steps} {bidirectional}: {} {sum}", together.sum);
    }
}

#[test]
fn nothing_is_dropped_in_evaluation() {
    let plain = spec::Model { layers: 2, embedding_size: 5, ..spec(CELLS[2]) };
    let (dropout, embedding_dropout, output_dropout) = (0.5, 0.5, 0.5);
    let dropped = spec::Model { dropout, embedding_dropout, output_dropout, ..plain.clone() };
    let (mut plain, mut dropped) = (build(&plain), build(&dropped));
    let tokens = tokens(50, 8);
    let loss = |model: &Model<LanguageModel>| evaluate(model, &tokens, 1, 10).expect("memory");
    assert_eq!(loss(&plain), loss(&dropped));
    let train = |model: &mut Model<LanguageModel>, index| {
        let step = Step { seed: 1, index, reduction: Reduction::Mean };
        model.train(&batch(5, 3, 1), &mut model.zero_state(3), step).expect("memory").sum
    };
    assert_eq!(train(&mut plain, 0), train(&mut plain, 1));
    assert_ne!(train(&mut plain, 0), train(&mut dropped, 0));
    assert_ne!(train(&mut dropped, 0), train(&mut dropped, 1));
    assert_eq!(train(&mut dropped, 1), train(&mut dropped, 1));
}
