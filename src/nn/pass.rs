//! A pass through a network: what its operations compute with. To an [`Array`] it is what a device is
//! to a tensor of dfdx.

use super::parameter::{Parameter, Place, Sparsity, StoreId};
use super::tape::Node;
use crate::kernels::Compute;
use crate::random::{Purpose, Stream};
use crate::spec::Reduction;
use dfdx::prelude::*;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// What names a training step: the key of its random numbers, and what its loss is.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The trial's seed.
    pub seed: u64,
    /// The step's number, from 0.
    pub index: u64,
    /// What the gradient is the gradient of.
    pub reduction: Reduction,
}

impl Step {
    /// What a summed loss is multiplied with: `count` predictions are what it is a mean over.
    pub fn scale(self, count: usize, sequences: usize) -> f32 {
        match self.reduction {
            Reduction::Mean => 1.0 / count.max(1) as f32,
            Reduction::Sum => 1.0,
            Reduction::Batchmean => 1.0 / sequences.max(1) as f32,
        }
    }
}

/// A parameter in an operation: its numbers, and where its gradient goes.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// The numbers.
    pub values: Arc<Vec<f32>>,
    /// Its identity on the tape.
    pub node: Node,
    has_gradient: Rc<Cell<bool>>,
}

impl Key {
    pub(super) fn new(values: Arc<Vec<f32>>, node: Node) -> Self {
        Self { values, node, has_gradient: Rc::default() }
    }

    /// Notes that a gradient was found; whether there was one before.
    pub(super) fn write(&self) -> bool {
        self.has_gradient.replace(true)
    }
}

/// What a pass computes with: kernels, the numbers of the parameters, the training step.
#[derive(Clone, Debug)]
pub struct Pass(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    compute: Compute,
    device: Cpu,
    step: Option<Step>,
    store: StoreId,
    keys: Vec<Key>,
    /// The rows of each parameter that operations read.
    read: RefCell<Vec<Sparsity>>,
}

impl Pass {
    /// A pass with the parameters of a store. Without a step it is one of evaluation.
    pub(super) fn new(
        compute: &Compute,
        device: &Cpu,
        step: Option<Step>,
        store: StoreId,
        keys: Vec<Key>,
    ) -> Self {
        let read = RefCell::new(vec![Sparsity::Rows(Vec::new()); keys.len()]);
        let (compute, device) = (compute.clone(), device.clone());
        Self(Rc::new(Inner { compute, device, step, store, keys, read }))
    }

    /// A parameter, all of whose rows are read.
    pub(super) fn key(&self, place: Place) -> Key {
        self.0.read.borrow_mut()[place.index] = Sparsity::Dense;
        self.look_up(place)
    }

    /// A table of which some rows are read.
    pub(super) fn table(&self, place: Place, rows: &[u32]) -> Key {
        if let Sparsity::Rows(read) = &mut self.0.read.borrow_mut()[place.index] {
            read.extend_from_slice(rows);
        }
        self.look_up(place)
    }

    /// The numbers of a parameter.
    pub fn values<S: Shape>(&self, parameter: &Parameter<S>) -> &[f32] {
        &self.0.keys[parameter.place().index].values
    }

    /// # Panics
    /// When the parameter is another network's.
    fn look_up(&self, place: Place) -> Key {
        assert_eq!(place.store, self.0.store, "a parameter of another network");
        self.0.keys[place.index].clone()
    }

    /// Which rows of each parameter were read, and whether a gradient of it was found.
    pub(super) fn usage(&self) -> Vec<(Sparsity, bool)> {
        let read = self.0.read.take();
        read.into_iter().zip(self.0.keys.iter().map(|key| key.has_gradient.get())).collect()
    }

    /// What computes.
    pub fn compute(&self) -> &Compute {
        &self.0.compute
    }

    /// dfdx's device, for nodes of its tape.
    pub(super) fn device(&self) -> &Cpu {
        &self.0.device
    }

    /// The training step; `None` in evaluation.
    pub fn step(&self) -> Option<Step> {
        self.0.step
    }

    /// The random numbers of the dropout mask at a place of the network; `None` in evaluation.
    pub(super) fn dropout_mask(&self, place: u64) -> Option<Stream> {
        let step = self.0.step?;
        Some(Stream::new(step.seed, Purpose::Dropout, (step.index << 16) + place))
    }
}
