//! An answer as tables: a row per link and a row per flow, with units in the headings. What has no value is
//! an empty field.

use std::fmt::Write as _;

use crate::formats::kpi_table::text_cell;
use crate::twin::{Answer, FlowState, Scenario};

/// A row per link: its ends, capacity, propagation and weight, and what the answer says of it.
pub fn links_csv(scenario: &Scenario, answer: &Answer) -> String {
    let topology = &scenario.topology;
    let mut text = "link,source,target,capacity_bit_per_s,propagation_s,weight,utilisation,\
                    load_bit_per_s,mean_wait_s,mean_delay_s,loss,flows\n"
        .to_owned();
    let found = &answer.links;
    for (index, link) in topology.links.iter().enumerate() {
        let node = |node: u32| &topology.nodes[node as usize].id[..];
        add_texts(&mut text, &[&link.id, node(link.source), node(link.target)]);
        let at = |values: &[f64]| values.get(index).copied().unwrap_or(f64::NAN);
        let numbers = [
            link.capacity_bit_per_s,
            link.propagation_s,
            link.weight,
            at(&found.utilisation),
            at(&found.load_bit_per_s),
            at(&found.mean_wait_s),
            at(&found.mean_delay_s),
            at(&found.loss),
            found.flows.get(index).map_or(f64::NAN, |flows| f64::from(*flows)),
        ];
        add_numbers(&mut text, &numbers);
    }
    text
}

/// A row per flow: its ends, class and rate, what becomes of it, and what the answer says of it.
pub fn flows_csv(scenario: &Scenario, answer: &Answer) -> String {
    let nodes = &scenario.topology.nodes;
    let mut text =
        "source,target,state,class,rate_bit_per_s,mean_delay_s,jitter_s2,p10_s,p50_s,p90_s,\
                    p99_s,loss\n"
            .to_owned();
    let found = &answer.flows;
    for (index, flow) in scenario.flows.iter().enumerate() {
        let node = |node: u32| &nodes[node as usize].id[..];
        let state = match found.state.get(index) {
            Some(FlowState::Arrives) => "arrives",
            Some(FlowState::Idle) => "idle",
            Some(FlowState::CutOff) => "cut-off",
            Some(FlowState::EndFailed) => "end-failed",
            None => "",
        };
        add_texts(&mut text, &[node(flow.source), node(flow.target), state]);
        let at = |values: &[f64]| values.get(index).copied().unwrap_or(f64::NAN);
        let rate = found.rate_bit_per_s.get(index).copied().unwrap_or(flow.rate_bit_per_s);
        let numbers = [
            f64::from(flow.class),
            rate,
            at(&found.mean_delay_s),
            at(&found.jitter_s2),
            at(&found.p10_s),
            at(&found.p50_s),
            at(&found.p90_s),
            at(&found.p99_s),
            at(&found.loss),
        ];
        add_numbers(&mut text, &numbers);
    }
    text
}

fn add_texts(text: &mut String, cells: &[&str]) {
    for cell in cells {
        text.push_str(&text_cell(cell));
        text.push(',');
    }
}

fn add_numbers(text: &mut String, numbers: &[f64]) {
    for (index, number) in numbers.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        if number.is_finite() {
            let _ = write!(text, "{number}");
        }
    }
    text.push('\n');
}
