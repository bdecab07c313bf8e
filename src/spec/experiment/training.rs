//! How the network is trained.

use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumMessage, IntoStaticStr};

use super::task::{CLASSES, LANGUAGE, Monitor, WORDS};
use crate::spec::keys::Range;
use crate::spec::keys::define::{
    boolean, choice, integer, number, one_of, options, pair, table, word, words,
};

/// More updates than any machine makes.
pub(super) const MANY: u64 = 1_000_000_000_000;

/// Step sizes that suit most networks.
const LEARNING_RATES: &[(&str, f64)] =
    &[("sgd", 1.0), ("adam", 1e-3), ("adamw", 1e-3), ("adagrad", 1e-2), ("rmsprop", 1e-3)];

table! {
    /// How the network is trained.
    pub struct Training at "training" {
        /// Passes over the training text; or else `steps`.
        epochs: Option<u64> = integer(1, MANY).or(10);
        /// Updates; or else `epochs`.
        steps: Option<u64> = integer(1, MANY).or_absent();
        /// A row of metrics.csv every so many steps instead of every epoch.
        evaluate_every: Option<u64> = integer(1, MANY).optional();
        /// Factor of the running mean smooth_loss (nats a sequence); absent: no such column.
        smoothing: Option<f64> = number(Range::PART).optional().when("task", LANGUAGE);
        /// The update rule.
        #[serde(flatten)]
        optimizer: Optimizer = one_of::<Optimizer>().or("adam");
        /// Step size before the schedule.
        learning_rate: f64 = number(Range::POSITIVE).or_by("training.optimizer", LEARNING_RATES), then Optimizer::options;
        /// What a step's loss is: the gradient is that of this.
        reduction: Reduction = word(Reduction::Mean);
        /// What a wrong class costs.
        #[serde(default)]
        loss: ClassLoss = word(ClassLoss::CrossEntropy).when("task", CLASSES);
        /// Random words beside each true neighbour.
        #[serde(default)]
        negatives: usize = integer(1, 1_000).or(5).when("task", WORDS);
        /// Bound on the gradient.
        clip: Option<Clip> = choice::<Clip>(Range::POSITIVE).or(Clip::Norm(5.0)).or_none();
        /// The figure on validation text that decides which row is best, and so which weights are
        /// kept; absent: the task's first.
        monitor: Option<Monitor> = one_of::<Monitor>().optional();
        /// How the learning rate changes.
        schedule: Schedule;
        /// When to stop before the end; `None`: never.
        early_stopping: Option<EarlyStopping>;
        /// When the state is saved; it changes no result.
        checkpoint: Option<Checkpoint>;
    }
}

impl Training {
    /// When training ends.
    pub fn length(&self) -> Length {
        match (self.steps, self.epochs) {
            (Some(steps), _) => Length::Steps(steps),
            (None, epochs) => Length::Epochs(epochs.unwrap_or_default()),
        }
    }
}

/// When training ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// After `n` passes over the training text.
    Epochs(u64),
    /// After `n` updates.
    Steps(u64),
}

options! {
    /// The update rule and its options, with PyTorch's names and meaning.
    #[serde(tag = "optimizer")]
    pub enum Optimizer {
        /// stochastic gradient descent
        Sgd { momentum: f64 = 0.0, dampening: f64 = 0.0, nesterov: bool = false, weight_decay: f64 = 0.0 },
        /// Kingma and Ba 2015
        Adam { betas: [f64; 2] = [0.9, 0.999], eps: f64 = 1e-8, weight_decay: f64 = 0.0 },
        /// Adam with decoupled weight decay
        Adamw { betas: [f64; 2] = [0.9, 0.999], eps: f64 = 1e-8, weight_decay: f64 = 1e-2 },
        /// Duchi et al. 2011
        Adagrad {
            lr_decay: f64 = 0.0,
            eps: f64 = 1e-10,
            initial_accumulator_value: f64 = 0.0,
            weight_decay: f64 = 0.0,
        },
        /// Hinton 2012
        Rmsprop {
            alpha: f64 = 0.99,
            eps: f64 = 1e-8,
            momentum: f64 = 0.0,
            centered: bool = false,
            weight_decay: f64 = 0.0,
        },
    }

    /// Factor of the velocity.
    momentum = number(Range::PART);
    /// Part of the gradient that the velocity does not take.
    dampening = number(Range::ZERO_TO_ONE);
    /// Nesterov's look-ahead.
    nesterov = boolean();
    /// Decay of the first and of the second moment.
    betas = pair(Range::PART);
    /// Decay of the learning rate with each step.
    lr_decay = number(Range::NOT_NEGATIVE);
    /// First value of the sums of squares.
    initial_accumulator_value = number(Range::NOT_NEGATIVE);
    /// Decay of the mean of squares.
    alpha = number(Range::PART);
    /// Whether the mean of gradients is taken off.
    centered = boolean();
    /// Added to the denominator.
    eps = number(Range::NOT_NEGATIVE);
    /// L2 penalty, added to the gradient; with adamw the part of the weights taken away in a
    /// step, times the learning rate.
    weight_decay = number(Range::NOT_NEGATIVE);
}

