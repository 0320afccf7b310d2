//! The tab Failures: what happens when links, nodes or risk groups fail, alone and in pairs.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::twin::Scenario;
use slicewise_core::twin::failures::{FailureCase, FailureCases, FailureKinds, LinkCauses, Part};

use super::corrected_cell::{INTERVAL_COLUMNS, corrected_cell};
use crate::charts::drawing::Cell;
use crate::charts::listing::{Listed, Listing, ListingText, ListingView, Sort};
use crate::controls::number_text;
use crate::shell::live::{follow, live, on_change, on_click};
use crate::twin::handles::{CorrectedCases, OpenNetwork, SweepRun, Sweeps, TwinPlanner};
use crate::twin::map::Picked;
use crate::twin::question::OpenScenario;
use crate::twin::state::Tab;
use crate::twin::sweep::{self, Gathered};
use crate::twin::{names, units, words};

const CASES: ListingText =
    ListingText { name: "failures", title: "What each failure does", find: "Find a failure" };
const LINKS: ListingText =
    ListingText { name: "worst-links", title: "The worst of each link", find: "Find a link" };

/// What of a sweep is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    Case(usize),
    Link(usize),
}

/// Its panel.
#[component]
pub fn FailuresPanel() -> impl IntoView {
    let planner = expect_context::<TwinPlanner>();
    let sweeps = expect_context::<Sweeps>();
    let opened: RwSignal<Option<Opened>> = RwSignal::new(None);
    let shown = Memo::new(move |_| {
        sweeps.run.with(|run| {
            let (question, kinds) = run.asked.as_ref()?;
            let gathered = run.gathered.clone();
            (gathered.done > 0).then(|| Shown {
                scenario: question.scenario.clone(),
                kinds: *kinds,
                gathered,
            })
        })
    });
    Effect::new(move |_| {
        shown.track();
        opened.set(None);
    });
    Effect::new(move |previous: Option<bool>| {
        let links = match (opened.get(), shown.get()) {
            (Some(Opened::Case(index)), Some(shown)) => shown.failing_links(index),
            _ => Vec::new(),
        };
        let marks = !links.is_empty();
        if marks || previous == Some(true) {
            planner.highlighted.set(links);
        }
        marks
    });
    let results = move || {
        match shown.get() {
        Some(shown) => results(planner, sweeps, &shown, opened),
        None => view! {
            <p class="placeholder">
                "What if a link is cut, a router is reloaded, a duct is dug up? Every failure is \
                 answered by formula, each with its own routes: who is cut off, what runs full, \
                 which promises break. The ten of longest delay are corrected by training, with intervals."
            </p>
        }
        .into_any(),
    }
    };
    view! {
        <div class="failures-panel">
            {bar(planner, sweeps)}
            {live(results)}
        </div>
    }
    .into_any()
}

/// A sweep as it is shown; equal when it is the same one.
#[derive(Clone)]
struct Shown {
    scenario: OpenScenario,
    kinds: FailureKinds,
    gathered: Arc<Gathered>,
}

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.gathered, &other.gathered)
    }
}

impl Shown {
    fn case(&self, index: usize) -> Option<&FailureCase> {
        self.gathered.cases.get(index)?.as_ref()
    }

    /// Every direction of the links that fail in a case.
    fn failing_links(&self, index: usize) -> Vec<u32> {
        let topology = &self.scenario.topology;
        let of = |part: &Part| -> Vec<u32> {
            match *part {
                Part::Link(link) => topology.cable(link).collect(),
                Part::Node(node) => {
                    let links = topology.links.iter().zip(0..);
                    let own = links.filter(|(l, _)| l.source == node || l.target == node);
                    own.map(|(_, index)| index).collect()
                }
                Part::Group(group) => {
                    let group = topology.risk_groups.get(group as usize);
                    let links = group.map(|group| &group.links[..]).unwrap_or_default();
                    links.iter().flat_map(|link| topology.cable(*link)).collect()
                }
            }
        };
        self.case(index).map(|case| case.failed.iter().flat_map(of).collect()).unwrap_or_default()
    }
}

/// One of the choices of a sweep.
type KindField = fn(&mut FailureKinds) -> &mut bool;

