//! Optimizers: PyTorch's update rules over slices, with state that can be saved.

use crate::kernels::update::Clipping;
use crate::kernels::{Compute, Level, reduce, update};
use crate::nn::{NamedParameter, Parameters, Sparsity};
use crate::spec::{self, Clip};
use std::borrow::Cow;

/// Numbers of a parameter from which a second thread is worth its start.
const WORTH_A_THREAD: usize = 1 << 16;

/// An optimizer with its state.
#[derive(Clone, Debug)]
pub struct Optimizer {
    rule: spec::Optimizer,
    compute: Compute,
    /// Updates done.
    steps: u64,
    /// For each parameter, the slots that [`Self::names`] has a name for.
    slots: Vec<Vec<Vec<f32>>>,
}

impl Optimizer {
    /// An optimizer that has done no step.
    pub fn new(rule: spec::Optimizer, compute: &Compute, parameters: &Parameters) -> Self {
        let first = match rule {
            spec::Optimizer::Adagrad { initial_accumulator_value, .. } => {
                initial_accumulator_value as f32
            }
            _ => 0.0,
        };
        let slots = parameters
            .iter()
            .map(|p| vec![vec![first; p.values().len()]; Self::names(rule).len()])
            .collect();
        Self { rule, compute: compute.clone(), steps: 0, slots }
    }

    /// PyTorch's names of what the rule keeps for every parameter.
    fn names(rule: spec::Optimizer) -> &'static [&'static str] {
        match rule {
            spec::Optimizer::Sgd { momentum: 0.0, .. } => &[],
            spec::Optimizer::Sgd { .. } => &["momentum_buffer"],
            spec::Optimizer::Adam { .. } | spec::Optimizer::Adamw { .. } => {
                &["exp_avg", "exp_avg_sq"]
            }
            spec::Optimizer::Adagrad { .. } => &["sum"],
            spec::Optimizer::Rmsprop { centered: true, .. } => {
                &["square_avg", "momentum_buffer", "grad_avg"]
            }
            spec::Optimizer::Rmsprop { .. } => &["square_avg", "momentum_buffer"],
        }
    }

    /// The state: name, and numbers of each slot.
    pub fn state(&self, parameters: &Parameters) -> Vec<(String, Cow<'_, [f32]>)> {
        let names = Self::names(self.rule);
        let per_parameter = parameters.iter().zip(&self.slots).flat_map(|(parameter, slots)| {
            names.iter().zip(slots).map(|(name, slot)| {
                (format!("optimizer.{}.{name}", parameter.name()), Cow::from(slot))
            })
        });
        per_parameter.collect()
    }

    /// Takes the state of [`Self::state`] back, after `steps` updates. `find` gives the numbers
    /// of a name.
    pub fn restore<E>(
        &mut self,
        parameters: &Parameters,
        steps: u64,
        find: impl Fn(&str, usize) -> Result<Vec<f32>, E>,
    ) -> Result<(), E> {
        self.steps = steps;
        for (parameter, slots) in parameters.iter().zip(&mut self.slots) {
            for (name, slot) in Self::names(self.rule).iter().zip(slots) {
                let name = format!("optimizer.{}.{name}", parameter.name());
                *slot = find(&name, slot.len())?;
            }
        }
        Ok(())
    }

    /// Updates all parameters from their gradients, clipped on the way; those that are frozen stay.
    /// No number's update depends on another's, so threads may share them.
    pub fn step(&mut self, parameters: &mut Parameters, learning_rate: f64, clipping: Clipping) {
        self.steps += 1;
        let level = self.compute.level;
        let update = Update { rule: self.rule, level, step: self.steps, learning_rate, clipping };
        let with_slots = parameters.iter_mut().zip(&mut self.slots);
        let mut trained: Vec<_> = with_slots.filter(|(parameter, _)| !parameter.frozen).collect();
        let mut parts = Vec::new();
        for (parameter, slots) in &mut trained {
            update.parts(parameter, slots, self.compute.threads(), &mut parts);
        }
        let numbers = parts.iter().map(|part| part.values.len()).sum();
        share(&self.compute, numbers, parts, |part| update.numbers(part));
        for (parameter, _) in trained {
            // What such a rule leaves in rows without a gradient must not be taken for one.
            if update.changes_gradient() && !update.rests_at_zero() {
                parameter.set_dense();
            }
        }
    }
}

