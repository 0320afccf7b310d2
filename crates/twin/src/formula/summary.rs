//! What stands out of an answer.

use slicewise_core::twin::answer::Summary;
use slicewise_core::twin::{FlowAnswers, FlowState, LinkAnswers, Scenario};

/// Share of lost packets above which a flow counts as lossy.
const LOSSY: f64 = 1e-3;

/// What stands out of `flows` and `links`. A flow that is cut off breaks every promise that covers it
/// and bounds something; one whose end has failed breaks none.
pub(super) fn summary(scenario: &Scenario, flows: &FlowAnswers, links: &LinkAnswers) -> Summary {
    let mut summary = Summary::default();
    let (mut delay, mut packets, mut delivered) = (0.0, 0.0, 0.0);
    for (index, state) in flows.state.iter().enumerate() {
        let rate = flows.rate_bit_per_s[index];
        summary.offered_bit_per_s += rate;
        summary.flows += usize::from(*state != FlowState::Idle);
        summary.cut_off += usize::from(*state == FlowState::CutOff);
        summary.end_failed += usize::from(*state == FlowState::EndFailed);
        if matches!(state, FlowState::Arrives | FlowState::CutOff) {
            summary.breaking += usize::from(breaks(scenario, flows, index));
        }
        if *state != FlowState::Arrives {
            continue;
        }
        summary.arriving += 1;
        summary.lossy += usize::from(flows.loss[index] > LOSSY);
        let passing = rate * (1.0 - flows.loss[index]);
        delivered += passing;
        let mean = flows.mean_delay_s[index];
        if mean.is_nan() {
            continue;
        }
        let sizes = &scenario.packets[scenario.flows[index].packets as usize];
        let arriving = passing / sizes.mean_bits();
        (delay, packets) = (delay + arriving * mean, packets + arriving);
        if summary.slowest_flow.is_none() || mean > summary.longest_delay_s {
            (summary.slowest_flow, summary.longest_delay_s) = (Some(index), mean);
        }
    }
    summary.mean_delay_s = if packets > 0.0 { delay / packets } else { 0.0 };
    summary.delivered =
        if summary.offered_bit_per_s > 0.0 { delivered / summary.offered_bit_per_s } else { 1.0 };
    for (index, utilisation) in links.utilisation.iter().enumerate() {
        if utilisation.is_nan() {
            continue;
        }
        summary.overloaded += usize::from(*utilisation > 1.0);
        if summary.busiest_link.is_none() || *utilisation > summary.highest_utilisation {
            (summary.busiest_link, summary.highest_utilisation) = (Some(index), *utilisation);
        }
    }
    summary
}

fn breaks(scenario: &Scenario, flows: &FlowAnswers, index: usize) -> bool {
    let class = scenario.flows[index].class;
    let (mean, p99, loss) = (flows.mean_delay_s[index], flows.p99_s[index], flows.loss[index]);
    let covering = scenario.promises.iter().filter(|promise| promise.covers(class));
    covering.into_iter().any(|promise| !promise.is_kept(mean, p99, loss))
}
