//! Plans of cells as a table: one row per cell and slice.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::cells::{CellPlans, SNssai};
use crate::error::InputError;

use super::rrm_policy::{CellSplit, percentages};

/// The columns: the cell and the slice as in the KPI table; the share, 0 to 1; the same as whole
/// percent by [`percentages`]; the slice's estimated satisfaction, 0 to 1; and, the same for all
/// slices of a cell, its utility, the bound that no split exceeds, the gap between them, and the price
/// of a share.
pub const COLUMNS: [&str; 9] = [
    "NRCellDU",
    "SNSSAI",
    "share",
    "rRMPolicyMaxRatio",
    "satisfaction",
    "utility",
    "bound",
    "gap",
    "price",
];

/// One row of the table. Numbers that were not found are NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlanRow<'a> {
    /// Name of the cell.
    pub cell: &'a str,
    /// Name of the slice.
    pub snssai: SNssai,
    /// Share as whole percent.
    pub percent: u8,
    /// Share, satisfaction, utility, bound, gap and price.
    pub numbers: [f64; 6],
}

/// The rows of `plans` for the cells and slices of these names.
///
/// # Errors
/// When there are not as many names as cells or slices.
pub fn rows<'a>(
    cells: &'a [String],
    slices: &'a [SNssai],
    plans: &'a CellPlans,
) -> Result<impl Iterator<Item = PlanRow<'a>>, InputError> {
    check("cells", cells.len(), plans.len())?;
    check("slices", slices.len(), plans.shares.len())?;
    Ok((0..plans.len()).flat_map(move |index| {
        let range = plans.range(index);
        let percent = percentages(&plans.shares[range.clone()]);
        range.zip(percent).map(move |(slice, percent)| PlanRow {
            cell: &cells[index],
            snssai: slices[slice],
            percent,
            numbers: [
                plans.shares[slice],
                plans.satisfaction[slice],
                plans.utilities[index],
                plans.bounds[index],
                plans.gap(index),
                plans.prices[index],
            ],
        })
    }))
}

fn check(what: &str, found: usize, wanted: usize) -> Result<(), InputError> {
    if found == wanted {
        return Ok(());
    }
    Err(InputError::new(what, format!("{found} names"), format!("{wanted}, as in the plan")))
}

/// The splits of `plans`, for the other exports.
///
/// # Errors
/// Those of [`rows`].
pub fn splits<'a>(
    cells: &'a [String],
    slices: &'a [SNssai],
    plans: &'a CellPlans,
) -> Result<impl Iterator<Item = CellSplit<'a>>, InputError> {
    check("cells", cells.len(), plans.len())?;
    check("slices", slices.len(), plans.shares.len())?;
    Ok((0..plans.len()).map(move |index| CellSplit {
        cell: &cells[index],
        slices: &slices[plans.range(index)],
        shares: &plans.shares[plans.range(index)],
    }))
}

/// Writes the header.
///
/// # Errors
/// Those of the writer.
pub fn write_header(writer: &mut impl Write) -> io::Result<()> {
    writeln!(writer, "{}", COLUMNS.join(","))
}

/// Writes rows; a number that was not found is an empty field, and numbers are written so that they
/// are read back exactly.
///
/// # Errors
/// Those of the writer.
pub fn write_rows<'a>(
    rows: impl IntoIterator<Item = PlanRow<'a>>,
    writer: &mut impl Write,
) -> io::Result<()> {
    let mut line = String::new();
    for row in rows {
        line.clear();
        let PlanRow { cell, snssai, percent, numbers } = row;
        let [share, others @ ..] = numbers;
        let _ = write!(line, "{},{snssai},{share},{percent}", super::kpi_table::quoted(cell));
        for number in others {
            line.push(',');
            if number.is_finite() {
                let _ = write!(line, "{number}");
            }
        }
        line.push('\n');
        writer.write_all(line.as_bytes())?;
    }
    Ok(())
}

/// The whole table as text.
///
/// # Errors
/// Those of [`rows`].
pub fn table(cells: &[String], slices: &[SNssai], plans: &CellPlans) -> Result<String, InputError> {
    let mut bytes = Vec::new();
    let rows = rows(cells, slices, plans)?;
    // A vector takes everything.
    let written = write_header(&mut bytes).and_then(|()| write_rows(rows, &mut bytes));
    written.map_err(|error| InputError::new("table", error, "memory for it"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plans() -> CellPlans {
        CellPlans {
            offsets: vec![0, 2, 3],
            shares: vec![0.625, 0.375, 1.0],
            satisfaction: vec![1.0, 0.5, 0.25],
            utilities: vec![1.0, 0.2],
            bounds: vec![1.25, f64::NAN],
            prices: vec![0.5, f64::NAN],
            evaluations: 3,
            ..CellPlans::default()
        }
    }

    #[test]
    fn a_plan_is_one_row_per_slice() {
        let cells = ["A".to_owned(), "B, north".to_owned()];
        let slices = [1, 2, 3].map(|sst| SNssai { sst, sd: None });
        let text = table(&cells, &slices, &plans()).unwrap();
        assert_eq!(
            text,
            "NRCellDU,SNSSAI,share,rRMPolicyMaxRatio,satisfaction,utility,bound,gap,price\n\
             A,1,0.625,63,1,1,1.25,0.2,0.5\n\
             A,2,0.375,37,0.5,1,1.25,0.2,0.5\n\
             \"B, north\",3,1,100,0.25,0.2,,,\n"
        );
        let all: Vec<_> =
            splits(&cells, &slices, &plans()).unwrap().map(|s| s.shares.len()).collect();
        assert_eq!(all, [2, 1]);
    }

    #[test]
    fn names_that_do_not_fit_the_plan_are_refused() {
        let cells = ["A".to_owned(), "B".to_owned()];
        let slices = [SNssai { sst: 1, sd: None }; 3];
        let error = table(&cells[..1], &slices, &plans()).unwrap_err().to_string();
        assert_eq!(error, "cells is 1 names; allowed: 2, as in the plan");
        assert!(table(&cells, &slices[..2], &plans()).is_err());
    }
}
