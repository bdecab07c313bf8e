//! Conditions on the rows of a leaderboard.

use super::Cell;
use std::cmp::Ordering;

/// A condition on a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    pub(super) column: String,
    test: Test,
    value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl std::str::FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let tests = [
            ("!=", Test::Unequal),
            ("<=", Test::AtMost),
            (">=", Test::AtLeast),
            ("=", Test::Equal),
            ("<", Test::Less),
            (">", Test::Greater),
        ];
        let found = tests
            .iter()
            .filter_map(|(sign, test)| Some((text.find(sign)?, *sign, *test)))
            .min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len())));
        match found {
            Some((at, sign, test)) if at > 0 => Ok(Self {
                column: text[..at].trim().to_owned(),
                test,
                value: text[at + sign.len()..].trim().trim_matches('"').to_owned(),
            }),
            _ => Err("it must be COLUMN=VALUE, or with != < <= > >=".to_owned()),
        }
    }
}

impl Filter {
    pub(super) fn holds(&self, cell: &Cell) -> bool {
        let order = cell.order(&Cell::of(&self.value));
        let comparable = !cell.is_nothing()
            && matches!((cell, Cell::of(&self.value)), (Cell::Number(_), Cell::Number(_)));
        match self.test {
            Test::Equal => order == Ordering::Equal,
            Test::Unequal => order != Ordering::Equal,
            Test::Less => comparable && order == Ordering::Less,
            Test::AtMost => comparable && order != Ordering::Greater,
            Test::Greater => comparable && order == Ordering::Greater,
            Test::AtLeast => comparable && order != Ordering::Less,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_compare_numbers_as_numbers() {
        let holds =
            |filter: &str, cell: &str| filter.parse::<Filter>().unwrap().holds(&Cell::of(cell));
        assert!(holds("a<=10", "9.5") && !holds("a<=10", "10.5") && !holds("a<10", "x"));
        assert!(
            holds("a=1e-3", "0.001") && holds("a != adam", "sgd") && holds("a=\"adam\"", "adam")
        );
        assert!(holds("a>=2", "2") && !holds("a>2", "2") && !holds("a>2", ""));
        assert!("a".parse::<Filter>().is_err() && "=3".parse::<Filter>().is_err());
    }
}
