//! Numbers as a person would write them.

/// A measured value: three significant digits, more where the chart's span is so narrow that
/// they would not tell its points apart. `61.3`, `1,027`, `1.0123`, `2.5 M`, `6.0×10¹²`.
pub(super) fn value(v: f64, span: f64) -> String {
    let size = v.abs();
    if size >= 1e9 || (size > 0.0 && size < 1e-4) {
        return scientific(v, 1);
    }
    if size >= 1e6 {
        return format!("{} M", trimmed(v / 1e6));
    }
    let significant = if size > 0.0 { 2 - size.log10().floor() as i32 } else { 1 };
    let telling = if span > 0.0 { 2 - span.log10().floor() as i32 } else { 0 };
    grouped(v, significant.max(telling).clamp(0, 6) as usize)
}

/// A tick of an axis whose ticks need so many decimals.
pub(super) fn tick(v: f64, decimals: usize) -> String {
    match v.abs() {
        size if size >= 1e9 => scientific(v, 0),
        size if size >= 1e7 => format!("{} M", trimmed(v / 1e6)),
        size if size > 0.0 && size < 1e-4 => scientific(v, 0),
        _ => grouped(v, decimals),
    }
}

/// A tick of a logarithmic axis: no more decimals than it needs.
pub(super) fn log_tick(v: f64) -> String {
    let decimals = (2 - v.abs().log10().floor() as i32).clamp(0, 8) as usize;
    let text = tick(v, decimals);
    if text.contains('×') || text.ends_with('M') { text } else { without_zeros(text) }
}

/// Fixed decimals, thousands separated by commas, a real minus sign.
pub(crate) fn grouped(v: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", v.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::with_capacity(text.len() + 8);
    if v < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        out.push('−');
    }
    out.push_str(&crate::format::grouped(whole, ','));
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// `6.0×10¹²`, but `1.2e-7`, for want of a raised minus sign in the font; a mantissa of 1 without decimals is left out, as in `10¹²`.
fn scientific(v: f64, decimals: usize) -> String {
    let text = format!("{v:.decimals$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    if exponent.starts_with('-') {
        return text;
    }
    let mantissa = mantissa.replace('-', "−");
    let exponent: String = exponent.chars().map(superscript).collect();
    if mantissa == "1" { format!("10{exponent}") } else { format!("{mantissa}×10{exponent}") }
}

fn superscript(c: char) -> char {
    match c {
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        other => other,
    }
}

fn trimmed(v: f64) -> String {
    without_zeros(grouped(v, 2))
}

fn without_zeros(text: String) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_a_person_writes_them() {
        let cases = [
            (61.2837, 100.0, "61.3"),
            (1027.4, 6000.0, "1,027"),
            (6.0, 5.0, "6.00"),
            (612.8, 500.0, "613"),
            (1.01234, 0.04, "1.0123"),
            (0.0, 0.0, "0.0"),
            (2_500_000.0, 1e6, "2.5 M"),
            (6.02e12, 1e12, "6.0×10¹²"),
            (1.2e-7, 0.0, "1.2e-7"),
            (-3.456, 5.0, "−3.46"),
            (f64::MAX, f64::INFINITY, "1.8×10³⁰⁸"),
        ];
        for (v, span, text) in cases {
            assert_eq!(value(v, span), text);
        }
    }

    #[test]
    fn ticks_carry_no_more_than_they_need() {
        assert_eq!(tick(1.02, 2), "1.02");
        assert_eq!(tick(20_000.0, 0), "20,000");
        assert_eq!(tick(12_000_000.0, 0), "12 M");
        assert_eq!(log_tick(0.05), "0.05");
        assert_eq!(log_tick(1.5), "1.5");
        assert_eq!(log_tick(200.0), "200");
        assert_eq!(log_tick(5000.0), "5,000");
        assert_eq!(log_tick(1e12), "10¹²");
        assert_eq!(log_tick(2e7), "20 M");
        assert_eq!(grouped(-0.001, 1), "0.0");
    }
}
