//! Tables of QoS measurements, as the networks are trained on.

use crate::error::{InputError, check_range};

/// One measured second: the network's inputs in order (traffic first) and the QoS.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// Traffic, then the resources.
    pub inputs: Vec<f64>,
    /// Measured QoS.
    pub qos: f64,
}

/// Reads the columns `inputs` (traffic first) and `qos` of a CSV table with a header row.
/// Other columns are passed over.
///
/// # Errors
/// Names a missing column, or the row and column of a value that is not a number, not finite or
/// negative, or says that the table holds no row.
pub fn read(text: &str, inputs: &[&str], qos: &str) -> Result<Vec<Measurement>, InputError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header =
        reader.headers().map_err(|e| InputError::new("header", e, "a header row"))?.clone();
    let column = |name: &str| {
        header.iter().position(|h| h == name).ok_or_else(|| {
            InputError::new(
                format!("column {name}"),
                format!("missing among {}", header.iter().collect::<Vec<_>>().join(", ")),
                format!("a table with columns {}, {qos}", inputs.join(", ")),
            )
        })
    };
    let input_columns =
        inputs.iter().map(|name| Ok((*name, column(name)?))).collect::<Result<Vec<_>, _>>()?;
    let qos_column = column(qos)?;
    let mut rows = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let line = index + 2;
        let record = record.map_err(|error| {
            InputError::new(format!("line {line}"), error, format!("{} fields", header.len()))
        })?;
        let number = |name: &str, position: usize| {
            let field = format!("line {line}, column {name}");
            let text = record.get(position).unwrap_or_default();
            let value: f64 =
                text.parse().map_err(|_| InputError::new(field.clone(), text, "a number"))?;
            check_range(&field, value, 0.0, 1e12, "")?;
            Ok(value)
        };
        let inputs = input_columns
            .iter()
            .map(|(name, position)| number(name, *position))
            .collect::<Result<Vec<_>, InputError>>()?;
        rows.push(Measurement { inputs, qos: number(qos, qos_column)? });
    }
    if rows.is_empty() {
        return Err(InputError::new("table", "without a row", "at least one row of measurements"));
    }
    Ok(rows)
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
    fn damaged_tables_are_named() {
        let error = |text| read(text, &INPUTS, "qos").unwrap_err().field;
        assert_eq!(error("bw,cpu,n_users\n1,2,3\n"), "column qos");
        assert_eq!(error("bw,cpu,n_users,qos\n1,2,3,NaN\n"), "line 2, column qos");
        assert_eq!(error("bw,cpu,n_users,qos\n1,-2,3,1\n"), "line 2, column cpu");
        assert_eq!(error("bw,cpu,n_users,qos\n1,2,3,4\n1,2,3\n"), "line 3");
        assert_eq!(error("bw,cpu,n_users,qos\n"), "table");
        assert_eq!(error(""), "column n_users");
    }
}
