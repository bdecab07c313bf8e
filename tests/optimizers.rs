//! Optimizers and clipping as training drives them, against values that PyTorch gave;
//! `tests/fixtures/torch_optimizers.py` made them.

use dfdx::prelude::Cpu;
use runner::kernels::{Compute, Level, update::Cut};
use runner::model::parameter::Layout;
use runner::model::{AnyParameter, Network, Parameter};
use runner::spec::{Clip, Optimizer as Rule};
use runner::train::{Optimizer, clip, gradient_norm};
use serde_json::{Value, json};

fn compute() -> Compute {
    Compute::single(Level::best())
}

/// A model that is nothing but its parameters, seven numbers or more in two arrays.
struct Bare(Vec<Parameter<(usize,)>>);

impl Bare {
    fn new(start: &[f32]) -> Self {
        let device = Cpu::default();
        let parts = [("a", &start[..3]), ("b", &start[3..])];
        let parameters = parts.map(|(name, part)| {
            let len = part.len();
            let (name, torch) = (name.to_owned(), vec![len]);
            let mut parameter = Parameter::new(&device, name, (len,), torch, Layout::Same);
            parameter.both_mut().0.copy_from_slice(part);
            parameter
        });
        Self(parameters.into())
    }

    fn set_gradient(&mut self, gradient: &[f32]) {
        self.0[0].both_mut().1.copy_from_slice(&gradient[..3]);
        self.0[1].both_mut().1.copy_from_slice(&gradient[3..]);
    }

    fn numbers(&self) -> Vec<f32> {
        self.0.iter().flat_map(|parameter| parameter.numbers().to_vec()).collect()
    }
}

impl Network for Bare {
    fn parameters(&self) -> Vec<&dyn AnyParameter> {
        self.0.iter().map(|parameter| parameter as &dyn AnyParameter).collect()
    }

    fn parameters_mut(&mut self) -> Vec<&mut dyn AnyParameter> {
        self.0.iter_mut().map(|parameter| parameter as &mut dyn AnyParameter).collect()
    }

    fn describe(&self) -> Vec<String> {
        Vec::new()
    }
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
        let mut model = Bare::new(&numbers(&fixture["start"]));
        let mut optimizer = Optimizer::new(rule(case), &compute(), &model);
        let gradients = fixture["gradients"].as_array().expect("gradients");
        for (step, (gradient, after)) in
            gradients.iter().zip(case["after"].as_array().expect("values")).enumerate()
        {
            model.set_gradient(&numbers(gradient));
            optimizer.step(&mut model, case["options"]["lr"].as_f64().expect("a rate"), Cut::NONE);
            let context = format!("{} {}, step {step}", case["name"], case["options"]);
            assert_close(&model.numbers(), &numbers(after), &context);
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
            let mut model = Bare::new(&numbers(&fixture["start"]));
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
                model.set_gradient(&numbers(gradient));
                optimizer.step(&mut model, 0.05, Cut::NONE);
            }
            model.numbers()
        };
        assert_eq!(train(2), train(usize::MAX), "{case}");
    }
}

/// The gradient that plain descent at rate 1 follows.
fn clipped(model: &mut Bare, cut: Cut) -> Vec<f32> {
    let zeros = [0.0; 7];
    model.0.iter_mut().for_each(|parameter| parameter.both_mut().0.fill(0.0));
    let case = json!({"name": "sgd", "options": {}});
    Optimizer::new(rule(&case), &compute(), model).step(model, 1.0, cut);
    zeros.iter().zip(model.numbers()).map(|(zero, x)| zero - x).collect()
}

/// `torch.nn.utils.clip_grad_norm_`: times bound / (norm + 1e-6), where that is below 1.
#[test]
fn clipping_by_norm_is_pytorchs() {
    let gradient = [3.0f32, -4.0, 0.0, 12.0, 0.0, 0.0, 84.0];
    let mut model = Bare::new(&[0.0; 7]);
    model.set_gradient(&gradient);
    let norm = gradient_norm(&compute(), &model);
    assert_eq!(norm, 85.0);
    assert_eq!(clip(Some(Clip::Norm(100.0)), norm), Cut::NONE);
    let expected = gradient.map(|x| (f64::from(x) / (85.0 + 1e-6)) as f32);
    assert_close(&clipped(&mut model, clip(Some(Clip::Norm(1.0)), norm)), &expected, "norm 1");
}

/// `torch.nn.utils.clip_grad_value_`.
#[test]
fn clipping_by_value_cuts_each_element() {
    let mut model = Bare::new(&[0.0; 7]);
    model.set_gradient(&[3.0, -4.0, 0.5, -0.5, 1.0, -1.0, 0.0]);
    let cut = clip(Some(Clip::Value(1.0)), 5.0);
    assert_eq!(clipped(&mut model, cut), [1.0, -1.0, 0.5, -0.5, 1.0, -1.0, 0.0]);
    assert_eq!(clip(None, 5.0), Cut::NONE);
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
            let mut model = Bare::new(&many(1.0));
            let mut optimizer = Optimizer::new(rule(case), &compute, &model);
            let mut norms = Vec::new();
            for step in 1..4 {
                model.set_gradient(&many(0.1 * step as f32));
                let norm = gradient_norm(&compute, &model);
                optimizer.step(&mut model, 0.05, clip(Some(Clip::Norm(1.0)), norm));
                norms.push(norm);
            }
            (model.numbers(), norms)
        };
        assert_eq!(train(1), train(3), "{case}");
    }
}
