//! Numbers, counts, times, sizes and tables as a person reads them.

use crate::streams;

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

/// A number to four significant digits.
pub(crate) fn short(value: f64) -> String {
    if !value.is_finite() {
        return number(value);
    }
    if value.abs() >= 99_999.5 {
        return format!("{value:.3e}");
    }
    if value != 0.0 && value.abs() < 0.000_999_95 {
        return format!("{value:.2e}");
    }
    let digits = match value.abs() {
        x if x >= 999.95 => 0,
        x if x >= 99.995 => 1,
        x if x >= 9.9995 => 2,
        x if x >= 0.09995 || x == 0.0 => 3,
        _ => 5,
    };
    format!("{value:.digits$}")
}

/// Seconds as a person says them.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 3600.0 => format!("{:.0} min {:02.0} s", (s / 60.0).floor(), s % 60.0),
        s => format!("{:.0} h {:02.0} min", (s / 3600.0).floor(), s % 3600.0 / 60.0),
    }
}

/// How long something will still take, in words: more exactly is not known.
pub(crate) fn time_left(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round() as u64;
    match seconds {
        s if s < 1.5 => "almost done".to_owned(),
        s if s < 90.0 => format!("{s:.0} s left"),
        _ if minutes < 90 => format!("{minutes} min left"),
        s if s < 36.0 * 3600.0 => format!("{} h {} min left", minutes / 60, minutes % 60 / 10 * 10),
        s => format!("{:.0} days left", s / 86_400.0),
    }
}

/// A text of at most so many characters: of a longer one its beginning and its end.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(1);
    let first: String = text.chars().take(kept / 2).collect();
    let last: String = text.chars().skip(count - (kept - kept / 2)).collect();
    format!("{first}…{last}")
}

/// A key without its table.
pub(crate) fn key_name(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// A key without its table, where that tells it from the others among some keys; else all of it.
pub(crate) fn clear_key_name<'a>(key: &'a str, all: impl Iterator<Item = &'a str>) -> &'a str {
    let name = key_name(key);
    if all.filter(|other| key_name(other) == name).count() == 1 { name } else { key }
}

/// A count with its thousands as k or M.
pub(crate) fn thousands(value: f64) -> String {
    match value {
        x if x >= 999_950.0 => format!("{:.1}M", x / 1e6),
        x if x >= 9_999.5 => format!("{:.0}k", x / 1e3),
        x if x >= 999.5 => format!("{:.1}k", x / 1e3),
        x => format!("{x:.0}"),
    }
}

/// Digits with a separator between thousands: `1,234,567`.
pub(crate) fn grouped(digits: &str, separator: char) -> String {
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// A count with a comma between thousands.
pub(crate) fn count(value: u64) -> String {
    grouped(&value.to_string(), ',')
}

/// A number of things: `1 trial`, `3 trials`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Bytes as a person says them.
pub(crate) fn size(bytes: u64) -> String {
    match bytes as f64 {
        b if b >= 1e9 => format!("{:.2} GB", b / 1e9),
        b if b >= 1e6 => format!("{:.0} MB", b / 1e6),
        b => format!("{:.0} KB", b / 1e3),
    }
}

/// Lines of a table with their cells below one another, each on its line.
pub(crate) fn aligned(lines: &[Vec<String>]) -> String {
    let shown = |cells: &Vec<String>| -> Vec<String> {
        cells.iter().map(|cell| streams::on_a_line(cell).into_owned()).collect()
    };
    let lines: Vec<Vec<String>> = lines.iter().map(shown).collect();
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..lines.first().map_or(0, Vec::len)).map(width).collect();
    let line = |cells: &Vec<String>| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| {
            let missing = width - cell.chars().count();
            format!("{cell}{}", " ".repeat(missing))
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_keeps_its_table_where_two_have_its_name() {
        let all = ["training.schedule.kind", "model.kind", "model.hidden_size", "seed"];
        let clear = |key| clear_key_name(key, all.into_iter());
        assert_eq!(all.map(clear), ["training.schedule.kind", "model.kind", "hidden_size", "seed"]);
    }

    #[test]
    fn a_long_text_loses_its_middle() {
        assert_eq!(shortened("gru,64", 6), "gru,64");
        assert_eq!(shortened("architecture=gru,seed=42", 11), "archi…ed=42");
        assert_eq!(shortened("naïve café", 4), "n…fé");
        assert_eq!(shortened("abc", 1), "…");
    }

    #[test]
    fn time_left_is_no_more_exact_than_it_can_be() {
        let cases = [(0.3, "almost done"), (44.6, "45 s left"), (130.0, "2 min left")];
        let more =
            [(3600.0, "60 min left"), (9_000.0, "2 h 30 min left"), (260_000.0, "3 days left")];
        for (seconds, words) in cases.into_iter().chain(more) {
            assert_eq!(time_left(seconds), words);
        }
    }

    #[test]
    fn numbers_are_cut_to_four_digits() {
        let cases = [
            (1.0215, "1.022"),
            (61.333, "61.33"),
            (312.26, "312.3"),
            (6204.7, "6205"),
            (1.5e7, "1.500e7"),
            (-1.5e7, "-1.500e7"),
            (f64::INFINITY, "inf"),
            (0.987, "0.987"),
            (0.0, "0.000"),
            (0.01234, "0.01234"),
            (0.000_123_4, "1.23e-4"),
        ];
        for (value, text) in cases {
            assert_eq!(short(value), text);
        }
        assert_eq!(thousands(12_345.0), "12k");
        assert_eq!(thousands(1_234.0), "1.2k");
        assert_eq!(thousands(2_345_678.0), "2.3M");
    }

    #[test]
    fn counts_times_and_sizes_are_read_easily() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(plural(1, "trial"), "1 trial");
        assert_eq!(plural(0, "seed"), "0 seeds");
        assert_eq!(duration(0.0123), "12 ms");
        assert_eq!(duration(75.0), "1 min 15 s");
        assert_eq!(duration(7380.0), "2 h 03 min");
        assert_eq!(size(52_000_000), "52 MB");
    }

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
