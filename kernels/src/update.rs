//! Update rules of optimizers, with PyTorch's order of operations. State is in plain slices, so
//! that it can be saved; `step` counts from 1.

use super::simd::vectorized;

/// What clipping makes of each element of a gradient, on its way into the update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clipping {
    /// Multiplied with first: 1 leaves every number as it is.
    pub factor: f32,
    /// Then cut to ±bound: ∞ leaves every number as it is.
    pub bound: f32,
}

impl Clipping {
    /// Leaves every number as it is.
    pub const NONE: Self = Self { factor: 1.0, bound: f32::INFINITY };

    /// The element; NaN stays NaN.
    #[inline(always)]
    fn of(self, gradient: f32) -> f32 {
        let scaled = gradient * self.factor;
        let low = if scaled < -self.bound { -self.bound } else { scaled };
        if low > self.bound { self.bound } else { low }
    }
}

vectorized! {
    /// Cuts a gradient in its place.
    pub fn clip<'a>(gradient: &'a mut [f32], clipping: Clipping) {
        for g in gradient {
            *g = clipping.of(*g);
        }
    }
}

vectorized! {
    /// L2 penalty: `gradient += weight_decay · values`.
    pub fn decay_gradient<'a>(gradient: &'a mut [f32], values: &'a [f32], weight_decay: f32) {
        for (g, x) in gradient.iter_mut().zip(values) {
            *g = weight_decay.mul_add(*x, *g);
        }
    }
}

vectorized! {
    /// `values −= rate · gradient`.
    pub fn sgd<'a>(values: &'a mut [f32], gradient: &'a [f32], rate: f32, clipping: Clipping) {
        for (x, g) in values.iter_mut().zip(gradient) {
            *x = (-rate).mul_add(clipping.of(*g), *x);
        }
    }
}

vectorized! {
    /// The velocity `v = momentum · v + (1 − dampening) · g`, and the direction in the gradient's
    /// place: v, or `g + momentum · v` with Nesterov's look-ahead.
    pub fn momentum<'a>(
        gradient: &'a mut [f32], velocity: &'a mut [f32], momentum: f32, undamped: f32, nesterov: bool,
    ) {
        for (g, v) in gradient.iter_mut().zip(velocity) {
            *v = momentum.mul_add(*v, undamped * *g);
            *g = if nesterov { momentum.mul_add(*v, *g) } else { *v };
        }
    }
}

/// Scalars of a step of Adam.
#[derive(Clone, Copy, Debug)]
pub struct Adam {
    /// Decay of the first and second moment: in double precision, as 1 − beta is taken of them.
    pub betas: [f64; 2],
    /// Added to the denominator.
    pub eps: f32,
    /// Learning rate over the first moment's bias correction.
    pub rate: f32,
    /// Root of the second moment's bias correction.
    pub root: f32,
    /// What the weights are multiplied with first: 1 − rate · decay (AdamW), or 1.
    pub shrink: f32,
}

vectorized! {
    /// Adam (Kingma and Ba 2015), and AdamW's decoupled decay (Loshchilov and Hutter 2019).
    pub fn adam<'a>(
        values: &'a mut [f32], gradient: &'a [f32], first: &'a mut [f32], second: &'a mut [f32],
        rule: Adam, clipping: Clipping,
    ) {
        let Adam { betas, eps, rate, root, shrink } = rule;
        let [fresh1, fresh2] = betas.map(|beta| (1.0 - beta) as f32);
        let decay = betas[1] as f32;
        let moments = first.iter_mut().zip(second);
        for ((x, g), (m, v)) in values.iter_mut().zip(gradient).zip(moments) {
            let g = clipping.of(*g);
            *m = fresh1.mul_add(g - *m, *m);
            *v = (g * fresh2).mul_add(g, *v * decay);
            let denominator = v.sqrt() / root + eps;
            *x = *x * shrink - rate * (*m / denominator);
        }
    }
}

vectorized! {
    /// Adagrad (Duchi et al. 2011): `s += g²`, `x −= rate · g / (√s + eps)`.
    pub fn adagrad<'a>(
        values: &'a mut [f32], gradient: &'a [f32], sums: &'a mut [f32], rate: f32, eps: f32,
        clipping: Clipping,
    ) {
        for ((x, g), s) in values.iter_mut().zip(gradient).zip(sums) {
            let g = clipping.of(*g);
            *s = g.mul_add(g, *s);
            *x -= rate * (g / (s.sqrt() + eps));
        }
    }
}

vectorized! {
    /// RMSprop (Hinton 2012): the mean of squares `s = alpha · s + (1 − alpha) · g²`, and
    /// `g / (√s + eps)` in the gradient's place.
    pub fn rmsprop<'a>(gradient: &'a mut [f32], squares: &'a mut [f32], alpha: f64, eps: f32) {
        let (alpha, fresh) = (alpha as f32, (1.0 - alpha) as f32);
        for (g, s) in gradient.iter_mut().zip(squares) {
            *s = (*g * fresh).mul_add(*g, *s * alpha);
            *g /= s.sqrt() + eps;
        }
    }
}

vectorized! {
    /// RMSprop with the mean of gradients `m` taken off the mean of squares (Graves 2013).
    pub fn rmsprop_centered<'a>(
        gradient: &'a mut [f32], squares: &'a mut [f32], means: &'a mut [f32], alpha: f64, eps: f32,
    ) {
        let (alpha, fresh) = (alpha as f32, (1.0 - alpha) as f32);
        for ((g, s), m) in gradient.iter_mut().zip(squares).zip(means) {
            *s = (*g * fresh).mul_add(*g, *s * alpha);
            *m = fresh.mul_add(*g - *m, *m);
            *g /= m.mul_add(-*m, *s).sqrt() + eps;
        }
    }
}
