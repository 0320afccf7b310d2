//! Links and flows as tables: what is saved, in full precision.

use std::sync::Arc;

use slicewise_core::twin::{FlowState, Scenario};

use super::handles::{Answered, Answers};
use super::names;
use crate::charts::drawing::{Cell, DataTable};

/// One row per link, with what the edits changed where there are some.
pub fn links(answers: Answers) -> Option<DataTable> {
    let (after, before) = answers.pair()?;
    Some(links_of(&after, edited(&after, before).as_ref()))
}

/// One row per flow, with what the edits changed where there are some.
pub fn flows(answers: Answers) -> Option<DataTable> {
    let (after, before) = answers.pair()?;
    Some(flows_of(&after, edited(&after, before).as_ref()))
}

fn edited(after: &Answered, before: Option<Answered>) -> Option<Answered> {
    before.filter(|before| !Arc::ptr_eq(&before.answer, &after.answer))
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

/// A figure; what is not finite is none.
fn figure(values: &[f64], index: usize) -> Cell {
    Cell::from(values.get(index).copied().filter(|value| value.is_finite()))
}

/// What a figure gained; none where either is none.
fn gain(after: &[f64], before: &[f64], index: usize) -> Cell {
    let gain = after.get(index).zip(before.get(index)).map(|(after, before)| after - before);
    Cell::from(gain.filter(|gain| gain.is_finite()))
}

fn links_of(after: &Answered, before: Option<&Answered>) -> DataTable {
    let scenario: &Scenario = &after.question.scenario;
    let found = &after.answer.links;
    let mut columns = vec![
        "link",
        "from",
        "to",
        "capacity (bit/s, before edits)",
        "load (bit/s)",
        "utilisation",
        "mean wait (s)",
        "mean delay (s)",
        "loss",
        "flows",
    ];
    if before.is_some() {
        columns.extend(["utilisation gained", "mean delay gained (s)", "loss gained"]);
    }
    let row = |(index, link): (usize, &slicewise_core::twin::Link)| {
        let mut row = vec![
            text(&link.id),
            text(names::node(scenario, link.source)),
            text(names::node(scenario, link.target)),
            Cell::Number(link.capacity_bit_per_s),
            figure(&found.load_bit_per_s, index),
            figure(&found.utilisation, index),
            figure(&found.mean_wait_s, index),
            figure(&found.mean_delay_s, index),
            figure(&found.loss, index),
            Cell::from(found.flows.get(index).map(|flows| f64::from(*flows))),
        ];
        if let Some(before) = before {
            let past = &before.answer.links;
            row.push(gain(&found.utilisation, &past.utilisation, index));
            row.push(gain(&found.mean_delay_s, &past.mean_delay_s, index));
            row.push(gain(&found.loss, &past.loss, index));
        }
        row
    };
    let rows = scenario.topology.links.iter().enumerate().map(row).collect();
    DataTable { columns: columns.into_iter().map(str::to_owned).collect(), rows }
}

/// What becomes of a flow, in one word.
pub fn state_name(state: FlowState) -> &'static str {
    match state {
        FlowState::Arrives => "arrives",
        FlowState::Idle => "idle",
        FlowState::CutOff => "cut off",
        FlowState::EndFailed => "end failed",
    }
}

fn flows_of(after: &Answered, before: Option<&Answered>) -> DataTable {
    let scenario: &Scenario = &after.question.scenario;
    let found = &after.answer.flows;
    let mut columns = vec![
        "from",
        "to",
        "class",
        "state",
        "rate (bit/s)",
        "mean delay (s)",
        "jitter (s²)",
        "p10 (s)",
        "p50 (s)",
        "p90 (s)",
        "p99 (s)",
        "loss",
    ];
    if before.is_some() {
        columns.extend(["mean delay gained (s)", "loss gained"]);
    }
    let row = |(index, flow): (usize, &slicewise_core::twin::Flow)| {
        let state = found.state.get(index).map_or("", |state| state_name(*state));
        let mut row = vec![
            text(names::node(scenario, flow.source)),
            text(names::node(scenario, flow.target)),
            Cell::Number(f64::from(flow.class)),
            text(state),
            figure(&found.rate_bit_per_s, index),
            figure(&found.mean_delay_s, index),
            figure(&found.jitter_s2, index),
            figure(&found.p10_s, index),
            figure(&found.p50_s, index),
            figure(&found.p90_s, index),
            figure(&found.p99_s, index),
            figure(&found.loss, index),
        ];
        if let Some(before) = before {
            let past = &before.answer.flows;
            row.push(gain(&found.mean_delay_s, &past.mean_delay_s, index));
            row.push(gain(&found.loss, &past.loss, index));
        }
        row
    };
    let rows = scenario.flows.iter().enumerate().map(row).collect();
    DataTable { columns: columns.into_iter().map(str::to_owned).collect(), rows }
}
