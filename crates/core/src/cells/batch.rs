//! Many cells' questions, column by column.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::error::{InputError, check_range};
use crate::packed_numbers;

use super::MOST_SLICES;

/// The slices of many cells, cell after cell, ready for an estimator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CellBatch {
    /// Features per slice: the estimator's inputs without the share.
    pub width: usize,
    /// Index of each cell's first slice, and at last the number of slices: cells + 1 indices.
    pub offsets: Vec<u32>,
    /// Features, slice by slice, in the order and the units of the estimator's card.
    #[serde(with = "packed_numbers")]
    pub features: Vec<f64>,
    /// Traffic of each slice in Mbit/s over all its users, for [`super::Scheme::Traffic`].
    #[serde(with = "packed_numbers")]
    pub traffic_mbps: Vec<f64>,
    /// Weight of each slice, 0 or more, for [`super::Objective::WeightedSum`].
    #[serde(with = "packed_numbers")]
    pub weights: Vec<f64>,
    /// Least share of each slice, 0 to 1; those of one cell sum to at most 1.
    #[serde(with = "packed_numbers")]
    pub minimum_shares: Vec<f64>,
    /// Share of each slice in the step before, where searches start; empty where there is none.
    #[serde(with = "packed_numbers")]
    pub previous_shares: Vec<f64>,
}

impl CellBatch {
    /// An empty batch of slices with `width` features.
    pub fn new(width: usize) -> Self {
        Self { width, offsets: vec![0], ..Self::default() }
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of slices of all cells.
    pub fn slices(&self) -> usize {
        self.offsets.last().map_or(0, |end| *end as usize)
    }

    /// The slices of cell `index`.
    pub fn range(&self, index: usize) -> std::ops::Range<usize> {
        self.offsets[index] as usize..self.offsets[index + 1] as usize
    }

    /// Features of slice `slice`, counted over all cells.
    pub fn features_of(&self, slice: usize) -> &[f64] {
        &self.features[slice * self.width..(slice + 1) * self.width]
    }

    /// Appends a slice to the cell that [`Self::end_cell`] will close; it has weight 1 and no minimum.
    pub fn push_slice(&mut self, features: &[f64], traffic_mbps: f64) {
        self.push_slice_with(features, traffic_mbps, 1.0, 0.0);
    }

    /// The same with a weight, 0 or more, and a least share, 0 to 1.
    pub fn push_slice_with(
        &mut self,
        features: &[f64],
        traffic_mbps: f64,
        weight: f64,
        minimum_share: f64,
    ) {
        self.features.extend_from_slice(features);
        self.traffic_mbps.push(traffic_mbps);
        self.weights.push(weight);
        self.minimum_shares.push(minimum_share);
    }

    /// Closes the cell whose slices were pushed last.
    pub fn end_cell(&mut self) {
        self.offsets.push(self.traffic_mbps.len() as u32);
    }

    /// The cells of `cells` as a batch of their own.
    pub fn part(&self, cells: std::ops::Range<usize>) -> Self {
        let offsets = &self.offsets[cells.start..=cells.end];
        let start = offsets[0];
        let slices = start as usize..self.offsets[cells.end] as usize;
        let previous = match self.previous_shares.is_empty() {
            true => Vec::new(),
            false => self.previous_shares[slices.clone()].to_vec(),
        };
        Self {
            width: self.width,
            offsets: offsets.iter().map(|offset| offset - start).collect(),
            features: self.features[slices.start * self.width..slices.end * self.width].to_vec(),
            traffic_mbps: self.traffic_mbps[slices.clone()].to_vec(),
            weights: self.weights[slices.clone()].to_vec(),
            minimum_shares: self.minimum_shares[slices].to_vec(),
            previous_shares: previous,
        }
    }

    /// The batch for an estimator of `width` features, which reads the first ones.
    ///
    /// # Errors
    /// Says that there are fewer.
    pub fn narrowed(&self, width: usize) -> Result<Cow<'_, Self>, InputError> {
        if self.width == width {
            return Ok(Cow::Borrowed(self));
        }
        if self.width < width {
            let allowed = format!("at least {width}, as the estimator has");
            return Err(InputError::new("features per slice", self.width, allowed));
        }
        self.validate_lengths()?;
        let rows = self.features.chunks_exact(self.width);
        Ok(Cow::Owned(Self {
            width,
            features: rows.flat_map(|row| &row[..width]).copied().collect(),
            offsets: self.offsets.clone(),
            traffic_mbps: self.traffic_mbps.clone(),
            weights: self.weights.clone(),
            minimum_shares: self.minimum_shares.clone(),
            previous_shares: self.previous_shares.clone(),
        }))
    }

