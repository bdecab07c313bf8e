//! dfdx's contender: the same LSTMs out of dfdx's own operations, a product and a non-linearity a
//! gate and time step, each a node of its tape.

use crate::worker::{self, Training};
use crate::workload::{Workload, stream};
use dfdx::nn::modules::{Embedding, Linear, Repeated};
use dfdx::optim::{Adam, AdamConfig, Optimizer, Sgd, SgdConfig};
use dfdx::prelude::*;
use safetensors::SafeTensors;
use samebits::nn::weights;

type Tape = OwnedTape<f32, Cpu>;
type Taped<const B: usize, const N: usize> = Tensor<Rank2<B, N>, f32, Cpu, Tape>;
type Plain<const B: usize, const N: usize> = Tensor<Rank2<B, N>, f32, Cpu>;
type Gate<const I: usize, const H: usize> = (Linear<I, H, f32, Cpu>, Linear<H, H, f32, Cpu>);
/// The gates i, f, g and o.
type Cell<const I: usize, const H: usize> = (Gate<I, H>, Gate<I, H>, Gate<I, H>, Gate<I, H>);
/// Encoder, first layer, deeper layers, decoder.
type Network<E, const I: usize, const H: usize, const V: usize, const DEEPER: usize> =
    (E, Cell<I, H>, Repeated<Cell<H, H>, DEEPER>, Linear<H, V, f32, Cpu>);

/// What a token becomes.
trait Encoder<const B: usize, const I: usize> {
    fn encode(&self, device: &Cpu, tokens: &[usize; B], tape: Tape) -> Taped<B, I>;
}

impl<const B: usize, const I: usize> Encoder<B, I> for () {
    fn encode(&self, device: &Cpu, tokens: &[usize; B], tape: Tape) -> Taped<B, I> {
        one_hot(device, tokens).put_tape(tape)
    }
}

impl<const B: usize, const I: usize, const V: usize> Encoder<B, I> for Embedding<V, I, f32, Cpu> {
    fn encode(&self, device: &Cpu, tokens: &[usize; B], tape: Tape) -> Taped<B, I> {
        self.forward(device.tensor(*tokens).put_tape(tape))
    }
}

fn one_hot<const B: usize, const V: usize>(device: &Cpu, tokens: &[usize; B]) -> Plain<B, V> {
    let mut numbers = vec![0.0; B * V];
    for (row, token) in tokens.iter().enumerate() {
        numbers[row * V + token] = 1.0;
    }
    device.tensor_from_vec(numbers, (Const, Const))
}

/// One time step of a layer. The tapes of all arguments end up in the new hidden state's.
fn lstm<const B: usize, const I: usize, const H: usize>(
    cell: &Cell<I, H>,
    input: Taped<B, I>,
    hidden: Taped<B, H>,
    memory: Taped<B, H>,
) -> (Taped<B, H>, Taped<B, H>) {
    fn gate<const B: usize, const I: usize, const H: usize>(
        gate: &Gate<I, H>,
        input: Taped<B, I>,
        hidden: Taped<B, H>,
    ) -> Taped<B, H> {
        gate.0.forward(input) + gate.1.forward(hidden)
    }
    let i = gate(&cell.0, input.with_empty_tape(), hidden.with_empty_tape()).sigmoid();
    let f = gate(&cell.1, input.with_empty_tape(), hidden.with_empty_tape()).sigmoid();
    let g = gate(&cell.2, input.with_empty_tape(), hidden.with_empty_tape()).tanh();
    let o = gate(&cell.3, input, hidden).sigmoid();
    let memory = f * memory + i * g;
    let kept = memory.with_empty_tape();
    (o * memory.tanh(), kept)
}

/// A layer over all time steps; leaves the last state behind. `gradients` begin its tape.
fn layer<const B: usize, const I: usize, const H: usize>(
    cell: &Cell<I, H>,
    inputs: Vec<Taped<B, I>>,
    state: &mut [Plain<B, H>; 2],
    gradients: Gradients<f32, Cpu>,
) -> Vec<Taped<B, H>> {
    let mut hidden = state[0].trace(gradients);
    let mut memory = state[1].retaped::<Tape>();
    let mut outputs = Vec::with_capacity(inputs.len());
    for input in inputs {
        let (output, kept) = lstm(cell, input, hidden, memory);
        (hidden, memory) = (output.with_empty_tape(), kept);
        outputs.push(output);
    }
    // As numbers, detached from this step's tape.
    *state = [hidden.split_tape().0, memory.split_tape().0];
    outputs
}

