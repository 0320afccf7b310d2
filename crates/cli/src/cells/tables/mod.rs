//! Files of KPIs and of plans, as CSV, Parquet or documents.

mod kpi_file;
mod kpi_input;
mod parquet_input;
mod parquet_output;
mod plan_file;
mod table_format;

pub use kpi_file::KpiFile;
pub use kpi_input::{read, shown};
pub use plan_file::{DocumentOptions, PlanFile, PlanFormat, format_names};
