use super::*;
use crate::random::{Purpose, Stream};
use crate::{IGNORE, Level};

/// Sizes of a case: N, F and V, and the most logits of a tile.
#[derive(Clone, Copy)]
struct Sizes {
    rows: usize,
    features: usize,
    vocabulary: usize,
    most: usize,
}

/// One block in one tile; and several blocks of unequal width, several tiles, and rows that fill no
/// whole vector.
const SIZES: [Sizes; 2] = [
    Sizes { rows: 130, features: 7, vocabulary: 37, most: TILE },
    Sizes { rows: 77, features: 5, vocabulary: 2 * BLOCK + 51, most: 30 * (2 * BLOCK + 51) },
];

struct Case {
    sizes: Sizes,
    weight: Vec<f32>,
    bias: Vec<f32>,
    input: Vec<f32>,
    targets: Vec<u32>,
}

fn numbers(len: usize, key: u64) -> Vec<f32> {
    let mut stream = Stream::new(5, Purpose::Initialization, key);
    (0..len).map(|_| stream.uniform_f32() * 2.0 - 1.0).collect()
}

impl Case {
    fn new(sizes: Sizes) -> Self {
        let Sizes { rows, features, vocabulary, .. } = sizes;
        let mut targets: Vec<u32> = (0..rows).map(|n| (n * 41 % vocabulary) as u32).collect();
        targets[3] = IGNORE;
        targets[rows - 1] = IGNORE;
        let weight = numbers(vocabulary * features, 1);
        let (bias, input) = (numbers(vocabulary, 2), numbers(rows * features, 3));
        Self { sizes, weight, bias, input, targets }
    }

    /// The cases with logits of all sizes: ordinary ones, and biases of ±80 and of 10⁴ in several
    /// blocks.
    fn all() -> Vec<Self> {
        let mut cases: Vec<Self> = SIZES.into_iter().map(Self::new).collect();
        for steep in [80.0, 1e4] {
            let mut case = Self::new(SIZES[1]);
            for (place, sign) in [(1, -1.0), (BLOCK + 1, 1.0), (2 * BLOCK + 1, -1.0)] {
                case.bias[place] = sign * steep;
            }
            cases.push(case);
        }
        cases
    }

    fn decoder(&self) -> Decoder<'_> {
        Decoder { weight: &self.weight, bias: &self.bias }
    }

    fn loss(&self, compute: &Compute) -> Loss {
        loss(compute, self.decoder(), &self.input, &self.targets)
    }

    /// The loss, and the gradients of half of it, of W, b and the input.
    fn gradients(&self, compute: &Compute) -> (Loss, [Vec<f32>; 3]) {
        let junk = (vec![f32::NAN; self.weight.len()], vec![f32::NAN; self.bias.len()]);
        let (data, most) = ((&self.input[..], &self.targets[..]), self.sizes.most);
        let (loss, found) = in_tiles(compute, self.decoder(), data, 0.5, junk, most);
        (loss, [found.weight, found.bias, found.input.to_vec()])
    }

    /// Both in double precision, by the book.
    fn reference(&self) -> (f64, [Vec<f64>; 3]) {
        let wide = |x: &[f32]| x.iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
        let (weight, bias, input) = (wide(&self.weight), wide(&self.bias), wide(&self.input));
        let features = self.sizes.features;
        let mut total = 0.0;
        let mut found = [weight.len(), bias.len(), input.len()].map(|len| vec![0.0; len]);
        for (n, row) in input.chunks(features).enumerate() {
            if self.targets[n] == IGNORE {
                continue;
            }
            let dot = |w: &[f64]| w.iter().zip(row).map(|(x, y)| x * y).sum::<f64>();
            let logits: Vec<f64> =
                weight.chunks(features).zip(&bias).map(|(w, b)| b + dot(w)).collect();
            let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = logits.iter().map(|x| (x - largest).exp()).sum();
            let target = self.targets[n] as usize;
            total += sum.ln() + largest - logits[target];
            for (v, logit) in logits.iter().enumerate() {
                let hit = if v == target { 1.0 } else { 0.0 };
                let delta = 0.5 * ((logit - largest).exp() / sum - hit);
                found[1][v] += delta;
                for f in 0..features {
                    found[0][v * features + f] += delta * row[f];
                    found[2][n * features + f] += delta * weight[v * features + f];
                }
            }
        }
        (total, found)
    }
}

