//! How the network is trained.

use serde::{Deserialize, Serialize};

/// How the network is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// When training ends.
    #[serde(flatten)]
    pub length: Length,
    /// A row of `metrics.csv` every so many steps instead of every epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluate_every: Option<u64>,
    /// Factor of the running mean `smooth_loss`; absent: no such column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smoothing: Option<f64>,
    /// The update rule and its options.
    #[serde(flatten)]
    pub optimizer: Optimizer,
    /// Step size before the schedule.
    pub learning_rate: f64,
    /// What a step's loss is: the gradient is that of this.
    pub reduction: Reduction,
    /// What a wrong class costs.
    #[serde(default)]
    pub loss: ClassLoss,
    /// Random words beside each true neighbour.
    #[serde(default)]
    pub negatives: usize,
    /// Bound on the gradient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip: Option<Clip>,
    /// The figure that decides which row is best; absent: the task's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitor: Option<Monitor>,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// When to stop before the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
    /// When the state is saved; it changes no result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
}

/// When training ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// After so many passes over the training text.
    Epochs(u64),
    /// After so many updates.
    Steps(u64),
}

/// The update rule and its options, with PyTorch's names and meaning.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "optimizer", rename_all = "snake_case")]
pub enum Optimizer {
    /// Stochastic gradient descent.
    Sgd {
        /// Factor of the velocity.
        momentum: f64,
        /// Part of the gradient that the velocity does not take.
        dampening: f64,
        /// Nesterov's look-ahead.
        nesterov: bool,
        /// L2 penalty, added to the gradient.
        weight_decay: f64,
    },
    /// Adam (Kingma and Ba 2015).
    Adam {
        /// Decay of the first and second moment.
        betas: [f64; 2],
        /// Added to the denominator.
        eps: f64,
        /// L2 penalty, added to the gradient.
        weight_decay: f64,
    },
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
    Adamw {
        /// Decay of the first and second moment.
        betas: [f64; 2],
        /// Added to the denominator.
        eps: f64,
        /// Part of the weights taken away in a step, times the learning rate.
        weight_decay: f64,
    },
    /// Adagrad (Duchi et al. 2011).
    Adagrad {
        /// Decay of the learning rate with each step.
        lr_decay: f64,
        /// Added to the denominator.
        eps: f64,
        /// First value of the sums of squares.
        initial_accumulator_value: f64,
        /// L2 penalty, added to the gradient.
        weight_decay: f64,
    },
    /// RMSprop (Hinton 2012).
    Rmsprop {
        /// Decay of the mean of squares.
        alpha: f64,
        /// Added to the denominator.
        eps: f64,
        /// Factor of the velocity.
        momentum: f64,
        /// Whether the mean of gradients is taken off.
        centered: bool,
        /// L2 penalty, added to the gradient.
        weight_decay: f64,
    },
}

/// What a step's loss is, as PyTorch's losses call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// Mean over all tokens of the batch.
    Mean,
    /// Sum over all tokens of the batch.
    Sum,
    /// Sum over time, mean over the batch (Zaremba et al. 2014).
    Batchmean,
}

/// A figure on validation text, as Keras and Lightning call what they watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Monitor {
    /// The mean loss.
    Loss,
    /// exp of the mean loss.
    Perplexity,
    /// The part of predictions that were right.
    Accuracy,
    /// The part of sequences that were wholly right.
    ExactMatch,
    /// The mean squared error.
    Mse,
}

impl Monitor {
    /// The word of a spec.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Perplexity => "perplexity",
            Self::Accuracy => "accuracy",
            Self::ExactMatch => "exact_match",
            Self::Mse => "mse",
        }
    }
}

/// What a wrong class costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassLoss {
    /// Softmax over all classes (PyTorch's CrossEntropyLoss).
    #[default]
    CrossEntropy,
    /// One output with a sigmoid for two classes (PyTorch's BCEWithLogitsLoss).
    BinaryCrossEntropy,
}

/// Bound on the gradient.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clip {
    /// Scale all gradients so that their common L2 norm is at most this.
    Norm(f64),
    /// Cut each element to ± this.
    Value(f64),
}

/// How the learning rate changes. Epochs are passes over the training text, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// The rate rises linearly over the first so many steps; 0: none.
    pub warmup_steps: u64,
    /// The rule after that.
    #[serde(flatten)]
    pub kind: ScheduleKind,
}

impl Schedule {
    /// The figure that the rule watches, where it names one.
    pub fn monitor(&self) -> Option<Monitor> {
        match self.kind {
            ScheduleKind::Plateau { monitor, .. } => monitor,
            _ => None,
        }
    }
}

/// The rule of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ScheduleKind {
    /// Always the same.
    Constant,
    /// Times `gamma` every `step_size` epochs (PyTorch's StepLR).
    Step {
        /// Epochs between two changes.
        step_size: u64,
        /// Factor of a change.
        gamma: f64,
    },
    /// Times `gamma` in each epoch after the first `after` (Zaremba: "halve after epoch k").
    Exponential {
        /// Factor of an epoch.
        gamma: f64,
        /// Epochs at the full rate.
        after: u64,
    },
    /// Half a cosine from the full rate to `min_learning_rate` over the whole training.
    Cosine {
        /// Where it ends.
        min_learning_rate: f64,
    },
    /// Times `factor` after more than `patience` evaluations without progress (ReduceLROnPlateau, with
    /// its `eps`).
    Plateau {
        /// Factor of a change.
        factor: f64,
        /// Evaluations without progress that are borne.
        patience: u64,
        /// Relative progress that counts.
        threshold: f64,
        /// Lower bound of the rate.
        min_learning_rate: f64,
        /// The figure that is watched; absent: the one that decides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        monitor: Option<Monitor>,
    },
}

/// When to stop before the end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlyStopping {
    /// Evaluations without progress that are borne.
    pub patience: u64,
    /// Progress of the watched figure that counts; of a perplexity that of its logarithm, the loss
    /// in nats a token.
    pub min_delta: f64,
    /// The figure that is watched; absent: the one that decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitor: Option<Monitor>,
}

/// When the state is saved, beside the end: whichever comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// After so many steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// After so many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}
