//! The numbers of a table alone: what crosses from the reader to a page.

use serde::{Deserialize, Serialize};

use crate::error::InputError;
use crate::packed_numbers;

use super::{Column, CompleteRows, Table};

/// A table of which only the numbers are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Crossing", into = "Crossing")]
pub struct NumberTable {
    columns: Vec<NumberColumn>,
    rows: usize,
    numbers: Vec<Numbers>,
}

/// A column of a table of numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NumberColumn {
    /// Its name.
    pub name: String,
    /// Whether it holds numbers and nothing else.
    pub numeric: bool,
    /// Smallest number, where it is numeric.
    pub minimum: Option<f64>,
    /// Largest number, where it is numeric.
    pub maximum: Option<f64>,
    /// Rows without a number.
    pub missing: usize,
}

/// What crosses: the rest follows from it.
#[derive(Serialize, Deserialize)]
struct Crossing {
    names: Vec<String>,
    rows: usize,
    numbers: Vec<Numbers>,
}

impl From<NumberTable> for Crossing {
    fn from(table: NumberTable) -> Self {
        let names = table.columns.into_iter().map(|column| column.name).collect();
        Self { names, rows: table.rows, numbers: table.numbers }
    }
}

impl From<Crossing> for NumberTable {
    fn from(Crossing { names, rows, numbers }: Crossing) -> Self {
        let column = |(name, Numbers(numbers)): (String, &Numbers)| {
            let (mut minimum, mut maximum, mut missing) = (f64::INFINITY, f64::NEG_INFINITY, 0);
            for number in numbers {
                if number.is_finite() {
                    (minimum, maximum) = (minimum.min(*number), maximum.max(*number));
                } else {
                    missing += 1;
                }
            }
            let numeric = minimum <= maximum;
            let (minimum, maximum) = (numeric.then_some(minimum), numeric.then_some(maximum));
            NumberColumn { name, numeric, minimum, maximum, missing }
        };
        let columns = names.into_iter().zip(&numbers).map(column).collect();
        Self { columns, rows, numbers }
    }
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
        let names = table.columns().iter().map(|column| column.name.clone()).collect();
        Ok(Crossing { names, rows: table.len(), numbers }.into())
    }

    /// The columns, from left to right.
    pub fn columns(&self) -> &[NumberColumn] {
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
        for (column, of_table) in numbers.columns().iter().zip(table.columns()) {
            assert_eq!(column.name, of_table.name);
            assert_eq!((column.minimum, column.maximum), (of_table.minimum, of_table.maximum));
            assert_eq!(column.numeric, of_table.numeric);
        }
        assert_eq!((numbers.len(), numbers.columns()[1].missing), (3, 1));
        let complete = numbers.rows_complete(&[1, 2]);
        assert_eq!(complete, table.rows_complete(&[1, 2]));
        assert_eq!(numbers.numbers_of(&complete.rows, 2).unwrap(), [2.5]);
        assert!(numbers.numbers_of(&[1], 1).is_err() && numbers.numbers_of(&[0], 0).is_err());
    }
}
