//! The controls in the order in which a person thinks: whose demand, and what an interval costs.

use leptos::prelude::*;
use slicewise_core::forecast::admission_plan::SharedTerms;
use slicewise_core::forecast::reservation::Terms;
use slicewise_core::forecast::{DEMAND_SEED, ServiceName};

use super::handles::{ForecastPlanner, ImportedTrace, OwnNetworks, Reservation};
use super::state::{CAPACITY_SHARES, MOST_OF_PEAK, MOST_PRICE, OFFSETS, STEEPNESSES, Tab};
use super::table_preview;
use super::words::service_name;
use crate::controls::explanation::Explanation;
use crate::controls::number_field::{NumberControl, NumberField, SliderRange, seed_field};
use crate::controls::number_text;
use crate::shell::files::{TABLES, file_button};
use crate::shell::live::{follow, live, on_change, on_click};

const ABOUT_SERVICE: &str = "Three weeks of 5-minute demand, made by our own generator: a daily and a weekly shape, noise, bursts and events, fitted to published traces. The networks learned from the first two weeks; the third one is the test. Or open a trace of your own: a table with a column of time stamps and columns of demand. Its last third is the test.";
const ABOUT_SEED: &str = "Start of the random numbers behind noise, bursts and events. The shipped networks learned from the seed that the page opens with; for another one their decisions are moved as the training days advise.";
const ABOUT_REVENUE: &str = "What an interval earns whose demand fits into the reservation (Loss meta-learning, section IV-A.1). 1 is the price of reserving the largest demand of the training days for one interval and not using it, at price 1.";
const ABOUT_PENALTY: &str = "What an interval costs, besides its lost revenue, whose demand exceeds the reservation, however little. In the same unit.";
const ABOUT_PRICE: &str = "Price of one unit of capacity that was reserved for an interval and not used. All costs on this page count in it.";
const ABOUT_CAPACITY: &str = "What all slices share, as a part of the sum of their peaks over the training days. The networks learned at 15 %; at decision time they are told the capacity.";
const ABOUT_STEEPNESS: &str = "ra, below 0: how steeply the quality of a slice falls where too little is reserved (AutoManager’s metric: K (tanh(ra (p − y) + rb) + 1)/2 − R, with decision p and demand y as shares of the peak).";
const ABOUT_OFFSET: &str = "rb: where that fall lies.";

/// The column of controls.
#[component]
pub fn Controls() -> impl IntoView {
    let planner = expect_context::<ForecastPlanner>();
    let trace = expect_context::<ImportedTrace>();
    let admission = Memo::new(move |_| planner.state.with(|s| s.tab == Tab::Admission));
    view! {
        <form class="controls" aria-label="Question" on:submit=move |event| event.prevent_default()>
            {demand(planner, trace)}
            {live(move || match admission.get() {
                true => shared(planner),
                false => agreement(planner),
            })}
        </form>
    }
    .into_any()
}

fn demand(planner: ForecastPlanner, trace: ImportedTrace) -> AnyView {
    let networks = expect_context::<OwnNetworks>();
    let own = Memo::new(move |_| trace.is_open());
    let options = ServiceName::ALL.map(|service| {
        let chosen = move || !own.get() && planner.state.with(|s| s.service == service);
        view! { <option value=service.as_str() prop:selected=follow(chosen)>{service_name(service)}</option> }
    });
    let imported = move || {
        own.get().then(|| view! { <option value="own" prop:selected=true>"Opened trace"</option> })
    };
    let choose = move |event| {
        let name = event_target_value(&event);
        let service = ServiceName::ALL.into_iter().find(|service| service.as_str() == name);
        if let Some(service) = service {
            trace.close();
            planner.state.update(|state| state.service = service);
        }
    };
    view! {
        <fieldset>
            <legend>"Demand"</legend>
            <div class="field-head choice">
                <label for="service">"Service"</label>
                <Explanation topic="service" text=ABOUT_SERVICE/>
                <select id="service" class="wide" data-test="service" on:change=on_change(choose)>
                    {options.collect_view()}
                    {live(imported)}
                </select>
            </div>
            {live(move || match own.get() {
                true => opened(trace),
                false => view! { <NumberControl field=seed(planner)/> }.into_any(),
            })}
            {live(move || adopted(planner, networks))}
            {file_button("Open a trace (table)", TABLES, "import-trace", move |file| trace.import(file))}
            {table_preview::preview(trace)}
        </fieldset>
    }
    .into_any()
}