/// An optimizer of a network.
enum Rule<M> {
    Sgd(Sgd<M, f32, Cpu>),
    Adam(Adam<M, f32, Cpu>),
}

struct Plainly<
    E,
    const B: usize,
    const I: usize,
    const H: usize,
    const V: usize,
    const DEEPER: usize,
> where
    Network<E, I, H, V, DEEPER>: TensorCollection<f32, Cpu>,
{
    workload: Workload,
    device: Cpu,
    network: Network<E, I, H, V, DEEPER>,
    gradients: Option<Gradients<f32, Cpu>>,
    rule: Rule<Network<E, I, H, V, DEEPER>>,
    tokens: Vec<u32>,
    state: Vec<[Plain<B, H>; 2]>,
    number: usize,
}

impl<E, const B: usize, const I: usize, const H: usize, const V: usize, const DEEPER: usize>
    Plainly<E, B, I, H, V, DEEPER>
where
    E: Encoder<B, I> + TensorCollection<f32, Cpu>,
    Network<E, I, H, V, DEEPER>: TensorCollection<f32, Cpu>,
{
    fn new(workload: &Workload, encoder: impl Fn(&Cpu, &SafeTensors<'_>) -> E) -> Self {
        let device = Cpu::default();
        let session = worker::session(workload);
        let bytes = weights::to_bytes(session.parameters()).expect("weights");
        let given = SafeTensors::deserialize(&bytes).expect("weights");
        let linear = Linear {
            weight: device.tensor_from_vec(numbers(&given, "decoder.weight"), (Const, Const)),
            bias: device.tensor_from_vec(numbers(&given, "decoder.bias"), (Const,)),
        };
        let network = (
            encoder(&device, &given),
            cell(&device, &given, 0),
            Repeated { modules: (1..=DEEPER).map(|index| cell(&device, &given, index)).collect() },
            linear,
        );
        let lr = workload.learning_rate;
        let rule = if workload.optimizer == "adam" {
            let config = AdamConfig { lr, ..AdamConfig::default() };
            Rule::Adam(Adam::new(&network, config))
        } else {
            let config = SgdConfig { lr, ..SgdConfig::default() };
            Rule::Sgd(Sgd::new(&network, config))
        };
        Self {
            workload: workload.clone(),
            gradients: Some(network.alloc_grads()),
            network,
            rule,
            tokens: stream(workload.tokens, workload.vocabulary),
            state: Vec::new(),
            number: 0,
            device,
        }
    }

    /// Token ids of the time step that begins at `place` of every stream.
    fn tokens(&self, place: usize) -> [usize; B] {
        let length = self.tokens.len() / B;
        std::array::from_fn(|b| self.tokens[b * length + place] as usize)
    }
}

impl<E, const B: usize, const I: usize, const H: usize, const V: usize, const DEEPER: usize>
    Training for Plainly<E, B, I, H, V, DEEPER>
where
    E: Encoder<B, I> + TensorCollection<f32, Cpu>,
    Network<E, I, H, V, DEEPER>: TensorCollection<f32, Cpu>,
{
    fn step(&mut self) -> f64 {
        let steps = self.workload.steps;
        let per_epoch = (self.tokens.len() / B - 1) / steps;
        let first = self.number % per_epoch * steps;
        self.number += 1;
        if first == 0 {
            let zero = || [self.device.zeros(), self.device.zeros()];
            self.state = (0..=DEEPER).map(|_| zero()).collect();
        }
        let (encoder, first_cell, deeper, decoder) = &self.network;
        let gradients = self.gradients.take().expect("gradients between steps");
        let inputs = (first..first + steps)
            .map(|place| encoder.encode(&self.device, &self.tokens(place), Tape::default()));
        let mut hidden = layer(first_cell, inputs.collect(), &mut self.state[0], gradients);
        for (cell, state) in deeper.modules.iter().zip(&mut self.state[1..]) {
            hidden = layer(cell, hidden, state, Gradients::leaky());
        }
        let mut loss: Option<Tensor<Rank0, f32, Cpu, Tape>> = None;
        for (place, hidden) in (first + 1..).zip(hidden) {
            let targets = one_hot::<B, V>(&self.device, &self.tokens(place));
            let of_step = cross_entropy_with_logits_loss(decoder.forward(hidden), targets);
            loss = Some(match loss {
                Some(sum) => sum + of_step,
                None => of_step,
            });
        }
        let loss = loss.expect("at least one time step");
        let summed = f64::from(loss.array());
        let scale = if self.workload.reduction == "batchmean" { 1.0 } else { 1.0 / steps as f32 };
        let mut gradients = (loss * scale).backward();
        clip(&self.network, &mut gradients, self.workload.clip_norm);
        match &mut self.rule {
            Rule::Sgd(rule) => rule.update(&mut self.network, &gradients),
            Rule::Adam(rule) => rule.update(&mut self.network, &gradients),
        }
        .expect("every parameter has a gradient");
        self.network.zero_grads(&mut gradients);
        self.gradients = Some(gradients);
        summed / steps as f64
    }
}

/// Scales all gradients so that their common norm is at most `bound`.
fn clip<M: TensorCollection<f32, Cpu>>(
    network: &M,
    gradients: &mut Gradients<f32, Cpu>,
    bound: f64,
) {
    let mut visit = |scale: Option<f32>| {
        let mut visitor = Visitor { gradients: &mut *gradients, scale, squares: 0.0 };
        let mut walker = RecursiveWalker { m: network, f: &mut visitor };
        M::iter_tensors(&mut walker).expect("gradients of all parameters");
        visitor.squares
    };
    let norm = visit(None).sqrt();
    if norm > bound {
        visit(Some((bound / (norm + 1e-6)) as f32));
    }
}

/// Sums the squares of all gradients, or scales them.
struct Visitor<'a> {
    gradients: &'a mut Gradients<f32, Cpu>,
    scale: Option<f32>,
    squares: f64,
}

