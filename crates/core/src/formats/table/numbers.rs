//! The numbers of a table alone: what crosses from the reader to a page.

use serde::{Deserialize, Serialize};

use crate::error::InputError;
use crate::packed_numbers;

use super::{Column, CompleteRows, Table};

/// A table of which only the numbers are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NumberTable {
    columns: Vec<Column>,
    rows: usize,
    numbers: Vec<Numbers>,
}

/// The numbers of one column, NaN where there is none; nothing of a column of texts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Numbers(#[serde(with = "packed_numbers")] Vec<f64>);

impl PartialEq for Numbers {
    fn eq(&self, other: &Self) -> bool {
        let bits =
            |numbers: &Self| numbers.0.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
        bits(self) == bits(other)
    }
}

impl NumberTable {
    /// The numbers of `table`.
    ///
    /// # Errors
    /// Names the line and the column of a number of which the decimal sign cannot be known.
    pub fn of(table: &Table) -> Result<Self, InputError> {
        let numbers = |(index, column): (usize, &Column)| {
            if !column.numeric {
                return Ok(Numbers::default());
            }
            let number = |row| Ok(table.number(row, index)?.unwrap_or(f64::NAN));
            Ok(Numbers((0..table.len()).map(number).collect::<Result<_, InputError>>()?))
        };
        let numbers =
            table.columns().iter().enumerate().map(numbers).collect::<Result<_, InputError>>()?;
        Ok(Self { columns: table.columns().to_vec(), rows: table.len(), numbers })
    }

    /// The columns, from left to right.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The rows in which none of `columns` lacks its number; a column of texts lacks them all.
    pub fn rows_complete(&self, columns: &[usize]) -> CompleteRows {
        let complete =
            |row: &usize| columns.iter().all(|column| self.number(*row, *column).is_some());
        let rows: Vec<usize> = (0..self.rows).filter(complete).collect();
        CompleteRows { left_out: self.rows - rows.len(), rows }
    }

    /// The numbers of `column` in `rows`.
    ///
    /// # Errors
    /// Names the column that has no number in one of them.
    pub fn numbers_of(&self, rows: &[usize], column: usize) -> Result<Vec<f64>, InputError> {
        let number = |row: &usize| {
            self.number(*row, column).ok_or_else(|| {
                let name = self.columns.get(column).map_or("", |column| &column.name);
                InputError::new(
                    format!("column {name}"),
                    "without a number",
                    "a number in every row",
                )
            })
        };
        rows.iter().map(number).collect()
    }

    fn number(&self, row: usize, column: usize) -> Option<f64> {
        self.numbers.get(column)?.0.get(row).copied().filter(|number| number.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_table() {
        let table = Table::read("site,users,qos\nA,1,2.5\nB,,3\nC,4,-\n").unwrap();
        let numbers = NumberTable::of(&table).unwrap();
        assert_eq!((numbers.len(), numbers.columns()), (3, table.columns()));
        let complete = numbers.rows_complete(&[1, 2]);
        assert_eq!(complete, table.rows_complete(&[1, 2]));
        assert_eq!(numbers.numbers_of(&complete.rows, 2).unwrap(), [2.5]);
        assert!(numbers.numbers_of(&[1], 1).is_err() && numbers.numbers_of(&[0], 0).is_err());
        let json = serde_json::to_string(&numbers.columns()).unwrap();
        assert!(json.contains("users"), "{json}");
    }
}
