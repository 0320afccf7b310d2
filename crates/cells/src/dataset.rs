//! Rows that estimators learn from and are measured on.

pub mod colosseum;
pub mod kpi_records;
pub mod planned;
pub mod simulated;

use std::borrow::Cow;

use slicewise_core::card::fingerprint;

/// Rows of a share, a slice's features and the satisfaction that came of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CellRows {
    /// Inputs per row: the share and the features.
    pub width: usize,
    /// Rows `[share, features..]` in the order and the units of the estimator's card.
    pub inputs: Vec<f64>,
    /// Satisfaction of each row, 0 to 1.
    pub satisfaction: Vec<f64>,
    /// Satisfaction of the same slice in the step before, 1 where none was measured.
    pub previous: Vec<f64>,
    /// The service of each row, as its source numbers it.
    pub services: Vec<u32>,
    /// The run that each row belongs to, or the experiment where several runs make up one: its rows
    /// are alike, and are held back together.
    pub runs: Vec<u32>,
}

impl CellRows {
    /// No rows of `width` inputs.
    pub fn new(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.satisfaction.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.satisfaction.is_empty()
    }

    /// Inputs of row `index`.
    pub fn row(&self, index: usize) -> &[f64] {
        &self.inputs[index * self.width..][..self.width]
    }

    /// Features of all rows, row by row, without the shares.
    pub fn features(&self) -> Vec<f64> {
        self.inputs.chunks_exact(self.width).flat_map(|row| &row[1..]).copied().collect()
    }

    /// Appends all rows of `more`.
    pub fn append(&mut self, more: &Self) {
        self.inputs.extend_from_slice(&more.inputs);
        self.satisfaction.extend_from_slice(&more.satisfaction);
        self.previous.extend_from_slice(&more.previous);
        self.services.extend_from_slice(&more.services);
        self.runs.extend_from_slice(&more.runs);
    }

    /// The rows for an estimator of `width` inputs, which reads the first ones; all of them where there
    /// are no more.
    pub fn narrowed(&self, width: usize) -> Cow<'_, Self> {
        if self.width <= width {
            return Cow::Borrowed(self);
        }
        let rows = self.inputs.chunks_exact(self.width);
        Cow::Owned(Self {
            width,
            inputs: rows.flat_map(|row| &row[..width]).copied().collect(),
            satisfaction: self.satisfaction.clone(),
            previous: self.previous.clone(),
            services: self.services.clone(),
            runs: self.runs.clone(),
        })
    }

    /// The rows whose run is `wanted`.
    pub fn of_runs(&self, wanted: impl Fn(u32) -> bool) -> Self {
        let mut rows = Self::new(self.width);
        for index in (0..self.len()).filter(|index| wanted(self.runs[*index])) {
            rows.inputs.extend_from_slice(self.row(index));
            rows.satisfaction.push(self.satisfaction[index]);
            rows.previous.push(self.previous[index]);
            rows.services.push(self.services[index]);
            rows.runs.push(self.runs[index]);
        }
        rows
    }

    /// Smallest and largest value of each input.
    pub fn ranges(&self) -> Vec<(f64, f64)> {
        let mut ranges = vec![(f64::INFINITY, f64::NEG_INFINITY); self.width];
        for row in self.inputs.chunks_exact(self.width.max(1)) {
            for ((lowest, highest), value) in ranges.iter_mut().zip(row) {
                (*lowest, *highest) = (lowest.min(*value), highest.max(*value));
            }
        }
        ranges
    }

    /// FNV-1a fingerprint of inputs and satisfactions, 16 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let numbers = self.inputs.iter().chain(&self.satisfaction);
        fingerprint(&numbers.flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
    }
}
