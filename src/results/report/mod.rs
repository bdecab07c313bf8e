//! One HTML page of what stands in results folders, made from the files of the trials alone.
//!
//! [`page`](page::page) puts it together: `board` is the table of all trials, `trial` the part about
//! one of them, of `curves`, `pictures` and `samples`. `families` groups the columns of
//! `metrics.csv`, `difference` says in what trials differ, `html` writes numbers and pictures. What
//! people wrote is escaped by the templates. [`serve`] shows the page while trials run.

mod board;
mod curves;
mod difference;
mod families;
mod html;
pub mod page;
mod pictures;
mod samples;
pub mod serve;
mod trial;
