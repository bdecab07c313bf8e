//! How fast the kernels are, on one thread of this machine: `cargo bench --bench kernels`.
//!
//! "Item/s" counts floating-point operations, a multiply-add as two, for what is made of matrix
//! products ("Gitem/s" reads as GFLOP/s), and numbers for what goes over them one by one.
//! `RUNNER_SIMD` chooses the instructions.

use divan::Bencher;
use divan::counter::ItemsCount;
use samebits::kernels::cell::{self, Cell, Gru, Lstm, Rnn};
use samebits::kernels::matrix::{Packed, Start, View, multiply};
use samebits::kernels::sequence::{Gradients, Input, Sizes, State, Trace, Weights, forward};
use samebits::kernels::softmax::{Decoder, loss_with_gradient};
use samebits::kernels::{Compute, Level, dropout, update};
use samebits::random::{Purpose, Stream};

fn main() {
    divan::main();
}

fn compute() -> Compute {
    Compute::single(Level::from_environment().expect("RUNNER_SIMD names a level"))
}

/// Uniform random numbers in ±1.
fn numbers(len: usize) -> Vec<f32> {
    let mut stream = Stream::new(1, Purpose::Initialization, len as u64);
    (0..len).map(|_| stream.uniform_f32() * 2.0 - 1.0).collect()
}

/// Rows, columns and depth of products: M×N×K. The last three are a softmax head's: logits, the
/// input's gradient and, transposed, the weight's.
const PRODUCTS: [(usize, usize, usize); 8] = [
    (1, 400, 100),
    (32, 1024, 256),
    (20, 2600, 650),
    (50, 512, 128),
    (700, 10_000, 200),
    (128, 10_000, 200),
    (128, 200, 10_000),
    (10_000, 200, 128),
];

#[divan::bench_group]
mod matrix {
    use super::*;

    #[divan::bench(args = PRODUCTS)]
    fn product(bencher: Bencher<'_, '_>, (m, n, k): (usize, usize, usize)) {
        let (compute, left, right) = (compute(), numbers(m * k), numbers(k * n));
        let packed = Packed::new(&compute, View::new(&right, n));
        let mut output = vec![0.0; m * n];
        bencher.counter(ItemsCount::new(2 * m * n * k)).bench_local(|| {
            multiply(&compute, View::new(&left, k), &packed, &mut output, n, Start::Zero);
        });
    }

    /// As in the gradient of a weight: the rows of the left-hand side lie along k.
    #[divan::bench(args = PRODUCTS)]
    fn product_transposed(bencher: Bencher<'_, '_>, (m, n, k): (usize, usize, usize)) {
        let (compute, left, right) = (compute(), numbers(m * k), numbers(k * n));
        let packed = Packed::new(&compute, View::new(&right, n));
        let mut output = vec![0.0; m * n];
        let left = View::new(&left, m).transposed();
        bencher.counter(ItemsCount::new(2 * m * n * k)).bench_local(|| {
            multiply(&compute, left, &packed, &mut output, n, Start::Output);
        });
    }

    #[divan::bench(args = PRODUCTS)]
    fn pack(bencher: Bencher<'_, '_>, (_, n, k): (usize, usize, usize)) {
        let (compute, right) = (compute(), numbers(k * n));
        let counter = ItemsCount::new(n * k);
        bencher.counter(counter).bench_local(|| Packed::new(&compute, View::new(&right, n)));
    }

    #[divan::bench(args = PRODUCTS)]
    fn pack_transposed(bencher: Bencher<'_, '_>, (_, n, k): (usize, usize, usize)) {
        let (compute, right) = (compute(), numbers(k * n));
        let view = View::new(&right, k).transposed();
        let counter = ItemsCount::new(n * k);
        bencher.counter(counter).bench_local(|| Packed::new(&compute, view));
    }
}

/// A cell to measure.
trait Measured: Cell {
    const CELL: Self;
}

impl Measured for Rnn {
    const CELL: Self = Rnn { relu: false };
}

