//! The controls in the order in which a person thinks: which slices, what they need, how much comes
//! in, what is wanted, how it is searched.

use leptos::prelude::*;
use slicewise_core::cells::job::{MOST_COST_OF_CHANGE, MOST_LEAST_SHARE};
use slicewise_core::cells::{Objective, Scheme, ServiceProfile};
use web_sys::HtmlInputElement;

use super::handles::CellsPlanner;
use super::models::{self, Trained};
use super::state::{
    CellsState, MOST_LOAD, MOST_SLICES, REQUIRED_DELAY, REQUIRED_THROUGHPUT, SCHEMES, SliceTerms,
    check_name,
};
use super::words::{self, objective_name, scheme_name};
use crate::controls::explanation::Explanation;
use crate::controls::number_field::{NumberControl, NumberField, SliderRange, seed_field};
use crate::controls::number_text;
use crate::shell::live::{follow, live, on_change, on_click};

const ABOUT_SLICES: &str = "Each slice is there in all 12 cells and shares their physical resource blocks (PRB) with the others: the shares of a cell sum to at most 1 (IDLA, equations (1) and (2)). The sliders below belong to the slice that is chosen here.";
const ABOUT_OBJECTIVE: &str = "What the split of a cell makes as large as possible. The paper takes the sum of ln(r + 1) (equation (5)): fair, and never worth less for more satisfaction. The other two look only at the worst slice, or weigh the slices. Lifting the worst slice may cost the others more: the answer warns where equal shares keep more promises. Weights and minimum shares are set under “Cell” and hold in every cell of the network.";
const ABOUT_SCHEME: &str = "Exact: the slices’ estimated curves are piecewise linear, so dynamic programming over them finds the optimum of the estimate and a dual bound proves it. IDLA: the paper’s Algorithm 1, gradient descent from 5 neighbours of the last split. Oracle: the best split on a grid of 5 %. Traffic: in proportion to the traffic. Equal: the same for all (section V-C).";
const ABOUT_ESTIMATOR: &str = "The network f(x, z) that estimates a slice’s satisfaction from its share x and its last five states z: active users, channel quality and requirements (equations (6) to (8)). The first one cannot fall when the share rises; the paper’s can.";
const ABOUT_LEAST_SHARE: &str = "Every slice that had users in the last five steps gets at least this share of the cell’s PRB, whatever is maximised: without it a split may leave active users with nothing (rRMPolicyMaxRatio 0). A slice that nobody used gets 1 %, for users to come. Minimum shares of single slices hold beside it.";
const ABOUT_COST_OF_CHANGE: &str = "What another split has to be worth beyond the split of the step before, in the utility that is maximised; where it is worth no more, the cell keeps its split. 0 follows every small move of an uncertain estimate. The default was measured in the simulation: with it at most two promises of a thousand more are broken than without.";
const ABOUT_SEED: &str = "Start of the random numbers behind places, users, traffic and searches. The same seed gives the same day.";

/// The column of controls.
#[component]
pub fn Controls() -> impl IntoView {
    let planner = expect_context::<CellsPlanner>();
    view! {
        <form class="controls" aria-label="Question" on:submit=move |event| event.prevent_default()>
            {slices(planner)}
            {slice_fields(planner)}
            <fieldset>
                <legend>"Goal and method"</legend>
                {objective(planner)}
                {scheme(planner)}
                {estimator(planner)}
                <NumberControl field=least_share(planner)/>
                <NumberControl field=cost_of_change(planner)/>
                <NumberControl field=seed(planner)/>
            </fieldset>
        </form>
    }
    .into_any()
}

/// Reads from the slice whose controls are shown.
fn slice<T: Default>(planner: CellsPlanner, read: impl FnOnce(&SliceTerms) -> T) -> T {
    planner.state.with(|state| state.slices.get(state.slice).map(read)).unwrap_or_default()
}

/// Changes the slice whose controls are shown.
fn change_slice(planner: CellsPlanner, change: impl FnOnce(&mut SliceTerms)) {
    planner.state.update(|state| {
        let index = state.slice;
        if let Some(terms) = state.slices.get_mut(index) {
            change(terms);
            state.keep_adjustments_in_range();
        }
    });
}

