//! The flags by which commands are told what a step costs.

use slicewise_core::forecast::{ALPHA, DemandSeries, ServiceAgreement};

/// Share of a trace, its last part, that is held back unless told otherwise.
pub const USUAL_HELD_BACK: f64 = 1.0 / 3.0;

/// What a step costs.
#[derive(clap::Args, Debug)]
pub struct AgreementOptions {
    /// Revenue of a step that is served in full [default: the peak of the demand before the part that
    /// is held back].
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
        let peak = known(series, held_back).iter().copied().fold(0.0, f64::max);
        let usual = 0.5 * ALPHA * peak * self.overprovisioning_price;
        ServiceAgreement {
            revenue: self.revenue.unwrap_or(usual),
            penalty: self.penalty.unwrap_or(usual),
            overprovisioning_price: self.overprovisioning_price,
        }
    }
}

/// Demand before the part of the trace that is held back.
pub fn known(series: &DemandSeries, held_back: f64) -> &[f64] {
    let steps = series.values.len();
    &series.values[..steps - ((held_back * steps as f64) as usize).min(steps)]
}
