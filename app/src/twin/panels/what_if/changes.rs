//! What the edits change, link by link and flow by flow, and the delays of all flows with and without
//! them.

use std::sync::Arc;

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use slicewise_core::twin::FlowState;

use crate::charts::drawing::Cell;
use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::charts::listing::{Listed, Listing, ListingText, ListingView, Sort};
use crate::shell::browser;
use crate::shell::live::{follow, live};
use crate::shell::narrow::Narrow;
use crate::twin::charts::delays;
use crate::twin::handles::{Answers, Pair, TwinPlanner};
use crate::twin::map::Picked;
use crate::twin::names;
use crate::twin::state::Tab;

const LINKS: ListingText =
    ListingText { name: "link-figures", title: "Links", find: "Find a link" };
const FLOWS: ListingText =
    ListingText { name: "flow-figures", title: "Flows", find: "Find a flow" };
const DELAYS: FrameText = FrameText {
    name: "delays",
    title: "Mean delays of all flows",
    about: "The share of the flows that arrive within each mean delay, every flow counted once. With edits, the dashed line is the network without them: where it lies to the left, the edits make flows slower.",
};

/// Both tables and the chart, faded while the answer is stale.
pub fn tables() -> AnyView {
    let answers = expect_context::<Answers>();
    let planner = expect_context::<TwinPlanner>();
    let Narrow(narrow) = expect_context::<Narrow>();
    let chart = Memo::new(move |_| {
        let (after, before) = answers.pair()?;
        let has_edits = !after.question.edits.is_empty();
        let past = has_edits.then_some(&before.answer.flows.mean_delay_s[..]);
        let size = if narrow.get() { (360.0, 220.0) } else { (470.0, 250.0) };
        delays::draw(&after.answer.flows.mean_delay_s, past, size).map(|c| Drawn(Arc::new(c)))
    });
    let has_chart = Memo::new(move |_| chart.with(Option::is_some));
    let has_edits = Memo::new(move |_| {
        answers.pair().is_some_and(|(after, _)| !after.question.edits.is_empty())
    });
    let links = Memo::new(move |_| answers.pair().map(|pair| Listed(Arc::new(links_of(pair)))));
    let flows = Memo::new(move |_| answers.pair().map(|pair| Listed(Arc::new(flows_of(pair)))));
    let pick = Callback::new(move |link: usize| {
        planner.pick(Some(Picked::Link(link as u32)));
        // The editor may lie out of sight; it is built anew by then.
        Timeout::new(0, || browser::focus("editor")).forget();
    });
    let picked = follow(move || match planner.picked.get() {
        Some(Picked::Link(link)) => Some(link as usize),
        _ => None,
    });
    let open = Callback::new(move |flow: usize| {
        planner.state.update(|state| {
            state.flow = Some(flow as u32);
            state.tab = Tab::Flows;
        });
    });
    let opened = follow(move || planner.state.with(|state| state.flow.map(|flow| flow as usize)));
    let stale = follow(move || answers.is_stale());
    // The columns begin with what counts: the change where there is one, the figure itself elsewhere.
    let sort = |column: usize| Some(Sort { column, falls: true });
    let content = move || {
        let [by_link, by_flow] = if has_edits.get() { [2, 3] } else { [1, 2] };
        view! {
            <h2>{if by_link == 2 { "What changed, by link" } else { "Links" }}</h2>
            <ListingView text=LINKS listing=links open=pick sort=sort(by_link) chosen=picked/>
            <h2>{if by_link == 2 { "What changed, by flow" } else { "Flows" }}</h2>
            <ListingView text=FLOWS listing=flows open=open sort=sort(by_flow) chosen=opened/>
        }
    };
    view! {
        <section class="changes" class:stale=stale aria-label="Links and flows" data-test="changes"
            data-compares=follow(move || has_edits.get().to_string())>{live(content)}</section>
        {live(move || has_chart.get().then(|| view! { <ChartFrame text=DELAYS chart=chart stale=stale/> }))}
    }
    .into_any()
}

/// A figure of a row, times `factor`; what is not finite is none.
fn figure(values: &[f64], row: usize, factor: f64) -> Cell {
    let value = values.get(row).filter(|value| value.is_finite());
    Cell::from(value.map(|value| factor * value))
}

/// What a figure gained, times `factor`; none where either is none.
fn gain(after: &[f64], before: &[f64], row: usize, factor: f64) -> Cell {
    let gain = after.get(row).zip(before.get(row)).map(|(after, before)| after - before);
    Cell::from(gain.filter(|gain| gain.is_finite()).map(|gain| factor * gain))
}

