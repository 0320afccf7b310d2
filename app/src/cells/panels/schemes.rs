//! All schemes side by side, each in closed loop with the same network.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::cells::figures::{Cdf, RunFigures};
use slicewise_core::cells::{SATISFIED, STEPS_PER_DAY, Scheme};

use crate::cells::charts::schemes::{self, SchemeRun};
use crate::cells::handles::{CellsPlanner, Simulation};
use crate::cells::state::SCHEMES;
use crate::cells::words::{self, scheme_name};
use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::controls::number_text;
use crate::shell::live::{follow, live};
use crate::shell::narrow::Narrow;

const CDF: FrameText = FrameText {
    name: "schemes",
    title: "Satisfaction under each scheme",
    about: "Share of promises (a slice of a cell over one step) whose simulated satisfaction is at most r, over all cells and the whole day (IDLA, figure 5). The lower a curve stays, the more promises are kept; its distance from 100 % at the right edge is the satisfaction probability. All schemes see the same users, traffic and fading.",
};

/// The distributions and their figures.
#[component]
pub fn SchemesPanel() -> impl IntoView {
    let planner = expect_context::<CellsPlanner>();
    let simulation = expect_context::<Simulation>();
    let Narrow(narrow) = expect_context::<Narrow>();
    let runs = Memo::new(move |_| Arc::new(runs(planner, simulation)));
    let chart = Memo::new(move |_| {
        let size = if narrow.get() { (360.0, 280.0) } else { (520.0, 350.0) };
        schemes::draw(&runs.get(), size).map(|chart| Drawn(Arc::new(chart)))
    });
    let stale =
        follow(move || SCHEMES.iter().any(|scheme| simulation.run(*scheme, |_, stale| stale)));
    let done = Memo::new(move |_| {
        let done = |scheme: &Scheme| simulation.network.with(|n| n.current.of(*scheme).done);
        SCHEMES.iter().filter(|scheme| done(scheme)).count()
    });
    view! {
        <div class="schemes" data-test="schemes" data-done=follow(move || done.get())>
            <div class="schemes-figure"><ChartFrame text=CDF chart=chart stale=stale/></div>
            <div class="schemes-side">
                <div class="scroll" class:stale=follow(move || stale.get())>
                    <table data-test="schemes-table">
                        <thead>
                            <tr>
                                <th scope="col">"Scheme"</th>
                                <th scope="col" class="number">"Satisfied"</th>
                                <th scope="col" class="number">"Mean r"</th>
                                <th scope="col" class="number">"Estimated"</th>
                                <th scope="col" class="number">"Worst 5 %"</th>
                                <th scope="col" class="number">"Gap"</th>
                                <th scope="col" class="number">"Decision"</th>
                                <th scope="col" class="number">"Steps"</th>
                            </tr>
                        </thead>
                        <tbody>{live(move || runs.get().iter().map(row).collect_view())}</tbody>
                    </table>
                </div>
                <p class="hint">
                    {format!(
                        "Satisfied: share of promises (a slice of a cell over 15 minutes) with r of at least {}; it, \
                         mean r and the worst 5 %, the r that a twentieth of them stays below, are simulated. \
                         Estimated: the mean r that the estimator expected of the same splits. Gap: the largest of the \
                         plans against what no split can exceed, by the estimator. Decision: time to split all cells \
                         once, in this browser.",
                        number_text::percent(SATISFIED)
                    )}
                </p>
                <p class="hint" data-test="why-they-differ">{words::ABOUT_PROMISES}</p>
                <p class="hint">
                    "The agents of the paper’s deep reinforcement learning (TD3) are trained on the command line: \
                     slicewise reproduce idla."
                </p>
            </div>
        </div>
    }
    .into_any()
}

fn runs(planner: CellsPlanner, simulation: Simulation) -> Vec<SchemeRun> {
    let step = STEPS_PER_DAY - 1;
    let run = |scheme: Scheme| {
        simulation.network.with(|network| {
            let (run, _) = network.shown(scheme, step.min(shown_step(planner)));
            let values = run.steps.iter().flat_map(|step| step.kpis.iter().map(|k| k.satisfaction));
            SchemeRun { scheme, figures: run.figures, satisfaction: Cdf::new(values) }
        })
    };
    SCHEMES.into_iter().map(run).collect()
}

fn shown_step(planner: CellsPlanner) -> usize {
    planner.state.with(|state| state.step)
}

fn row(run: &SchemeRun) -> AnyView {
    let RunFigures { steps, largest_gap, decision_ms, .. } = run.figures;
    let none = || "–".to_owned();
    let known = steps > 0;
    let percent = |value: f64| if known { number_text::percent(value) } else { none() };
    let worst = run.satisfaction.quantile(0.05).map_or_else(none, number_text::percent);
    let expected = run.figures.expected_mean().map_or_else(none, number_text::percent);
    let gap = largest_gap.map_or_else(none, words::short_gap);
    let decision = match known {
        true => number_text::quantity(decision_ms / steps as f64, "ms"),
        false => none(),
    };
    let name = run.scheme.name();
    view! {
        <tr>
            <th scope="row">{scheme_name(run.scheme)}</th>
            <td class="number" data-test=format!("probability-{name}") data-value=run.figures.probability()>{percent(run.figures.probability())}</td>
            <td class="number">{percent(run.figures.mean())}</td>
            <td class="number" data-test=format!("expected-{name}")>{expected}</td>
            <td class="number">{worst}</td>
            <td class="number">{gap}</td>
            <td class="number">{decision}</td>
            <td class="number" data-test=format!("steps-{name}") data-value=steps>{steps.to_string()}</td>
        </tr>
    }
    .into_any()
}
