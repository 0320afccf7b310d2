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

/// Reads the outcomes of one service: columns `decision`, `demand` and `cost`, in any order and beside
/// others. Rows without a cost are left out: nothing was measured there.
///
/// # Errors
/// Names the column that is missing, the line and column of what is no number or negative (a cost may
/// be), or says that no row is left.
pub fn read(text: &str) -> Result<Vec<CostRecord>, InputError> {
    of_table(&Table::read(text)?)
}

/// The outcomes of a table; see [`read`].
///
/// # Errors
/// Those of [`read`].
pub fn of_table(table: &Table) -> Result<Vec<CostRecord>, InputError> {
    let position = |name: &str| {
        let columns = table.columns();
        let found = columns.iter().position(|column| column.name.eq_ignore_ascii_case(name));
        found.ok_or_else(|| InputError::new("header", "without it", format!("a column {name}")))
    };
    let (decision, demand, cost) = (position("decision")?, position("demand")?, position("cost")?);
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
    fn damaged_outcomes_are_named() {
        let message = |text: &str| read(text).unwrap_err().to_string();
        assert!(message("demand,cost\n1,2\n").contains("a column decision"));
        assert!(message("decision,demand,cost\n1,-2,3\n").starts_with("line 2, demand is -2"));
        assert!(message("decision,demand,cost\n1,,3\n").starts_with("line 2, demand is empty"));
        assert!(message("decision,demand,cost\n1,2,dear\n").starts_with("line 2, column cost"));
        assert!(message("decision,demand,cost\n1,2,\n").starts_with("records is none"));
    }
}
