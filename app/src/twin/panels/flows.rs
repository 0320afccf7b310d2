//! The tab Flows: every flow in figures, one of them hop by hop, and a check by simulation.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::order::order;
use slicewise_core::twin::simulation::Simulated;
use slicewise_core::twin::{CorrectedAnswer, Scenario};

use super::corrected_cell::{INTERVAL_COLUMNS, corrected_cell};
use crate::charts::drawing::Cell;
use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::charts::listing::{Listed, Listing, ListingText, ListingView, Sort};
use crate::controls::number_field::{BoxField, NumberBox};
use crate::shell::live::{follow, live, on_click};
use crate::shell::narrow::Narrow;
use crate::twin::agreement::{self, Agreement};
use crate::twin::charts::hops;
use crate::twin::handles::{
    Answered, Answers, Corrections, Opened, OpenedFlow, Simulation, SimulationRun, TwinPlanner,
};
use crate::twin::state::PACKETS;
use crate::twin::{names, units, words};

const FLOWS: ListingText = ListingText { name: "flows", title: "All flows", find: "Find a flow" };
const HOPS: FrameText = FrameText {
    name: "hops",
    title: "Where the time goes",
    about: "What each hop adds to the mean delay of the flow’s packets: waiting in the queue of its class, transmission (packet size over capacity) and propagation. Where equal costs split the flow, a hop counts with the share of the packets that take it.",
};
/// Flows that are named of those in the same queues.
const BESIDE: usize = 10;

/// Its panel.
#[component]
pub fn FlowsPanel() -> impl IntoView {
    let opened = expect_context::<OpenedFlow>();
    let answers = expect_context::<Answers>();
    let simulation = expect_context::<Simulation>();
    let corrections = expect_context::<Corrections>();
    let listing = Memo::new(move |_| {
        let answered = answers.answered.get()?;
        let beside = Beside {
            is_corrected: corrections.is_wanted(),
            corrected: corrections.current(),
            measured: simulation.measured(),
        };
        Some(Listed(Arc::new(flows_of(answered, beside))))
    });
    let chosen = follow(move || opened.flow.get().map(|flow| flow as usize));
    let open = Callback::new(move |flow: usize| opened.open(Some(flow as u32)));
    let stale = follow(move || answers.is_stale());
    view! {
        <div class="flows-panel">
            {check(simulation, answers)}
            {live(move || opened.flow.get().map(|flow| detail(opened, answers, corrections, simulation, flow)))}
            <div class:stale=stale>
                <ListingView text=FLOWS listing=listing open=open sort=Some(Sort { column: 4, falls: true }) chosen=chosen/>
            </div>
        </div>
    }
    .into_any()
}

/// What is shown beside the formula, where it is known.
struct Beside {
    /// Whether it is corrected, or will be.
    is_corrected: bool,
    corrected: Option<Arc<CorrectedAnswer>>,
    measured: Option<Arc<Simulated>>,
}

/// One row per flow; beside the formula what training makes of it and what was simulated.
fn flows_of(answered: Answered, beside: Beside) -> Listing {
    let mut columns = vec![
        "From",
        "To",
        "Class",
        "Rate, Mbit/s",
        "Mean, ms",
        "p50, ms",
        "p90, ms",
        "p99, ms",
        "Jitter, ms²",
        "Deviation, ms",
        "Loss, %",
    ];
    let own = columns.len();
    let Beside { is_corrected, corrected, measured } = beside;
    if is_corrected {
        columns.push("Corrected mean, ms");
        columns.extend(INTERVAL_COLUMNS);
    }
    let simulated = columns.len();
    if measured.is_some() {
        columns.extend(["Simulated mean, ms", "± ms"]);
    }
    let rows = answered.question.scenario.flows.len();
    let read = move |row: usize, column: usize| {
        let scenario: &Scenario = &answered.question.scenario;
        let Some(flow) = scenario.flows.get(row) else { return Cell::Empty };
        let found = &answered.answer.flows;
        let figure = |values: &[f64], factor: f64| {
            let value = values.get(row).filter(|value| value.is_finite());
            Cell::from(value.map(|value| factor * value))
        };
        if column >= simulated {
            let values = measured.as_ref().map(|measured| match column - simulated {
                0 => &measured.mean_delay_s,
                _ => &measured.mean_half_width_s,
            });
            return values.map_or(Cell::Empty, |values| figure(values, 1e3));
        }
        if column >= own {
            let delays_s = corrected.as_ref().and_then(|corrected| corrected.delay_s(row));
            return corrected_cell(delays_s, column - own);
        }
        match column {
            0 => Cell::Text(names::node(scenario, flow.source).to_owned()),
            1 => Cell::Text(names::node(scenario, flow.target).to_owned()),
            2 => Cell::Number(f64::from(flow.class)),
            3 => figure(&found.rate_bit_per_s, 1e-6),
            4 => figure(&found.mean_delay_s, 1e3),
            5 => figure(&found.p50_s, 1e3),
            6 => figure(&found.p90_s, 1e3),
            7 => figure(&found.p99_s, 1e3),
            8 => figure(&found.jitter_s2, 1e6),
            9 => {
                let variance = found.jitter_s2.get(row).filter(|value| value.is_finite());
                Cell::from(variance.map(|variance| 1e3 * variance.max(0.0).sqrt()))
            }
            10 => figure(&found.loss, 100.0),
            _ => Cell::Empty,
        }
    };
    Listing { columns, rows, read: Arc::new(read) }
}

