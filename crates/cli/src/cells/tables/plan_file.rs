//! Files of plans: a table, or the documents that a network takes.

use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use anyhow::{Context, bail};
use slicewise_core::cells::CellPlans;
use slicewise_core::formats::cell_plan_csv::{self, COLUMNS};
use slicewise_core::formats::kpi_table::KpiCells;
use slicewise_core::formats::nr_cell::IdentityForm;
use slicewise_core::formats::plan_documents::{
    Documents, FORMATS, Format, PlannedCells, Settings, identities_for, same_names,
};
use slicewise_core::formats::rrm_policy::{CellPolicies, Firmness, Plmn};

use super::parquet_output::{Cell, ColumnKind, ParquetWriter};
use super::table_format::TableFormat;
use crate::whole_file::{self, WholeFile};

/// What a plan is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanFormat {
    /// One row per cell and slice.
    Table(TableFormat),
    /// Documents for a network.
    Documents(Format),
}

/// What documents are written for.
#[derive(Clone, Debug)]
pub struct DocumentOptions {
    /// The network of the slices.
    pub plmn: Plmn,
    /// How firmly slices hold their shares.
    pub firmness: Firmness,
    /// How nine digits are read, where the table does not tell.
    pub identities: Option<IdentityForm>,
    /// Bits of a gNB's identity.
    pub gnb_bits: u32,
    /// The policies that cells have now.
    pub current: Vec<CellPolicies>,
}

/// A file of plans that is written piece by piece.
pub enum PlanFile {
    /// The table as CSV.
    Csv(WholeFile),
    /// The same table in columns.
    Parquet(ParquetWriter<WholeFile>),
    /// Documents, written once all cells are there: those of a gNB stand together.
    Documents {
        /// The file, folder or archive.
        path: PathBuf,
        /// What they are.
        format: Format,
        /// What for.
        options: DocumentOptions,
        /// The cells so far.
        cells: PlannedCells,
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

/// Names of the formats, each with what is known of its receivers.
pub fn format_names() -> Vec<(&'static str, &'static str)> {
    let tables = [
        ("csv", "Table with one row per cell and slice"),
        ("parquet", "The same table in columns"),
    ];
    tables.into_iter().chain(FORMATS.map(|format| (format.name, format.note))).collect()
}

impl PlanFormat {
    /// The format called `name`, or without one that which the output's name ends in.
    ///
    /// # Errors
    /// Says which names or endings are allowed.
    pub fn of(name: Option<&str>, output: &Path) -> anyhow::Result<Self> {
        let ending = output.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match (name, ending.to_ascii_lowercase().as_str()) {
            (Some("csv"), _) => Ok(Self::Table(TableFormat::Csv)),
            (Some("parquet"), _) => Ok(Self::Table(TableFormat::Parquet)),
            (Some(name), _) => match FORMATS.iter().find(|format| format.name == name) {
                Some(found) => Ok(Self::Documents(found.format)),
                None => bail!("format is {name}; allowed: {}", names().join(", ")),
            },
            (None, "json") => Ok(Self::Documents(Format::RrmPolicy)),
            (None, "yml" | "yaml") => Ok(Self::Documents(Format::SrsRan)),
            (None, "xml") => Ok(Self::Documents(Format::Netconf)),
            (None, _) => TableFormat::of("output", output).map(Self::Table).map_err(|_| {
                let output = output.display();
                anyhow::anyhow!(
                    "output is {output}; allowed: a file that ends in .csv, .parquet or .json (or .yml, \
                     .xml), or a --format"
                )
            }),
        }
    }

    /// Checks the names of all cells before they are planned, and tells what is noticed.
    ///
    /// # Errors
    /// Names a cell that the format cannot name.
    pub fn check_names(
        self,
        names: &[String],
        form: Option<IdentityForm>,
    ) -> anyhow::Result<Vec<String>> {
        let names = names.iter().map(String::as_str);
        match self {
            Self::Table(_) => Ok(same_names(names, form).into_iter().collect()),
            Self::Documents(format) => {
                // What is noticed is told once the documents are written.
                identities_for(format, names, form, &mut Vec::new())?;
                Ok(Vec::new())
            }
        }
    }
}

fn names() -> Vec<&'static str> {
    format_names().into_iter().map(|(name, _)| name).collect()
}

impl PlanFile {
    /// Begins the file; `options` are for documents.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn create(
        path: &Path,
        format: PlanFormat,
        options: DocumentOptions,
    ) -> anyhow::Result<Self> {
        match format {
            PlanFormat::Documents(format) => {
                let cells = PlannedCells::default();
                Ok(Self::Documents { path: path.to_owned(), format, options, cells })
            }
            PlanFormat::Table(TableFormat::Csv) => {
                let mut file = WholeFile::create(path)?;
                cell_plan_csv::write_header(&mut file)?;
                Ok(Self::Csv(file))
            }
            PlanFormat::Table(TableFormat::Parquet) => {
                let columns: Vec<_> = COLUMNS.into_iter().zip(KINDS).collect();
                Ok(Self::Parquet(ParquetWriter::new(WholeFile::create(path)?, &columns)?))
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
            Self::Documents { cells: planned, .. } => {
                planned.add(&cells.cells, &cells.slices, &cells.batch, plans)?;
            }
        }
        Ok(())
    }

    /// Completes the file and moves it to its place; gives what whoever uses it has to know.
    ///
    /// # Errors
    /// When it cannot be written to its end, or the output cannot hold all documents.
    pub fn commit(self) -> anyhow::Result<Vec<String>> {
        match self {
            Self::Csv(file) => file.commit()?,
            Self::Parquet(writer) => writer.finish()?.commit()?,
            Self::Documents { path, format, options, cells } => {
                let DocumentOptions { plmn, firmness, identities, gnb_bits, current } = &options;
                let settings = Settings {
                    plmn,
                    firmness: *firmness,
                    identities: *identities,
                    gnb_bits: *gnb_bits,
                    current,
                };
                let written = cells.write(format, &settings)?;
                save(&path, format, &written)?;
                return Ok(written.notes);
            }
        }
        Ok(Vec::new())
    }
}

/// Writes documents into an archive, a file or a folder, whichever `path` is.
fn save(path: &Path, format: Format, written: &Documents) -> anyhow::Result<()> {
    let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
    let is_archive = ending.as_ref().is_some_and(|ending| ending == "zip");
    if is_archive && !path.is_dir() {
        return whole_file::write(path, written.archive()?);
    }
    let is_folder = path.is_dir() || path.to_string_lossy().ends_with(['/', MAIN_SEPARATOR]);
    match &written.documents[..] {
        [only] if !is_folder && (ending.is_some() || format == Format::RrmPolicy) => {
            whole_file::write(path, &only.text)
        }
        documents if ending.is_some() && !is_folder => bail!(
            "output is {}; allowed: a folder or a file that ends in .zip: there are {} documents",
            path.display(),
            documents.len()
        ),
        documents => documents.iter().try_for_each(|document| {
            let place = path.join(&document.path);
            let folder = place.parent().unwrap_or(path);
            let cannot = || format!("cannot write {}", folder.display());
            std::fs::create_dir_all(folder).with_context(cannot)?;
            whole_file::write(&place, &document.text)
        }),
    }
}
