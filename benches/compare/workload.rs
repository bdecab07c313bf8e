//! What is trained: one table of workloads, from which every contender's model is made.

use samebits::data::{Dataset, DatasetInfo, Ids, Provenance};
use samebits::spec::{self, Clip, Experiment, Level, Meta, Optimizer, Reduction, Sampling};
use serde::Serialize;

/// Tokens of the stream that every workload trains on.
const TOKENS: usize = 600_000;

/// A network, its batches and how it is trained. As JSON it is the other contenders' argument.
#[derive(Clone, Debug, Serialize)]
pub struct Workload {
    /// Its name on the command line.
    pub name: &'static str,
    /// `rnn`, `gru` or `lstm`.
    pub cell: &'static str,
    pub layers: usize,
    /// 0: one-hot.
    pub embedding: usize,
    pub hidden: usize,
    pub vocabulary: usize,
    pub batch: usize,
    pub steps: usize,
    /// `sgd`, `adam` or `adagrad`, with PyTorch's default options.
    pub optimizer: &'static str,
    pub learning_rate: f64,
    /// Bound on the common norm of all gradients; 0: none.
    pub clip_norm: f64,
    /// Bound on each element; 0: none.
    pub clip_value: f64,
    /// `mean`, `sum` or `batchmean`.
    pub reduction: &'static str,
    /// Steps before the first burst; the mean loss of their last quarter is compared.
    pub warm_up: u64,
    pub tokens: usize,
    /// Contenders beside PyTorch.
    #[serde(skip)]
    pub others: &'static [&'static str],
    /// How many times as fast as PyTorch it is meant to be.
    #[serde(skip)]
    pub target: f64,
}

const D2L: Workload = Workload {
    name: "d2l-lstm",
    cell: "lstm",
    layers: 1,
    embedding: 0,
    hidden: 256,
    vocabulary: 1027,
    batch: 32,
    steps: 35,
    optimizer: "sgd",
    learning_rate: 100.0,
    clip_norm: 0.01,
    clip_value: 0.0,
    reduction: "mean",
    warm_up: 32,
    tokens: TOKENS,
    others: &["dfdx"],
    target: 3.5,
};

const ZAREMBA: Workload = Workload {
    name: "zaremba-small",
    layers: 2,
    embedding: 200,
    hidden: 200,
    vocabulary: 10_000,
    batch: 20,
    steps: 20,
    learning_rate: 1.0,
    clip_norm: 5.0,
    reduction: "batchmean",
    warm_up: 24,
    target: 1.8,
    ..D2L
};

/// All workloads.
pub const ALL: [Workload; 8] = [
    Workload {
        name: "min-char-rnn",
        cell: "rnn",
        hidden: 100,
        vocabulary: 81,
        batch: 1,
        steps: 25,
        optimizer: "adagrad",
        learning_rate: 0.1,
        clip_norm: 0.0,
        clip_value: 5.0,
        reduction: "sum",
        // Adagrad's first updates are ±0.1 however small a gradient is, so that rounding alone
        // makes these losses differ in the third digit; PyTorch and numpy differ as much.
        warm_up: 8,
        others: &["numpy"],
        target: 20.0,
        ..D2L
    },
    D2L,
    Workload { name: "d2l-gru", cell: "gru", others: &[], target: 2.5, ..D2L },
    Workload { name: "d2l-rnn", cell: "rnn", others: &[], target: 2.0, ..D2L },
    Workload {
        name: "char-rnn",
        layers: 2,
        hidden: 128,
        vocabulary: 65,
        batch: 50,
        steps: 50,
        optimizer: "adam",
        learning_rate: 2e-3,
        clip_norm: 5.0,
        warm_up: 40,
        target: 2.0,
        ..D2L
    },
    Workload {
        name: "tv-scripts",
        layers: 2,
        embedding: 200,
        vocabulary: 6000,
        batch: 128,
        steps: 10,
        optimizer: "adam",
        learning_rate: 1e-3,
        clip_norm: 5.0,
        warm_up: 16,
        others: &[],
        target: 1.6,
        ..D2L
    },
    ZAREMBA,
    Workload {
        name: "zaremba-medium",
        embedding: 650,
        hidden: 650,
        steps: 35,
        warm_up: 8,
        others: &[],
        target: 1.4,
        ..ZAREMBA
    },
];

/// The workload of that name.
pub fn find(name: &str) -> Option<Workload> {
    ALL.into_iter().find(|workload| workload.name == name)
}

impl Workload {
    /// Tokens of a training step.
    pub fn tokens_per_step(&self) -> u64 {
        (self.batch * self.steps) as u64
    }

    /// The network in a line.
    pub fn describe(&self) -> String {
        let input = match self.embedding {
            0 => format!("{} one-hot", self.vocabulary),
            size => format!("{} → {size}", self.vocabulary),
        };
        let clip = match (self.clip_norm, self.clip_value) {
            (0.0, value) => format!("clip value {value}"),
            (norm, _) => format!("clip norm {norm}"),
        };
        format!(
            "{} {} × {}, {input}, batch {} × {}, {} {}, {clip}, loss {}",
            self.cell.to_uppercase(),
            self.layers,
            self.hidden,
            self.batch,
            self.steps,
            self.optimizer,
            self.learning_rate,
            self.reduction,
        )
    }

