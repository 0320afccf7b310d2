//! Files of plans: a table, or the policies that a network management system takes.

use std::io::Write;
use std::path::Path;

use slicewise_core::cells::CellPlans;
use slicewise_core::formats::cell_plan_csv::{self, COLUMNS};
use slicewise_core::formats::kpi_table::KpiCells;
use slicewise_core::formats::rrm_policy::{self, Firmness, Plmn};

use super::parquet_output::{Cell, ColumnKind, ParquetWriter};
use super::table_format::TableFormat;
use crate::whole_file::WholeFile;

/// A file of plans that is written piece by piece.
pub enum PlanFile {
    /// The table as CSV.
    Csv(WholeFile),
    /// The same table in columns.
    Parquet(ParquetWriter<WholeFile>),
    /// An `RRMPolicyRatio` document.
    Policies {
        /// The file.
        file: WholeFile,
        /// The network that the slices belong to.
        plmn: Plmn,
        /// Whether no cell was written yet.
        is_empty: bool,
    },
}

/// Kinds of the table's columns, in the order of [`COLUMNS`].
const KINDS: [ColumnKind; COLUMNS.len()] = [
    ColumnKind::Text,
    ColumnKind::Text,
    ColumnKind::Number,
    ColumnKind::Integer,
    ColumnKind::Number,
    ColumnKind::Number,
    ColumnKind::Number,
    ColumnKind::Number,
    ColumnKind::Number,
];

/// What the output's name asks for.
///
/// # Errors
/// Says which endings are allowed.
pub fn check_name(path: &Path) -> anyhow::Result<()> {
    if is_json(path) {
        return Ok(());
    }
    TableFormat::of("output", path).map(drop).map_err(|_| {
        let path = path.display();
        anyhow::anyhow!("output is {path}; allowed: a file that ends in .csv, .parquet or .json")
    })
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
}

impl PlanFile {
    /// Begins the file; `plmn` is for the policies.
    ///
    /// # Errors
    /// When its name asks for no format that there is, or nothing can be written there.
    pub fn create(path: &Path, plmn: Plmn) -> anyhow::Result<Self> {
        let mut file = WholeFile::create(path)?;
        if is_json(path) {
            file.write_all(rrm_policy::DOCUMENT_START.as_bytes())?;
            return Ok(Self::Policies { file, plmn, is_empty: true });
        }
        match TableFormat::of("output", path)? {
            TableFormat::Csv => {
                cell_plan_csv::write_header(&mut file)?;
                Ok(Self::Csv(file))
            }
            TableFormat::Parquet => {
                let columns: Vec<_> = COLUMNS.into_iter().zip(KINDS).collect();
                Ok(Self::Parquet(ParquetWriter::new(file, &columns)?))
            }
        }
    }

    /// Writes the plans of `cells`.
    ///
    /// # Errors
    /// When the plans do not fit the cells, or nothing can be written.
    pub fn write(&mut self, cells: &KpiCells, plans: &CellPlans) -> anyhow::Result<()> {
        let rows = || cell_plan_csv::rows(&cells.cells, &cells.slices, plans);
        match self {
            Self::Csv(file) => cell_plan_csv::write_rows(rows()?, file)?,
            Self::Parquet(writer) => {
                for row in rows()? {
                    let snssai = row.snssai.to_string();
                    let [share, others @ ..] = row.numbers.map(Cell::Number);
                    let percent = Cell::Integer(i64::from(row.percent));
                    let mut values =
                        vec![Cell::Text(row.cell), Cell::Text(&snssai), share, percent];
                    values.extend(others);
                    writer.row(&values)?;
                }
            }
            Self::Policies { file, plmn, is_empty } => {
                for split in cell_plan_csv::splits(&cells.cells, &cells.slices, plans)? {
                    let separator = if *is_empty { "" } else { rrm_policy::DOCUMENT_SEPARATOR };
                    *is_empty = false;
                    let cell = rrm_policy::cell(&split, plmn, Firmness::default());
                    write!(file, "{separator}{cell}")?;
                }
            }
        }
        Ok(())
    }

    /// Completes the file and moves it to its place.
    ///
    /// # Errors
    /// When it cannot be written to its end.
    pub fn commit(self) -> anyhow::Result<()> {
        match self {
            Self::Csv(file) => file.commit(),
            Self::Parquet(writer) => writer.finish()?.commit(),
            Self::Policies { mut file, .. } => {
                file.write_all(rrm_policy::DOCUMENT_END.as_bytes())?;
                file.commit()
            }
        }
    }
}
