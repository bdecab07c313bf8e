//! The networks of all tasks: losses and gradients are PyTorch's (`tests/fixtures/torch_tasks.py`),
//! padding changes no bit, and neither does what computes them.

use samebits::data::{Batches, IGNORE, Vocabulary};
use samebits::kernels::{Compute, Level};
use samebits::metric::Score;
use samebits::nn::{Layout, ModelState, Parameters, Step};
use samebits::spec::{self, Experiment, Reduction};
use samebits::tasks::autoencoder::{Autoencoder, VectorBatch};
use samebits::tasks::classification::{Classifier, LabelledBatch, LabelledText};
use samebits::tasks::regression::{Regression, SeriesBatch};
use samebits::tasks::tagging::{TaggedBatch, TaggedSequence, Tagger};
use samebits::tasks::translation::{Pair, PairBatch, SpecialTokens, Translator};
use samebits::tasks::{Model, TaskNetwork};
use serde_json::Value;

const STEP: Step = Step { seed: 9, index: 3, reduction: Reduction::Sum };
const PAD: u32 = 6;

fn cases() -> Vec<Value> {
    serde_json::from_str(include_str!("../fixtures/torch_tasks.json")).expect("JSON")
}

/// The cases of that name.
fn named(name: &str) -> Vec<Value> {
    let cases: Vec<Value> = cases().into_iter().filter(|case| case["name"] == name).collect();
    assert!(!cases.is_empty(), "{name}");
    cases
}

fn of<T: serde::de::DeserializeOwned>(json: &Value) -> T {
    serde_json::from_value(json.clone()).expect("of that form")
}

/// The experiment of a case, from a spec of its task and a few more keys.
fn experiment(case: &Value, spec: &str) -> Experiment {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("case.toml");
    std::fs::write(&path, spec).expect("written");
    let keys = ["architecture", "embedding_size", "layers", "attention", "bidirectional"];
    let set = keys.iter().filter(|key| !case[**key].is_null());
    let set: Vec<String> = set.map(|key| format!("model.{key}={}", case[*key])).collect();
    let spec = spec::load(&path, &set);
    let spec = spec.unwrap_or_else(|errors| panic!("{:?}", errors.problems()));
    spec.trials[0].experiment.clone()
}

fn vocabulary(more: &[&str]) -> Vocabulary {
    let tokens: Vec<&str> = ["a", "b", "c", "d", "e", "f"].iter().chain(more).copied().collect();
    of(&serde_json::json!({ "level": "word", "tokens": tokens }))
}

/// A parameter's numbers in PyTorch's order.
fn in_torch_order(numbers: &[f32], shape: &[usize], layout: Layout) -> Vec<f32> {
    match (layout, shape) {
        (Layout::Transposed, &[rows, columns]) => (0..rows * columns)
            .map(|place| numbers[place % columns * rows + place / columns])
            .collect(),
        _ => numbers.to_vec(),
    }
}

/// Gives a network the weights of a case.
fn begin_with(parameters: &mut Parameters, case: &Value) {
    for parameter in parameters.iter_mut() {
        let wanted: Vec<f32> = of(&case["parameters"][parameter.name()]["numbers"]);
        let (layout, shape) = (parameter.layout(), parameter.torch_shape().to_vec());
        assert_eq!(wanted.len(), parameter.values().len(), "{}", parameter.name());
        let numbers = parameter.values_mut();
        match (layout, shape.as_slice()) {
            (Layout::Transposed, &[rows, columns]) => {
                for (place, value) in wanted.iter().enumerate() {
                    numbers[place % columns * rows + place / columns] = *value;
                }
            }
            _ => numbers.copy_from_slice(&wanted),
        }
    }
}