/// Shares work on `numbers` numbers among threads, where they are worth it.
fn share<T: Send>(compute: &Compute, numbers: usize, parts: Vec<T>, work: impl Fn(T) + Sync) {
    if numbers < WORTH_A_THREAD {
        parts.into_iter().for_each(work);
    } else {
        compute.scope(parts, work);
    }
}

/// Numbers that are updated together: those of a parameter or some of them.
struct Part<'a> {
    values: &'a mut [f32],
    gradient: &'a mut [f32],
    slots: Vec<&'a mut [f32]>,
}

impl<'a> Part<'a> {
    /// Takes the first numbers off.
    fn take(&mut self, count: usize) -> Self {
        fn front<'a>(slice: &mut &'a mut [f32], count: usize) -> &'a mut [f32] {
            let (taken, rest) = std::mem::take(slice).split_at_mut(count);
            *slice = rest;
            taken
        }
        let slots = self.slots.iter_mut().map(|slot| front(slot, count)).collect();
        let values = front(&mut self.values, count);
        Self { values, gradient: front(&mut self.gradient, count), slots }
    }
}

/// One update of all parameters.
struct Update {
    rule: spec::Optimizer,
    level: Level,
    step: u64,
    learning_rate: f64,
    clipping: Clipping,
}

impl Update {
    /// What there is to update of a parameter, in shares for `threads` threads. Rows whose gradient
    /// is zero are left out where they would not change.
    fn parts<'a>(
        &self,
        parameter: &'a mut NamedParameter,
        slots: &'a mut [Vec<f32>],
        threads: usize,
        parts: &mut Vec<Part<'a>>,
    ) {
        let (sparsity, row) = (parameter.sparsity().clone(), parameter.row_len());
        let (values, gradient) = parameter.values_and_gradient_mut();
        let slots = slots.iter_mut().map(Vec::as_mut_slice).collect();
        let mut rest = Part { values, gradient, slots };
        match sparsity {
            Sparsity::Rows(rows) if self.rests_at_zero() => {
                // Rows are in order and occur once.
                let mut done = 0;
                for place in rows.iter() {
                    let start = *place as usize * row;
                    rest.take(start - done);
                    parts.push(rest.take(row));
                    done = start + row;
                }
            }
            _ => {
                let len = rest.values.len();
                let share = len.div_ceil(threads.min(len / WORTH_A_THREAD).max(1));
                while rest.values.len() > share {
                    parts.push(rest.take(share));
                }
                parts.push(rest);
            }
        }
    }

    /// Whether a gradient of zero changes neither a number nor its slots.
    fn rests_at_zero(&self) -> bool {
        match self.rule {
            spec::Optimizer::Sgd { momentum, weight_decay, .. } => {
                momentum == 0.0 && weight_decay == 0.0
            }
            spec::Optimizer::Adagrad { weight_decay, .. } => weight_decay == 0.0,
            _ => false,
        }
    }

    /// Whether the rule works in the gradient's place even where that is zero.
    fn changes_gradient(&self) -> bool {
        match self.rule {
            spec::Optimizer::Adam { weight_decay, .. } => weight_decay != 0.0,
            spec::Optimizer::Adamw { .. } => false,
            _ => true,
        }
    }

    /// Updates numbers from their gradient, which may be changed on the way.
    fn numbers(&self, part: Part<'_>) {
        let Part { values, gradient, mut slots } = part;
        let Self { rule, level, step, learning_rate, clipping } = *self;
        let rate = learning_rate as f32;
        match (rule, &mut slots[..]) {
            (spec::Optimizer::Sgd { momentum, dampening, nesterov, weight_decay }, slots) => {
                let clipping = self.decayed(gradient, values, weight_decay);
                if let [velocity] = slots {
                    self.clip_now(gradient, clipping);
                    // The first velocity is the gradient itself, undamped.
                    let undamped = if step == 1 { 1.0 } else { 1.0 - dampening };
                    let (momentum, undamped) = (momentum as f32, undamped as f32);
                    update::momentum(level, gradient, velocity, momentum, undamped, nesterov);
                    return update::sgd(level, values, gradient, rate, Clipping::NONE);
                }
                update::sgd(level, values, gradient, rate, clipping);
            }
            (spec::Optimizer::Adam { betas, eps, weight_decay }, [first, second]) => {
                let clipping = self.decayed(gradient, values, weight_decay);
                let rule = adam(betas, eps, 1.0, step, learning_rate);
                update::adam(level, values, gradient, first, second, rule, clipping);
            }
            (spec::Optimizer::Adamw { betas, eps, weight_decay }, [first, second]) => {
                let shrink = 1.0 - learning_rate * weight_decay;
                let rule = adam(betas, eps, shrink, step, learning_rate);
                update::adam(level, values, gradient, first, second, rule, clipping);
            }
            (spec::Optimizer::Adagrad { lr_decay, eps, weight_decay, .. }, [sums]) => {
                let clipping = self.decayed(gradient, values, weight_decay);
                let rate = (learning_rate / (1.0 + (step - 1) as f64 * lr_decay)) as f32;
                update::adagrad(level, values, gradient, sums, rate, eps as f32, clipping);
            }
            (
                spec::Optimizer::Rmsprop { alpha, eps, momentum, weight_decay, .. },
                [squares, velocity, means @ ..],
            ) => {
                let clipping = self.decayed(gradient, values, weight_decay);
                self.clip_now(gradient, clipping);
                match means {
                    [means] => {
                        let eps = eps as f32;
                        update::rmsprop_centered(level, gradient, squares, means, alpha, eps);
                    }
                    _ => update::rmsprop(level, gradient, squares, alpha, eps as f32),
                }
                if momentum > 0.0 {
                    update::momentum(level, gradient, velocity, momentum as f32, 1.0, false);
                }
                update::sgd(level, values, gradient, rate, Clipping::NONE);
            }
            // `Optimizer::new` makes as many slots as the rule has names.
            _ => {}
        }
    }

    /// Clips a gradient in its place, for a rule that changes it more than once.
    fn clip_now(&self, gradient: &mut [f32], clipping: Clipping) {
        if clipping != Clipping::NONE {
            update::clip(self.level, gradient, clipping);
        }
    }

    /// Adds the L2 penalty, if there is one, to the gradient as it is after clipping; what is
    /// still to be clipped.
    fn decayed(&self, gradient: &mut [f32], values: &[f32], weight_decay: f64) -> Clipping {
        if weight_decay == 0.0 {
            return self.clipping;
        }
        self.clip_now(gradient, self.clipping);
        update::decay_gradient(self.level, gradient, values, weight_decay as f32);
        Clipping::NONE
    }
}