    /// Floating-point operations of the matrix products that a training step needs, a
    /// multiply-add as two. One-hot input is a look-up and costs nothing. Going back, the
    /// recurrent product of the first time step is not needed: the gradient ends there.
    pub fn operations(&self) -> f64 {
        let gates = match self.cell {
            "lstm" => 4,
            "gru" => 3,
            _ => 1,
        };
        let (rows, hidden) = (self.batch * self.steps, self.hidden);
        let mut multiplications = 3 * rows * hidden * self.vocabulary;
        for layer in 0..self.layers {
            let input = if layer == 0 { self.embedding } else { hidden };
            multiplications += 3 * rows * input * gates * hidden;
            multiplications += (3 * rows - self.batch) * hidden * gates * hidden;
        }
        2.0 * multiplications as f64
    }

    /// The workload as an experiment of `runner`.
    pub fn experiment(&self) -> Experiment {
        Experiment {
            task: spec::Task::LanguageModel,
            seed: 1,
            data: spec::Data {
                corpus: Some("stream".into()),
                level: Level::Word,
                sampling: Sampling::Consecutive,
                batch_size: self.batch,
                sequence_length: self.steps,
                valid_fraction: 0.0,
                test_fraction: 0.0,
                eval_batch_size: 1,
                max_characters: None,
                newlines_as_spaces: false,
                lowercase: false,
                letters_only: false,
                min_count: 1,
                max_vocabulary: None,
                ..spec::Data::default()
            },
            model: spec::Model {
                architecture: match self.cell {
                    "lstm" => spec::Architecture::Lstm,
                    "gru" => spec::Architecture::Gru,
                    _ => spec::Architecture::Rnn,
                },
                nonlinearity: (self.cell == "rnn").then_some(spec::Nonlinearity::Tanh),
                layers: self.layers,
                bidirectional: false,
                embedding_size: self.embedding,
                hidden_size: self.hidden,
                dropout: 0.0,
                embedding_dropout: 0.0,
                output_dropout: 0.0,
                tied: false,
                initialization: spec::Initialization::Pytorch,
                ..spec::Model::default()
            },
            training: spec::Training {
                epochs: None,
                steps: Some(u64::MAX),
                evaluate_every: Some(u64::MAX),
                smoothing: None,
                optimizer: self.rule(),
                learning_rate: self.learning_rate,
                reduction: match self.reduction {
                    "sum" => Reduction::Sum,
                    "batchmean" => Reduction::Batchmean,
                    _ => Reduction::Mean,
                },
                loss: spec::ClassLoss::default(),
                negatives: 0,
                clip: match (self.clip_norm, self.clip_value) {
                    (0.0, 0.0) => None,
                    (0.0, value) => Some(Clip::Value(value)),
                    (norm, _) => Some(Clip::Norm(norm)),
                },
                schedule: spec::Schedule { warmup_steps: 0, kind: spec::ScheduleKind::Constant },
                monitor: None,
                early_stopping: None,
                checkpoint: None,
            },
            generation: None,
            meta: Meta::default(),
        }
    }

    fn rule(&self) -> Optimizer {
        let weight_decay = 0.0;
        match self.optimizer {
            "adam" => Optimizer::Adam { betas: [0.9, 0.999], eps: 1e-8, weight_decay },
            "adagrad" => Optimizer::Adagrad {
                lr_decay: 0.0,
                eps: 1e-10,
                initial_accumulator_value: 0.0,
                weight_decay,
            },
            _ => Optimizer::Sgd { momentum: 0.0, dampening: 0.0, nesterov: false, weight_decay },
        }
    }

    /// The stream as a corpus of `runner`.
    pub fn dataset(&self) -> Dataset<Ids> {
        let names: Vec<String> = (0..self.vocabulary).map(|id| format!("w{id}")).collect();
        let vocabulary = serde_json::json!({ "level": "word", "tokens": names });
        let vocabulary = serde_json::from_value(vocabulary).expect("a vocabulary in JSON");
        let provenance = Provenance {
            description: "a stream of numbers".into(),
            files: Vec::new(),
            bytes: 0,
            sha256: String::new(),
        };
        let info = DatasetInfo {
            sizes: [self.tokens, 0, 0],
            characters: [self.tokens, 0, 0],
            ..DatasetInfo::new(vocabulary, provenance, Vec::new())
        };
        let train = stream(self.tokens, self.vocabulary).into();
        Dataset { info, splits: [train, Ids::default(), Ids::default()] }
    }
}

/// The tokens that all contenders read, the same in every language: half of them follow from the
/// token before, so that there is something to learn, the others are drawn, small ones more often.
pub fn stream(tokens: usize, vocabulary: usize) -> Vec<u32> {
    let (mut state, mut token) = (1_u64, 0);
    let next = |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let uniform = (state >> 11) as f64 / (1_u64 << 53) as f64;
        token = if uniform < 0.5 {
            (token * 5 + 3) % vocabulary
        } else {
            let x = 2.0 * uniform - 1.0;
            (x * x * x * vocabulary as f64) as usize
        };
        token as u32
    };
    (0..tokens).map(next).collect()
}
