//! The learned loss of one of the four services over decision and demand.

use slicewise_core::error::check_range;
use slicewise_core::forecast::ServiceName;
use slicewise_core::forecast::admission_plan::SharedTerms;
use slicewise_core::forecast::explorer::{LossSurface, SurfaceQuestion};
use slicewise_optim::{Halted, Monitor};

use crate::admission::plan::setting;
use crate::networks::Networks;

/// The learned loss of one slice over its decision and its demand, the others held.
///
/// # Errors
/// Names the field that is out of range, or says that the networks have no loss for the four services.
pub async fn surface(
    question: &SurfaceQuestion,
    networks: &Networks,
    monitor: &impl Monitor,
) -> Result<LossSurface, Halted> {
    check_range("resolution", question.resolution as f64, 2.0, 200.0, "points")?;
    let mut setting = setting(question.seed, &SharedTerms::default())?;
    if let Some(learned) = &networks.card.admission_terms {
        setting.terms = learned.clone();
    }
    let slices = setting.series.len();
    check_range("slice", question.slice as f64, 0.0, slices as f64 - 1.0, "")?;
    let loss = networks.shared_loss(slices)?;
    let held: Vec<(f64, f64)> = setting
        .series
        .iter()
        .zip(&loss.scales)
        .map(|(series, scale)| {
            let mut values = series.values[setting.test_from..].to_vec();
            values.sort_by(f64::total_cmp);
            let rank = question.others.quantile() * (values.len() - 1) as f64;
            let demand = values[rank as usize];
            (demand + scale.local_change(demand), demand)
        })
        .collect();
    let scale = setting.terms.scales[question.slice];
    let axis = |from: f64, to: f64| -> Vec<f64> {
        let part = |index: usize| index as f64 / (question.resolution - 1) as f64;
        (0..question.resolution).map(|index| scale * (from + (to - from) * part(index))).collect()
    };
    let (decisions, demands) = (axis(-0.15, 1.0), axis(0.0, 0.8));
    let (mut learned, mut measured) = (Vec::new(), Vec::new());
    let (mut decided, mut demanded): (Vec<f64>, Vec<f64>) = held.into_iter().unzip();
    let mut cheapest = Vec::new();
    for demand in &demands {
        demanded[question.slice] = *demand;
        let mut best = (f64::INFINITY, 0.0);
        for decision in &decisions {
            decided[question.slice] = *decision;
            let cost = loss.cost(&decided, &demanded);
            if cost < best.0 {
                best = (cost, *decision);
            }
            learned.push(cost);
            measured.push(setting.terms.cost(&decided, &demanded));
        }
        cheapest.push(best.1);
        monitor.checkpoint().await?;
    }
    Ok(LossSurface {
        service: ServiceName::ALL[question.slice],
        unit: setting.series[question.slice].unit.clone(),
        decisions,
        demands,
        learned,
        measured,
        cheapest,
    })
}
