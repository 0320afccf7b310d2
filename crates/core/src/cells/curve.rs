//! What a slice's satisfaction is at each share.

use serde::{Deserialize, Serialize};

use crate::packed_numbers;

/// Satisfaction over the share for many slices. Between two points of a curve it is linear, exactly:
/// a rectified network is piecewise linear along any line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// Where each curve begins in `shares`, and at last where the last one ends: curves + 1 indices.
    pub offsets: Vec<u32>,
    /// Shares of each curve's points, ascending from 0 to 1.
    #[serde(with = "packed_numbers")]
    pub shares: Vec<f64>,
    /// Satisfaction at each of them, 0 to 1.
    #[serde(with = "packed_numbers")]
    pub satisfaction: Vec<f64>,
}

impl Curves {
    /// Number of curves.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there is no curve.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Shares and satisfactions of curve `index`.
    pub fn curve(&self, index: usize) -> (&[f64], &[f64]) {
        let range = self.offsets[index] as usize..self.offsets[index + 1] as usize;
        (&self.shares[range.clone()], &self.satisfaction[range])
    }

    /// Forgets all curves and keeps the memory.
    pub fn clear(&mut self) {
        self.offsets.clear();
        self.shares.clear();
        self.satisfaction.clear();
    }

    /// Appends a curve.
    pub fn push(&mut self, shares: &[f64], satisfaction: &[f64]) {
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        self.shares.extend_from_slice(shares);
        self.satisfaction.extend_from_slice(satisfaction);
        self.offsets.push(self.shares.len() as u32);
    }
}
