//! Optimizers: PyTorch's update rules over slices, with state that can be saved.

use crate::kernels::{Level, reduce, update};
use crate::model::{AnyParameter, Network};
use crate::spec::{self, Clip};
use std::borrow::Cow;

/// An optimizer with its state.
#[derive(Clone, Debug)]
pub struct Optimizer {
    rule: spec::Optimizer,
    level: Level,
    /// Updates done.
    steps: u64,
    /// For each parameter, the slots that [`Self::slot_names`] names.
    slots: Vec<Vec<Vec<f32>>>,
}

impl Optimizer {
    /// An optimizer that has done no step.
    pub fn new(rule: spec::Optimizer, level: Level, model: &dyn Network) -> Self {
        let first = match rule {
            spec::Optimizer::Adagrad { initial_accumulator_value, .. } => {
                initial_accumulator_value as f32
            }
            _ => 0.0,
        };
        let slots = model
            .parameters()
            .iter()
            .map(|p| vec![vec![first; p.numbers().len()]; Self::names(rule).len()])
            .collect();
        Self { rule, level, steps: 0, slots }
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
    pub fn state(&self, model: &dyn Network) -> Vec<(String, Cow<'_, [f32]>)> {
        let names = Self::names(self.rule);
        let parameters = model.parameters();
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
        model: &dyn Network,
        steps: u64,
        find: impl Fn(&str, usize) -> Result<Vec<f32>, E>,
    ) -> Result<(), E> {
        self.steps = steps;
        for (parameter, slots) in model.parameters().iter().zip(&mut self.slots) {
            for (name, slot) in Self::names(self.rule).iter().zip(slots) {
                let name = format!("optimizer.{}.{name}", parameter.name());
                *slot = find(&name, slot.len())?;
            }
        }
        Ok(())
    }

    /// Updates all parameters from their gradients.
    pub fn step(&mut self, model: &mut dyn Network, learning_rate: f64) {
        self.steps += 1;
        let names = model.parameters().into_iter().map(|parameter| parameter.name().to_owned());
        let frozen: Vec<bool> = names.map(|name| model.is_frozen(&name)).collect();
        let parameters = model.parameters_mut().into_iter().zip(&mut self.slots);
        for ((parameter, slots), _) in parameters.zip(frozen).filter(|(_, frozen)| !frozen) {
            apply(self.rule, self.level, self.steps, learning_rate, parameter, slots);
        }
    }
}

/// One update of one parameter.
fn apply(
    rule: spec::Optimizer,
    level: Level,
    step: u64,
    learning_rate: f64,
    parameter: &mut dyn AnyParameter,
    slots: &mut [Vec<f32>],
) {
    let (values, gradient) = parameter.both_mut();
    let rate = learning_rate as f32;
    match (rule, slots) {
        (spec::Optimizer::Sgd { momentum, dampening, nesterov, weight_decay }, slots) => {
            decay(level, gradient, values, weight_decay);
            if let [velocity] = slots {
                // The first velocity is the gradient itself, undamped.
                let undamped = if step == 1 { 1.0 } else { 1.0 - dampening };
                let (momentum, undamped) = (momentum as f32, undamped as f32);
                update::momentum(level, gradient, velocity, momentum, undamped, nesterov);
            }
            update::sgd(level, values, gradient, rate);
        }
        (spec::Optimizer::Adam { betas, eps, weight_decay }, [first, second]) => {
            decay(level, gradient, values, weight_decay);
            let rule = adam(betas, eps, 1.0, step, learning_rate);
            update::adam(level, values, gradient, first, second, rule);
        }
        (spec::Optimizer::Adamw { betas, eps, weight_decay }, [first, second]) => {
            let shrink = 1.0 - learning_rate * weight_decay;
            let rule = adam(betas, eps, shrink, step, learning_rate);
            update::adam(level, values, gradient, first, second, rule);
        }
        (spec::Optimizer::Adagrad { lr_decay, eps, weight_decay, .. }, [sums]) => {
            decay(level, gradient, values, weight_decay);
            let rate = (learning_rate / (1.0 + (step - 1) as f64 * lr_decay)) as f32;
            update::adagrad(level, values, gradient, sums, rate, eps as f32);
        }
        (
            spec::Optimizer::Rmsprop { alpha, eps, momentum, weight_decay, .. },
            [squares, velocity, means @ ..],
        ) => {
            decay(level, gradient, values, weight_decay);
            match means {
                [means] => {
                    update::rmsprop_centered(level, gradient, squares, means, alpha, eps as f32);
                }
                _ => update::rmsprop(level, gradient, squares, alpha, eps as f32),
            }
            if momentum > 0.0 {
                update::momentum(level, gradient, velocity, momentum as f32, 1.0, false);
            }
            update::sgd(level, values, gradient, rate);
        }
        // `Optimizer::new` makes as many slots as the rule has names.
        _ => {}
    }
}

/// The L2 penalty, if there is one.
fn decay(level: Level, gradient: &mut [f32], values: &[f32], weight_decay: f64) {
    if weight_decay != 0.0 {
        update::decay_gradient(level, gradient, values, weight_decay as f32);
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

/// L2 norm of all gradients together (`torch.nn.utils.clip_grad_norm_`).
pub fn gradient_norm(level: Level, model: &dyn Network) -> f64 {
    let trained = model.parameters().into_iter().filter(|it| !model.is_frozen(it.name()));
    let squares = trained
        .fold(0.0, |sum, parameter| sum + reduce::sum_of_squares(level, parameter.gradient()));
    squares.sqrt()
}

/// Bounds all gradients, whose common norm is `norm`.
pub fn clip(level: Level, model: &mut dyn Network, bound: Option<Clip>, norm: f64) {
    match bound {
        Some(Clip::Norm(bound)) => {
            let factor = bound / (norm + 1e-6);
            if factor < 1.0 {
                for parameter in model.parameters_mut() {
                    reduce::scale(level, parameter.both_mut().1, factor as f32);
                }
            }
        }
        Some(Clip::Value(bound)) => {
            for parameter in model.parameters_mut() {
                reduce::clamp(level, parameter.both_mut().1, bound as f32);
            }
        }
        None => {}
    }
}