/// Holds loss and gradients of a network against those of a case.
fn compare(parameters: &Parameters, score: Score, case: &Value) {
    let name = &case["name"];
    let loss: f64 = of(&case["loss"]);
    assert!((score.sum / loss - 1.0).abs() < 1e-5, "{name}: {} {loss}", score.sum);
    let names: Vec<&str> = parameters.iter().map(|it| it.name()).collect();
    assert_eq!(names.len(), case["parameters"].as_object().map_or(0, |it| it.len()), "{names:?}");
    for parameter in parameters.iter() {
        let wanted: Vec<f64> = of(&case["parameters"][parameter.name()]["gradient"]);
        let (shape, layout) = (parameter.torch_shape(), parameter.layout());
        let found = in_torch_order(parameter.gradient(), shape, layout);
        let largest = wanted.iter().fold(0.0f64, |most, x| most.max(x.abs()));
        for (place, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
            let error = (f64::from(*found) - wanted).abs();
            let what = parameter.name();
            assert!(error < 2e-5 * (1.0 + largest), "{name} {what} {place}: {found} {wanted}");
        }
    }
}

fn every_compute() -> Vec<Compute> {
    let levels = Level::available().into_iter();
    levels.flat_map(|level| [Compute::single(level), Compute::new(level, 2)]).collect()
}

/// The bits of all gradients.
fn gradient_bits(parameters: &Parameters) -> Vec<u32> {
    let all = parameters.iter().flat_map(|it| it.gradient().to_vec());
    all.map(f32::to_bits).collect()
}

/// Trains a step on every level and thread count: all must have the same bits as the first, which
/// is held against the case. A second step with the same gradients shows that nothing is left over.
fn check<N: TaskNetwork>(
    case: &Value,
    batch: &<N::Data as Batches>::Batch,
    build: impl Fn(&Compute) -> Model<N>,
    state: impl Fn(&Model<N>) -> ModelState,
) {
    let mut bits: Option<(u64, Vec<u32>)> = None;
    for compute in every_compute() {
        let mut network = build(&compute);
        begin_with(&mut network.parameters, case);
        for _ in 0..2 {
            let mut state = state(&network);
            let score = network.train(batch, &mut state, STEP).expect("memory");
            compare(&network.parameters, score, case);
            let found = (score.sum.to_bits(), gradient_bits(&network.parameters));
            assert_eq!(*bits.get_or_insert(found.clone()), found);
        }
        let evaluated = network.evaluate(batch, &mut state(&network)).expect("memory");
        let loss: f64 = of(&case["loss"]);
        assert!((evaluated.sum / loss - 1.0).abs() < 1e-5, "{}", case["name"]);
    }
}

const CLASSES: &str = "task = 'classification'\ndata.corpus = 'x'\nmodel.hidden_size = 4\n";

fn labelled(case: &Value) -> LabelledBatch {
    let (texts, classes): (Vec<Vec<u32>>, Vec<u32>) = (of(&case["texts"]), of(&case["classes"]));
    let text = |(tokens, class)| LabelledText { tokens, class };
    let texts: Vec<LabelledText> = texts.into_iter().zip(classes).map(text).collect();
    LabelledBatch::of(&texts.iter().collect::<Vec<_>>(), PAD)
}

fn classifier(case: &Value, compute: &Compute) -> Model<Classifier> {
    let binary = case["name"] == "binary";
    let loss = if binary { "training.loss = 'binary_cross_entropy'\n" } else { "" };
    let experiment = experiment(case, &format!("{CLASSES}{loss}"));
    let classes = if binary { 2 } else { 3 };
    Classifier::build(&experiment, &vocabulary(&["<pad>"]), classes, compute).expect("it fits")
}

#[test]
fn classifiers_are_pytorchs() {
    for case in named("classification").into_iter().chain(named("binary")) {
        check(&case, &labelled(&case), |compute| classifier(&case, compute), |_| Vec::new());
    }
}

