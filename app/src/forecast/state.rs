//! The question of the Forecast view and what is shown of its answer: all that a link carries.

use serde::{Deserialize, Serialize};
use slicewise_core::InputError;
use slicewise_core::error::check_range;
use slicewise_core::forecast::DEMAND_SEED;
use slicewise_core::forecast::ServiceName;
use slicewise_core::forecast::admission_plan::SharedTerms;
use slicewise_core::forecast::explorer::Level;
use slicewise_core::forecast::reservation::Terms;

use crate::shell::link_text::check_seed;

/// The most of revenue and penalty that the page offers, in units of the peak.
pub const MOST_OF_PEAK: f64 = 100.0;
/// The highest over-provisioning price that the page offers.
pub const MOST_PRICE: f64 = 100.0;
/// What the shared capacity may be, as a share of the sum of the slices' scales.
pub const CAPACITY_SHARES: (f64, f64) = (0.02, 2.0);
/// What ra may be.
pub const STEEPNESSES: (f64, f64) = (-1000.0, -1.0);
/// What rb may be.
pub const OFFSETS: (f64, f64) = (-10.0, 10.0);
/// The last day that a link can name; days beyond the test show its last one.
const LAST_DAY: usize = 2000;

/// The tabs below the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tab {
    /// Demand and reservation.
    #[default]
    Reservation,
    /// All methods side by side.
    Methods,
    /// Four slices under one capacity.
    Admission,
    /// What the loss networks have learned.
    Loss,
    /// Training of both networks.
    Learn,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastState {
    /// The generated service; an imported trace is not in the link.
    pub service: ServiceName,
    /// Seed of its demand.
    pub seed: u64,
    /// What a step costs.
    pub terms: Terms,
    /// The four slices' terms.
    #[serde(default)]
    pub shared: SharedTerms,
    /// The slice of the loss surface, from 0.
    #[serde(default)]
    pub slice: usize,
    /// Demand of the other slices there.
    #[serde(default)]
    pub others: Level,
    /// The tab that is open.
    pub tab: Tab,
    /// The test day in detail, from 0.
    pub day: usize,
}

impl Default for ForecastState {
    fn default() -> Self {
        Self {
            service: ServiceName::VideoStreaming,
            seed: DEMAND_SEED,
            terms: Terms::default(),
            shared: SharedTerms::default(),
            slice: 0,
            others: Level::Medium,
            tab: Tab::Reservation,
            day: 0,
        }
    }
}

impl ForecastState {
    /// Checks every field.
    ///
    /// # Errors
    /// Names the first one that cannot be used.
    pub fn validate(&self) -> Result<(), InputError> {
        check_seed(self.seed)?;
        let Terms { revenue, penalty, overprovisioning_price } = self.terms;
        let within = |error: InputError| error.within("terms");
        check_range("revenue", revenue, 0.0, MOST_OF_PEAK, "of the peak").map_err(within)?;
        check_range("penalty", penalty, 0.0, MOST_OF_PEAK, "of the peak").map_err(within)?;
        check_range("overprovisioning_price", overprovisioning_price, 0.0, MOST_PRICE, "")
            .map_err(within)?;
        if revenue + penalty <= 0.0 {
            return Err(InputError::new("revenue + penalty", 0, "more than 0"));
        }
        self.validate_shared().map_err(|error| error.within("shared"))?;
        let slices = ServiceName::ALL.len() as f64;
        check_range("slice", self.slice as f64, 0.0, slices - 1.0, "")?;
        check_range("day", self.day as f64, 0.0, LAST_DAY as f64, "")
    }

    fn validate_shared(&self) -> Result<(), InputError> {
        let SharedTerms { capacity_share, steepness, offset } = self.shared;
        let (least, most) = CAPACITY_SHARES;
        check_range("capacity_share", capacity_share, least, most, "of the scales")?;
        check_range("steepness", steepness, STEEPNESSES.0, STEEPNESSES.1, "")?;
        check_range("offset", offset, OFFSETS.0, OFFSETS.1, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opening_state_is_valid() {
        assert_eq!(ForecastState::default().validate(), Ok(()));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let field = |change: fn(&mut ForecastState)| {
            let mut state = ForecastState::default();
            change(&mut state);
            state.validate().unwrap_err().field
        };
        assert_eq!(field(|state| state.terms.revenue = -1.0), "terms.revenue");
        assert_eq!(field(|state| state.terms.penalty = f64::NAN), "terms.penalty");
        assert_eq!(
            field(|state| state.terms.overprovisioning_price = 1e9),
            "terms.overprovisioning_price"
        );
        assert_eq!(
            field(|state| (state.terms.revenue, state.terms.penalty) = (0.0, 0.0)),
            "revenue + penalty"
        );
        assert_eq!(field(|state| state.shared.steepness = 3.0), "shared.steepness");
        assert_eq!(field(|state| state.slice = 4), "slice");
        assert_eq!(field(|state| state.day = 9999), "day");
        assert_eq!(field(|state| state.seed = u64::MAX), "seed");
    }
}
