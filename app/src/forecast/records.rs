//! Recorded outcomes: what was decided, what was demanded and what it cost.

use slicewise_core::InputError;
use slicewise_core::card::LARGEST;
use slicewise_core::error::check_range;
use slicewise_core::formats::table::Table;

/// Columns of a table of outcomes, in the order in which they are sent.
const COLUMNS: [&str; 3] = ["decision", "demand", "cost"];
/// The fewest outcomes from which a loss is learnt.
const FEWEST: usize = 20;

/// Reads a table with the columns decision, demand and cost: three numbers per row.
///
/// # Errors
/// Names the column that is missing, or the line and the column of what is no number or out of range.
pub fn read(text: &str) -> Result<Vec<f64>, InputError> {
    let table = Table::read(text)?;
    let position = |name: &str| {
        let mut columns = table.columns().iter();
        let found = columns.position(|column| column.name.eq_ignore_ascii_case(name));
        let allowed = || format!("columns {}", COLUMNS.join(", "));
        found.ok_or_else(|| InputError::new("header", format!("without {name}"), allowed()))
    };
    let [decision, demand, cost] =
        [position(COLUMNS[0])?, position(COLUMNS[1])?, position(COLUMNS[2])?];
    check_range("records", table.len() as f64, FEWEST as f64, f64::INFINITY, "rows")?;
    let mut records = Vec::with_capacity(COLUMNS.len() * table.len());
    for row in 0..table.len() {
        for (column, least) in [(decision, -LARGEST), (demand, 0.0), (cost, -LARGEST)] {
            let field = || format!("line {}, {}", table.line(row), table.columns()[column].name);
            let value = table.number(row, column)?;
            let value = value.ok_or_else(|| InputError::new(field(), "missing", "a number"))?;
            if !(least..=LARGEST).contains(&value) {
                check_range(&field(), value, least, LARGEST, "")?;
            }
            records.push(value);
        }
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read_in_any_order_of_columns() {
        let text = "cost,demand,decision\n".to_owned() + &"3,1,2\n".repeat(20);
        assert_eq!(read(&text).unwrap()[..4], [2.0, 1.0, 3.0, 2.0]);
    }

    #[test]
    fn what_is_wrong_with_outcomes_is_named() {
        let message = |text: &str| read(text).unwrap_err().to_string();
        assert!(message("decision,cost\n1,2\n").contains("header is without demand"));
        assert!(message("decision,demand,cost\n1,1,1\n").contains("records is 1"));
        let rows = "1,1,1\n".repeat(20);
        let text = format!("decision,demand,cost\n{rows}1,-2,1\n");
        assert!(message(&text).contains("line 22, demand is -2"), "{}", message(&text));
        let text = format!("decision,demand,cost\n{rows}1,,1\n");
        assert!(message(&text).contains("line 22, demand is missing"), "{}", message(&text));
    }
}