fn slices(planner: CellsPlanner) -> AnyView {
    let count = Memo::new(move |_| planner.state.with(|state| state.slices.len()));
    let tab = move |index: usize| {
        let name = move || {
            planner.state.with(|state| state.slices.get(index).map(|s| s.service.name.clone()))
        };
        let chosen = move || planner.state.with(|state| state.slice == index).to_string();
        view! {
            <button
                type="button"
                class=format!("tab of-slice s{index}")
                data-test=format!("slice-tab-{index}")
                aria-pressed=follow(chosen)
                on:click=on_click(move |_| planner.state.update(|state| state.slice = index))
            >
                {live(name)}
            </button>
        }
        .into_any()
    };
    let name = move || slice(planner, |terms| terms.service.name.clone());
    let name_error = RwSignal::new(None);
    Effect::new(move |_| {
        planner.state.track();
        name_error.set(None);
    });
    view! {
        <fieldset>
            <legend>"Slices"</legend>
            <div class="tabs" role="group" aria-label="Slice shown">
                {live(move || (0..count.get()).map(tab).collect_view())}
                <button
                    type="button"
                    data-test="add-slice"
                    aria-label="Add a slice"
                    disabled=follow(move || { count.get() >= MOST_SLICES })
                    on:click=on_click(move |_| planner.state.update(|state| state.add_slice()))
                >
                    "+ add"
                </button>
                <Explanation topic="slices" text=ABOUT_SLICES/>
            </div>
            <div class="field-head">
                <label for="slice-name">"Name"</label>
                <input
                    id="slice-name"
                    class="wide"
                    type="text"
                    maxlength="40"
                    autocomplete="off"
                    data-test="slice-name"
                    prop:value=follow(name)
                    on:change=on_change(move |event| {
                        let name = event_target_value(&event);
                        let checked = check_name("name", &name);
                        match checked.is_ok() {
                            true => change_slice(planner, |terms| terms.service.name = name),
                            false => {
                                let kept = untrack(|| slice(planner, |s| s.service.name.clone()));
                                event_target::<HtmlInputElement>(&event).set_value(&kept);
                            }
                        }
                        name_error.set(checked.err().map(|error| error.to_string()));
                    })
                />
                <span class="unit" title="S-NSSAI: slice type and differentiator">
                    {live(move || slice(planner, |terms| terms.service.snssai.to_string()))}
                </span>
                <button
                    type="button"
                    data-test="remove-slice"
                    disabled=follow(move || { count.get() < 2 })
                    on:click=on_click(move |_| planner.state.update(|state| state.remove_slice()))
                >
                    "remove"
                </button>
                {live(move || name_error.get().map(|error| view! {
                    <p class="error" role="alert" data-test="error">{error}</p>
                }))}
            </div>
        </fieldset>
    }
    .into_any()
}

fn slice_fields(planner: CellsPlanner) -> AnyView {
    let (least, most) = REQUIRED_THROUGHPUT;
    let throughput = NumberField {
        name: "throughput".to_owned(),
        label: "Throughput".to_owned(),
        term: "required throughput".to_owned(),
        unit: "Mbit/s".to_owned(),
        about: "φ*: the mean throughput that each user of the slice is promised (equation (3); 3GPP: dLThptPerUE).".to_owned(),
        slider: SliderRange { lowest: 0.1, highest: 5.0, step: 0.05 },
        allowed: Signal::stored((least, most)),
        value: follow(move || slice(planner, |s| s.service.required_throughput_mbps)),
        change: Callback::new(move |value| {
            change_slice(planner, |s| s.service.required_throughput_mbps = value);
        }),
        spoken: follow(move || {
            number_text::quantity(slice(planner, |s| s.service.required_throughput_mbps), "Mbit/s per user")
        }),
    };
    let (least, most) = REQUIRED_DELAY;
    let delay = NumberField {
        name: "delay".to_owned(),
        label: "Delay".to_owned(),
        term: "required delay".to_owned(),
        unit: "ms".to_owned(),
        about:
            "d*: the mean delay that the slice’s packets may have (equation (3); 3GPP: dLLatency)."
                .to_owned(),
        slider: SliderRange { lowest: 10.0, highest: 500.0, step: 5.0 },
        allowed: Signal::stored((least, most)),
        value: follow(move || slice(planner, |s| s.service.required_delay_ms)),
        change: Callback::new(move |value| {
            change_slice(planner, |s| s.service.required_delay_ms = value);
        }),
        spoken: follow(move || {
            number_text::quantity(slice(planner, |s| s.service.required_delay_ms), "ms")
        }),
    };
    let load = NumberField {
        name: "load".to_owned(),
        label: "Traffic".to_owned(),
        term: "traffic".to_owned(),
        unit: "×".to_owned(),
        about: "Traffic of the slice in relation to the paper’s scenario. It follows a daily pattern of its own (section V-A): 1 is the paper’s amount, 2 twice as much.".to_owned(),
        slider: SliderRange { lowest: 0.0, highest: 3.0, step: 0.05 },
        allowed: Signal::stored((0.0, MOST_LOAD)),
        value: follow(move || slice(planner, |s| s.load)),
        change: Callback::new(move |value| change_slice(planner, |s| s.load = value)),
        spoken: follow(move || {
            format!("{} times the paper’s traffic", number_text::rounded(slice(planner, |s| s.load)))
        }),
    };
    view! {
        <fieldset>
            <legend>{live(move || format!("What {} is promised, and its traffic", slice(planner, |s| s.service.name.clone())))}</legend>
            <NumberControl field=throughput/>
            {outside(planner, "throughput-outside", words::throughput_outside)}
            <NumberControl field=delay/>
            {outside(planner, "delay-outside", words::delay_outside)}
            <NumberControl field=load/>
        </fieldset>
    }
    .into_any()
}