/// Which failures, and the button.
fn bar(planner: TwinPlanner, sweeps: Sweeps) -> AnyView {
    let network = expect_context::<OpenNetwork>();
    let kinds = Memo::new(move |_| planner.state.with(|state| state.failures));
    let count = Memo::new(move |_| {
        network.scenario.with(|s| FailureCases::new(&s.topology, kinds.get()).map(|c| c.len()))
    });
    let running = Memo::new(move |_| sweeps.run.with(|run| run.state() == "running"));
    let caption = move || match (running.get(), count.get()) {
        (true, _) => "Cancel".to_owned(),
        (_, Ok(count)) => ["Try ", &words::counted(count, "failure")].concat(),
        (_, Err(_)) => "Try failures".to_owned(),
    };
    let press = move |_| if running.get_untracked() { sweeps.cancel() } else { sweeps.start() };
    let progress = move || {
        running.get().then(|| {
            let total = sweeps.run.with_untracked(|run| run.done.1);
            let done = move || sweeps.run.with(|run| run.done.0);
            view! { <progress max=total value=follow(done) aria-label="Failures tried"></progress> }
        })
    };
    let boxes: [(&str, &str, KindField); 4] = [
        ("links", "links", |kinds| &mut kinds.links),
        ("nodes", "nodes", |kinds| &mut kinds.nodes),
        ("groups", "risk groups", |kinds| &mut kinds.groups),
        ("pairs", "and all pairs", |kinds| &mut kinds.pairs),
    ];
    let choices = boxes.map(|(name, title, field)| {
        let turn = on_change(move |_| {
            planner.state.update(|state| {
                let on = field(&mut state.failures);
                *on = !*on;
            });
        });
        let checked = follow(move || *field(&mut kinds.get()));
        view! {
            <label class="check">
                <input type="checkbox" data-test=format!("failures-{name}") prop:checked=checked on:change=turn/>{title}
            </label>
        }
        .into_any()
    });
    let refused = move || count.get().err().map(|error| error.to_string());
    let state = move || sweeps.run.with(SweepRun::state);
    view! {
        <div class="batch-bar">
            {Vec::from(choices)}
            <button type="button" class="primary" data-test="failures-run" disabled=follow(move || count.with(Result::is_err) && !running.get())
                on:click=on_click(press)>{live(caption)}</button>
            {live(progress)}
            <span class="hint" role="status" data-test="failures-status" data-state=follow(state)
                data-done=follow(move || sweeps.run.with(|run| run.done.0))
                data-ms=follow(move || sweeps.run.with(|run| run.elapsed_ms))
                data-stale=follow(move || sweeps.is_stale().to_string())>
                {live(move || refused().unwrap_or_else(|| sweeps.run.with(status_words)))}
            </span>
        </div>
    }
    .into_any()
}

fn status_words(run: &SweepRun) -> String {
    let (done, all) = (words::number(run.done.0), words::number(run.done.1));
    match (run.state(), &run.failure) {
        ("running", _) => [&done, " of ", &all].concat(),
        ("failed", Some(failure)) => ["This could not be done: ", failure, "."].concat(),
        ("stopped", _) => ["Stopped after ", &done, " of ", &all, "."].concat(),
        ("done", _) => [&done, " in ", &units::delay(run.elapsed_ms / 1e3)].concat(),
        _ => String::new(),
    }
}

fn results(
    planner: TwinPlanner,
    sweeps: Sweeps,
    shown: &Shown,
    opened: RwSignal<Option<Opened>>,
) -> AnyView {
    let stale = follow(move || sweeps.is_stale());
    let sentence = shown.gathered.sentence(shown.kinds, &shown.scenario);
    let prefix = move || if stale.get() { "Of an earlier question: " } else { "" };
    let chosen = follow(move || match opened.get() {
        Some(Opened::Case(index)) => Some(index),
        _ => None,
    });
    let chosen_link = follow(move || match opened.get() {
        Some(Opened::Link(index)) => Some(index),
        _ => None,
    });
    let links = Listed(Arc::new(links_of(shown.clone())));
    let links = Memo::new(move |_| Some(links.clone()));
    let cases = {
        let shown = shown.clone();
        Memo::new(move |_| {
            let corrected = sweeps.corrected.get();
            Some(Listed(Arc::new(cases_of(shown.clone(), corrected))))
        })
    };
    let open_case = Callback::new(move |row: usize| opened.set(Some(Opened::Case(row))));
    let open_link = Callback::new(move |row: usize| {
        planner.picked.set(Some(Picked::Link(row as u32)));
        opened.set(Some(Opened::Link(row)));
    });
    let shown = shown.clone();
    let detail = move || match opened.get()? {
        Opened::Case(index) => case_detail(planner, sweeps, &shown, index),
        Opened::Link(index) => link_detail(&shown, index, opened),
    };
    let (by_loss, by_use) = (Sort { column: 9, falls: false }, Sort { column: 2, falls: true });
    view! {
        <p class="day-sentence" class:stale=stale data-test="failures-sentence">{live(prefix)}{sentence}</p>
        <div data-test="failure-detail" aria-live="polite">{live(detail)}</div>
        <h2>{CASES.title}</h2>
        <ListingView text=CASES listing=cases open=open_case sort=Some(by_loss) chosen=chosen/>
        <h2>{LINKS.title}</h2>
        <ListingView text=LINKS listing=links open=open_link sort=Some(by_use) chosen=chosen_link/>
    }
    .into_any()
}

