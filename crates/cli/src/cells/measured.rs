//! Folders with tables that estimators learn from and are measured on.

use std::path::{Path, PathBuf};

use anyhow::Context;
use slicewise_cells::dataset::CellRows;
use slicewise_cells::dataset::colosseum::{self, Colosseum};
use slicewise_cells::dataset::kpi_records::KpiRecords;
use slicewise_nets::estimator::Estimator;

use crate::input_file::open;

/// The tables of `folder`, .csv and .csv.gz, in the order of their names.
fn tables(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.retain(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.ends_with(".csv") || name.ends_with(".csv.gz")
    });
    paths.sort();
    anyhow::ensure!(!paths.is_empty(), "no .csv or .csv.gz in {}", folder.display());
    Ok(paths)
}

/// The Colosseum records of all tables of `folder`.
pub fn read_colosseum(folder: &Path) -> anyhow::Result<Colosseum> {
    let mut records = Colosseum::default();
    for path in tables(folder)? {
        records.read(open(&path)?).with_context(|| path.display().to_string())?;
    }
    Ok(records)
}

/// The rows of `folder` for `estimator`: Colosseum records for `colosseum`, KPI tables for the others.
pub fn read_rows(folder: &Path, estimator: &Estimator) -> anyhow::Result<CellRows> {
    let rows = if estimator.inputs() == colosseum::INPUTS {
        read_colosseum(folder)?.rows()
    } else {
        let mut records = KpiRecords::default();
        for path in tables(folder)? {
            records.read(open(&path)?).with_context(|| path.display().to_string())?;
        }
        records.rows
    };
    anyhow::ensure!(!rows.is_empty(), "no usable row in {}", folder.display());
    Ok(rows)
}