fn close(found: &[f32], expected: &[f64]) -> bool {
    let near = |(x, y): (&f32, &f64)| (f64::from(*x) - y).abs() < 1e-5 * (1.0 + y.abs());
    found.len() == expected.len() && found.iter().zip(expected).all(near)
}

#[test]
fn loss_and_gradients_are_those_of_double_precision() {
    let compute = Compute::single(Level::best());
    for case in Case::all() {
        let (loss, found) = case.gradients(&compute);
        let (sum, expected) = case.reference();
        assert!((loss.sum / sum - 1.0).abs() < 1e-6, "{} is not {sum}", loss.sum);
        assert_eq!(loss.tokens, case.sizes.rows as u64 - 2);
        assert_eq!(case.loss(&compute), loss);
        assert!(found.iter().zip(&expected).all(|(found, expected)| close(found, expected)));
    }
}

#[test]
fn the_gradient_is_the_slope_of_the_loss() {
    let mut case = Case::new(SIZES[1]);
    let (_, [_, found, _]) = case.gradients(&Compute::single(Level::best()));
    for place in (0..case.bias.len()).step_by(29) {
        let start = case.bias[place];
        let mut at = |x: f32| {
            case.bias[place] = x;
            case.reference().0
        };
        let (up, down) = (start + 0.0078125, start - 0.0078125);
        let slope = 0.5 * (at(up) - at(down)) / (f64::from(up) - f64::from(down));
        case.bias[place] = start;
        assert!((slope - f64::from(found[place])).abs() < 1e-4 * (1.0 + slope.abs()));
    }
}

#[test]
fn every_level_and_thread_count_gives_the_same_bits() {
    for case in Case::all() {
        let plain = case.gradients(&Compute::new(Level::Portable, 1));
        for level in Level::available() {
            for threads in [1, 2, 3, 5] {
                let compute = Compute::new(level, threads);
                assert_eq!(case.gradients(&compute), plain);
                assert_eq!(case.loss(&compute), plain.0);
            }
        }
    }
}

#[test]
fn what_is_ignored_costs_nothing_and_gives_no_gradient() {
    let mut case = Case::new(SIZES[1]);
    let features = case.sizes.features;
    // Logits that are infinite in a row that does not count.
    case.input[3 * features..4 * features].fill(f32::MAX);
    let (loss, [_, bias, input]) = case.gradients(&Compute::single(Level::best()));
    assert!(loss.sum.is_finite() && bias.iter().all(|x| x.is_finite()));
    assert!(input[3 * features..4 * features].iter().all(|x| *x == 0.0));
    case.targets.fill(IGNORE);
    case.input[3 * features..4 * features].fill(1.0);
    let (loss, gradients) = case.gradients(&Compute::single(Level::best()));
    assert_eq!(loss, Loss::default());
    assert!(gradients.iter().flatten().all(|x| *x == 0.0));
}

#[test]
fn a_loss_that_is_no_number_stays_none() {
    let compute = Compute::single(Level::best());
    for sizes in SIZES {
        for place in [0, sizes.vocabulary / 2, sizes.vocabulary - 1] {
            for bad in [f32::NAN, f32::INFINITY] {
                let mut case = Case::new(sizes);
                case.bias[place] = bad;
                assert!(case.loss(&compute).sum.is_nan());
                assert!(case.gradients(&compute).0.sum.is_nan());
            }
        }
        let mut case = Case::new(sizes);
        case.input[10] = f32::NAN;
        assert!(case.loss(&compute).sum.is_nan());
        // No chance for the target.
        let mut case = Case::new(sizes);
        case.bias[case.targets[0] as usize] = f32::NEG_INFINITY;
        assert!(!case.loss(&compute).sum.is_finite());
    }
}

#[test]
fn nothing_to_predict_is_no_loss_and_no_gradient() {
    let mut case = Case::new(SIZES[0]);
    case.targets.clear();
    case.input.clear();
    let (loss, gradients) = case.gradients(&Compute::single(Level::best()));
    assert_eq!(loss, Loss::default());
    assert!(gradients.iter().flatten().all(|x| *x == 0.0));
}

#[test]
fn logits_are_the_same_however_many_rows() {
    let case = Case::new(SIZES[1]);
    let compute = Compute::single(Level::best());
    let all = logits(&compute, case.decoder(), &case.input);
    let few = logits(&compute, case.decoder(), &case.input[..2 * case.sizes.features]);
    assert_eq!(all[..2 * case.sizes.vocabulary], few);
}
