//! The kernels against four witnesses: a plain reference built from dfdx's tensors, numeric
//! gradients in double precision, values that PyTorch gave, and themselves on every SIMD level
//! and number of threads.

mod cells_dfdx;
mod cells_numeric;
mod cells_pytorch;
mod lookup;
mod matrix;
mod sequence;
mod softmax;
mod support;
mod update;