words! {
    /// What a step's loss is, as PyTorch's losses call it.
    pub enum Reduction {
        /// mean over all tokens of the batch
        Mean,
        /// sum over all tokens of the batch
        Sum,
        /// sum over time, mean over the batch
        Batchmean,
    }
}

words! {
    /// What a wrong class costs.
    #[derive(Default)]
    pub enum ClassLoss {
        /// softmax over all classes
        #[default]
        CrossEntropy,
        /// one output with a sigmoid, for two classes
        BinaryCrossEntropy,
    }
}

/// Bound on the gradient.
#[derive(
    Clone, Copy, Debug, PartialEq, Serialize, Deserialize, EnumIter, EnumMessage, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Clip {
    /// scale all gradients to at most this common L2 norm
    Norm(f64),
    /// cut each element to plus or minus this
    Value(f64),
}

table! {
    /// How the learning rate changes; epochs are passes over the training text, counted from 1.
    #[derive(Copy)]
    pub struct Schedule at "training.schedule" {
        /// The rule by which the learning rate changes.
        #[serde(flatten)]
        kind: ScheduleKind = one_of::<ScheduleKind>().or("constant");
        /// The rate rises linearly over the first so many steps; 0: none.
        warmup_steps: u64 = integer(0, MANY).or(0), then ScheduleKind::options;
    }
}

impl Schedule {
    /// The figure that the rule watches, if it names one.
    pub fn monitor(&self) -> Option<Monitor> {
        match self.kind {
            ScheduleKind::Plateau { monitor, .. } => monitor,
            _ => None,
        }
    }
}

options! {
    /// The rule of a schedule.
    #[serde(tag = "kind")]
    pub enum ScheduleKind {
        /// always the same
        Constant,
        /// times gamma every step_size epochs
        Step { step_size: u64, gamma: f64 },
        /// times gamma in each epoch after the first `after`
        Exponential { gamma: f64, after: u64 = 1 },
        /// half a cosine down to min_learning_rate
        Cosine { min_learning_rate: f64 = 0.0 },
        /// times factor when the watched figure stops getting better; a change of at most 1e-8 is left out
        Plateau {
            factor: f64 = 0.1,
            patience: u64 = 10,
            threshold: f64 = 1e-4,
            min_learning_rate: f64 = 0.0,
            monitor: Option<Monitor>,
        },
    }

    /// Epochs between two changes.
    step_size = integer(1, MANY);
    /// Factor of a change (step) or of an epoch (exponential).
    gamma = number(Range::GAMMA);
    /// Epochs at the full rate.
    after = integer(0, MANY);
    /// Factor of a change.
    factor = number(Range::SHRINKING);
    /// Evaluations without progress that are borne.
    patience = integer(0, MANY);
    /// Relative progress of the watched figure that counts; of a perplexity that of its
    /// logarithm, the loss.
    threshold = number(Range::PART);
    /// The figure that is watched; absent: the one that decides.
    monitor = one_of::<Monitor>().optional();
    /// Lowest learning rate.
    min_learning_rate = number(Range::NOT_NEGATIVE);
}

table! {
    /// When to stop before the end; absent: never.
    #[derive(Copy)]
    pub struct EarlyStopping at "training.early_stopping" {
        /// Evaluations without progress that are borne.
        patience: u64 = integer(0, MANY).or(5);
        /// Progress of the watched figure that counts; of a perplexity that of its logarithm, the
        /// loss.
        min_delta: f64 = number(Range::NOT_NEGATIVE).or(0.0);
        /// The figure that is watched; absent: the one that decides.
        monitor: Option<Monitor> = one_of::<Monitor>().optional();
    }
}

table! {
    /// When the state is saved for a resume, whichever comes first; absent: every 10 seconds. It
    /// changes no result.
    #[derive(Copy, Default)]
    pub struct Checkpoint at "training.checkpoint" {
        /// Steps between two checkpoints.
        steps: Option<u64> = integer(1, MANY).optional();
        /// Seconds between two checkpoints, but at least 50 times what one takes.
        seconds: Option<f64> = number(Range::POSITIVE).optional();
    }
}
