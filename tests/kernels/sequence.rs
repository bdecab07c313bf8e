//! What a sequence promises of itself: chunks with the state carried are the whole, and neither
//! the SIMD level nor the number of threads changes a bit.

use crate::support::{Case, Dims, Kind, bits};
use samebits::kernels::cell::{Cell, Gru, Lstm, Rnn};
use samebits::kernels::sequence::{Input, Sizes, State, forward};
use samebits::kernels::{Compute, Level};

/// Output and final state of a case whose steps are cut into chunks of the given lengths.
fn in_chunks(case: &Case, chunks: &[usize]) -> (Vec<f32>, State) {
    match case.kind {
        Kind::Tanh => run_chunks(case, Rnn { relu: false }, chunks),
        Kind::Relu => run_chunks(case, Rnn { relu: true }, chunks),
        Kind::Gru => run_chunks(case, Gru, chunks),
        Kind::Lstm => run_chunks(case, Lstm, chunks),
    }
}

fn run_chunks<C: Cell>(case: &Case, cell: C, chunks: &[usize]) -> (Vec<f32>, State) {
    let compute = Compute::single(Level::best());
    let Dims { batch, input, hidden, .. } = case.dims;
    let (mut state, mut rest, mut output) = (case.state(), case.get("x"), Vec::new());
    for steps in chunks.iter().copied() {
        let sizes = Sizes { steps, batch, hidden };
        let part;
        (part, rest) = rest.split_at(steps * batch * input);
        let (part, weights) = (Input::Features(part), case.weights());
        let trace = forward(&compute, cell, sizes, part, weights, &mut state);
        output.extend_from_slice(trace.output());
    }
    (output, state)
}

#[test]
fn three_chunks_with_the_state_carried_are_the_whole_sequence() {
    for kind in Kind::ALL {
        let case = Case::random(kind, Dims::new(12, 5, 3, 21));
        let (output, state) = in_chunks(&case, &[12]);
        let (pieces, carried) = in_chunks(&case, &[3, 4, 5]);
        assert!(output.iter().zip(&pieces).all(|(a, b)| a.to_bits() == b.to_bits()), "{kind:?}");
        assert_eq!((output.len(), state), (pieces.len(), carried), "{kind:?}");
    }
}

/// The fourth size is large enough for its products to be shared by three threads, or, where its
/// weights are few, its sequences; the fifth goes in several chunks, the last in both.
const SIZES: [Dims; 6] = [
    Dims::new(3, 1, 5, 17),
    Dims::new(2, 13, 3, 33),
    Dims::new(4, 1, 2, 100),
    Dims::new(2, 13, 31, 301),
    Dims::new(7, 100, 9, 18),
    Dims::new(25, 22, 5, 64),
];

#[test]
fn every_level_and_thread_count_gives_the_same_bits() {
    for (kind, dims) in Kind::ALL.into_iter().flat_map(|kind| SIZES.map(|dims| (kind, dims))) {
        let case = Case::random(kind, dims);
        let (values, gradients) = case.run(&Compute::single(Level::Portable));
        for level in Level::available() {
            for threads in [1, 2, 3] {
                let (found, found_gradients) = case.run(&Compute::new(level, threads));
                let context = format!("{kind:?} {dims:?} {level:?} {threads}");
                assert_eq!(bits(&found), bits(&values), "{context}");
                assert_eq!(bits(&found_gradients), bits(&gradients), "{context}");
            }
        }
    }
}

#[test]
fn the_zero_state_has_a_cell_state_for_the_lstm_alone() {
    assert_eq!(State::zero::<Lstm>(2, 3), State { hidden: vec![0.0; 6], memory: vec![0.0; 6] });
    assert_eq!(State::zero::<Gru>(2, 3), State { hidden: vec![0.0; 6], memory: Vec::new() });
}
