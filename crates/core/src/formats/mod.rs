//! File formats, in and out.

pub mod measurements;
pub mod table;
pub mod traffic_csv;
