//! Admission and reservation for the four generated services under one capacity.

use slicewise_core::InputError;
use slicewise_core::forecast::ServiceName;
use slicewise_core::forecast::job::{AdmissionPlan, AdmitQuestion, AdmittedSlice, SharedTerms};
use slicewise_forecast::admission::{Admitted, Decisions, overbooking};
use slicewise_forecast::admission_setting::AdmissionSetting;
use slicewise_forecast::model::NetworkSet;
use slicewise_forecast::windows::LOOK_BACK;
use slicewise_optim::Monitor;

use super::{Memory, Networks};
use crate::jobs::JobError;

/// Our decisions over the test: they follow the capacity, not the rest of the terms.
#[derive(Debug)]
pub struct Admissions {
    /// What they were decided for.
    pub key: String,
    decisions: Decisions,
}

/// The four services under these terms.
///
/// # Errors
/// Names the term that is out of range.
pub(super) fn setting(seed: u64, terms: &SharedTerms) -> Result<AdmissionSetting, InputError> {
    AdmissionSetting::generated(seed, terms.capacity_share, terms.steepness, terms.offset)
}

/// What `decisions` for the test earn.
fn plan(setting: &AdmissionSetting, decisions: &Decisions) -> Result<AdmissionPlan, InputError> {
    let score = setting.score(decisions)?;
    let steps = decisions.len().max(1) as f64;
    let slice = |(index, service): (usize, ServiceName)| {
        let (scale, values) = (setting.terms.scales[index], &setting.series[index].values);
        let reserved: Vec<f64> = decisions.iter().map(|decision| decision[index]).collect();
        let demand = values[setting.test_from..].to_vec();
        let costs = reserved.iter().zip(&demand).map(|(reserved, demand)| {
            setting.terms.slice_cost(scale, reserved / scale, demand / scale)
        });
        AdmittedSlice {
            service,
            scale,
            profit: -costs.sum::<f64>() / (0.1 * scale * steps),
            admitted: reserved.iter().filter(|reserved| **reserved >= 0.0).count() as f64 / steps,
            avst_hours: score.avst_hours[index],
            demand,
            reserved,
        }
    };
    let first = &setting.series[0];
    Ok(AdmissionPlan {
        slices: ServiceName::ALL.into_iter().enumerate().map(slice).collect(),
        capacity: setting.terms.capacity,
        unit: first.unit.clone(),
        step_minutes: first.step_minutes,
        start_minute: first.start_minute + setting.test_from as i64 * i64::from(first.step_minutes),
        profit: score.profit,
        admissions: score.admissions,
        violations: score.violations,
        starved: score.starved,
    })
}

/// The overbooking benchmark, which knows the metric.
///
/// # Errors
/// Names the term that is out of range.
pub fn overbooked(question: &AdmitQuestion) -> Result<AdmissionPlan, JobError> {
    let setting = setting(question.seed, &question.terms)?;
    let day = setting.steps_per_day();
    let decisions = overbooking(&setting.terms, &setting.demands()?, setting.test_from, day)?;
    Ok(plan(&setting, &decisions)?)
}

/// Ours: the networks decide, of the metric they know the capacity alone.
///
/// # Errors
/// Names the term that is out of range or what the networks are for, or says that `monitor` stopped it.
pub async fn ours(
    question: &AdmitQuestion,
    networks: &Networks,
    memory: &Memory,
    monitor: &impl Monitor,
    observe: &mut impl FnMut(f64),
) -> Result<AdmissionPlan, JobError> {
    let setting = setting(question.seed, &question.terms)?;
    let fingerprint = &networks.card.weights_fingerprint;
    let key = format!("{} {} {fingerprint}", question.seed, setting.terms.capacity);
    let kept = memory.borrow().admissions(&key);
    if let Some(admissions) = kept {
        return Ok(plan(&setting, &admissions.decisions)?);
    }
    let slices = setting.series.len();
    let NetworkSet { forecaster, loss, .. } = &networks.set;
    let (Some(loss), true) = (loss, forecaster.scales.len() == slices) else {
        let found = format!("for {} slices", forecaster.scales.len());
        let allowed = format!("networks for {slices} slices with their loss");
        return Err(InputError::new("networks", found, allowed).into());
    };
    let demands = setting.demands()?;
    let planner = setting.planner(forecaster, loss);
    // The planner has run since the day before the test.
    let before = setting.steps_per_day().min(setting.test_from - LOOK_BACK);
    let steps = setting.test_from - before..demands.steps();
    let mut admitted = Admitted::all(slices);
    let mut decisions = Decisions::with_capacity(steps.len());
    for step in steps.clone() {
        let decision = planner.decide(&demands.window(step), &admitted);
        admitted = after(&admitted, &decision);
        decisions.push(decision);
        observe(decisions.len() as f64 / steps.len() as f64);
        monitor.checkpoint().await?;
    }
    let decisions = decisions.split_off(before);
    let plan = plan(&setting, &decisions)?;
    memory.borrow_mut().keep_admissions(Admissions { key, decisions }.into());
    Ok(plan)
}

/// For how long each slice has been served or rejected once `decision` was taken.
fn after(before: &Admitted, decision: &[f64]) -> Admitted {
    let counted = |counts: &[usize], goes_on: fn(f64) -> bool| {
        let slices = counts.iter().zip(decision);
        slices.map(|(count, reserved)| if goes_on(*reserved) { count + 1 } else { 0 }).collect()
    };
    Admitted {
        served: counted(&before.served, |reserved| reserved >= 0.0),
        waited: counted(&before.waited, |reserved| reserved < 0.0),
    }
}
