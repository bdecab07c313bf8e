//! The cells against a plain reference: PyTorch's formulas in dfdx's tensor operations, a tensor
//! for each gate and step, with the gradients of dfdx's tape.

use crate::support::{Arrays, Case, Dims, Kind, assert_close, named};
use dfdx::prelude::*;
use samebits::kernels::{Compute, Level};

type Vector = Tensor<(usize,), f32, Cpu>;
type Matrix = Tensor<(usize, usize), f32, Cpu>;
type Tape = OwnedTape<f32, Cpu>;

/// The operations of a computation in one place, so that a value can be used as often as need be.
#[derive(Default)]
struct Book(Tape);

impl Book {
    /// Writes down the operations that led to a value.
    fn keep(&mut self, value: Tensor<(usize, usize), f32, Cpu, Tape>) -> Matrix {
        let (value, tape) = value.split_tape();
        self.0 = std::mem::take(&mut self.0).merge(tape);
        value
    }

    fn sum(&mut self, a: &Matrix, b: &Matrix) -> Matrix {
        self.keep(a.leaky_trace() + b.clone())
    }

    fn product(&mut self, a: &Matrix, b: &Matrix) -> Matrix {
        self.keep(a.leaky_trace() * b.clone())
    }

    fn sigmoid(&mut self, x: &Matrix) -> Matrix {
        self.keep(x.leaky_trace().sigmoid())
    }

    fn tanh(&mut self, x: &Matrix) -> Matrix {
        self.keep(x.leaky_trace().tanh())
    }

    /// `x Wᵀ + b`.
    fn affine(&mut self, x: &Matrix, weight: &Matrix, bias: &Vector) -> Matrix {
        let weight = self.keep(weight.leaky_trace().permute::<_, Axes2<1, 0>>());
        let product = self.keep(x.leaky_trace().matmul(weight));
        let shape = *product.shape();
        let bias = self.keep(bias.leaky_trace().broadcast_like::<_, Axis<0>>(&shape));
        self.sum(&product, &bias)
    }

    /// The next hidden and cell state out of both shares of the gates.
    fn step(
        &mut self,
        kind: Kind,
        input: &[Matrix],
        recurrent: &[Matrix],
        (hidden, memory): (&Matrix, &Matrix),
    ) -> (Matrix, Matrix) {
        let both = |book: &mut Self, gate: usize| book.sum(&input[gate], &recurrent[gate]);
        match kind {
            Kind::Tanh => {
                let sum = both(self, 0);
                (self.tanh(&sum), memory.clone())
            }
            Kind::Relu => {
                let sum = both(self, 0);
                (self.keep(sum.leaky_trace().relu()), memory.clone())
            }
            Kind::Gru => {
                let [reset, update] = [0, 1].map(|gate| both(self, gate));
                let [reset, update] = [reset, update].map(|x| self.sigmoid(&x));
                let new = self.product(&reset, &recurrent[2]);
                let new = self.sum(&input[2], &new);
                let new = self.tanh(&new);
                let rest = self.keep(-update.leaky_trace() + 1.0);
                let (new, old) = (self.product(&rest, &new), self.product(&update, hidden));
                (self.sum(&new, &old), memory.clone())
            }
            Kind::Lstm => {
                let [input, forget, new, output] = [0, 1, 2, 3].map(|gate| both(self, gate));
                let [input, forget, output] = [input, forget, output].map(|x| self.sigmoid(&x));
                let new = self.tanh(&new);
                let (new, old) = (self.product(&input, &new), self.product(&forget, memory));
                let memory = self.sum(&new, &old);
                let squashed = self.tanh(&memory);
                (self.product(&output, &squashed), memory)
            }
        }
    }
}

/// The tensors that gradients are asked of.
struct Leaves {
    /// A matrix (B, I) a step.
    x: Vec<Matrix>,
    /// A matrix (H, I) a gate.
    w_ih: Vec<Matrix>,
    /// A matrix (H, H) a gate.
    w_hh: Vec<Matrix>,
    /// A vector (H) a gate.
    b_ih: Vec<Vector>,
    b_hh: Vec<Vector>,
}

