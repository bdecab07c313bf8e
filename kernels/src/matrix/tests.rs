use super::*;
use crate::Level;
use crate::random::{Purpose, Stream};

fn random(len: usize, key: u64) -> Vec<f32> {
    let mut stream = Stream::new(1, Purpose::Initialization, key);
    (0..len).map(|_| stream.uniform_f32() * 2.0 - 1.0).collect()
}

/// The promise, spelled out.
fn chain(m: usize, n: usize, k: usize, a: &[f32], b: &[f32], c: &mut [f32]) {
    for i in 0..m {
        for j in 0..n {
            for l in 0..k {
                c[i * n + j] = a[i * k + l].mul_add(b[l * n + j], c[i * n + j]);
            }
        }
    }
}

const SIZES: [(usize, usize, usize); 9] = [
    (1, 1, 1),
    (1, 100, 81),
    (2, 33, 300),
    (3, 64, 257),
    (12, 32, 256),
    (13, 31, 700),
    (25, 65, 5),
    (7, 16, 0),
    (40, 100, 100),
];

#[test]
fn every_level_and_thread_count_gives_the_promised_chain() {
    for (m, n, k) in SIZES {
        let (a, b) = (random(m * k, 1), random(k * n, 2));
        let start = random(m * n, 3);
        let mut expected = start.clone();
        chain(m, n, k, &a, &b, &mut expected);
        for level in Level::available() {
            for threads in [1, 2, 5] {
                let compute = Compute::new(level, threads);
                let packed = Packed::new(&compute, View::new(&b, n));
                let mut found = start.clone();
                let left = View::strided(&a, m, k, k);
                multiply(&compute, left, &packed, &mut found, n, Start::Output);
                assert_eq!(found, expected, "{m}×{n}×{k} {level:?} {threads}");
            }
        }
    }
}

#[test]
fn transposed_and_strided_operands_are_the_same_product() {
    let compute = Compute::single(Level::best());
    for (m, n, k) in SIZES {
        if k == 0 {
            continue;
        }
        let (a, b) = (random(m * k, 4), random(k * n, 5));
        let plain = product(&compute, View::new(&a, k), View::new(&b, n));
        let transpose = |x: &[f32], rows: usize, columns: usize| -> Vec<f32> {
            (0..rows * columns).map(|i| x[(i % rows) * columns + i / rows]).collect()
        };
        let (at, bt) = (transpose(&a, m, k), transpose(&b, k, n));
        let left = View::new(&at, m).transposed();
        assert_eq!(product(&compute, left, View::new(&b, n)), plain);
        let right = View::new(&bt, k).transposed();
        assert_eq!(product(&compute, View::new(&a, k), right), plain);
        let stride = n + 3;
        let mut wide = vec![7.0; m * stride - 3];
        let packed = Packed::new(&compute, View::new(&b, n));
        multiply(&compute, View::new(&a, k), &packed, &mut wide, stride, Start::Zero);
        for (row, expected) in wide.chunks(stride).zip(plain.chunks(n)) {
            assert_eq!(&row[..n], expected);
            assert!(row[n..].iter().all(|x| *x == 7.0), "numbers between rows stay");
        }
    }
}

#[test]
fn many_threads_share_large_products() {
    let (m, n, k) = (200, 150, 300);
    let (a, b) = (random(m * k, 6), random(k * n, 7));
    let alone = product(&Compute::single(Level::best()), View::new(&a, k), View::new(&b, n));
    let shared = Compute::new(Level::best(), 3);
    assert_eq!(product(&shared, View::new(&a, k), View::new(&b, n)), alone);
}

#[test]
fn sum_is_close_to_the_exact_product() {
    let (m, n, k) = (5, 40, 2000);
    let (a, b) = (random(m * k, 8), random(k * n, 9));
    let found = product(&Compute::single(Level::best()), View::new(&a, k), View::new(&b, n));
    for i in 0..m {
        for j in 0..n {
            let exact: f64 =
                (0..k).map(|l| f64::from(a[i * k + l]) * f64::from(b[l * n + j])).sum();
            assert!((f64::from(found[i * n + j]) - exact).abs() < 2e-3);
        }
    }
}
