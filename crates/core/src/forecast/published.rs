//! The published traces that the generator was fitted to and the tests run on.

use crate::error::InputError;
use crate::formats::table::Table;

use super::demand_table::{DemandChoices, DemandTable};
use super::series::DemandSeries;

/// One series of a published table, by its name, in the unit of the source.
///
/// # Errors
/// Says which series there are, or what the table lacks.
pub fn series(text: &str, name: &str, unit: Option<&str>) -> Result<DemandSeries, InputError> {
    chosen(text, "series", name, DemandChoices { unit, ..DemandChoices::default() })
}

/// The series `name` of a table; an error calls it `field`.
fn chosen(
    text: &str,
    field: &str,
    name: &str,
    choices: DemandChoices<'_>,
) -> Result<DemandSeries, InputError> {
    let table = Table::read(text)?;
    let demand = DemandTable::of(&table, choices)?;
    let names = demand.names();
    let Some(index) = names.iter().position(|other| other == name) else {
        return Err(InputError::new(field, name, format!("one of {}", names.join(", "))));
    };
    Ok(demand.series(index, choices)?.series)
}

/// Internet activity of two squares of Milan, 10-minute steps, in the source's arbitrary units (Telecom
/// Italia Open Big Data, ODbL 1.0): `milan/internet_10min_2cells.csv`.
///
/// # Errors
/// As [`series`].
pub fn milan(text: &str) -> Result<[DemandSeries; 2], InputError> {
    let square = |name| series(text, name, Some("activity"));
    Ok([square("square_5161")?, square("square_4556")?])
}

/// Downlink rate of one cell of a commercial LTE network in Barcelona, 10-minute steps:
/// `barcelona_lte/lte_10min.csv`. Cells: `ElBorn`, `PobleSec`.
///
/// # Errors
/// As [`series`]; a cell without rows is none of them.
pub fn barcelona(text: &str, cell: &str) -> Result<DemandSeries, InputError> {
    let choices = DemandChoices { column: Some("dl_mbps"), ..DemandChoices::default() };
    chosen(text, "cell", cell, choices)
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
        let [milan, _] = milan.unwrap();
        assert_eq!((milan.step_minutes, milan.weekday(0), milan.values[0]), (10, 0, 235.492));
        let text = "time,cell,dl_mbps,n_2min\n2018-03-28 15:50:00,ElBorn,1.5,2\n\
                    2018-03-28 16:00:00,ElBorn,1.9,5\n2018-03-05 15:00:00,PobleSec,0.8,5\n\
                    2018-03-05 15:10:00,PobleSec,0.9,4\n";
        assert_eq!(barcelona(text, "PobleSec").unwrap().values, [0.8, 0.9]);
        assert!(barcelona(text, "Nowhere").is_err());
        let kansaas = series("minute,emBB_0\n0,16.0\n5,12.8\n", "emBB_0", None).unwrap();
        assert_eq!((kansaas.step_minutes, kansaas.weekday(0)), (5, 0));
    }
}
