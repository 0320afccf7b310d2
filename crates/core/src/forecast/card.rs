//! The model card of a forecaster and of the loss that it learned with.

use serde::{Deserialize, Serialize};

use crate::card::{LARGEST, check_layers, check_quantity, model_card};
use crate::error::{InputError, check_range};

use super::admission::{AdmissionTerms, MOST_SLICES};
use super::agreement::ServiceAgreement;

model_card! {
    /// What a pair of networks is. Its task is `demand-reservation`, or `slice-admission` where slices
    /// share a capacity and may be rejected.
    pub struct ForecasterCard read as "a forecaster's model card" with metrics f64 {
        /// Agreement whose costs were measured for `demand-reservation`; none where they were recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub agreement: Option<ServiceAgreement>,
        /// Terms under which the costs of `slice-admission` were measured, capacity included.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub admission_terms: Option<AdmissionTerms>,
        /// The demand of each slice.
        pub slices: Vec<ForecastSlice>,
        /// Step of the demand in minutes.
        pub step_minutes: u32,
        /// Past samples that a decision is made from.
        pub look_back: usize,
        /// Units of the regressor's LSTM layers.
        pub regressor: Vec<usize>,
        /// Units of the loss network's hidden layers; empty where the file holds none.
        pub loss: Vec<usize>,
        /// Losses on which other regressors of this size learned from the same demand, for comparison; the
        /// weight file holds them too.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub rivals: Vec<RivalLoss>,
        /// Mean of the costs that the loss network's output is standardised by.
        pub cost_mean: f64,
        /// Their deviation.
        pub cost_deviation: f64,
        /// What was learned to be cheap: `cost` per step in the agreement's currency.
        pub objective: String,
    }
}

/// A loss written by hand, on which a regressor learns for comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RivalLoss {
    /// DeepCog's alpha-OMC under the agreement's prices.
    AlphaOmc,
    /// Absolute error.
    AbsoluteError,
    /// Pinball loss at the newsvendor quantile.
    Pinball,
}

impl RivalLoss {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::AlphaOmc, Self::AbsoluteError, Self::Pinball];

    /// The name in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AlphaOmc => "alpha-omc",
            Self::AbsoluteError => "absolute-error",
            Self::Pinball => "pinball",
        }
    }
}

/// The demand of one slice, as the networks were trained on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastSlice {
    /// Name of the service.
    pub name: String,
    /// Unit of the demand.
    pub unit: String,
    /// Mean demand.
    pub mean: f64,
    /// Deviation of the demand.
    pub deviation: f64,
    /// Root mean square of the change from one step to the next.
    pub change: f64,
    /// Largest demand.
    pub peak: f64,
}

/// The most layers of either network.
const MOST_LAYERS: usize = 8;
/// The most units of a layer.
const MOST_UNITS: usize = 512;

impl ForecasterCard {
    /// Checks the forecaster's own part.
    fn validate_own(&self) -> Result<(), InputError> {
        self.validate_task()?;
        check_range("slices", self.slices.len() as f64, 1.0, MOST_SLICES as f64, "slices")?;
        for (index, slice) in self.slices.iter().enumerate() {
            slice.validate().map_err(|error| error.within(&format!("slices[{index}]")))?;
        }
        check_range("step_minutes", f64::from(self.step_minutes), 1.0, 1440.0, "minutes")?;
        check_range("look_back", self.look_back as f64, 1.0, 1000.0, "samples")?;
        check_layers("regressor", &self.regressor, 1..=MOST_LAYERS, MOST_UNITS)?;
        check_layers("loss", &self.loss, 0..=MOST_LAYERS, MOST_UNITS)?;
        check_range("cost_mean", self.cost_mean, -LARGEST, LARGEST, "")?;
        check_range("cost_deviation", self.cost_deviation, 1e-12, LARGEST, "")
    }

    fn validate_task(&self) -> Result<(), InputError> {
        if let Some(agreement) = &self.agreement {
            agreement.validate().map_err(|error| error.within("agreement"))?;
        }
        let comparable = self.agreement.is_some() && self.slices.len() == 1;
        let distinct = self.rivals.iter().enumerate().all(|(i, r)| !self.rivals[..i].contains(r));
        if !(distinct && (comparable || self.rivals.is_empty())) {
            let found = self.rivals.iter().map(|rival| rival.as_str()).collect::<Vec<_>>();
            let allowed = "each once, for one slice under an agreement";
            return Err(InputError::new("rivals", found.join(", "), allowed));
        }
        match (self.task.as_str(), &self.admission_terms) {
            ("demand-reservation", None) => Ok(()),
            ("slice-admission", Some(terms)) if terms.scales.len() == self.slices.len() => {
                terms.validate().map_err(|error| error.within("admission_terms"))
            }
            ("slice-admission", Some(terms)) => {
                let allowed = format!("{} scales, as there are slices", self.slices.len());
                Err(InputError::new("admission_terms.scales", terms.scales.len(), allowed))
            }
            _ => {
                let allowed = "demand-reservation, or slice-admission with admission_terms";
                Err(InputError::new("task", &self.task, allowed))
            }
        }
    }
}

impl ForecastSlice {
    fn validate(&self) -> Result<(), InputError> {
        check_quantity(&self.name, &self.unit)?;
        check_range("mean", self.mean, 0.0, LARGEST, &self.unit)?;
        for (field, value) in
            [("deviation", self.deviation), ("change", self.change), ("peak", self.peak)]
        {
            check_range(field, value, 1e-12, LARGEST, &self.unit)?;
        }
        Ok(())
    }
}
