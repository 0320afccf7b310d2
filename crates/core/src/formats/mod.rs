//! File formats, in and out.

pub mod measurements;
pub mod traffic_csv;