/// One row per failure; the cases of longest delay corrected by training.
fn cases_of(shown: Shown, corrected: CorrectedCases) -> Listing {
    let rows = shown.gathered.cases.len();
    let read = move |row: usize, column: usize| {
        let Some(case) = shown.case(row) else { return Cell::Empty };
        let scenario: &Scenario = &shown.scenario;
        let count = |count: u32| Cell::Number(f64::from(count));
        match column {
            0 => Cell::Text(sweep::told(case, scenario)),
            1 => count(case.cut_off),
            2 => count(case.end_failed),
            3 => count(case.components),
            4 => count(case.separated),
            5 => count(case.breaking),
            6 => Cell::Number(100.0 * case.highest_utilisation),
            7 => case.busiest_link.map_or(Cell::Empty, |l| Cell::Text(names::link(scenario, l))),
            8 => Cell::Number(1e3 * case.longest_delay_s),
            9 => Cell::Number(100.0 * case.delivered),
            _ => {
                let of_case = corrected.iter().find(|(index, _)| *index == row);
                corrected_cell(of_case.map(|(_, delays_s)| *delays_s), column - 10)
            }
        }
    };
    Listing {
        columns: vec![
            "What fails",
            "Flows cut off",
            "Flows whose end fails",
            "Parts",
            "Nodes outside",
            "Promises broken",
            "Fullest link, %",
            "Fullest link",
            "Longest delay, ms",
            "Arrives, %",
            "Corrected longest, ms",
            INTERVAL_COLUMNS[0],
            INTERVAL_COLUMNS[1],
        ],
        rows,
        read: Arc::new(read),
    }
}

/// One row per link.
fn links_of(shown: Shown) -> Listing {
    let rows = shown.gathered.links.len();
    let read = move |row: usize, column: usize| {
        let Some(causes) = shown.gathered.links.get(row) else { return Cell::Empty };
        let worst = causes.causes.first();
        match column {
            0 => Cell::Text(names::link(&shown.scenario, row as u32)),
            1 => Cell::from(shown.gathered.utilisation.get(row).map(|used| 100.0 * used)),
            2 => Cell::from(worst.map(|(_, used)| 100.0 * used)),
            _ => {
                let case = worst.and_then(|(case, _)| shown.case(*case as usize));
                case.map_or(Cell::Empty, |case| Cell::Text(sweep::told(case, &shown.scenario)))
            }
        }
    };
    Listing {
        columns: vec!["Link", "Now, %", "At worst, %", "When this fails"],
        rows,
        read: Arc::new(read),
    }
}

/// What an opened case says, and what can be made of it.
fn case_detail(
    planner: TwinPlanner,
    sweeps: Sweeps,
    shown: &Shown,
    index: usize,
) -> Option<AnyView> {
    let case = shown.case(index)?;
    let scenario: &Scenario = &shown.scenario;
    let title = sweep::told(case, scenario);
    let slowest = case.slowest_flow.map(|flow| {
        let flow = names::flow(scenario, flow as usize);
        ["Slowest is ", &flow, " with ", &units::delay(case.longest_delay_s), "."].concat()
    });
    let failed = case.failed.clone();
    let take_over = move |_| {
        sweeps.take_over(&failed);
        planner.show(Tab::WhatIf);
    };
    let view = view! {
        <h3>{["If ", &title, if case.failed.len() > 1 { " fail" } else { " fails" }].concat()}</h3>
        {sweep::partitions(case, scenario).map(|text| view! { <p class="facts-line" data-test="partitions">{text}</p> })}
        {slowest.map(|text| view! { <p class="facts-line">{text}</p> })}
        <button type="button" data-test="failure-edit" on:click=on_click(take_over)>"Try this as a what-if"</button>
    };
    Some(view.into_any())
}

/// The failures that make a link fullest.
fn link_detail(shown: &Shown, index: usize, opened: RwSignal<Option<Opened>>) -> Option<AnyView> {
    let LinkCauses { causes } = shown.gathered.links.get(index)?;
    let title = names::link(&shown.scenario, index as u32);
    let cause = |(case, used): &(u32, f64)| {
        let case = *case as usize;
        let name = shown.case(case).map(|case| sweep::told(case, &shown.scenario));
        let open = move |_| opened.set(Some(Opened::Case(case)));
        view! {
            <li><button type="button" class="quiet link" data-test="cause" on:click=on_click(open)>{name}</button>
                {[": ", &number_text::percent(*used)].concat()}</li>
        }
    };
    let list = match causes.is_empty() {
        true => view! { <p class="hint">"No failure makes it fuller than it is."</p> }.into_any(),
        false => view! { <ol>{causes.iter().map(cause).collect_view()}</ol> }.into_any(),
    };
    Some(view! { <h3>{["What fills ", &title].concat()}</h3>{list} }.into_any())
}
