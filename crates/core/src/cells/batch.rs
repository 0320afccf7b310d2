//! Many cells' questions, column by column.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::error::{InputError, check_range};
use crate::packed_numbers;

use super::MOST_SLICES;

/// Least share of a slice that nobody uses, where others have one: users may come, and the policies of
/// the standards are whole percent.
pub const IDLE_SHARE: f64 = 0.01;

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

    /// Lifts the minimum shares of the slices that have users to `least_share`, 0 to 1, and those of
    /// the others to [`IDLE_SHARE`] or that where it is less; or as far as the minima of their cell
    /// leave room for. `users` are the places of the numbers of users among the features; without any,
    /// every slice counts as one that has users.
    pub fn lift_minimum_shares(&mut self, least_share: f64, users: &[usize]) {
        for cell in 0..self.len() {
            let range = self.range(cell);
            self.lift(range.clone(), least_share.min(IDLE_SHARE), |_, _| true);
            self.lift(range, least_share, |batch, slice| batch.has_users(slice, users));
        }
    }

    /// Lifts the minima of the slices of a cell that are `meant` to one level.
    fn lift(
        &mut self,
        range: std::ops::Range<usize>,
        least_share: f64,
        meant: impl Fn(&Self, usize) -> bool,
    ) {
        let free = 1.0 - self.minimum_shares[range.clone()].iter().sum::<f64>();
        let mut level = least_share;
        // Each round finds fewer slices below a lower level.
        for _ in range.clone() {
            let below = range
                .clone()
                .filter(|slice| self.minimum_shares[*slice] < level && meant(self, *slice));
            let (count, sum) = below.fold((0.0, 0.0), |(count, sum), slice| {
                (count + 1.0, sum + self.minimum_shares[slice])
            });
            if count == 0.0 || count * level - sum <= free {
                break;
            }
            level = (free + sum) / count;
        }
        for slice in range {
            if self.minimum_shares[slice] < level && meant(self, slice) {
                self.minimum_shares[slice] = level;
            }
        }
    }

    /// Forgets what was measured of the last step, at `places` of the features, of the slices that are
    /// `meant`.
    pub fn forget_last_step(&mut self, places: &[usize], meant: impl Fn(&[f64]) -> bool) {
        for features in self.features.chunks_exact_mut(self.width.max(1)) {
            if meant(features) {
                places.iter().for_each(|place| features[*place] = 0.0);
            }
        }
    }

    /// Whether slice `slice` has had users in one of its past states.
    fn has_users(&self, slice: usize, users: &[usize]) -> bool {
        let features = self.features_of(slice);
        users.is_empty() || users.iter().any(|index| features[*index] > 0.0)
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

    fn lifted(minima: &[f64], users: &[f64], least_share: f64) -> Vec<f64> {
        let mut batch = CellBatch::new(2);
        for (minimum, users) in minima.iter().zip(users) {
            batch.push_slice_with(&[*users, 0.5], 1.0, 1.0, *minimum);
        }
        batch.end_cell();
        batch.lift_minimum_shares(least_share, &[0]);
        batch.minimum_shares
    }

    #[test]
    fn slices_with_users_get_the_least_share_and_the_others_keep_their_minima() {
        let minima = lifted(&[0.0, 0.3, 0.0, 0.02], &[1.0, 1.0, 0.0, 0.1], 0.05);
        assert_eq!(minima, [0.05, 0.3, IDLE_SHARE, 0.05]);
        assert_eq!(lifted(&[0.0, 0.0], &[1.0, 1.0], 0.0), [0.0, 0.0]);
    }

    #[test]
    fn least_shares_are_lowered_to_what_the_minima_leave() {
        let minima = lifted(&[0.9, 0.0, 0.04, 0.0], &[1.0; 4], 0.05);
        // 0.1 for three slices, one of which has more than a third of it by itself.
        for (found, expected) in minima.iter().zip([0.9, 0.03, 0.04, 0.03]) {
            assert!((found - expected).abs() < 1e-15, "{minima:?}");
        }
        assert_eq!(lifted(&[1.0, 0.0], &[1.0; 2], 0.25), [1.0, 0.0]);
        let sixteen = lifted(&[0.0; 16], &[2.0; 16], 0.25);
        assert!(sixteen.iter().all(|share| (share - 1.0 / 16.0).abs() < 1e-15), "{sixteen:?}");
    }

    #[test]
    fn the_last_step_of_some_slices_is_forgotten() {
        let mut batch = CellBatch::new(3);
        batch.push_slice(&[1.0, 2.0, 3.0], 1.0);
        batch.push_slice(&[4.0, 5.0, 6.0], 1.0);
        batch.end_cell();
        batch.forget_last_step(&[1, 2], |features| features[0] > 2.0);
        assert_eq!(batch.features, [1.0, 2.0, 3.0, 4.0, 0.0, 0.0]);
    }

    #[test]
    fn without_a_number_of_users_every_slice_counts_as_one_that_has_them() {
        let mut batch = CellBatch::new(1);
        batch.push_slice(&[0.0], 0.0);
        batch.end_cell();
        batch.lift_minimum_shares(0.1, &[]);
        assert_eq!(batch.minimum_shares, [0.1]);
    }
}
