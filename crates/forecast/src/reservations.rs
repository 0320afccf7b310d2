//! Reservations for a trace with a trained forecaster.

use slicewise_core::InputError;
use slicewise_core::forecast::DemandSeries;

use crate::model::Forecaster;
use crate::windows::{Demands, LOOK_BACK};

/// One reservation per step of `series` from the look-back on, and one for the step after its end.
///
/// # Errors
/// Says that the forecaster plans several slices, or that the trace is shorter than the look-back and
/// one step, or what [`Demands::new`] finds.
pub fn reservations(
    forecaster: &Forecaster,
    series: &DemandSeries,
) -> Result<Vec<f64>, InputError> {
    if forecaster.scales.len() != 1 {
        let found = format!("for {} slices", forecaster.scales.len());
        return Err(InputError::new("model", found, "one for a single service"));
    }
    let demands = Demands::new(vec![&series.values])?;
    let windows = series.values.windows(LOOK_BACK);
    debug_assert_eq!(windows.len(), demands.steps() - LOOK_BACK + 1);
    Ok(windows.map(|window| forecaster.decide(window)[0].max(0.0)).collect())
}

#[cfg(test)]
mod tests {
    use slicewise_core::forecast::{Service, ServiceName};

    use super::*;
    use crate::model::Size;

    #[test]
    fn every_step_behind_the_look_back_and_the_next_one_get_a_reservation() {
        let series = Service::of(ServiceName::CloudGaming).generate("gaming", 1, 1).unwrap();
        let demands = Demands::new(vec![&series.values]).unwrap();
        let scales = demands.scales(0..demands.steps());
        let forecaster = Forecaster::drawn(&Size::reduced(), &scales, 1);
        let found = reservations(&forecaster, &series).unwrap();
        assert_eq!(found.len(), series.values.len() - LOOK_BACK + 1);
        assert_eq!(found[3], forecaster.decide(&demands.window(LOOK_BACK + 3))[0].max(0.0));
        let short = DemandSeries { values: vec![1.0; LOOK_BACK], ..series };
        assert_eq!(reservations(&forecaster, &short).unwrap_err().field, "series[0]");
    }
}