impl Measured for Gru {
    const CELL: Self = Gru;
}

impl Measured for Lstm {
    const CELL: Self = Lstm;
}

const SIZES: Sizes = Sizes { steps: 35, batch: 32, hidden: 256 };

/// A layer's arrays, its input as wide as it is itself.
struct Layer {
    compute: Compute,
    features: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Layer {
    fn new<C: Cell>() -> Self {
        let Sizes { steps, batch, hidden } = SIZES;
        let rows = C::GATES * hidden;
        let weight = numbers(rows * hidden).into_iter().map(|w| w / 16.0).collect();
        let features = numbers(steps * batch * hidden);
        Self { compute: compute(), features, weight, bias: numbers(rows) }
    }

    fn input(&self) -> Input<'_> {
        Input::Features(&self.features)
    }

    fn weights(&self) -> Weights<'_> {
        let (weight, bias) = (&self.weight, &self.bias);
        Weights { input: weight, recurrent: weight, input_bias: bias, recurrent_bias: bias }
    }

    fn forward<C: Measured>(&self) -> Trace<C> {
        let mut state = State::zero::<C>(SIZES.batch, SIZES.hidden);
        forward(&self.compute, C::CELL, SIZES, self.input(), self.weights(), &mut state)
    }

    /// Operations of the products: `passes` over both weights.
    fn operations(&self, passes: usize) -> ItemsCount {
        ItemsCount::new(2 * passes * 2 * SIZES.steps * SIZES.batch * self.weight.len())
    }
}

#[divan::bench_group]
mod sequence {
    use super::*;

    #[divan::bench(types = [Rnn, Gru, Lstm])]
    fn forward<C: Measured>(bencher: Bencher<'_, '_>) {
        let layer = Layer::new::<C>();
        bencher.counter(layer.operations(1)).bench_local(|| layer.forward::<C>());
    }

    #[divan::bench(types = [Rnn, Gru, Lstm])]
    fn backward<C: Measured>(bencher: Bencher<'_, '_>) {
        let layer = Layer::new::<C>();
        let upstream = numbers(SIZES.steps * SIZES.batch * SIZES.hidden);
        let [mut input, mut recurrent] = [(); 2].map(|()| layer.weight.clone());
        let [mut input_bias, mut recurrent_bias] = [(); 2].map(|()| layer.bias.clone());
        bencher
            .counter(layer.operations(2))
            .with_inputs(|| layer.forward::<C>())
            .bench_local_values(|trace| {
                let gradients = Gradients {
                    input: &mut input,
                    recurrent: &mut recurrent,
                    input_bias: &mut input_bias,
                    recurrent_bias: &mut recurrent_bias,
                };
                let compute = &layer.compute;
                trace.backward(compute, layer.input(), layer.weights(), &upstream, gradients)
            });
    }
}

/// The arrays of one step of a cell, without its products.
#[derive(Clone)]
struct Step {
    gates: Vec<f32>,
    recurrent: Vec<f32>,
    previous: Vec<f32>,
    memory: Vec<f32>,
    hidden: Vec<f32>,
    kept: Vec<f32>,
    memory_gradient: Vec<f32>,
    recurrent_gradient: Vec<f32>,
    scratch: Vec<f32>,
}

impl Step {
    fn new<C: Cell>() -> Self {
        let state = SIZES.batch * SIZES.hidden;
        let shares = state * C::GATES;
        let numbers_if = |wanted: bool, len: usize| numbers(if wanted { len } else { 0 });
        Self {
            gates: numbers(shares),
            recurrent: numbers(shares),
            previous: numbers(state),
            memory: numbers_if(C::MEMORY, state),
            hidden: numbers(state),
            kept: numbers_if(C::KEPT, state),
            memory_gradient: numbers_if(C::MEMORY, state),
            recurrent_gradient: numbers_if(C::APART, shares),
            scratch: numbers(SIZES.hidden),
        }
    }

