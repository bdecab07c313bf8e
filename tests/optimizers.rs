//! Optimizers and clipping as training drives them, against values that PyTorch gave;
//! `tests/fixtures/torch_optimizers.py` made them.

use samebits::kernels::{Compute, Level, update::Clipping};
use samebits::nn::{Layout, Parameters};
use samebits::spec::{Clip, Optimizer as Rule};
use samebits::train::{Optimizer, clip, gradient_norm};
use serde_json::{Value, json};

fn compute() -> Compute {
    Compute::single(Level::best())
}

/// Parameters that are those of no network, seven numbers or more in two arrays.
fn parameters(start: &[f32]) -> Parameters {
    let mut parameters = Parameters::default();
    for (name, part) in [("a", &start[..3]), ("b", &start[3..])] {
        parameters.declare(name, (part.len(),), Layout::Same);
    }
    let both = parameters.iter_mut().zip([&start[..3], &start[3..]]);
    both.for_each(|(parameter, part)| parameter.values_mut().copy_from_slice(part));
    parameters
}

fn set_gradient(parameters: &mut Parameters, gradient: &[f32]) {
    for (parameter, part) in parameters.iter_mut().zip([&gradient[..3], &gradient[3..]]) {
        parameter.values_and_gradient_mut().1.copy_from_slice(part);
        parameter.set_dense();
    }
}

fn values(parameters: &Parameters) -> Vec<f32> {
    parameters.iter().flat_map(|parameter| parameter.values().to_vec()).collect()
}

fn numbers(json: &Value) -> Vec<f32> {
    serde_json::from_value(json.clone()).expect("numbers")
}

fn fixture() -> Value {
    serde_json::from_str(include_str!("fixtures/torch_optimizers.json")).expect("JSON")
}

/// The rule of a case, with PyTorch's defaults for what the case leaves out.
fn rule(case: &Value) -> Rule {
    let mut options = match case["name"].as_str() {
        Some("sgd") => json!({"momentum": 0.0, "dampening": 0.0, "nesterov": false}),
        Some("adam") => json!({"betas": [0.9, 0.999], "eps": 1e-8}),
        Some("adamw") => json!({"betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01}),
        Some("adagrad") => json!({"lr_decay": 0.0, "eps": 1e-10, "initial_accumulator_value": 0.0}),
        Some("rmsprop") => json!({"alpha": 0.99, "eps": 1e-8, "momentum": 0.0, "centered": false}),
        other => panic!("the fixture has an optimizer without a test: {other:?}"),
    };
    let options = options.as_object_mut().expect("options");
    options.entry("weight_decay").or_insert(json!(0.0));
    options.insert("optimizer".into(), case["name"].clone());
    for (key, value) in case["options"].as_object().expect("options") {
        options.insert(key.clone(), value.clone());
    }
    options.remove("lr");
    serde_json::from_value(Value::Object(options.clone())).expect("a rule")
}

fn assert_close(found: &[f32], expected: &[f32], context: &str) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-6, "{context}: {found}, not {expected}");
    }
}

#[test]
fn every_step_matches_pytorch() {
    let fixture = fixture();
    let cases = fixture["optimizers"].as_array().expect("cases");
    assert_eq!(cases.len(), 14);
    for case in cases {
        let mut model = parameters(&numbers(&fixture["start"]));
        let mut optimizer = Optimizer::new(rule(case), &compute(), &model);
        let gradients = fixture["gradients"].as_array().expect("gradients");
        for (step, (gradient, after)) in
            gradients.iter().zip(case["after"].as_array().expect("values")).enumerate()
        {
            set_gradient(&mut model, &numbers(gradient));
            optimizer.step(
                &mut model,
                case["options"]["lr"].as_f64().expect("a rate"),
                Clipping::NONE,
            );
            let context = format!("{} {}, step {step}", case["name"], case["options"]);
            assert_close(&values(&model), &numbers(after), &context);
        }
    }
}