/// Says where a requirement lies outside what the estimator was trained on.
fn outside(
    planner: CellsPlanner,
    test: &'static str,
    read: fn(&ServiceProfile, &Trained) -> Option<String>,
) -> AnyView {
    let text = move || {
        planner.state.with(|state| {
            let trained = models::named(&state.estimator)?.trained?;
            read(&state.slices.get(state.slice)?.service, &trained)
        })
    };
    live(move || text().map(|text| view! { <p class="hint warning" data-test=test>{text}</p> }))
        .into_any()
}

/// A list to choose from, with its explanation; of each option its value, its title and whether it is
/// offered.
pub fn choice(
    name: &'static str,
    label: &'static str,
    about: &'static str,
    options: Vec<(&'static str, &'static str, bool)>,
    chosen: impl Fn() -> String + Copy + Send + Sync + 'static,
    choose: impl Fn(String) + 'static,
) -> AnyView {
    let options = options
        .into_iter()
        .map(|(value, title, offered)| {
            let selected = follow(move || chosen() == value);
            view! { <option value=value disabled=!offered prop:selected=selected>{title}</option> }
        })
        .collect_view();
    view! {
        <div class="field-head choice">
            <label for=name>{label}</label>
            <Explanation topic=label text=about/>
            <select id=name class="wide" data-test=name on:change=on_change(move |event| choose(event_target_value(&event)))>{options}</select>
        </div>
    }
    .into_any()
}

fn objective(planner: CellsPlanner) -> AnyView {
    let option = |objective: Objective| (objective.name(), objective_name(objective), true);
    let chosen = move || planner.state.with(|state| state.objective).name().to_owned();
    let options = Objective::ALL.map(option).to_vec();
    choice("objective", "Objective", ABOUT_OBJECTIVE, options, chosen, move |name| {
        let objective = Objective::ALL.into_iter().find(|objective| objective.name() == name);
        if let Some(objective) = objective {
            planner.state.update(|state| state.set_objective(objective));
        }
    })
}

fn scheme(planner: CellsPlanner) -> AnyView {
    let options = SCHEMES.map(|scheme| (scheme.name(), scheme_name(scheme), true)).to_vec();
    let chosen = move || planner.scheme().name().to_owned();
    choice("scheme", "Scheme", ABOUT_SCHEME, options, chosen, move |name| {
        let scheme: Option<Scheme> = SCHEMES.into_iter().find(|scheme| scheme.name() == name);
        if let Some(scheme) = scheme {
            planner.state.update(|state| state.scheme = scheme);
        }
    })
}

fn estimator(planner: CellsPlanner) -> AnyView {
    let options =
        models::SHIPPED.map(|model| (model.name, model.title, model.trained.is_some())).to_vec();
    let chosen = move || planner.state.with(|state| state.estimator.clone());
    choice("estimator", "Estimator", ABOUT_ESTIMATOR, options, chosen, move |name| {
        planner.state.update(|state| state.estimator = name);
    })
}

fn least_share(planner: CellsPlanner) -> NumberField {
    let percent = move || 100.0 * planner.state.with(|state| state.least_share);
    NumberField {
        name: "least-share".to_owned(),
        label: "Least share".to_owned(),
        term: "least share".to_owned(),
        unit: "%".to_owned(),
        about: ABOUT_LEAST_SHARE.to_owned(),
        slider: SliderRange { lowest: 0.0, highest: 25.0, step: 0.5 },
        allowed: Signal::stored((0.0, 100.0 * MOST_LEAST_SHARE)),
        value: follow(percent),
        change: Callback::new(move |percent: f64| {
            planner.state.update(|state| state.least_share = percent / 100.0);
        }),
        spoken: follow(move || number_text::quantity(percent(), "percent of the PRB")),
    }
}

fn cost_of_change(planner: CellsPlanner) -> NumberField {
    let cost = move || planner.state.with(CellsState::cost_of_change);
    NumberField {
        name: "cost-of-change".to_owned(),
        label: "Cost of a change".to_owned(),
        term: "cost of a change".to_owned(),
        unit: "utility".to_owned(),
        about: ABOUT_COST_OF_CHANGE.to_owned(),
        slider: SliderRange { lowest: 0.0, highest: 0.1, step: 0.001 },
        allowed: Signal::stored((0.0, MOST_COST_OF_CHANGE)),
        value: follow(cost),
        change: Callback::new(move |cost| {
            planner.state.update(|state| state.cost_of_change = Some(cost));
        }),
        spoken: follow(move || number_text::quantity(cost(), "of utility")),
    }
}

fn seed(planner: CellsPlanner) -> NumberField {
    let read = move || planner.state.with(|state| state.seed);
    seed_field(ABOUT_SEED, (0.0, 100.0), read, move |seed| {
        planner.state.update(|state| state.seed = seed);
    })
}
