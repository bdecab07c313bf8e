//! What is made of results folders: the regression gate, one HTML page, and the formats of other
//! tools.

pub mod export;
pub mod gate;
pub mod report;
