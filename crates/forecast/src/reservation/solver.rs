//! Reservations for a trace with a trained forecaster.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use slicewise_core::InputError;
use slicewise_core::forecast::DemandSeries;
use slicewise_optim::{Halted, Monitor};

use super::problem::Trace;
use crate::model::Forecaster;
use crate::windows::{Demands, LOOK_BACK};

/// The most training steps on which a move of the decisions is chosen.
const MOVED_ON: usize = 2016;
/// Decisions between two moments at which other messages are let in.
const DECISIONS_AT_ONCE: usize = 32;

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
    let steps = LOOK_BACK..demands.steps() + 1;
    Ok(decisions(forecaster, &demands, steps).map(|reserved| reserved.max(0.0)).collect())
}

/// The decisions of `forecaster`, which is one for a single service, for `steps`.
fn decisions(
    forecaster: &Forecaster,
    demands: &Demands,
    steps: Range<usize>,
) -> impl Iterator<Item = f64> {
    steps.map(|step| forecaster.decide(&demands.window(step))[0])
}

/// The same, letting other messages in. `observe` hears the share that is decided.
pub(super) async fn decide(
    forecaster: &Forecaster,
    demands: &Demands<'_>,
    steps: Range<usize>,
    monitor: &impl Monitor,
    observe: &mut impl FnMut(f64),
) -> Result<Vec<f64>, Halted> {
    let mut decided = Vec::with_capacity(steps.len());
    while decided.len() < steps.len() {
        let first = steps.start + decided.len();
        let some = first..(first + DECISIONS_AT_ONCE).min(steps.end);
        decided.extend(decisions(forecaster, demands, some));
        observe(decided.len() as f64 / steps.len() as f64);
        monitor.checkpoint().await?;
    }
    Ok(decided)
}

/// A regressor and its decisions.
#[derive(Debug)]
pub struct Regressor {
    /// With the trace's own scale where it learned from another one.
    pub forecaster: Forecaster,
    /// Over the test, and one for the step after it.
    pub test: Vec<f64>,
    /// Over the last training steps, once a move had to be chosen.
    before: RefCell<Option<Rc<Vec<f64>>>>,
}

impl Regressor {
    /// Decides all steps of the test.
    pub async fn new(
        forecaster: Forecaster,
        trace: &Trace,
        monitor: &impl Monitor,
        observe: &mut impl FnMut(f64),
    ) -> Result<Self, Halted> {
        let steps = trace.test_from..trace.series.values.len() + 1;
        let demands = Demands::new(vec![&trace.series.values])?;
        let test = decide(&forecaster, &demands, steps, monitor, observe).await?;
        Ok(Self::of(forecaster, test))
    }

    /// What has decided the steps of the test, and the one after it.
    pub(super) fn of(forecaster: Forecaster, test: Vec<f64>) -> Self {
        Self { forecaster, test, before: RefCell::default() }
    }

    /// What the demand of the last training steps exceeded its decisions by, in usual changes at the
    /// demand before, and those changes.
    pub async fn errors(
        &self,
        trace: &Trace,
        monitor: &impl Monitor,
    ) -> Result<Vec<(f64, f64)>, Halted> {
        let until = trace.test_from;
        let from = until.saturating_sub(MOVED_ON).max(LOOK_BACK);
        let kept = self.before.borrow().clone();
        let decisions = match kept {
            Some(decisions) => decisions,
            None => {
                let silent = &mut |_: f64| ();
                let demands = Demands::new(vec![&trace.series.values])?;
                let steps = from..until;
                let decided = decide(&self.forecaster, &demands, steps, monitor, silent).await?;
                self.before.borrow_mut().insert(Rc::new(decided)).clone()
            }
        };
        let Some(scale) = self.forecaster.scales.first() else { return Ok(Vec::new()) };
        let values = &trace.series.values;
        let error = |(index, decision): (usize, &f64)| {
            let unit = scale.local_change(values[from + index - 1]);
            ((values[from + index] - decision) / unit, unit)
        };
        Ok(decisions.iter().enumerate().map(error).collect())
    }

    /// The decisions over the test and the step after it, each moved by `moved` usual changes at the
    /// last demand; none below 0.
    pub fn moved(&self, trace: &Trace, moved: f64) -> Vec<f64> {
        let Some(scale) = self.forecaster.scales.first() else { return self.test.clone() };
        let last = &trace.series.values[trace.test_from - 1..];
        let steps = self.test.iter().zip(last);
        steps
            .map(|(decision, last)| (decision + moved * scale.local_change(*last)).max(0.0))
            .collect()
    }
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
