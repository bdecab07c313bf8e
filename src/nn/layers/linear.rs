//! The linear layer (`torch.nn.Linear`), and functions of every number.

use crate::kernels::matrix::{Packed, Start, View, multiply, product};
use crate::kernels::softmax::{self, Decoder, Loss};
use crate::kernels::{Buffer, activation, reduce, sequence};
use crate::nn::array::{Array, Back, Raw, Values};
use crate::nn::axis::check_same;
use crate::nn::parameter::{Layout, Parameter};
use crate::nn::parameters::Parameters;
use crate::nn::pass::Key;
use crate::nn::tape::Recording;
use crate::nn::tape::Result;
use dfdx::prelude::*;

/// A shape whose last axis is `I`.
pub trait LastAxis<I: Dim>: Shape {
    /// The same with another last axis.
    type With<O: Dim>: Shape;
    /// The last axis.
    fn last(&self) -> I;
    /// The same with another last axis.
    fn with<O: Dim>(self, last: O) -> Self::With<O>;
}

impl<B: Dim, I: Dim> LastAxis<I> for (B, I) {
    type With<O: Dim> = (B, O);
    fn last(&self) -> I {
        self.1
    }
    fn with<O: Dim>(self, last: O) -> (B, O) {
        (self.0, last)
    }
}

impl<L: Dim, B: Dim, I: Dim> LastAxis<I> for (L, B, I) {
    type With<O: Dim> = (L, B, O);
    fn last(&self) -> I {
        self.2
    }
    fn with<O: Dim>(self, last: O) -> (L, B, O) {
        (self.0, self.1, last)
    }
}

/// `y = x Wᵀ + b` along the last axis, W being (O, I): (…, I) → (…, O).
#[derive(Debug)]
pub struct Linear<I: Dim, O: Dim> {
    weight: Parameter<(O, I)>,
    bias: Parameter<(O,)>,
}

impl<I: Dim, O: Dim> Linear<I, O> {
    /// Declares `<name>.weight` and `<name>.bias`.
    pub fn new(p: &mut Parameters, name: &str, input: I, output: O) -> Self {
        let weight = p.declare(&format!("{name}.weight"), (output, input), Layout::Same);
        Self::tied(p, name, weight)
    }

    /// Declares `<name>.bias`; the weight is there already, as an embedding's.
    pub fn tied(p: &mut Parameters, name: &str, weight: Parameter<(O, I)>) -> Self {
        let bias = p.declare(&format!("{name}.bias"), (weight.shape().0,), Layout::Same);
        Self { weight, bias }
    }

    /// `y = x`: with as many outputs as inputs, a layer without parameters (`torch.nn.Identity`).
    pub fn identity(p: &mut Parameters, input: I, output: O) -> Self {
        let size = output.size();
        let mut ones = vec![0.0; size * input.size()];
        ones.iter_mut().step_by(size + 1).for_each(|one| *one = 1.0);
        let weight = p.constant((output, input), ones);
        Self { weight, bias: p.constant((output,), vec![0.0; size]) }
    }

    /// Its outputs.
    pub fn outputs(&self) -> O {
        self.weight.shape().0
    }

    fn keys(&self, input: &Raw) -> (Key, Key) {
        (input.pass.key(self.weight.place()), input.pass.key(self.bias.place()))
    }

    /// `scale` times the summed cross-entropy between `targets`, one a row, and the softmax of the
    /// outputs, which never exist for all rows at a time; and the loss without the scale.
    pub fn cross_entropy<S: LastAxis<I>>(
        &self,
        input: Array<S, Recording>,
        targets: &[u32],
        scale: f32,
    ) -> Result<(Array<(), Recording>, Loss)> {
        check_same(input.shape().last(), self.weight.shape().1);
        let (loss, back) = cross_entropy(input.raw(), self.keys(input.raw()), targets, scale);
        let mut scaled = input.raw().pass.compute().buffer(1);
        scaled[0] = (loss.sum * f64::from(scale)) as f32;
        Ok((input.then((), scaled, back)?, loss))
    }

    /// The loss alone.
    pub fn loss<S: LastAxis<I>>(&self, input: &Array<S>, targets: &[u32]) -> Loss {
        check_same(input.shape().last(), self.weight.shape().1);
        let (weight, bias) = self.keys(input.raw());
        let decoder = Decoder { weight: &weight.values, bias: &bias.values };
        softmax::loss(input.raw().pass.compute(), decoder, input.values(), targets)
    }

