//! Weights in safetensors files: PyTorch's names, shapes and layout.

use crate::support::{CELLS, VOCABULARY, bits, build, compute, spec};
use proptest::prelude::*;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use samebits::nn::weights::{from_bytes, to_bytes};
use samebits::spec;
use samebits::tasks::Model;
use samebits::tasks::language_model::{self, LanguageModel};

fn both_ways() -> spec::Model {
    spec::Model { layers: 2, bidirectional: true, ..spec(CELLS[1]) }
}

fn other(spec: &spec::Model) -> Model<LanguageModel> {
    language_model::build(compute(), spec, VOCABULARY, 6)
}

#[test]
fn weights_come_back_as_they_were() {
    let tied = spec::Model { embedding_size: 6, tied: true, ..spec(CELLS[2]) };
    for spec in [spec(CELLS[0]), both_ways(), tied] {
        let (saved, mut read) = (build(&spec), other(&spec));
        assert_ne!(bits(&saved), bits(&read));
        let bytes = to_bytes(&saved.parameters).expect("bytes");
        from_bytes(&mut read.parameters, &bytes).expect("weights");
        assert_eq!(bits(&saved), bits(&read));
        assert_eq!(to_bytes(&read.parameters).expect("bytes"), bytes);
    }
}

/// `load_state_dict` of `nn.GRU(7, 6, num_layers=2, bidirectional=True)` takes these.
#[test]
fn names_and_shapes_are_pytorchs() {
    let bytes = to_bytes(&build(&both_ways()).parameters).expect("bytes");
    let file = SafeTensors::deserialize(&bytes).expect("a file");
    let mut found: Vec<(String, Vec<usize>)> =
        file.tensors().into_iter().map(|(name, view)| (name, view.shape().to_vec())).collect();
    found.sort();
    let mut expected =
        vec![("decoder.bias".to_owned(), vec![7]), ("decoder.weight".to_owned(), vec![7, 12])];
    for (layer, input) in [(0, 7), (1, 12)] {
        for end in ["", "_reverse"] {
            let mut of = |kind: &str, shape: &[usize]| {
                expected.push((format!("rnn.{kind}_l{layer}{end}"), shape.to_vec()));
            };
            of("weight_ih", &[18, input]);
            of("weight_hh", &[18, 6]);
            of("bias_ih", &[18]);
            of("bias_hh", &[18]);
        }
    }
    expected.sort();
    assert_eq!(found, expected);
}

/// A one-hot layer keeps a token's weights as one row; in the file they are PyTorch's column.
#[test]
fn one_hot_weights_are_transposed_in_the_file() {
    let model = build(&spec(CELLS[2]));
    let bytes = to_bytes(&model.parameters).expect("bytes");
    let file = SafeTensors::deserialize(&bytes).expect("a file");
    let view = file.tensor("rnn.weight_ih_l0").expect("a weight");
    assert_eq!(view.shape(), [24, VOCABULARY]);
    let in_file: Vec<f32> =
        view.data().as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
    let kept = model.parameters.iter().next().expect("a weight").values().to_vec();
    for gate in 0..24 {
        for token in 0..VOCABULARY {
            assert_eq!(in_file[gate * VOCABULARY + token], kept[token * 24 + gate]);
        }
    }
}

/// A file may hold more than the model has, before, between and behind its parameters.
#[test]
fn tensors_of_others_are_passed_over() {
    let spec = spec(CELLS[2]);
    let (saved, mut read) = (build(&spec), other(&spec));
    let bytes = to_bytes(&saved.parameters).expect("bytes");
    let file = SafeTensors::deserialize(&bytes).expect("a file");
    let mut tensors = file.tensors();
    for name in ["a.first", "k.between", "z.last"] {
        let foreign = TensorView::new(Dtype::F32, vec![2], &[7; 8]).expect("a tensor");
        tensors.push((name.to_owned(), foreign));
    }
    let more = safetensors::serialize(tensors, None).expect("bytes");
    from_bytes(&mut read.parameters, &more).expect("weights");
    assert_eq!(bits(&saved), bits(&read));
}

/// The file with one piece of its header replaced by another of the same length.
fn lying(bytes: &[u8], truth: &str, lie: &str) -> Vec<u8> {
    assert_eq!(truth.len(), lie.len());
    let at = bytes.windows(truth.len()).position(|window| window == truth.as_bytes());
    let at = at.unwrap_or_else(|| panic!("no {truth}"));
    let mut bytes = bytes.to_vec();
    bytes[at..at + lie.len()].copy_from_slice(lie.as_bytes());
    bytes
}

#[test]
fn a_lying_header_is_an_error() {
    let spec = spec(CELLS[2]);
    let bytes = to_bytes(&build(&spec).parameters).expect("bytes");
    let long = u64::MAX.to_le_bytes().into_iter().chain(bytes[8..].iter().copied()).collect();
    let cases: [(&str, Vec<u8>); 8] = [
        ("of no length", Vec::new()),
        ("with too long a header", long),
        ("cut off", bytes[..bytes.len() - 1].to_vec()),
        ("with more behind it", [&bytes[..], b"more"].concat()),
        ("of another type", lying(&bytes, "\"F32\"", "\"I32\"")),
        ("of another shape", lying(&bytes, "[24,7]", "[7,24]")),
        ("of a larger shape", lying(&bytes, "[24,7]", "[99,9]")),
        ("of another name", lying(&bytes, "rnn.weight_ih_l0", "rnn.weight_ih_l7")),
    ];
    for (case, bytes) in cases {
        let mut model = other(&spec);
        assert!(from_bytes(&mut model.parameters, &bytes).is_err(), "a file {case}");
    }
    let error = from_bytes(&mut other(&both_ways()).parameters, &bytes).expect_err("another model");
    assert!(error.to_string().contains("weight_ih_l0"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_file_is_survived(at in any::<usize>(), bit in 0..8u32, cut in any::<usize>()) {
        let spec = spec(CELLS[0]);
        let mut bytes = to_bytes(&build(&spec).parameters).expect("bytes");
        let header = 600.min(bytes.len());
        bytes[at % header] ^= 1 << bit;
        let _ = from_bytes(&mut other(&spec).parameters, &bytes);
        bytes.truncate(cut % bytes.len());
        prop_assert!(from_bytes(&mut other(&spec).parameters, &bytes).is_err());
    }
}