    /// Checks that all columns fit together and every number is in range.
    ///
    /// # Errors
    /// Names the cell and the slice of the first number that is not.
    pub fn validate(&self, width: usize) -> Result<(), InputError> {
        if self.width != width {
            let allowed = format!("{width}, as the estimator has");
            return Err(InputError::new("features per slice", self.width, allowed));
        }
        self.validate_lengths()?;
        for cell in 0..self.len() {
            self.validate_cell(cell).map_err(|error| error.within(&format!("cells[{cell}]")))?;
        }
        Ok(())
    }

    fn validate_lengths(&self) -> Result<(), InputError> {
        let slices = self.slices();
        let ascending = self.offsets.windows(2).all(|pair| pair[0] <= pair[1]);
        if self.offsets.first() != Some(&0) || !ascending {
            return Err(InputError::new("offsets", "unordered", "ascending from 0"));
        }
        let columns = [
            ("features", self.features.len(), slices * self.width),
            ("traffic_mbps", self.traffic_mbps.len(), slices),
            ("weights", self.weights.len(), slices),
            ("minimum_shares", self.minimum_shares.len(), slices),
        ];
        for (name, found, wanted) in columns {
            if found != wanted {
                return Err(InputError::new(name, format!("{found} numbers"), wanted.to_string()));
            }
        }
        let previous = self.previous_shares.len();
        if previous != 0 && previous != slices {
            let allowed = format!("0 or {slices}");
            return Err(InputError::new("previous_shares", format!("{previous} numbers"), allowed));
        }
        Ok(())
    }

    fn validate_cell(&self, cell: usize) -> Result<(), InputError> {
        let range = self.range(cell);
        check_range("slices", range.len() as f64, 1.0, MOST_SLICES as f64, "slices")?;
        for slice in range.clone() {
            let field = |name: &str| format!("slices[{}].{name}", slice - range.start);
            if let Some(value) = self.features_of(slice).iter().find(|value| !value.is_finite()) {
                return Err(InputError::new(field("features"), value, "finite numbers"));
            }
            check_range(&field("traffic_mbps"), self.traffic_mbps[slice], 0.0, 1e9, "Mbit/s")?;
            check_range(&field("weight"), self.weights[slice], 0.0, 1e6, "")?;
            check_range(&field("minimum_share"), self.minimum_shares[slice], 0.0, 1.0, "")?;
        }
        let minimum: f64 = self.minimum_shares[range.clone()].iter().sum();
        check_range("sum of minimum_share", minimum, 0.0, 1.0 + 1e-9, "")?;
        let weight: f64 = self.weights[range].iter().sum();
        if weight <= 0.0 {
            return Err(InputError::new("sum of weight", weight, "more than 0"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimator_of_fewer_features_reads_the_first_ones() {
        let mut batch = CellBatch::new(3);
        batch.push_slice(&[1.0, 2.0, 3.0], 4.0);
        batch.push_slice(&[5.0, 6.0, 7.0], 8.0);
        batch.end_cell();
        let narrowed = batch.narrowed(2).unwrap();
        assert_eq!(narrowed.features, [1.0, 2.0, 5.0, 6.0]);
        assert_eq!((narrowed.width, &narrowed.traffic_mbps), (2, &batch.traffic_mbps));
        assert!(matches!(batch.narrowed(3), Ok(Cow::Borrowed(_))));
        assert_eq!(batch.narrowed(4).unwrap_err().field, "features per slice");
    }
}