/// The check by simulation: how many packets, the button, and what it says of all flows.
fn check(simulation: Simulation, answers: Answers) -> AnyView {
    let planner = expect_context::<TwinPlanner>();
    let running = Memo::new(move |_| simulation.run.with(|run| run.state() == "running"));
    let press =
        move |_| if running.get_untracked() { simulation.cancel() } else { simulation.start() };
    let number = |test: &str, label: &str, range, read: fn(&TwinPlanner) -> u64, change| {
        let value = follow(move || read(&planner) as f64);
        let field = BoxField {
            test: test.to_owned(),
            label: label.to_owned(),
            unit: Signal::stored(String::new()),
            allowed: Signal::stored(range),
            value,
            change,
        };
        view! { <NumberBox field=field/> }.into_any()
    };
    let set_packets = Callback::new(move |packets: f64| {
        planner.state.update(|state| state.packets = packets.round() as u64);
    });
    let set_seed = Callback::new(move |seed: f64| {
        planner.state.update(|state| state.seed = seed.round() as u64);
    });
    let (fewest, most, _) = PACKETS;
    let packets = number(
        "simulation-packets",
        "Packets",
        (fewest as f64, most as f64),
        |planner| planner.state.with(|state| state.packets),
        set_packets,
    );
    let seed = number(
        "simulation-seed",
        "Seed",
        (0.0, 4_294_967_295.0),
        |planner| planner.state.with(|state| state.seed),
        set_seed,
    );
    let progress = move || {
        running.get().then(|| {
            let done = move || simulation.run.with(|run| run.fraction);
            view! { <progress max=1 value=follow(done) aria-label="Packets simulated"></progress> }
        })
    };
    let caption = move || if running.get() { "Cancel" } else { "Check by simulation" };
    let told = move || {
        let measured = simulation.measured()?;
        let answered = answers.answered.get()?;
        let found = Agreement::of(&answered.answer.flows, &measured);
        let text = found.told(&answered.question.scenario);
        let within = found.within;
        Some(view! {
            <p class="facts-line" class:warning=found.disagreeing != 0 data-test="agreement"
                data-flows=found.flows data-within=within data-disagreeing=found.disagreeing>{text}</p>
        })
    };
    view! {
        <section class="by-simulation" aria-label="Check by simulation">
            <div class="batch-bar">
                <button type="button" data-test="simulate" on:click=on_click(press)>{live(caption)}</button>
                {packets}{seed}
                {live(progress)}
                <span class="hint" role="status" data-test="simulation-status" data-state=follow(move || simulation.run.with(SimulationRun::state))>
                    {live(move || { let stale = simulation.is_stale(); simulation.run.with(|run| status_words(run, stale)) })}
                </span>
            </div>
            {live(told)}
        </section>
    }
    .into_any()
}

fn status_words(run: &SimulationRun, stale: bool) -> String {
    let measured = run.measured.as_ref();
    let hops = measured.map_or(0.0, |measured| measured.packet_hops as f64);
    match (run.state(), &run.failure) {
        ("failed", Some(failure)) => ["This could not be simulated: ", failure, "."].concat(),
        ("idle", _) => String::new(),
        _ if stale => "The last check was of an earlier question.".to_owned(),
        ("stopped", _) => "Stopped; what was measured stays.".to_owned(),
        ("done", _) => {
            let seconds = run.elapsed_ms / 1e3;
            let speed = words::number((hops / seconds.max(1e-9)) as usize);
            [&units::delay(seconds), ", ", &speed, " packet-hops per second"].concat()
        }
        _ => String::new(),
    }
}

