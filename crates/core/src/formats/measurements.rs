//! Tables of QoS measurements, as the networks are trained on.

use crate::error::{InputError, check_range};
use crate::formats::table::Table;
use crate::formats::table::numbers::NumberTable;

/// One measured second: the network's inputs in order (traffic first) and the QoS.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// Traffic, then the resources.
    pub inputs: Vec<f64>,
    /// Measured QoS.
    pub qos: f64,
}

/// Reads the columns `inputs` (traffic first) and `qos` of a table with a header row.
/// Other columns are passed over.
///
/// # Errors
/// Names a missing column, or the row and column of a value that is not a number, not finite or
/// negative, or says that the table holds no row.
pub fn read(text: &str, inputs: &[&str], qos: &str) -> Result<Vec<Measurement>, InputError> {
    of_table(&Table::read(text)?, inputs, qos)
}

/// The measurements of a table; see [`read`].
///
/// # Errors
/// Those of [`read`].
pub fn of_table(table: &Table, inputs: &[&str], qos: &str) -> Result<Vec<Measurement>, InputError> {
    let column = |name: &str| {
        table.position(name).ok_or_else(|| {
            let names: Vec<&str> = table.columns().iter().map(|column| &column.name[..]).collect();
            let found = format!("missing among {}", names.join(", "));
            let allowed = format!("a table with columns {}, {qos}", inputs.join(", "));
            InputError::new(format!("column {name}"), found, allowed)
        })
    };
    let input_columns =
        inputs.iter().map(|name| Ok((*name, column(name)?))).collect::<Result<Vec<_>, _>>()?;
    let qos_column = column(qos)?;
    let number = |row: usize, name: &str, column: usize| {
        let field = format!("line {}, column {name}", table.line(row));
        let value = table.number(row, column)?;
        let value = value.ok_or_else(|| InputError::new(field.clone(), "empty", "a number"))?;
        check_range(&field, value, 0.0, 1e12, "")?;
        Ok(value)
    };
    (0..table.len())
        .map(|row| {
            let inputs = input_columns
                .iter()
                .map(|(name, column)| number(row, name, *column))
                .collect::<Result<Vec<_>, InputError>>()?;
            Ok(Measurement { inputs, qos: number(row, qos, qos_column)? })
        })
        .collect()
}

/// The measurements of a table of numbers; a column goes by any of its `names` (traffic first, the QoS
/// last). Rows without a number in one of them are passed over.
///
/// # Errors
/// Names a missing column, or says that no row is complete.
pub fn of_numbers(
    table: &NumberTable,
    names: &[Vec<&str>],
) -> Result<Vec<Measurement>, InputError> {
    let is_called = |column: &str, names: &[&str]| {
        names.iter().any(|name| column.trim().eq_ignore_ascii_case(name))
    };
    let column = |names: &Vec<&str>| {
        let found = table.columns().iter().position(|column| is_called(&column.name, names));
        found.ok_or_else(|| {
            let given: Vec<&str> = table.columns().iter().map(|c| &c.name[..]).collect();
            let found = format!("missing among {}", given.join(", "));
            InputError::new(format!("column {}", names[0]), found, names.join(" or "))
        })
    };
    let columns = names.iter().map(column).collect::<Result<Vec<usize>, _>>()?;
    let rows = table.rows_complete(&columns).rows;
    if rows.is_empty() {
        return Err(InputError::new("table", "no row with all numbers", "at least one"));
    }
    let numbers = columns.iter().map(|column| table.numbers_of(&rows, *column));
    let numbers = numbers.collect::<Result<Vec<Vec<f64>>, _>>()?;
    let (qos, inputs) = numbers.split_last().ok_or_else(|| {
        InputError::new("columns", "none", "the traffic, each resource and the QoS")
    })?;
    let row = |(index, qos): (usize, &f64)| Measurement {
        inputs: inputs.iter().map(|column| column[index]).collect(),
        qos: *qos,
    };
    Ok(qos.iter().enumerate().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUTS: [&str; 3] = ["n_users", "cpu", "bw"];

    #[test]
    fn columns_are_found_by_name() {
        let rows = read("bw,x,cpu,qos,n_users\n5,a,500,1.5,2\n", &INPUTS, "qos").unwrap();
        assert_eq!(rows, [Measurement { inputs: vec![2.0, 500.0, 5.0], qos: 1.5 }]);
    }

    #[test]
    fn columns_of_numbers_go_by_any_of_their_names() {
        let names = [vec!["n_users", "traffic"], vec!["cpu"], vec!["bw", "bandwidth"], vec!["qos"]];
        let table = |text: &str| NumberTable::of(&Table::read(text).unwrap()).unwrap();
        let found =
            of_numbers(&table("Bandwidth,CPU,qos,traffic\n5,500,1.5,2\n6,,1,2\n"), &names).unwrap();
        assert_eq!(found, [Measurement { inputs: vec![2.0, 500.0, 5.0], qos: 1.5 }]);
        let error = |text: &str| of_numbers(&table(text), &names).unwrap_err().to_string();
        let text = error("cpu,bw,qos\n1,2,3\n");
        assert_eq!(
            text,
            "column n_users is missing among cpu, bw, qos; allowed: n_users or traffic"
        );
        let text = error("n_users,cpu,bw,qos\n1,2,3,\n1,,3,4\n");
        assert_eq!(text, "table is no row with all numbers; allowed: at least one");
    }

    #[test]
    fn damaged_tables_are_named() {
        let error = |text| read(text, &INPUTS, "qos").unwrap_err().field;
        assert_eq!(error("bw,cpu,n_users\n1,2,3\n"), "column qos");
        assert_eq!(error("bw,cpu,n_users,qos\n1,2,3,NaN\n"), "line 2, column qos");
        assert_eq!(error("bw,cpu,n_users,qos\n1,-2,3,1\n"), "line 2, column cpu");
        assert_eq!(error("bw,cpu,n_users,qos\n1,2,3,4\n1,2,3\n1,2,3,4\n"), "line 3");
        assert_eq!(error("bw,cpu,n_users,qos\n"), "table");
        assert_eq!(error(""), "table");
    }
}
