//! The cells' gradients against differences of PyTorch's formulas in double precision.

use crate::support::{Arrays, Case, Dims, Kind, assert_close};
use samebits::kernels::{Compute, Level};
use std::collections::BTreeMap;

type Wide = BTreeMap<String, Vec<f64>>;

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `W v + b`, by the book.
fn affine(weight: &[f64], vector: &[f64], bias: &[f64]) -> Vec<f64> {
    let dot = |row: &[f64]| row.iter().zip(vector).map(|(w, v)| w * v).sum::<f64>();
    weight.chunks(vector.len()).zip(bias).map(|(row, b)| dot(row) + b).collect()
}

/// The formulas at the head of `torch.nn.RNN`, `GRU` and `LSTM`, for one sequence of the batch.
/// `i` and `r` are the shares of input and state.
fn step(kind: Kind, i: &[f64], r: &[f64], h: &mut [f64], c: &mut [f64]) {
    let size = h.len();
    for unit in 0..size {
        let gate = |gate: usize| i[gate * size + unit] + r[gate * size + unit];
        h[unit] = match kind {
            Kind::Tanh => gate(0).tanh(),
            Kind::Relu => gate(0).max(0.0),
            Kind::Gru => {
                let (reset, update) = (sigmoid(gate(0)), sigmoid(gate(1)));
                let new = (i[2 * size + unit] + reset * r[2 * size + unit]).tanh();
                (1.0 - update) * new + update * h[unit]
            }
            Kind::Lstm => {
                c[unit] = sigmoid(gate(1)) * c[unit] + sigmoid(gate(0)) * gate(2).tanh();
                sigmoid(gate(3)) * c[unit].tanh()
            }
        };
    }
}

/// Σ output · upstream, and the outputs.
fn loss(case: &Case, given: &Wide) -> (f64, Vec<f32>) {
    let Dims { steps, batch, input, hidden } = case.dims;
    let (mut h, mut c) = (given["h0"].clone(), given["c0"].clone());
    let memory = c.len() / batch;
    let (mut total, mut output) = (0.0, Vec::new());
    for t in 0..steps {
        for b in 0..batch {
            let row = t * batch + b;
            let x = &given["x"][row * input..(row + 1) * input];
            let h = &mut h[b * hidden..(b + 1) * hidden];
            let c = &mut c[b * memory..(b + 1) * memory];
            let i = affine(&given["w_ih"], x, &given["b_ih"]);
            let r = affine(&given["w_hh"], h, &given["b_hh"]);
            step(case.kind, &i, &r, h, c);
            let upstream = &given["upstream"][row * hidden..(row + 1) * hidden];
            total += h.iter().zip(upstream).map(|(h, u)| h * u).sum::<f64>();
            output.extend(h.iter().map(|h| *h as f32));
        }
    }
    (total, output)
}

/// Central differences of the loss by each value of the named arrays.
fn numeric(case: &Case, mut given: Wide) -> Arrays {
    const DISTANCE: f64 = 1e-5;
    let mut differences = Arrays::new();
    for name in ["x", "w_ih", "w_hh", "b_ih", "b_hh"] {
        let mut of_array = Vec::new();
        for place in 0..given[name].len() {
            let start = given[name][place];
            let mut at = |value: f64| {
                given.get_mut(name).expect("the case has the array")[place] = value;
                loss(case, &given).0
            };
            let difference = at(start + DISTANCE) - at(start - DISTANCE);
            at(start);
            of_array.push((difference / (2.0 * DISTANCE)) as f32);
        }
        differences.insert(name.to_string(), of_array);
    }
    differences
}

#[test]
fn gradients_match_differences_in_double_precision() {
    let compute = Compute::single(Level::best());
    for kind in Kind::ALL {
        let case = Case::random(kind, Dims::new(5, 3, 4, 7));
        let wide = |x: &Vec<f32>| x.iter().map(|x| f64::from(*x)).collect();
        let given: Wide = case.given.iter().map(|(name, x)| (name.clone(), wide(x))).collect();
        let (values, gradients) = case.run(&compute);
        let output = Arrays::from([("output".to_string(), loss(&case, &given).1)]);
        assert_close(&values, &output, 1e-6, &format!("{kind:?}"));
        assert_close(&gradients, &numeric(&case, given), 2e-6, &format!("{kind:?}"));
    }
}
