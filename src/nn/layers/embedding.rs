//! The embedding: `torch.nn.Embedding`.

use crate::kernels::{Buffer, lookup};
use crate::nn::array::{Array, Back, Tokens};
use crate::nn::axis::{Batch, TimeAxis, check_same};
use crate::nn::parameter::{Layout, Parameter};
use crate::nn::parameters::Parameters;
use crate::nn::pass::{Key, Pass};
use crate::nn::tape::Result;
use dfdx::prelude::*;
use std::sync::Arc;

/// A table of one vector a token, (V, E): (L, B) → (L, B, E).
#[derive(Debug)]
pub struct Embedding<V: Dim, E: Dim> {
    /// The table.
    pub weight: Parameter<(V, E)>,
}

impl<V: Dim, E: Dim> Embedding<V, E> {
    /// Declares the table.
    pub fn new(p: &mut Parameters, vocabulary: V, size: E) -> Self {
        Self { weight: p.declare("embedding.weight", (vocabulary, size), Layout::Same) }
    }
}

impl<L: TimeAxis, V: Dim, E: Dim, T: Tape<f32, Cpu>> Module<Tokens<L, V, T>> for Embedding<V, E> {
    type Output = Array<(L, Batch, E), T>;
    type Error = CpuError;

    fn try_forward(&self, tokens: Tokens<L, V, T>) -> Result<Self::Output> {
        let Tokens { ids, shape: (steps, batch), vocabulary, pass, tape } = tokens;
        let (own, size) = self.weight.shape();
        check_same(vocabulary, own);
        let table = pass.table(self.weight.place(), &ids);
        let (values, back) = look_up(&pass, table, size.size(), ids);
        Array::begin(&pass, (steps, batch, size), values, tape, back)
    }
}

fn look_up(pass: &Pass, table: Key, width: usize, ids: Arc<Vec<u32>>) -> (Buffer, Back) {
    let mut rows = pass.compute().buffer(ids.len() * width);
    lookup::gather(&mut rows, &table.values, width, &ids);
    let back: Back = Box::new(move |delta, found| {
        let level = found.compute.level;
        lookup::scatter_add(level, found.table(&table)?, width, &ids, &delta);
        Ok(None)
    });
    (rows, back)
}