impl TensorVisitor<f32, Cpu> for Visitor<'_> {
    type Viewer = ViewTensorRef;
    type Err = <Cpu as HasErr>::Err;
    type E2 = f32;
    type D2 = Cpu;

    fn visit<S: Shape>(
        &mut self,
        _: TensorOptions<S, f32, Cpu>,
        tensor: &Tensor<S, f32, Cpu>,
    ) -> Result<Option<Tensor<S, f32, Cpu>>, Self::Err> {
        let gradient = self.gradients.get_or_alloc_mut(tensor)?;
        match self.scale {
            Some(scale) => gradient.iter_mut().for_each(|x| *x *= scale),
            None => {
                // Parts, so that the compiler may add them up in vectors.
                let part = |part: &[f32]| part.iter().map(|x| x * x).sum::<f32>();
                self.squares +=
                    gradient.chunks(64).map(|chunk| f64::from(part(chunk))).sum::<f64>();
            }
        }
        Ok(None)
    }
}

fn numbers(given: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    let tensor = given.tensor(name).expect("a tensor of PyTorch's name");
    let (bytes, _) = tensor.data().as_chunks::<4>();
    bytes.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

fn cell<const I: usize, const H: usize>(
    device: &Cpu,
    given: &SafeTensors<'_>,
    index: usize,
) -> Cell<I, H> {
    fn linear<const I: usize, const H: usize>(
        device: &Cpu,
        given: &SafeTensors<'_>,
        kind: &str,
        index: usize,
        gate: usize,
    ) -> Linear<I, H, f32, Cpu> {
        let weight = numbers(given, &format!("rnn.weight_{kind}_l{index}"));
        let bias = numbers(given, &format!("rnn.bias_{kind}_l{index}"));
        let part = |all: Vec<f32>, len: usize| all[gate * len..(gate + 1) * len].to_vec();
        Linear {
            weight: device.tensor_from_vec(part(weight, H * I), (Const, Const)),
            bias: device.tensor_from_vec(part(bias, H), (Const,)),
        }
    }
    let gate = |gate| {
        let input = linear::<I, H>(device, given, "ih", index, gate);
        (input, linear::<H, H>(device, given, "hh", index, gate))
    };
    (gate(0), gate(1), gate(2), gate(3))
}

/// Serves a workload that stands here.
pub fn serve(workload: &Workload) {
    match workload.name {
        "d2l-lstm" => {
            let mut training = Plainly::<(), 32, 1027, 256, 1027, 0>::new(workload, |_, _| ());
            worker::serve(workload, &mut training);
        }
        "char-rnn" => {
            let mut training = Plainly::<(), 50, 65, 128, 65, 1>::new(workload, |_, _| ());
            worker::serve(workload, &mut training);
        }
        "zaremba-small" => {
            type Words = Embedding<10_000, 200, f32, Cpu>;
            let encoder = |device: &Cpu, given: &SafeTensors<'_>| Embedding {
                weight: device.tensor_from_vec(numbers(given, "embedding.weight"), (Const, Const)),
            };
            let mut training = Plainly::<Words, 20, 200, 200, 10_000, 1>::new(workload, encoder);
            worker::serve(workload, &mut training);
        }
        name => panic!("no network of dfdx for {name}"),
    }
}
