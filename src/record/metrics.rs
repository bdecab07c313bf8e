//! The columns of `metrics.csv`, and how its numbers are written.

use crate::train::Row;

/// A number in its shortest form that reads back exactly.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if value.is_finite() && size != 0.0 && !(1e-5..1e16).contains(&size) {
        format!("{value:e}")
    } else if value.is_infinite() {
        if value > 0.0 { "inf".to_owned() } else { "-inf".to_owned() }
    } else {
        value.to_string()
    }
}

/// The columns and cells of a row, in order. The columns depend on the trial alone, so that every
/// row of a file has the same.
pub fn cells(row: &Row) -> Vec<(&'static str, String)> {
    let held_out = |value: Option<f64>| value.map(number).unwrap_or_default();
    let mut cells = vec![
        ("epoch", row.epoch.to_string()),
        ("step", row.step.to_string()),
        ("tokens", row.tokens.to_string()),
        ("learning_rate", number(row.learning_rate)),
        ("grad_norm", number(row.grad_norm)),
        ("train_loss", number(row.train.mean())),
        ("valid_loss", held_out(row.valid.map(|loss| loss.mean()))),
        ("train_perplexity", number(row.train.perplexity())),
        ("valid_perplexity", held_out(row.valid.map(|loss| loss.perplexity()))),
    ];
    if row.bits {
        cells.push(("train_bits_per_character", number(row.train.bits())));
        cells.push(("valid_bits_per_character", held_out(row.valid.map(|loss| loss.bits()))));
    }
    if let Some(smooth) = row.smooth_loss {
        cells.push(("smooth_loss", number(smooth)));
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_read_back() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (1e-3, "0.001"),
            (2.5e-7, "2.5e-7"),
            (1e300, "1e300"),
            (f64::INFINITY, "inf"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
            assert_eq!(text.parse::<f64>().unwrap(), value);
        }
    }

    proptest::proptest! {
        #[test]
        fn every_number_reads_back(bits: u64) {
            let value = f64::from_bits(bits);
            if !value.is_nan() {
                assert_eq!(number(value).parse::<f64>().unwrap().to_bits(), value.to_bits());
            }
        }
    }
}