/// The flow that is open.
fn detail(
    opened: OpenedFlow,
    answers: Answers,
    corrections: Corrections,
    simulation: Simulation,
    flow: u32,
) -> AnyView {
    let Narrow(narrow) = expect_context::<Narrow>();
    let current = Memo::new(move |_| opened.opened.get().filter(|o| o.hops.flow == flow));
    let chart = Memo::new(move |_| {
        let Opened { question, hops } = current.get()?;
        let width = if narrow.get() { 360.0 } else { 470.0 };
        hops::draw(&question.scenario, &hops, width).map(|chart| Drawn(Arc::new(chart)))
    });
    let stale = follow(move || {
        let question = answers.question.get();
        current.with(|current| current.as_ref().is_some_and(|o| o.question != question))
    });
    let title = move || {
        let question = answers.question.get();
        names::flow(&question.scenario, flow as usize)
    };
    let facts = move || answers.answered.get().map(|answered| facts(&answered, flow as usize));
    let corrected = move || {
        let (answered, found) = (answers.answered.get()?, corrections.current()?);
        let text = words::corrected_flow(&found, &answered.answer.flows, flow as usize)?;
        Some(view! { <p class="facts-line" data-test="flow-corrected">{text}</p> })
    };
    let by_both = move || {
        let (answered, measured) = (answers.answered.get()?, simulation.measured()?);
        let text = agreement::of_flow(&answered.answer.flows, &measured, flow as usize)?;
        Some(view! { <p class="facts-line" data-test="flow-agreement">{text}</p> })
    };
    let has_chart = Memo::new(move |_| chart.with(Option::is_some));
    let figure = move || match has_chart.get() {
        true => view! { <ChartFrame text=HOPS chart=chart stale=stale/> }.into_any(),
        false => view! { <p class="hint">"No packet of it arrives anywhere."</p> }.into_any(),
    };
    let hops = move || current.get().map(|_| figure());
    let beside = move || current.get().map(|current| beside(opened, &current));
    view! {
        <section class="flow-detail" data-test="flow-detail" aria-label="The flow that is open">
            <div class="edits-head">
                <h2 aria-live="polite">{live(title)}</h2>
                <button type="button" class="quiet" data-test="close-flow" on:click=on_click(move |_| opened.open(None))>"Close"</button>
            </div>
            {live(facts)}
            {live(corrected)}
            {live(by_both)}
            {live(hops)}
            {live(beside)}
        </section>
    }
    .into_any()
}

/// The flow's figures in a line.
fn facts(answered: &Answered, flow: usize) -> AnyView {
    let found = &answered.answer.flows;
    let value = |values: &[f64]| values.get(flow).copied().filter(|value| value.is_finite());
    let delay = |name: &str, values: &[f64]| {
        value(values).map(|value| [name, " ", &units::delay(value)].concat())
    };
    let deviation = value(&found.jitter_s2).map(|variance| variance.max(0.0).sqrt());
    let parts: Vec<String> = [
        value(&found.rate_bit_per_s).map(units::rate),
        delay("mean", &found.mean_delay_s),
        deviation.map(|deviation| ["deviation ", &units::delay(deviation)].concat()),
        delay("p10", &found.p10_s),
        delay("p50", &found.p50_s),
        delay("p90", &found.p90_s),
        delay("p99", &found.p99_s),
        value(&found.loss).map(|l| ["loss ", &crate::controls::number_text::percent(l)].concat()),
    ]
    .into_iter()
    .flatten()
    .collect();
    view! { <p class="facts-line" data-test="flow-facts">{parts.join(" · ")}</p> }.into_any()
}

/// The flows that share its queues, those that bring most first.
fn beside(opened: OpenedFlow, current: &Opened) -> AnyView {
    let scenario: &Scenario = &current.question.scenario;
    let mut flows: Vec<(u32, f64, usize)> = Vec::new();
    for (flow, rate) in current.hops.hops.iter().flat_map(|hop| &hop.beside) {
        match flows.iter_mut().find(|known| known.0 == *flow) {
            Some(known) => *known = (*flow, known.1.max(*rate), known.2 + 1),
            None => flows.push((*flow, *rate, 1)),
        }
    }
    let largest_first = order(flows.len(), &|a, b| {
        flows[b].1.total_cmp(&flows[a].1).then(flows[a].0.cmp(&flows[b].0))
    });
    let flows: Vec<_> = largest_first.into_iter().map(|place| flows[place]).collect();
    let most = current.hops.hops.iter().map(|hop| hop.beside_count).max().unwrap_or(0);
    let row = |(flow, rate, hops): &(u32, f64, usize)| {
        let (flow, hops) = (*flow, *hops);
        view! {
            <tr>
                <th scope="row"><button type="button" class="quiet link" data-test="open-beside"
                    on:click=on_click(move |_| opened.open(Some(flow)))>{names::flow(scenario, flow as usize)}</button></th>
                <td class="number">{units::rate(*rate)}</td>
                <td class="number">{hops}</td>
            </tr>
        }
    };
    if flows.is_empty() {
        return view! { <p class="hint">"It shares its queues with no other flow."</p> }.into_any();
    }
    let rows = flows.iter().take(BESIDE).map(row).collect_view();
    let title =
        ["In the same queues: up to ", &words::counted(most, "other flow"), " per hop"].concat();
    view! {
        <div class="changes">
            <h3>{title}</h3>
            <table data-test="beside">
                <thead><tr><th scope="col">"Flow"</th><th scope="col" class="number">"Brings"</th><th scope="col" class="number">"Hops named"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