/// The same batch with more padding gives the same loss and the same gradients, to the bit.
#[test]
fn padding_changes_no_bit_of_a_classifier() {
    for case in named("classification").into_iter().chain(named("binary")) {
        let mut network = classifier(&case, &Compute::single(Level::best()));
        begin_with(&mut network.parameters, &case);
        let mut run = |batch: &LabelledBatch| {
            let evaluated = network.evaluate(batch, &mut Vec::new()).expect("memory");
            let score = network.train(batch, &mut Vec::new(), STEP).expect("memory");
            (evaluated, score, gradient_bits(&network.parameters))
        };
        let plain = run(&labelled(&case));
        for more in [1, 7, 40] {
            assert_eq!(run(&labelled(&case).padded(more, PAD)), plain);
        }
        // Whatever stands in the padding is not read either.
        assert_eq!(run(&labelled(&case).padded(3, 2)), plain);
    }
}

/// A tagger's batch with `more` steps of padding.
fn padded_tags(batch: &TaggedBatch, more: usize) -> TaggedBatch {
    let mut batch = batch.clone();
    let more = more * batch.lengths.len();
    batch.tokens.extend(std::iter::repeat_n(PAD, more));
    batch.labels.extend(std::iter::repeat_n(IGNORE, more));
    batch
}

#[test]
fn padding_changes_no_bit_of_a_tagger() {
    for case in named("tagging") {
        let (mut network, batch) = tagger(&case, &Compute::single(Level::best()));
        begin_with(&mut network.parameters, &case);
        let mut run = |batch: &TaggedBatch| {
            let evaluated = network.evaluate(batch, &mut Vec::new()).expect("memory");
            let score = network.train(batch, &mut Vec::new(), STEP).expect("memory");
            (evaluated, score, gradient_bits(&network.parameters))
        };
        let plain = run(&batch);
        for more in [1, 7, 40] {
            assert_eq!(run(&padded_tags(&batch, more)), plain);
        }
    }
}

#[test]
fn padding_changes_no_bit_of_a_translator() {
    for case in named("translation") {
        let (mut network, batch) = translator(&case, &Compute::single(Level::best()));
        begin_with(&mut network.parameters, &case);
        let mut run = |batch: &PairBatch| {
            let evaluated = network.evaluate(batch, &mut Vec::new()).expect("memory");
            let score = network.train(batch, &mut Vec::new(), STEP).expect("memory");
            (evaluated, score, gradient_bits(&network.parameters))
        };
        let plain = run(&batch);
        for more in [1, 7, 40] {
            let mut padded = batch.clone();
            padded.source.extend(std::iter::repeat_n(PAD, more * batch.lengths.len()));
            assert_eq!(run(&padded), plain);
        }
    }
}

/// Dropout does not depend on the padding behind a batch.
#[test]
fn padding_changes_no_bit_under_dropout() {
    let case = &named("classification")[0];
    let spec = format!("{CLASSES}model.dropout = 0.5\nmodel.output_dropout = 0.3\n");
    let experiment = experiment(case, &spec);
    let compute = Compute::single(Level::best());
    let mut network =
        Classifier::build(&experiment, &vocabulary(&["<pad>"]), 3, &compute).expect("it fits");
    let mut run = |batch: &LabelledBatch| {
        let score = network.train(batch, &mut Vec::new(), STEP).expect("memory");
        (score, gradient_bits(&network.parameters))
    };
    let plain = run(&labelled(case));
    assert_eq!(run(&labelled(case).padded(9, PAD)), plain);
}

fn tagger(case: &Value, compute: &Compute) -> (Model<Tagger>, TaggedBatch) {
    let (texts, labels): (Vec<Vec<u32>>, Vec<Vec<u32>>) = (of(&case["texts"]), of(&case["labels"]));
    let sequence = |(tokens, labels)| TaggedSequence { tokens, labels };
    let all: Vec<TaggedSequence> = texts.into_iter().zip(labels).map(sequence).collect();
    let batch = TaggedBatch::of(&all.iter().collect::<Vec<_>>(), PAD);
    let spec = "task = 'tagging'\ndata.corpus = 'x'\nmodel.hidden_size = 4\n";
    (Tagger::build(&experiment(case, spec), 7, 3, compute), batch)
}

