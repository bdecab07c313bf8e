//! Networks: typed layers on dfdx's tape, over the kernels.
//!
//! An array has its axes in its type ([`axis`]), and a layer takes an array of its input's shape and
//! gives one of its output's, for sizes that the compiler knows and for those of run time in one code.
//! What is wired wrongly does not compile.
//!
//! A network of two layers and a decoder:
//!
//! ```
//! use dfdx::prelude::CpuError;
//! use samebits::kernels::cell::Lstm;
//! use samebits::nn::{axis::*, *};
//!
//! type In = Array<(Time, Batch, Features)>;
//!
//! fn network<H: Dim>(p: &mut Parameters, h: H, x: In, mask: &PaddingMask<Time>) -> Result<(), CpuError> {
//!     let (units, batch) = (Product(Directions(Const::<1>), Hidden(h)), x.shape().1);
//!     let first = Layer::new(p, Lstm, 0, Features(5), units);
//!     let second = Layer::new(p, Lstm, 1, units, units);
//!     let decoder = Linear::new(p, "decoder", units, Vocabulary(9));
//!     let hidden = first.try_forward((x, mask, first.zero_state(batch).as_mut()))?;
//!     let hidden = second.try_forward((hidden, mask, second.zero_state(batch).as_mut()))?;
//!     let logits: Array<(Time, Batch, Vocabulary)> = decoder.try_forward(hidden)?;
//!     Ok(())
//! }
//! ```
//!
//! A layer takes no input of another width, here the hidden states of a layer of 256 units where it
//! was made for 128:
//!
//! ```compile_fail,E0308
//! # use samebits::nn::{axis::*, *};
//! # use samebits::kernels::cell::Lstm;
//! # type Wide<const H: usize> = Units<Const<1>, Const<H>>;
//! fn wrong(
//!     layer: Layer<Lstm, Wide<128>, Const<128>, Const<1>>,
//!     hidden: Array<(Time, Batch, Wide<256>)>,
//!     mask: &PaddingMask<Time>,
//! ) {
//!     layer.try_forward((hidden, mask, layer.zero_state(Batch(2)).as_mut()));
//! }
//! ```
//!
//! Time and batch do not change places:
//!
//! ```compile_fail,E0308
//! # use samebits::nn::{axis::*, *};
//! # use samebits::kernels::cell::Lstm;
//! fn wrong(
//!     layer: Layer<Lstm, Features, usize, Const<1>>,
//!     batch_first: Array<(Batch, Time, Features)>,
//!     mask: &PaddingMask<Time>,
//! ) {
//!     layer.try_forward((batch_first, mask, layer.zero_state(Batch(2)).as_mut()));
//! }
//! ```
//!
//! A decoder follows no layer of another width:
//!
//! ```compile_fail,E0277
//! # use samebits::nn::{axis::*, *};
//! # type Wide<const H: usize> = Units<Const<1>, Const<H>>;
//! fn wrong(decoder: Linear<Wide<128>, Vocabulary>, hidden: Array<(Time, Batch, Wide<256>)>) {
//!     decoder.try_forward(hidden);
//! }
//! ```
//!
//! An embedding of 100 numbers is no weight of a decoder that reads 200:
//!
//! ```compile_fail,E0308
//! # use samebits::nn::{axis::*, *};
//! fn wrong(
//!     p: &mut Parameters,
//!     embedding: Embedding<Vocabulary, Embedded<Const<100>>>,
//! ) -> Linear<Forwards<Const<200>>, Vocabulary> {
//!     Linear::tied(p, "decoder", embedding.weight.tied())
//! }
//! ```
//!
//! An encoder's state is none of a decoder with another cell:
//!
//! ```compile_fail,E0308
//! # use samebits::nn::{axis::*, *};
//! # use samebits::kernels::cell::{Gru, Lstm};
//! fn wrong(
//!     encoder: Layer<Lstm, Features, usize, Const<1>>,
//!     decoder: Layer<Gru, Features, usize, Const<1>>,
//!     target: Array<(Time, Batch, Features)>,
//!     mask: &PaddingMask<Time>,
//! ) {
//!     let mut state = encoder.zero_state(Batch(2));
//!     decoder.try_forward((target, mask, state.as_mut()));
//! }
//! ```
//!
//! Attention looks at the source, under the source's mask, not the target's:
//!
//! ```compile_fail,E0308
//! # use samebits::nn::{axis::*, *};
//! fn wrong(
//!     queries: Array<(Time, Batch, Hidden)>,
//!     states: Array<(SourceTime, Batch, Hidden)>,
//!     target: &PaddingMask<Time>,
//! ) {
//!     attend(queries, states, target).unwrap();
//! }
//! ```
//!
//! And dfdx's own operations, which would compute with the number that stands for an array on the
//! tape, are no methods of it:
//!
//! ```compile_fail,E0599
//! # use samebits::nn::{axis::*, *};
//! fn wrong(hidden: Array<(Time, Batch, Hidden)>) {
//!     hidden.relu();
//! }
//! ```

mod array;
pub mod axis;
pub mod from_spec;
pub mod init;
pub mod layers;
pub mod loss;
mod parameter;
mod parameters;
mod pass;
pub mod pretrained;
mod tape;
pub mod weights;

pub use array::{Array, Tokens};
pub use layers::{
    AnyCell, CellType, Dropout, Elementwise, Embedding, Inputs, LastAxis, Layer, LayerInput,
    Linear, ModelState, OneHot, PaddingMask, RELU, RecurrentState, Stack, StateMut, TANH, attend,
    attention_weights, concat, last_state, last_step, repeat, stack, sum_directions,
};
pub use parameter::{Layout, Parameter, Sparsity};
pub use parameters::{NamedParameter, Parameters};
pub use pass::{Pass, Step};
pub use tape::{Recording, Result};

/// What sizes and layers are to dfdx.
pub use dfdx::prelude::{Const, Dim, HasShape, Module};

use crate::data::Unreadable;

/// Why a network could not compute.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum ModelError {
    /// dfdx could not allocate a tensor.
    #[error("out of memory in the model's tensors ({0})")]
    #[diagnostic(help("a smaller batch_size, sequence_length or hidden_size needs less"))]
    Memory(dfdx::tensor::CpuError),
    /// A parameter takes no part in the loss.
    #[error("the loss does not depend on {name}")]
    #[diagnostic(
        code(model::no_gradient),
        help("this is a mistake of runner itself: please report it with the spec")
    )]
    NoGradient { name: String },
}

impl From<dfdx::tensor::CpuError> for ModelError {
    fn from(error: dfdx::tensor::CpuError) -> Self {
        Self::Memory(error)
    }
}

/// Why a network cannot be built.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum BeginError {
    /// A sampled prefix holds a token that the training text does not.
    #[error("generation.prefixes: {0}")]
    #[diagnostic(help("take a prefix of tokens that occur in the training text"))]
    Prefix(#[from] Unreadable),
    /// Spec and data do not fit together.
    #[error("{what}")]
    #[diagnostic(code(model::unfit), help("{help}"))]
    Unfit { what: String, help: String },
}
