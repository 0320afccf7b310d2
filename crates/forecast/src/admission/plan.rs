//! Admissions and reservations over the test, and what they earn.

use slicewise_core::forecast::ServiceName;
use slicewise_core::forecast::admission_plan::{
    AdmissionPlan, AdmitQuestion, AdmittedSlice, SharedTerms,
};
use slicewise_core::{InputError, Origin};
use slicewise_optim::{Halted, Monitor};

use super::overbooking::overbooking;
use super::problem::AdmissionSetting;
use super::score::Decisions;
use crate::memory::Memory;
use crate::networks::Networks;

/// Our decisions over the test: they follow the capacity, not the rest of the terms.
#[derive(Debug)]
pub struct Admissions {
    /// What they were decided for.
    pub key: String,
    /// The decisions.
    pub decisions: Decisions,
}

/// The four services under these terms.
///
/// # Errors
/// Names the term that is out of range.
pub fn setting(seed: u64, terms: &SharedTerms) -> Result<AdmissionSetting, InputError> {
    AdmissionSetting::generated(seed, terms.capacity_share, terms.steepness, terms.offset)
}

/// What `decisions` for the test earn.
fn plan(
    setting: &AdmissionSetting,
    decisions: &Decisions,
    question: &AdmitQuestion,
    weights_fingerprint: &str,
) -> Result<AdmissionPlan, InputError> {
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
        origin: Origin::new(weights_fingerprint, question.seed),
    })
}

/// The overbooking benchmark, which knows the metric.
///
/// # Errors
/// Names the term that is out of range.
pub fn overbooked(question: &AdmitQuestion) -> Result<AdmissionPlan, InputError> {
    let setting = setting(question.seed, &question.terms)?;
    let day = setting.steps_per_day();
    let decisions = overbooking(&setting.terms, &setting.demands()?, setting.test_from, day)?;
    plan(&setting, &decisions, question, "")
}

/// Ours: the networks decide, of the metric they know the capacity alone. `observe` hears the share of
/// the steps that is decided.
///
/// # Errors
/// Names the term that is out of range or what the networks are for, or says that `monitor` stopped it.
pub async fn ours(
    question: &AdmitQuestion,
    networks: &Networks,
    memory: &Memory,
    monitor: &impl Monitor,
    observe: &mut impl FnMut(f64),
) -> Result<AdmissionPlan, Halted> {
    let setting = setting(question.seed, &question.terms)?;
    let fingerprint = &networks.card.weights_fingerprint;
    let key = format!("{} {} {fingerprint}", question.seed, setting.terms.capacity);
    if let Some(kept) = memory.admissions(&key) {
        return Ok(plan(&setting, &kept.decisions, question, fingerprint)?);
    }
    let loss = networks.shared_loss(setting.series.len())?;
    let forecaster = &networks.set.forecaster;
    let decisions = setting.decisions(forecaster, loss, monitor, observe).await?;
    let plan = plan(&setting, &decisions, question, fingerprint)?;
    memory.keep_admissions(Admissions { key, decisions });
    Ok(plan)
}
