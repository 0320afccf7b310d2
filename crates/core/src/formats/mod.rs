//! File formats, in and out.

pub mod kpi_table;
pub mod measurements;
pub mod table;
pub mod traffic_csv;
