//! A trace of one service, of which the last part is held back, and the terms that are asked.

use slicewise_core::InputError;
use slicewise_core::card::fingerprint;
use slicewise_core::error::check_range;
use slicewise_core::forecast::reservation::Terms;
use slicewise_core::forecast::trace::HELD_BACK;
use slicewise_core::forecast::{
    DemandSeries, MOST_SAMPLES, Service, ServiceName, TEST_DAYS, TRAINING_DAYS,
};

use crate::windows::{LOOK_BACK, Scale};

/// The most of revenue and penalty, in units of the peak, and of the over-provisioning price.
pub const MOST_TERMS: f64 = 1000.0;

/// A trace and where its test begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Demand.
    pub series: DemandSeries,
    /// First step of the test.
    pub test_from: usize,
    /// Seed of the demand; none where it was not generated.
    pub seed: Option<u64>,
    /// FNV-1a fingerprint of the values.
    pub fingerprint: String,
}

impl Trace {
    /// A trace whose last third is the test.
    ///
    /// # Errors
    /// Names the field of the trace that cannot be used, or its length: 36 samples (three times the
    /// look-back) to [`MOST_SAMPLES`].
    pub fn of(series: DemandSeries) -> Result<Self, InputError> {
        series.validate().map_err(|error| error.within("trace"))?;
        let (steps, least) = (series.values.len() as f64, 3.0 * LOOK_BACK as f64);
        check_range("length of the trace", steps, least, MOST_SAMPLES as f64, "samples")?;
        let test_from = steps_before(&series, HELD_BACK);
        Ok(Self::split(series, test_from))
    }

    /// A generated service: two weeks to learn from and one held back.
    ///
    /// # Errors
    /// Those of the generator.
    pub fn generated(service: ServiceName, seed: u64) -> Result<Self, InputError> {
        let days = TRAINING_DAYS + TEST_DAYS;
        let series = Service::of(service).generate(service.as_str(), days, seed)?;
        let test_from = TRAINING_DAYS * series.steps_per_day();
        Ok(Self { seed: Some(seed), ..Self::split(series, test_from) })
    }

    /// A measured trace, under `name`, whose last `test_days` are held back.
    ///
    /// # Errors
    /// Says that the trace has no more days than that.
    pub fn measured(
        name: &str,
        series: DemandSeries,
        test_days: usize,
    ) -> Result<Self, InputError> {
        let (steps, held_back) = (series.values.len(), test_days * series.steps_per_day());
        if held_back == 0 || held_back + LOOK_BACK >= steps {
            let allowed = format!("1 to less than the {steps} steps of the trace");
            return Err(InputError::new("test_days", test_days, allowed));
        }
        Ok(Self::split(DemandSeries { name: name.to_owned(), ..series }, steps - held_back))
    }

    /// `series`, whose test begins at the step `test_from`.
    pub fn split(series: DemandSeries, test_from: usize) -> Self {
        let bytes: Vec<u8> = series.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { series, test_from, seed: None, fingerprint: fingerprint(&bytes) }
    }

    /// Demand before the test.
    pub fn learned(&self) -> &[f64] {
        &self.series.values[..self.test_from]
    }

    /// Demand over the test.
    pub fn test(&self) -> &[f64] {
        &self.series.values[self.test_from..]
    }

    /// Largest demand before the test; 1 where there was none.
    pub fn peak(&self) -> f64 {
        Scale::of(self.learned()).peak
    }
}

/// Steps of `series` before its last part, the share `held_back` (0 to 1), which is held back.
pub fn steps_before(series: &DemandSeries, held_back: f64) -> usize {
    let steps = series.values.len();
    steps - ((held_back * steps as f64) as usize).min(steps)
}

/// Checks what a step is asked to cost.
///
/// # Errors
/// Names the term that is out of range.
pub fn check_terms(terms: &Terms) -> Result<(), InputError> {
    check_range("revenue", terms.revenue, 0.0, MOST_TERMS, "of the peak")?;
    check_range("penalty", terms.penalty, 0.0, MOST_TERMS, "of the peak")?;
    check_range("overprovisioning_price", terms.overprovisioning_price, 0.0, MOST_TERMS, "")?;
    if terms.revenue + terms.penalty <= 0.0 {
        return Err(InputError::new("revenue + penalty", 0, "more than 0"));
    }
    Ok(())
}