fn adam(betas: [f64; 2], eps: f64, shrink: f64, step: u64, rate: f64) -> update::Adam {
    let correction = |beta: f64| 1.0 - libm::pow(beta, step as f64);
    update::Adam {
        betas,
        eps: eps as f32,
        rate: (rate / correction(betas[0])) as f32,
        root: correction(betas[1]).sqrt() as f32,
        shrink: shrink as f32,
    }
}

/// L2 norm of all gradients together (`torch.nn.utils.clip_grad_norm_`). Threads share the
/// parameters; the sum of one is never split.
pub fn gradient_norm(compute: &Compute, parameters: &Parameters) -> f64 {
    let trained = parameters.iter().filter(|parameter| !parameter.frozen);
    let gradients: Vec<_> =
        trained.map(|it| (it.gradient(), it.sparsity(), it.row_len())).collect();
    let mut sums = vec![0.0; gradients.len()];
    let numbers = gradients.iter().map(|(gradient, ..)| gradient.len()).sum();
    let work = sums.iter_mut().zip(&gradients).collect();
    share(compute, numbers, work, |(sum, (gradient, sparsity, row))| {
        *sum = match sparsity {
            Sparsity::Dense => reduce::sum_of_squares(compute.level, gradient),
            Sparsity::Rows(rows) => rows.iter().fold(0.0, |sum, place| {
                let row = &gradient[*place as usize * row..][..*row];
                sum + reduce::sum_of_squares(compute.level, row)
            }),
        };
    });
    sums.iter().fold(0.0, |sum, squares| sum + squares).sqrt()
}

/// What bounds all gradients, whose common norm is `norm`.
pub fn clip(bound: Option<Clip>, norm: f64) -> Clipping {
    match bound {
        Some(Clip::Norm(bound)) => {
            Clipping { factor: (bound / (norm + 1e-6)).min(1.0) as f32, ..Clipping::NONE }
        }
        Some(Clip::Value(bound)) => Clipping { bound: bound as f32, ..Clipping::NONE },
        None => Clipping::NONE,
    }
}