/// Which networks decide for the tab that is open, where they are the visitor's own, and the way back.
fn adopted(planner: ForecastPlanner, networks: OwnNetworks) -> Option<AnyView> {
    let own = match planner.state.with(|state| state.tab) {
        Tab::Admission => networks.admitting,
        _ => networks.reserving,
    };
    let name = own.with(|own| own.as_ref().map(|own| own.0.card.name.clone()))?;
    let back = move |_| own.set(None);
    let shown = view! {
        <p class="hint" data-test="own-networks">
            {format!("Decided by {name}. ")}
            <button type="button" class="quiet" data-test="drop-own" on:click=on_click(back)>"Back to the shipped ones"</button>
        </p>
    };
    Some(shown.into_any())
}

/// The visitor's table: its columns, and what was done to the one that is planned.
fn opened(trace: ImportedTrace) -> AnyView {
    let options = move || {
        let names: Vec<String> = trace.imported.with(|imported| {
            let traces = imported.iter().flat_map(|imported| &imported.traces);
            traces.map(|(series, _)| series.name.clone()).collect()
        });
        names
            .into_iter()
            .enumerate()
            .map(|(index, name)| {
                let chosen = move || {
                    trace.imported.with(|i| i.as_ref().is_some_and(|i| i.chosen == index))
                };
                view! { <option value=index.to_string() prop:selected=follow(chosen)>{name}</option> }
            })
            .collect_view()
    };
    let choose = move |event| {
        if let Ok(index) = event_target_value(&event).parse() {
            trace.imported.update(|imported| {
                if let Some(imported) = imported {
                    imported.chosen = index;
                }
            });
        }
    };
    let about = move || {
        trace.imported.with(|imported| imported.as_ref().and_then(|imported| imported.summary()))
    };
    view! {
        <div class="field-head choice">
            <label for="column">"Trace"</label>
            <select id="column" class="wide" data-test="column" on:change=on_change(choose)>{live(options)}</select>
        </div>
        <p class="hint" data-test="import-summary">{live(about)}</p>
    }
    .into_any()
}

fn seed(planner: ForecastPlanner) -> NumberField {
    let read = move || planner.state.with(|state| state.seed);
    seed_field(ABOUT_SEED, (DEMAND_SEED as f64, DEMAND_SEED as f64 + 50.0), read, move |seed| {
        planner.state.update(|state| state.seed = seed);
    })
}

