//! The flags by which commands are told what a step costs.

use slicewise_core::forecast::reservation::Terms;
use slicewise_core::forecast::{DemandSeries, ServiceAgreement};
use slicewise_forecast::reservation::problem::steps_before;
use slicewise_forecast::windows::Scale;

/// Share of a trace, its last part, that is held back unless told otherwise.
pub const USUAL_HELD_BACK: f64 = 1.0 / 3.0;

/// What a step costs.
#[derive(clap::Args, Debug)]
pub struct AgreementOptions {
    /// Revenue of a step that is served in full [default: the peak of the demand before the part that
    /// is held back, 1 where there was none].
    #[arg(long)]
    pub revenue: Option<f64>,
    /// Penalty of a step that is not [default: that peak].
    #[arg(long)]
    pub penalty: Option<f64>,
    /// Price of a unit that was reserved and not used, per step.
    #[arg(long, default_value_t = 1.0)]
    pub overprovisioning_price: f64,
}

impl AgreementOptions {
    /// The agreement on `series`, whose last part, the share `held_back`, sets no price.
    pub fn of(&self, series: &DemandSeries, held_back: f64) -> ServiceAgreement {
        let peak = Scale::of(known(series, held_back)).peak;
        let usual = Terms::default().agreement(peak * self.overprovisioning_price);
        ServiceAgreement {
            revenue: self.revenue.unwrap_or(usual.revenue),
            penalty: self.penalty.unwrap_or(usual.penalty),
            overprovisioning_price: self.overprovisioning_price,
        }
    }
}

/// Demand before the part of the trace that is held back.
pub fn known(series: &DemandSeries, held_back: f64) -> &[f64] {
    &series.values[..steps_before(series, held_back)]
}

#[cfg(test)]
mod tests {
    use slicewise_forecast::reservation::problem::Trace;

    use super::*;

    const USUAL: AgreementOptions =
        AgreementOptions { revenue: None, penalty: None, overprovisioning_price: 1.0 };

    #[test]
    fn a_trace_of_zeros_has_the_agreement_that_the_page_has_for_it() {
        for value in [0.0, 7.5] {
            let series = DemandSeries {
                name: "flat".to_owned(),
                unit: "Mbit/s".to_owned(),
                step_minutes: 5,
                start_minute: 0,
                values: vec![value; 100],
                filled: Vec::new(),
            };
            let ours = USUAL.of(&series, USUAL_HELD_BACK);
            assert_eq!(ours.validate(), Ok(()), "{value}");
            let peak = Trace::of(series).unwrap().peak();
            assert_eq!(ours, Terms::default().agreement(peak), "{value}");
        }
    }
}
