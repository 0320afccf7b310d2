//! Outcomes of the past in a table: what was decided, what was demanded, what it cost.

use serde::{Deserialize, Serialize};

use crate::card::LARGEST;
use crate::error::{InputError, check_range};
use crate::formats::table::Table;

/// One measured outcome: what was decided, what was demanded and what it cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostRecord {
    /// Decision for each slice, in its unit.
    pub decision: Vec<f64>,
    /// Demand of each slice, in its unit.
    pub demand: Vec<f64>,
    /// What the decision cost.
    pub cost: f64,
}

/// The field of the error that says that a column of outcomes is unknown.
pub const RECORD_COLUMN: &str = "column of outcomes";

/// What a column of outcomes holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordColumn {
    /// What was decided.
    Decision,
    /// What was demanded.
    Demand,
    /// What it cost.
    Cost,
}

impl RecordColumn {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Decision, Self::Demand, Self::Cost];

    /// The headings that are understood, the first one being its name.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Decision => &["decision", "reserved", "reservation", "allocated", "allocation"],
            Self::Demand => &["demand", "used", "usage", "traffic", "load"],
            Self::Cost => &["cost", "costs", "loss", "penalty"],
        }
    }
}

/// The columns of outcomes that are chosen, in the order of [`RecordColumn::ALL`]; none where the headings
/// decide.
pub type RecordColumns = [Option<String>; 3];

/// Reads the outcomes of one service: columns `decision`, `demand` and `cost`, in any order and beside
/// others. Rows without a cost are left out: nothing was measured there.
///
/// # Errors
/// Names the column that is missing, the line and column of what is no number or negative (a cost may
/// be), or says that no row is left.
pub fn read(text: &str) -> Result<Vec<CostRecord>, InputError> {
    of_table(&Table::read(text)?)
}

/// The outcomes of a table whose headings say what they are; see [`read`].
///
/// # Errors
/// Those of [`read`].
pub fn of_table(table: &Table) -> Result<Vec<CostRecord>, InputError> {
    of_columns(table, columns(table, &RecordColumns::default())?)
}

/// Where a table has decision, demand and cost.
///
/// # Errors
/// Has the field [`RECORD_COLUMN`] where it does not have one of them.
pub fn columns(table: &Table, chosen: &RecordColumns) -> Result<[usize; 3], InputError> {
    let mut found = [0; 3];
    for ((place, column), chosen) in found.iter_mut().zip(RecordColumn::ALL).zip(chosen) {
        let names = column.names();
        let position = match chosen {
            Some(name) => table.position(name),
            None => names.iter().find_map(|name| table.position(name)),
        };
        *place = position.ok_or_else(|| {
            let headings: Vec<&str> = table.columns().iter().map(|about| &about.name[..]).collect();
            let found = format!("missing among {}", headings.join(", "));
            InputError::new(RECORD_COLUMN, found, format!("a column {}", names[0]))
        })?;
    }
    Ok(found)
}

/// The outcomes in the [`columns`] of a table; see [`read`].
///
/// # Errors
/// Those of [`read`].
pub fn of_columns(
    table: &Table,
    [decision, demand, cost]: [usize; 3],
) -> Result<Vec<CostRecord>, InputError> {
    let mut records = Vec::new();
    for row in 0..table.len() {
        let Some(measured) = table.number(row, cost)? else { continue };
        let field = |name: &str| format!("line {}, {name}", table.line(row));
        let number = |name: &str, column: usize| {
            let value = table.number(row, column)?;
            let value = value
                .ok_or_else(|| InputError::new(field(name), "empty", "a number of 0 or more"))?;
            check_range(&field(name), value, 0.0, LARGEST, "")?;
            Ok(value)
        };
        check_range(&field("cost"), measured, -LARGEST, LARGEST, "")?;
        records.push(CostRecord {
            decision: vec![number("decision", decision)?],
            demand: vec![number("demand", demand)?],
            cost: measured,
        });
    }
    if records.is_empty() {
        return Err(InputError::new("records", "none with a cost", "at least one"));
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read_by_their_headers_and_those_without_a_cost_left_out() {
        let text = "time,Cost,demand,decision\n0,-1.5,10,12\n5,,11,12\n10,3,14,12\n";
        let records = read(text).unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!(
            (records[0].cost, records[0].demand[0], records[0].decision[0]),
            (-1.5, 10.0, 12.0)
        );
    }

    #[test]
    fn columns_of_other_names_are_known_or_chosen() {
        let table = Table::read("reserved;traffic;penalty;x\n12;10;1,5;7\n").unwrap();
        let found = columns(&table, &RecordColumns::default()).unwrap();
        assert_eq!(of_columns(&table, found).unwrap()[0].cost, 1.5);
        let chosen = [None, Some("x".to_owned()), None];
        let found = of_columns(&table, columns(&table, &chosen).unwrap()).unwrap();
        assert_eq!((found[0].demand[0], found[0].decision[0]), (7.0, 12.0));
        let chosen = [None, Some("y".to_owned()), None];
        assert_eq!(columns(&table, &chosen).unwrap_err().field, RECORD_COLUMN);
    }

    #[test]
    fn damaged_outcomes_are_named() {
        let message = |text: &str| read(text).unwrap_err().to_string();
        assert!(message("demand,cost\n1,2\n").contains("a column decision"));
        assert!(message("decision,demand,cost\n1,-2,3\n").starts_with("line 2, demand is -2"));
        assert!(message("decision,demand,cost\n1,,3\n").starts_with("line 2, demand is empty"));
        assert!(message("decision,demand,cost\n1,2,dear\n").starts_with("line 2, column cost"));
        assert!(message("decision,demand,cost\n1,2,\n").starts_with("records is none"));
    }
}
