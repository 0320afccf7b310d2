//! File formats, in and out.

pub mod a1;
pub mod cell_plan_csv;
pub mod e2sm_ccc;
pub mod kpi_table;
pub mod measurements;
pub mod netconf;
pub mod network;
pub mod nr_cell;
pub mod open_air_interface;
pub mod packed;
pub mod performance_file;
pub mod plan_documents;
pub mod rrm_policy;
pub mod srsran;
pub mod stamps;
pub mod table;
pub mod traffic_csv;
pub mod zip;
