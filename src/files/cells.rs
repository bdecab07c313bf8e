//! Tables as CSV that a spreadsheet shows and does not run.
//!
//! A cell that begins like a formula and is no number is written with an apostrophe before it, which
//! spreadsheets take for "this is text". So that every cell reads back as it was, those that have
//! apostrophes before such a beginning already get one more.

use std::borrow::Cow;
use std::io;

/// Whether a text begins like a formula, apostrophes aside.
fn begins_a_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A cell as it is written.
pub fn written(cell: &str) -> Cow<'_, str> {
    match begins_a_formula(cell) && cell.parse::<f64>().is_err() {
        true => Cow::Owned(format!("'{cell}")),
        false => Cow::Borrowed(cell),
    }
}

/// A cell as it was before it was written.
pub fn read(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|text| begins_a_formula(text)).unwrap_or(cell)
}

/// Rows as CSV.
pub fn table<R, C>(rows: impl IntoIterator<Item = R>) -> io::Result<Vec<u8>>
where
    R: IntoIterator<Item = C>,
    C: AsRef<str>,
{
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        for cell in row {
            writer.write_field(written(cell.as_ref()).as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_are_text_and_numbers_stay_numbers() {
        for formula in ["=1+1", "+a", "-", "@x", "\tx", "\r=1", "-cmd", "'=1", "-1-1"] {
            assert_eq!(written(formula), format!("'{formula}"));
        }
        for plain in ["", "a=1", "-1", "-1e-7", "+2", "-inf", "1", "'a", "'", "–"] {
            assert_eq!(written(plain), plain);
        }
        assert_eq!(table([["a", "=1"], ["-2", "'=,"]]).unwrap(), b"a,'=1\n-2,\"''=,\"\n");
        assert!(table([vec!["a"], vec!["b", "c"]]).is_err());
    }

    proptest! {
        #[test]
        fn every_cell_reads_back(cell in "'{0,2}[-=+@\t\r]{0,2}[0-9a-z.]{0,3}") {
            let shown = written(&cell);
            prop_assert_eq!(read(&shown), &cell);
            prop_assert!(shown.parse::<f64>().is_ok() || !shown.starts_with(['=', '+', '-', '@', '\t', '\r']));
        }
    }
}
