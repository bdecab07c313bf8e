//! Pictures and numbers inside of HTML.

use std::fmt::Write;

/// An SVG file as an address that holds it.
pub(super) fn svg_address(svg: &str) -> String {
    let mut address = String::from("data:image/svg+xml,");
    for byte in svg.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~ /:=;,()".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let _ = write!(address, "%{byte:02X}");
        }
    }
    address
}

/// A number for people: at least four digits, without noise.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return crate::metric::number(value);
    }
    if value.fract() == 0.0 && size < 1e9 {
        format!("{value}")
    } else if (1e-3..1e6).contains(&size) {
        let digits = (3 - size.log10().floor() as i32).clamp(1, 6) as usize;
        format!("{value:.digits$}")
    } else {
        format!("{value:.3e}")
    }
}

/// A number as the page's script reads it.
pub(super) fn for_script(value: f64) -> String {
    if value == f64::INFINITY { "Infinity".to_owned() } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_cannot_leave_its_place() {
        assert_eq!(svg_address("<a b=\"#1\"/>"), "data:image/svg+xml,%3Ca b=%22%231%22/%3E");
    }

    #[test]
    fn numbers_are_short() {
        let cases = [
            (75.731_8, "75.73"),
            (4.0, "4"),
            (0.002, "0.002000"),
            (1234.56, "1234.6"),
            (1e-5, "1.000e-5"),
            (0.0, "0"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }
}
