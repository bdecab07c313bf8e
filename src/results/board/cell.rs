//! A cell of a leaderboard.

use crate::metric::number;
use crate::runs::run_json;
use serde_json::{Value as Json, json};
use std::cmp::Ordering;

/// A cell of the table.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Words.
    Text(String),
    /// A number.
    Number(f64),
}

impl Cell {
    /// The number or word of a text.
    pub(super) fn of(text: &str) -> Self {
        match text.parse::<f64>() {
            _ if text.is_empty() => Self::Empty,
            Ok(number) if !number.is_nan() => Self::Number(number),
            _ => Self::Text(text.to_owned()),
        }
    }

    pub(super) fn optional(value: Option<f64>) -> Self {
        value.map_or(Self::Empty, Self::Number)
    }

    /// Whether it says nothing: a figure that is no number does not, too.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Empty) || matches!(self, Self::Number(number) if number.is_nan())
    }

    /// Empty cells come last, numbers before words.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let rank = |cell: &Self| match cell {
            Self::Number(_) => 0,
            Self::Text(_) => 1,
            Self::Empty => 2,
        };
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => rank(self).cmp(&rank(other)),
        }
    }

    pub(super) fn csv(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(value) => number(*value),
        }
    }

    pub(super) fn json(&self) -> Json {
        match self {
            Self::Empty => Json::Null,
            Self::Text(text) => json!(text),
            // Whole numbers stay whole.
            Self::Number(value) if value.fract() == 0.0 && value.abs() < 9e15 => {
                json!(*value as i64)
            }
            Self::Number(value) => run_json::json(*value),
        }
    }
}
