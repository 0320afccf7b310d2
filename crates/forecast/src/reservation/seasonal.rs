//! Methods that stand on forecasts without a network.

use slicewise_core::forecast::ServiceAgreement;
use slicewise_core::forecast::reservation::ReservationMethod;
use slicewise_optim::{Halted, Monitor};

use super::problem::Trace;
use crate::baselines::{COVERED_SHARE, HoltWinters, margin, seasonal_naive};
use crate::explorer::curves::best_margin;
use crate::losses::{ExpertLoss, newsvendor_quantile};

/// Margins that are tried, from none to half of the peak.
const MARGINS: usize = 200;

/// One-step forecasts of a whole trace without a network.
#[derive(Debug)]
pub struct Seasonal {
    pub(super) holt_winters: Vec<f64>,
    /// Holt-Winters' forecast for the step after the trace.
    pub(super) next_holt_winters: f64,
    naive: Vec<f64>,
}

/// Reservations over the test by one method.
pub type Reserved = (ReservationMethod, Vec<f64>);

impl Seasonal {
    /// The forecasts of `trace`; none where less than two days come before the test.
    ///
    /// # Errors
    /// Says that `monitor` stopped it.
    pub async fn of(trace: &Trace, monitor: &impl Monitor) -> Result<Option<Self>, Halted> {
        let (values, day) = (&trace.series.values, trace.series.steps_per_day());
        if trace.test_from < 2 * day {
            return Ok(None);
        }
        let smoothing = HoltWinters::fit(trace.learned(), day);
        monitor.checkpoint().await?;
        let (holt_winters, next_holt_winters) =
            HoltWinters::forecasts_and_next(values, day, smoothing);
        let naive = seasonal_naive(values, day, 0..values.len());
        Ok(Some(Self { holt_winters, next_holt_winters, naive }))
    }

    /// Methods that see demand alone.
    pub fn without_prices(&self, trace: &Trace) -> [Reserved; 2] {
        let (values, day) = (&trace.series.values, trace.series.steps_per_day());
        let plans = [
            (ReservationMethod::SeasonalNaive, &self.naive),
            (ReservationMethod::HoltWinters, &self.holt_winters),
        ];
        plans.map(|(method, forecasts)| (method, covered(forecasts, values, day, trace.test_from)))
    }

    /// The methods that know the prices, or the test, on Holt-Winters, each with its best margin.
    pub fn with_prices(&self, trace: &Trace, agreement: &ServiceAgreement) -> [Reserved; 3] {
        let (from, peak) = (trace.test_from, trace.peak());
        let known = trace.series.steps_per_day()..from;
        let (learned, demand) = (&trace.series.values[known.clone()], trace.test());
        let forecasts = &self.holt_winters[from..];
        let known = &self.holt_winters[known];
        let errors: Vec<f64> = learned.iter().zip(known).map(|(y, f)| (y - f) / peak).collect();
        let omc = ExpertLoss::alpha_omc(agreement, peak);
        let tried: Vec<f64> = (0..=MARGINS).map(|i| 0.5 * i as f64 / MARGINS as f64).collect();
        let omc_margin = peak * best_margin(&errors, &tried, |distance| omc.value(distance));
        let hindsight = margin::best_in_hindsight(agreement, forecasts, demand);
        let quantile = newsvendor_quantile(agreement, learned, peak);
        let covering = margin::covering(known, learned, quantile);
        let margins = [
            (ReservationMethod::AlphaOmc, omc_margin),
            (ReservationMethod::BestMargin, hindsight),
            (ReservationMethod::Pinball, covering),
        ];
        margins.map(|(method, by)| (method, margin::with(forecasts, by)))
    }
}

/// `forecasts` of the test from the step `from` on, with a margin that covers [`COVERED_SHARE`] of the
/// errors of the training steps after the first day.
pub fn covered(forecasts: &[f64], demand: &[f64], day: usize, from: usize) -> Vec<f64> {
    let known = day..from;
    let by = margin::covering(&forecasts[known.clone()], &demand[known], COVERED_SHARE);
    margin::with(&forecasts[from..], by)
}
