//! A table as a dialogue shows it: its first rows, and what each column was taken for.

use serde::{Deserialize, Serialize};

use super::Table;

/// Rows that are shown of a table.
pub const SHOWN_ROWS: usize = 5;

/// A column as a dialogue shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownColumn {
    /// Its name.
    pub name: String,
    /// What it was taken for, in words.
    pub role: String,
    /// Its first fields, at most [`SHOWN_ROWS`].
    pub first: Vec<String>,
}

impl Table {
    /// The columns with their first rows; `role` says what the column at an index was taken for.
    pub fn shown(&self, role: impl Fn(usize) -> &'static str) -> Vec<ShownColumn> {
        let rows = self.len().min(SHOWN_ROWS);
        let shown = |(index, column): (usize, &super::Column)| ShownColumn {
            name: column.name.clone(),
            role: role(index).to_owned(),
            first: (0..rows).map(|row| self.text(row, index).to_owned()).collect(),
        };
        self.columns.iter().enumerate().map(shown).collect()
    }
}