/// Saved in the middle and restored into a new optimizer, it goes on as if nothing had been.
#[test]
fn a_restored_optimizer_goes_on() {
    let fixture = fixture();
    let gradients = fixture["gradients"].as_array().expect("gradients");
    for case in fixture["optimizers"].as_array().expect("cases") {
        let train = |restore_at: usize| {
            let mut model = parameters(&numbers(&fixture["start"]));
            let mut optimizer = Optimizer::new(rule(case), &compute(), &model);
            for (step, gradient) in gradients.iter().enumerate() {
                if step == restore_at {
                    let state: Vec<(String, Vec<f32>)> = optimizer
                        .state(&model)
                        .into_iter()
                        .map(|(name, slot)| (name, slot.into_owned()))
                        .collect();
                    optimizer = Optimizer::new(rule(case), &compute(), &model);
                    let find = |name: &str, len: usize| {
                        let found =
                            state.iter().find(|(known, slot)| known == name && slot.len() == len);
                        found.map(|(_, slot)| slot.clone()).ok_or(name.to_owned())
                    };
                    optimizer.restore(&model, step as u64, find).expect("all of the state");
                }
                set_gradient(&mut model, &numbers(gradient));
                optimizer.step(&mut model, 0.05, Clipping::NONE);
            }
            values(&model)
        };
        assert_eq!(train(2), train(usize::MAX), "{case}");
    }
}

/// The gradient that plain descent at rate 1 follows.
fn clipped(model: &mut Parameters, cut: Clipping) -> Vec<f32> {
    let zeros = [0.0; 7];
    model.iter_mut().for_each(|parameter| parameter.values_mut().fill(0.0));
    let case = json!({"name": "sgd", "options": {}});
    Optimizer::new(rule(&case), &compute(), model).step(model, 1.0, cut);
    zeros.iter().zip(values(model)).map(|(zero, x)| zero - x).collect()
}

/// `torch.nn.utils.clip_grad_norm_`: times bound / (norm + 1e-6), where that is below 1.
#[test]
fn clipping_by_norm_is_pytorchs() {
    let gradient = [3.0f32, -4.0, 0.0, 12.0, 0.0, 0.0, 84.0];
    let mut model = parameters(&[0.0; 7]);
    set_gradient(&mut model, &gradient);
    let norm = gradient_norm(&compute(), &model);
    assert_eq!(norm, 85.0);
    assert_eq!(clip(Some(Clip::Norm(100.0)), norm), Clipping::NONE);
    let expected = gradient.map(|x| (f64::from(x) / (85.0 + 1e-6)) as f32);
    assert_close(&clipped(&mut model, clip(Some(Clip::Norm(1.0)), norm)), &expected, "norm 1");
}

/// `torch.nn.utils.clip_grad_value_`.
#[test]
fn clipping_by_value_cuts_each_element() {
    let mut model = parameters(&[0.0; 7]);
    set_gradient(&mut model, &[3.0, -4.0, 0.5, -0.5, 1.0, -1.0, 0.0]);
    let cut = clip(Some(Clip::Value(1.0)), 5.0);
    assert_eq!(clipped(&mut model, cut), [1.0, -1.0, 0.5, -0.5, 1.0, -1.0, 0.0]);
    assert_eq!(clip(None, 5.0), Clipping::NONE);
}

/// A model large enough to be shared is updated to the same bits, and has the same norm.
#[test]
fn threads_change_no_bit_of_an_update() {
    let many = |scale: f32| -> Vec<f32> {
        (0..200_003).map(|i| scale * ((i * 7919 % 1000) as f32 / 500.0 - 1.0)).collect()
    };
    for case in fixture()["optimizers"].as_array().expect("cases") {
        let train = |threads| {
            let compute = Compute::new(Level::best(), threads);
            let mut model = parameters(&many(1.0));
            let mut optimizer = Optimizer::new(rule(case), &compute, &model);
            let mut norms = Vec::new();
            for step in 1..4 {
                set_gradient(&mut model, &many(0.1 * step as f32));
                let norm = gradient_norm(&compute, &model);
                optimizer.step(&mut model, 0.05, clip(Some(Clip::Norm(1.0)), norm));
                norms.push(norm);
            }
            (values(&model), norms)
        };
        assert_eq!(train(1), train(3), "{case}");
    }
}