    fn forward<C: Measured>(&mut self, level: Level) {
        let step = cell::Forward {
            hidden_size: SIZES.hidden,
            gates: &mut self.gates,
            recurrent: &self.recurrent,
            previous: &self.previous,
            memory: &self.memory,
            hidden: &mut self.hidden,
            kept: &mut self.kept,
        };
        C::CELL.forward(level, step);
    }

    fn backward<C: Measured>(&mut self, level: Level) {
        let step = cell::Backward {
            hidden_size: SIZES.hidden,
            gates: &mut self.gates,
            previous: &self.previous,
            hidden: &self.recurrent[..SIZES.batch * SIZES.hidden],
            memory: &self.memory,
            kept: &self.kept,
            hidden_gradient: &mut self.hidden,
            memory_gradient: &mut self.memory_gradient,
            recurrent_gradient: &mut self.recurrent_gradient,
            scratch: &mut self.scratch,
        };
        C::CELL.backward(level, step);
    }
}

/// One step of each cell without its products; items are values of gates.
#[divan::bench_group]
mod elementwise {
    use super::*;

    #[divan::bench(types = [Rnn, Gru, Lstm])]
    fn forward<C: Measured>(bencher: Bencher<'_, '_>) {
        let (step, level) = (Step::new::<C>(), compute().level);
        let bencher = bencher.counter(ItemsCount::new(step.gates.len()));
        bencher.with_inputs(|| step.clone()).bench_local_refs(|step| step.forward::<C>(level));
    }

    #[divan::bench(types = [Rnn, Gru, Lstm])]
    fn backward<C: Measured>(bencher: Bencher<'_, '_>) {
        let (step, level) = (Step::new::<C>(), compute().level);
        let bencher = bencher.counter(ItemsCount::new(step.gates.len()));
        bencher.with_inputs(|| step.clone()).bench_local_refs(|step| step.backward::<C>(level));
    }

    #[divan::bench]
    fn dropout(bencher: Bencher<'_, '_>) {
        let (values, mask) = (numbers(700 * 200), Stream::new(1, Purpose::Dropout, 1));
        let level = compute().level;
        let bencher = bencher.counter(ItemsCount::new(values.len()));
        bencher
            .with_inputs(|| values.clone())
            .bench_local_refs(|values| dropout::apply(level, values, &mask, 0.3));
    }

    #[divan::bench]
    fn adam(bencher: Bencher<'_, '_>) {
        let mut values = numbers(1 << 18);
        let (gradient, level) = (values.clone(), compute().level);
        let (mut first, mut second) = (vec![0.0; values.len()], vec![0.0; values.len()]);
        let rule =
            update::Adam { betas: [0.9, 0.999], eps: 1e-8, rate: 1e-3, root: 1.0, shrink: 1.0 };
        bencher.counter(ItemsCount::new(values.len())).bench_local(|| {
            update::adam(
                level,
                &mut values,
                &gradient,
                &mut first,
                &mut second,
                rule,
                update::Clipping::NONE,
            );
        });
    }
}

/// The decoder and the loss with all gradients, 700 rows × 10 000 words × 200 features.
#[divan::bench(sample_count = 20)]
fn softmax(bencher: Bencher<'_, '_>) {
    let (rows, vocabulary, features) = (700, 10_000, 200);
    let (weight, bias) = (numbers(vocabulary * features), numbers(vocabulary));
    let (input, compute) = (numbers(rows * features), compute());
    let targets: Vec<u32> = (0..rows).map(|row| (row * 13 % vocabulary) as u32).collect();
    let decoder = Decoder { weight: &weight, bias: &bias };
    bencher
        .counter(ItemsCount::new(3 * 2 * rows * vocabulary * features))
        .with_inputs(|| (vec![0.0; weight.len()], vec![0.0; vocabulary]))
        .bench_local_values(|zeros| {
            loss_with_gradient(&compute, decoder, &input, &targets, 1.0, zeros)
        });
}
