//! Files of KPIs and of plans, as CSV, Parquet or policies.

mod kpi_file;
mod parquet_input;
mod parquet_output;
mod plan_file;
mod table_format;

pub use kpi_file::{KpiFile, read};
pub use plan_file::{PlanFile, check_name};