fn agreement(planner: ForecastPlanner) -> AnyView {
    let reservation = expect_context::<Reservation>();
    let of_peak = |name: &str,
                   label: &str,
                   about: &str,
                   read: fn(&Terms) -> f64,
                   write: fn(&mut Terms, f64)| {
        let value = follow(move || planner.state.with(|state| read(&state.terms)));
        let spoken = move || {
            let peak = reservation.read(|plan| plan.peak).unwrap_or(f64::NAN);
            format!(
                "{} of the peak, {}",
                number_text::rounded(value.get()),
                number_text::rounded(peak * value.get())
            )
        };
        NumberField {
            name: name.to_owned(),
            label: label.to_owned(),
            term: name.to_owned(),
            unit: "× peak".to_owned(),
            about: about.to_owned(),
            slider: SliderRange { lowest: 0.0, highest: 5.0, step: 0.05 },
            allowed: Signal::stored((0.0, MOST_OF_PEAK)),
            value,
            change: Callback::new(move |number| {
                planner.state.update(|state| write(&mut state.terms, number));
            }),
            spoken: follow(spoken),
        }
    };
    let price = follow(move || planner.state.with(|s| s.terms.overprovisioning_price));
    let price = NumberField {
        name: "price".to_owned(),
        label: "Idle capacity".to_owned(),
        term: "over-provisioning price".to_owned(),
        unit: "per unit".to_owned(),
        about: ABOUT_PRICE.to_owned(),
        slider: SliderRange { lowest: 0.0, highest: 5.0, step: 0.05 },
        allowed: Signal::stored((0.0, MOST_PRICE)),
        value: price,
        change: Callback::new(move |number| {
            planner.state.update(|state| state.terms.overprovisioning_price = number);
        }),
        spoken: follow(move || number_text::quantity(price.get(), "per unit")),
    };
    let changed = move || planner.state.with(|state| state.terms != Terms::default());
    view! {
        <fieldset>
            <legend>"What an interval costs"</legend>
            <NumberControl field=of_peak("revenue", "Revenue", ABOUT_REVENUE, |t| t.revenue, |t, n| t.revenue = n)/>
            <NumberControl field=of_peak("penalty", "Penalty", ABOUT_PENALTY, |t| t.penalty, |t, n| t.penalty = n)/>
            <NumberControl field=price/>
            <button type="button" class="quiet" data-test="terms-reset" disabled=follow(move || !changed())
                on:click=on_click(move |_| planner.state.update(|state| state.terms = Terms::default()))>"Reset"</button>
        </fieldset>
    }
    .into_any()
}

fn shared(planner: ForecastPlanner) -> AnyView {
    let field = |name: &str,
                 (label, about): (&str, &str),
                 slider: SliderRange,
                 allowed: (f64, f64),
                 read: fn(&SharedTerms) -> f64,
                 write: fn(&mut SharedTerms, f64)| {
        let value = follow(move || planner.state.with(|state| read(&state.shared)));
        NumberField {
            name: name.to_owned(),
            label: label.to_owned(),
            term: name.to_owned(),
            unit: if name == "capacity" { "of the peaks".to_owned() } else { String::new() },
            about: about.to_owned(),
            slider,
            allowed: Signal::stored(allowed),
            value,
            change: Callback::new(move |number| {
                planner.state.update(|state| write(&mut state.shared, number));
            }),
            spoken: follow(move || number_text::plain(value.get())),
        }
    };
    let range = |lowest: f64, highest: f64, step: f64| SliderRange { lowest, highest, step };
    let capacity = field(
        "capacity",
        ("Capacity", ABOUT_CAPACITY),
        range(0.05, 0.5, 0.01),
        CAPACITY_SHARES,
        |terms| terms.capacity_share,
        |terms, number| terms.capacity_share = number,
    );
    let steepness = field(
        "steepness",
        ("Steepness ra", ABOUT_STEEPNESS),
        range(-200.0, -5.0, 5.0),
        STEEPNESSES,
        |terms| terms.steepness,
        |terms, number| terms.steepness = number,
    );
    let offset = field(
        "offset",
        ("Offset rb", ABOUT_OFFSET),
        range(-3.0, 3.0, 0.1),
        OFFSETS,
        |terms| terms.offset,
        |terms, number| terms.offset = number,
    );
    let changed = move || planner.state.with(|state| state.shared != SharedTerms::default());
    view! {
        <fieldset>
            <legend>"Four slices, one capacity"</legend>
            <NumberControl field=capacity/>
            <NumberControl field=steepness/>
            <NumberControl field=offset/>
            <button type="button" class="quiet" data-test="shared-reset" disabled=follow(move || !changed())
                on:click=on_click(move |_| planner.state.update(|state| state.shared = SharedTerms::default()))>"Reset"</button>
        </fieldset>
    }
    .into_any()
}