    /// The outputs, computed as [`Self::loss`] computes them: (…, I) → (…, O).
    pub fn logits<S: LastAxis<I>>(&self, input: &Array<S>) -> Vec<f32> {
        check_same(input.shape().last(), self.weight.shape().1);
        let (weight, bias) = self.keys(input.raw());
        let decoder = Decoder { weight: &weight.values, bias: &bias.values };
        softmax::logits(input.raw().pass.compute(), decoder, input.values())
    }
}

impl<I: Dim, O: Dim, S: LastAxis<I>, T: Tape<f32, Cpu>> Module<Array<S, T>> for Linear<I, O> {
    type Output = Array<S::With<O>, T>;
    type Error = CpuError;

    fn try_forward(&self, input: Array<S, T>) -> Result<Self::Output> {
        let (output, width) = self.weight.shape();
        check_same(input.shape().last(), width);
        let shape = input.shape().with(output);
        let (values, back) = linear(input.raw(), self.keys(input.raw()));
        input.then(shape, values, back)
    }
}

fn linear(input: &Raw, (weight, bias): (Key, Key)) -> (Buffer, Back) {
    let (compute, features) = (input.pass.compute(), input.values.clone());
    let outputs = bias.values.len();
    let width = weight.values.len() / outputs.max(1);
    let mut values = compute.buffer(features.len() / width.max(1) * outputs);
    let packed = Packed::new(compute, View::new(&weight.values, width).transposed());
    let (left, start) = (View::new(&features, width), Start::Row(&bias.values));
    multiply(compute, left, &packed, &mut values, outputs, start);
    let back: Back = Box::new(move |delta, found| {
        let compute = found.compute.clone();
        let mut gradient = compute.buffer(weight.values.len());
        sequence::weight(&compute, &delta, &features, width, &mut gradient);
        found.add_to_parameter(&weight, gradient)?;
        let mut gradient = compute.zeros(outputs);
        reduce::add_rows(compute.level, &mut gradient, &delta);
        found.add_to_parameter(&bias, gradient)?;
        let (left, right) = (View::new(&delta, outputs), View::new(&weight.values, width));
        Ok(Some(product(&compute, left, right)))
    });
    (values, back)
}

/// The gradients come out of the forward pass; the way back only hands them on.
fn cross_entropy(
    input: &Raw,
    (weight, bias): (Key, Key),
    targets: &[u32],
    scale: f32,
) -> (Loss, Back) {
    let compute = input.pass.compute();
    let decoder = Decoder { weight: &weight.values, bias: &bias.values };
    let memory = |key: &Key| compute.buffer(key.values.len()).into_vec();
    let memory = (memory(&weight), memory(&bias));
    let (loss, gradient) =
        softmax::loss_with_gradient(compute, decoder, &input.values, targets, scale, memory);
    let back: Back = Box::new(move |outer, found| {
        let compute = found.compute.clone();
        let handed_on = |mut gradient: Buffer| {
            if outer[0] != 1.0 {
                reduce::scale(compute.level, &mut gradient, outer[0]);
            }
            gradient
        };
        found.add_to_parameter(&weight, handed_on(compute.adopt(gradient.weight)))?;
        found.add_to_parameter(&bias, handed_on(compute.adopt(gradient.bias)))?;
        Ok(Some(handed_on(gradient.input)))
    });
    (loss, back)
}

/// A function of every number, whose derivative is a function of its value.
#[derive(Clone, Copy, Debug)]
pub struct Elementwise {
    forward: fn(f32) -> f32,
    backward: fn(f32, f32) -> f32,
}

/// `max(0, x)`.
pub const RELU: Elementwise =
    Elementwise { forward: |x| x.max(0.0), backward: |y, delta| if y > 0.0 { delta } else { 0.0 } };

/// The hyperbolic tangent.
pub const TANH: Elementwise =
    Elementwise { forward: activation::tanh, backward: |y, delta| delta * (-y).mul_add(y, 1.0) };

impl<S: Shape, T: Tape<f32, Cpu>> Module<Array<S, T>> for Elementwise {
    type Output = Array<S, T>;
    type Error = CpuError;

    fn try_forward(&self, input: Array<S, T>) -> Result<Array<S, T>> {
        let shape = *input.shape();
        let (values, back) = elementwise(input.raw(), *self);
        input.then(shape, values, back)
    }
}

fn elementwise(input: &Raw, function: Elementwise) -> (Values, Back) {
    let mut found = input.pass.compute().buffer(input.values.len());
    found.iter_mut().zip(input.values.iter()).for_each(|(y, x)| *y = (function.forward)(*x));
    let values = Values::from(found);
    let kept = values.clone();
    let back: Back = Box::new(move |mut delta, _| {
        let numbers = delta.iter_mut().zip(kept.iter());
        numbers.for_each(|(delta, y)| *delta = (function.backward)(*y, *delta));
        Ok(Some(delta))
    });
    (values, back)
}
