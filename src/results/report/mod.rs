//! One HTML page of what stands in results folders, made from the files of the trials alone.
//!
//! [`gathered`] reads the trials, `points` puts them into groups of settings with their `columns` and
//! `keys`. [`page`](page::page) writes two things: `tables`, which are read without a script, and
//! `data`, from which the script in `script/` shows the rest when it is asked for: `curves`, `samples`,
//! `pictures`. Charts are uPlot's. What people wrote is escaped by the templates, and set as text by the
//! script. [`serve`] shows the page while trials run.

mod columns;
mod curves;
mod data;
pub mod gathered;
mod keys;
pub mod page;
mod pictures;
mod points;
mod samples;
pub mod serve;
mod tables;
