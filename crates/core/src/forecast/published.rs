//! The published traces that the generator was fitted to and the tests run on.

use crate::error::InputError;

use super::demand_csv::{read, read_column};
use super::series::{DemandSeries, Treatment};

/// Internet activity of two squares of Milan, 10-minute steps, in the source's arbitrary units
/// (Telecom Italia Open Big Data, ODbL 1.0): `milan/internet_10min_2cells.csv`.
///
/// # Errors
/// As [`read`].
pub fn milan(text: &str) -> Result<Vec<(DemandSeries, Treatment)>, InputError> {
    read(text, "activity", None)
}

/// Downlink rate of one cell of a commercial LTE network in Barcelona, 10-minute steps:
/// `barcelona_lte/lte_10min.csv`. Cells: `ElBorn`, `PobleSec`.
///
/// # Errors
/// As [`read`]; a cell without rows counts as too few samples.
pub fn barcelona(text: &str, cell: &str) -> Result<(DemandSeries, Treatment), InputError> {
    let column = |table: &crate::formats::table::Table| {
        table.columns().iter().position(|column| column.name == "cell")
    };
    let is_cell = |table: &crate::formats::table::Table, row: usize| {
        column(table).is_some_and(|column| table.text(row, column) == cell)
    };
    let (mut series, treatment) = read_column(text, "dl_mbps", "Mbit/s", "time", is_cell)?;
    series.name = cell.to_owned();
    Ok((series, treatment))
}

/// Demand of twenty synthetic slices, 5-minute steps (kaNSaaS, MIT): `kansaas/slices_5min_mbps.csv`
/// after decompression. The minutes count from the start of the trace, taken as a Monday.
///
/// # Errors
/// As [`read`].
pub fn kansaas(text: &str) -> Result<Vec<(DemandSeries, Treatment)>, InputError> {
    const MONDAY: i64 = 4 * 1440;
    let mut series = read(text, "Mbit/s", None)?;
    series.iter_mut().for_each(|(series, _)| series.start_minute += MONDAY);
    Ok(series)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_of_the_published_files_are_understood() {
        let milan = milan(
            "time_utc,square_5161,square_4556\n2013-12-16 00:00:00,235.492,363.631\n\
             2013-12-16 00:10:00,268.699,333.025\n",
        );
        let milan = milan.unwrap();
        assert_eq!((milan.len(), milan[0].0.step_minutes, milan[0].0.weekday(0)), (2, 10, 0));
        let text = "time,cell,dl_mbps,n_2min\n2018-03-28 15:50:00,ElBorn,1.5,2\n\
                    2018-03-28 16:00:00,ElBorn,1.9,5\n2018-03-05 15:00:00,PobleSec,0.8,5\n\
                    2018-03-05 15:10:00,PobleSec,0.9,4\n";
        assert_eq!(barcelona(text, "PobleSec").unwrap().0.values, [0.8, 0.9]);
        assert!(barcelona(text, "Nowhere").is_err());
        let kansaas = kansaas("minute,emBB_0\n0,16.0\n5,12.8\n").unwrap();
        assert_eq!((kansaas[0].0.step_minutes, kansaas[0].0.weekday(0)), (5, 0));
    }
}
