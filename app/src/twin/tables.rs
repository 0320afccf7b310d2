//! What the edits changed, link by link and flow by flow, as tables that are saved.

use slicewise_core::twin::FlowState;

use super::handles::Answered;
use super::names;
use crate::charts::drawing::{Cell, DataTable};

/// What becomes of a flow, in a word or two.
pub fn state_name(state: FlowState) -> &'static str {
    match state {
        FlowState::Arrives => "arrives",
        FlowState::Idle => "idle",
        FlowState::CutOff => "cut off",
        FlowState::EndFailed => "end failed",
    }
}

/// A row per link with its utilisation, delay and loss before the edits, after them, and the difference.
pub fn link_changes(after: &Answered, before: &Answered) -> DataTable {
    let (new, old) = (&after.answer.links, &before.answer.links);
    let figures = [
        ("utilisation", &old.utilisation, &new.utilisation),
        ("mean_delay_s", &old.mean_delay_s, &new.mean_delay_s),
        ("loss", &old.loss, &new.loss),
    ];
    let links = after.question.scenario.topology.links.iter();
    changes(&["link"], links.map(|link| vec![Cell::Text(link.id.clone())]), &figures)
}

/// A row per flow with its mean delay, 99th percentile and loss before the edits, after them, and the
/// difference.
pub fn flow_changes(after: &Answered, before: &Answered) -> DataTable {
    let (new, old) = (&after.answer.flows, &before.answer.flows);
    let figures = [
        ("mean_delay_s", &old.mean_delay_s, &new.mean_delay_s),
        ("p99_s", &old.p99_s, &new.p99_s),
        ("loss", &old.loss, &new.loss),
    ];
    let scenario = &after.question.scenario;
    let node = |index: u32| Cell::Text(names::node(scenario, index).to_owned());
    let state = |answer: &Answered, index: usize| {
        let state = answer.answer.flows.state.get(index);
        Cell::Text(state.map_or("", |state| state_name(*state)).to_owned())
    };
    let row = |(index, flow): (usize, &slicewise_core::twin::Flow)| {
        let class = Cell::Number(f64::from(flow.class));
        vec![node(flow.source), node(flow.target), class, state(before, index), state(after, index)]
    };
    let heads = ["source", "target", "class", "state_before", "state"];
    changes(&heads, scenario.flows.iter().enumerate().map(row), &figures)
}

/// A figure's name, and its values before and after.
type Figure<'a> = (&'a str, &'a Vec<f64>, &'a Vec<f64>);

/// `rows` under `heads`, each with its figures; what is not finite is left empty.
fn changes(
    heads: &[&str],
    rows: impl Iterator<Item = Vec<Cell>>,
    figures: &[Figure<'_>],
) -> DataTable {
    let mut columns: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    for (name, ..) in figures {
        columns.extend([
            [name, "_before"].concat(),
            (*name).to_owned(),
            [name, "_gained"].concat(),
        ]);
    }
    let finite = |value: Option<f64>| Cell::from(value.filter(|value| value.is_finite()));
    let with_figures = |(index, mut row): (usize, Vec<Cell>)| {
        for (_, old, new) in figures {
            let (old, new) = (old.get(index).copied(), new.get(index).copied());
            let gained = old.zip(new).map(|(old, new)| new - old);
            row.extend([finite(old), finite(new), finite(gained)]);
        }
        row
    };
    DataTable { columns, rows: rows.enumerate().map(with_figures).collect() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::twin::examples;
    use crate::twin::question::{OpenScenario, Question};

    fn answered(change: impl FnOnce(&mut slicewise_core::twin::Answer)) -> Answered {
        let mut answer = examples::answer();
        change(&mut answer);
        let scenario = OpenScenario::new("a".to_owned(), examples::triangle());
        let question = Question { scenario, settings: Vec::new(), edits: Vec::new() };
        Answered { question: Arc::new(question), answer: Arc::new(answer), elapsed_ms: 1.0 }
    }

    #[test]
    fn what_was_gained_has_its_sign_and_what_failed_is_empty() {
        let before = answered(|_| {});
        let after = answered(|answer| {
            answer.links.utilisation[0] = 0.15;
            answer.links.utilisation[5] = f64::NAN;
        });
        let csv = link_changes(&after, &before).to_csv();
        let lines: Vec<&str> = csv.lines().collect();
        assert!(
            lines[0]
                .starts_with("link,utilisation_before,utilisation,utilisation_gained,mean_delay_s")
        );
        assert!(lines[1].starts_with("ab,0.4,0.15,-0.25,"), "{}", lines[1]);
        assert!(lines[6].starts_with("ac,0.2,,,"), "{}", lines[6]);
        assert_eq!(lines.len(), 7);
    }

    #[test]
    fn a_flow_that_is_cut_off_is_told_with_both_states() {
        let before = answered(|_| {});
        let after = answered(|answer| {
            answer.flows.state[1] = FlowState::CutOff;
            answer.flows.mean_delay_s[1] = f64::NAN;
            answer.flows.loss[1] = 1.0;
        });
        let csv = flow_changes(&after, &before).to_csv();
        let row = csv.lines().nth(2).unwrap();
        assert!(row.starts_with("Aachen,c,0,arrives,cut off,0.0018"), "{row}");
        assert!(row.ends_with(",0,1,1"), "{row}");
    }
}