#[test]
fn taggers_are_pytorchs() {
    for case in named("tagging") {
        let (_, batch) = tagger(&case, &Compute::single(Level::best()));
        check(&case, &batch, |compute| tagger(&case, compute).0, |_| Vec::new());
    }
}

#[test]
fn a_regression_is_pytorchs() {
    for case in named("regression") {
        let values: Vec<f32> = of(&case["values"]);
        let (inputs, targets) = (values[..5].to_vec(), values[1..].to_vec());
        let batch = SeriesBatch { inputs, targets, steps: 5, batch: 1 };
        let spec = "task = 'regression'\ndata.source = 'sine'\nmodel.hidden_size = 4\n";
        let experiment = experiment(&case, spec);
        let build = |compute: &Compute| Regression::build(&experiment, compute);
        check(&case, &batch, build, |network| network.zero_state(1));
    }
}

fn translator(case: &Value, compute: &Compute) -> (Model<Translator>, PairBatch) {
    let pairs: Vec<[Vec<u32>; 2]> = of(&case["pairs"]);
    let pair = |[source, target]: [Vec<u32>; 2]| Pair { source, target };
    let pairs: Vec<Pair> = pairs.into_iter().map(pair).collect();
    let vocabulary = vocabulary(&["<pad>", "<bos>", "<eos>"]);
    let batch = SpecialTokens::of(&vocabulary).batch(&pairs.iter().collect::<Vec<_>>());
    let spec = "task = 'translation'\ndata.source = 'addition'\nmodel.hidden_size = 4\n";
    (Translator::build(&experiment(case, spec), &vocabulary, compute), batch)
}

#[test]
fn translators_are_pytorchs() {
    for case in named("translation") {
        let (_, batch) = translator(&case, &Compute::single(Level::best()));
        check(&case, &batch, |compute| translator(&case, compute).0, |_| Vec::new());
    }
}

/// What is written for a source does not depend on what stands beside it.
#[test]
fn a_translation_does_not_depend_on_its_batch() {
    let vocabulary = vocabulary(&["<pad>", "<bos>", "<eos>"]);
    for case in named("translation") {
        let spec = "task = 'translation'\ndata.source = 'addition'\nmodel.hidden_size = 4\n";
        let experiment = experiment(&case, spec);
        let model = Translator::build(&experiment, &vocabulary, &Compute::single(Level::best()));
        let sources = [vec![1, 2], vec![5, 4, 3, 2, 1, 0, 1], vec![3]];
        let pair = |source| Pair { source, target: Vec::new() };
        let pairs: Vec<Pair> = sources.into_iter().map(pair).collect();
        let special = SpecialTokens::of(&vocabulary);
        let all = special.batch(&pairs.iter().collect::<Vec<_>>());
        let together = model.network.translate(&model.pass(), &all, 6).expect("memory");
        for (pair, together) in pairs.iter().zip(together) {
            let alone =
                model.network.translate(&model.pass(), &special.batch(&[pair]), 6).expect("memory");
            assert_eq!(alone, [together]);
        }
    }
}

#[test]
fn an_autoencoder_is_pytorchs() {
    for case in named("autoencoder") {
        let vectors: Vec<Vec<f32>> = of(&case["vectors"]);
        let (values, batch) = (vectors.concat(), vectors.len());
        let spec = "task = 'autoencoder'\ndata.corpus = 'x'\n\
                    model = { hidden_size = 4, code_size = 3 }\n";
        let experiment = experiment(&case, spec);
        let build = |compute: &Compute| Autoencoder::build(&experiment, 5, compute);
        check(&case, &VectorBatch { values, batch }, build, |_| Vec::new());
    }
}