/// Utilisation, delay and loss of each link, and what each gained where there are edits.
fn links_of((after, before): Pair) -> Listing {
    let has_edits = !after.question.edits.is_empty();
    let columns = match has_edits {
        false => vec!["Link", "Utilisation, %", "Delay, ms", "Loss, %"],
        true => vec![
            "Link",
            "Utilisation, %",
            "gained, points",
            "Delay, ms",
            "gained, ms",
            "Loss, %",
            "gained, points",
        ],
    };
    let rows = after.question.scenario.topology.links.len();
    let read = move |row: usize, column: usize| {
        let (new, old) = (&after.answer.links, &before.answer.links);
        let figures = [
            (&new.utilisation, &old.utilisation, 100.0),
            (&new.mean_delay_s, &old.mean_delay_s, 1e3),
            (&new.loss, &old.loss, 100.0),
        ];
        match column.checked_sub(1) {
            None => Cell::Text(names::link(&after.question.scenario, row as u32)),
            Some(place) => read_figure(&figures, has_edits, place, row),
        }
    };
    Listing { columns, rows, read: Arc::new(read) }
}

/// The figure, or what it gained, that stands at `place` of a row.
fn read_figure(
    figures: &[(&Vec<f64>, &Vec<f64>, f64)],
    has_edits: bool,
    place: usize,
    row: usize,
) -> Cell {
    let (index, is_gain) = if has_edits { (place / 2, place % 2 == 1) } else { (place, false) };
    match figures.get(index) {
        Some((new, old, factor)) if is_gain => gain(new, old, row, *factor),
        Some((new, _, factor)) => figure(new, row, *factor),
        None => Cell::Empty,
    }
}

/// What becomes of a flow, in a word or two.
fn state_name(state: FlowState) -> &'static str {
    match state {
        FlowState::Arrives => "arrives",
        FlowState::Idle => "idle",
        FlowState::CutOff => "cut off",
        FlowState::EndFailed => "end failed",
    }
}

/// State, mean delay, 99th percentile and loss of each flow, and what each gained where there are edits.
fn flows_of((after, before): Pair) -> Listing {
    let has_edits = !after.question.edits.is_empty();
    let columns = match has_edits {
        false => vec!["Flow", "State", "Mean, ms", "p99, ms", "Loss, %"],
        true => vec![
            "Flow",
            "State",
            "Mean, ms",
            "gained, ms",
            "p99, ms",
            "gained, ms",
            "Loss, %",
            "gained, points",
        ],
    };
    let rows = after.question.scenario.flows.len();
    let has_classes = after.question.scenario.classes() > 1;
    let read = move |row: usize, column: usize| {
        let (new, old) = (&after.answer.flows, &before.answer.flows);
        let figures = [
            (&new.mean_delay_s, &old.mean_delay_s, 1e3),
            (&new.p99_s, &old.p99_s, 1e3),
            (&new.loss, &old.loss, 100.0),
        ];
        match column {
            0 => Cell::Text(names::flow_of(&after.question.scenario, row, has_classes)),
            1 => {
                let state = new.state.get(row).map_or("", |state| state_name(*state));
                Cell::Text(state.to_owned())
            }
            _ => read_figure(&figures, has_edits, column - 2, row),
        }
    };
    Listing { columns, rows, read: Arc::new(read) }
}

#[cfg(test)]
mod tests {
    use slicewise_core::twin::{Answer, Edit};

    use super::*;
    use crate::twin::examples;
    use crate::twin::handles::Answered;
    use crate::twin::question::{OpenScenario, Question};

    fn answered(edits: Vec<Edit>, change: impl FnOnce(&mut Answer)) -> Answered {
        let mut answer = examples::answer();
        change(&mut answer);
        let scenario = OpenScenario::new("a".to_owned(), examples::triangle());
        let question = Question { scenario, settings: Vec::new(), edits };
        Answered { question: Arc::new(question), answer: Arc::new(answer), elapsed_ms: 1.0 }
    }

    #[test]
    fn what_was_gained_has_its_sign_and_what_failed_is_empty() {
        let after = answered(vec![Edit::LinkFails("ca".to_owned())], |answer| {
            answer.links.utilisation[0] = 0.15;
            answer.links.utilisation[5] = f64::NAN;
            answer.flows.state[1] = FlowState::CutOff;
            answer.flows.mean_delay_s[1] = f64::NAN;
        });
        let pair = (after, answered(Vec::new(), |_| {}));
        let links = links_of(pair.clone()).table().to_csv();
        let lines: Vec<&str> = links.lines().collect();
        assert_eq!(lines.len(), 7);
        assert!(lines[1].starts_with("Aachen → Bern,15,-25,1.2,0,0,0"), "{}", lines[1]);
        assert!(lines[6].starts_with("Aachen → c,,,"), "{}", lines[6]);
        let flows = flows_of(pair).table().to_csv();
        assert!(flows.lines().nth(2).unwrap().starts_with("Aachen → c,cut off,,,"), "{flows}");
    }

    #[test]
    fn without_edits_there_is_nothing_gained() {
        let after = answered(Vec::new(), |_| {});
        let listing = links_of((after.clone(), after));
        let busiest = listing.ordered("", Some(Sort { column: 1, falls: true }));
        assert_eq!((listing.columns.len(), busiest[..2].to_vec()), (4, vec![0, 5]));
    }
}