impl Leaves {
    fn new(case: &Case) -> Self {
        let Dims { batch, input, hidden, .. } = case.dims;
        let cpu = Cpu::default();
        let matrices = |values: &[f32], rows: usize, columns: usize| -> Vec<Matrix> {
            let blocks = values.chunks_exact(rows * columns);
            blocks.map(|block| cpu.tensor_from_vec(block.to_vec(), (rows, columns))).collect()
        };
        let vectors = |name| -> Vec<Vector> {
            let blocks = case.get(name).chunks_exact(hidden);
            blocks.map(|block| cpu.tensor_from_vec(block.to_vec(), (hidden,))).collect()
        };
        Self {
            x: matrices(case.get("x"), batch, input),
            w_ih: matrices(case.get("w_ih"), hidden, input),
            w_hh: matrices(case.get("w_hh"), hidden, hidden),
            b_ih: vectors("b_ih"),
            b_hh: vectors("b_hh"),
        }
    }

    fn gradients(&self, of: &Gradients<f32, Cpu>) -> Arrays {
        let matrices = |leaves: &[Matrix]| -> Vec<f32> {
            leaves.iter().flat_map(|leaf| of.get(leaf).as_vec()).collect()
        };
        let vectors = |leaves: &[Vector]| -> Vec<f32> {
            leaves.iter().flat_map(|leaf| of.get(leaf).as_vec()).collect()
        };
        named([
            ("x", matrices(&self.x)),
            ("w_ih", matrices(&self.w_ih)),
            ("w_hh", matrices(&self.w_hh)),
            ("b_ih", vectors(&self.b_ih)),
            ("b_hh", vectors(&self.b_hh)),
        ])
    }
}

/// What [`Case::run`] should give.
fn reference(case: &Case) -> (Arrays, Arrays) {
    let Dims { steps, batch, hidden: size, .. } = case.dims;
    let (cpu, leaves, mut book) = (Cpu::default(), Leaves::new(case), Book::default());
    let matrix = |values: &[f32]| cpu.tensor_from_vec(values.to_vec(), (batch, size));
    let mut hidden = matrix(case.get("h0"));
    let mut memory = matrix(if case.kind == Kind::Lstm { case.get("c0") } else { case.get("h0") });
    let mut total = cpu.zeros_like(&(batch, size));
    let mut output = Vec::new();
    for step in 0..steps {
        let gates = case.kind.gates();
        let input: Vec<_> = (0..gates)
            .map(|gate| book.affine(&leaves.x[step], &leaves.w_ih[gate], &leaves.b_ih[gate]))
            .collect();
        let recurrent: Vec<_> = (0..gates)
            .map(|gate| book.affine(&hidden, &leaves.w_hh[gate], &leaves.b_hh[gate]))
            .collect();
        (hidden, memory) = book.step(case.kind, &input, &recurrent, (&hidden, &memory));
        output.extend(hidden.as_vec());
        let upstream = &case.get("upstream")[step * batch * size..(step + 1) * batch * size];
        let loss = book.product(&hidden, &matrix(upstream));
        total = book.sum(&total, &loss);
    }
    let gradients = total.put_tape(book.0).sum::<Rank0, _>().backward();
    let memory = if case.kind == Kind::Lstm { memory.as_vec() } else { Vec::new() };
    let values = named([("output", output), ("hidden", hidden.as_vec()), ("memory", memory)]);
    (values, leaves.gradients(&gradients))
}

#[test]
fn forward_and_every_gradient_match_the_plain_reference() {
    let compute = Compute::new(Level::best(), 2);
    // The last goes in chunks of two steps and one of one.
    let sizes = [
        Dims::new(1, 1, 1, 1),
        Dims::new(6, 5, 7, 19),
        Dims::new(4, 13, 9, 65),
        Dims::new(5, 101, 3, 6),
    ];
    for (kind, dims) in Kind::ALL.into_iter().flat_map(|kind| sizes.map(|dims| (kind, dims))) {
        let case = Case::random(kind, dims);
        let (values, gradients) = case.run(&compute);
        let (expected_values, expected_gradients) = reference(&case);
        assert_close(&values, &expected_values, 2e-6, &format!("{kind:?} {dims:?}"));
        assert_close(&gradients, &expected_gradients, 5e-6, &format!("{kind:?} {dims:?}"));
    }
}
