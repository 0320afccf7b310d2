//! How much the network carries.

use leptos::prelude::*;

use crate::controls::number_field::{NumberControl, NumberField, SliderRange};
use crate::controls::number_text;
use crate::shell::live::{follow, live, on_click};
use crate::twin::handles::{OpenNetwork, TwinPlanner};
use crate::twin::state::MOST_TRAFFIC;

const ABOUT_TRAFFIC: &str = "All demands times this. The delay rises long before a link is full, since packets come in clusters and wait for one another.";
const ABOUT_CLASS: &str = "The demands of this class times this, besides the factor of all traffic. Class 0 goes first under strict priority.";

/// The second group of controls.
pub fn fieldset() -> AnyView {
    let planner = expect_context::<TwinPlanner>();
    let network = expect_context::<OpenNetwork>();
    let classes = Memo::new(move |_| network.scenario.with(|scenario| scenario.classes()));
    let all = factor(
        "traffic",
        "All traffic",
        ABOUT_TRAFFIC,
        follow(move || planner.state.with(|state| state.traffic)),
        Callback::new(move |factor| planner.state.update(|state| state.traffic = factor)),
    );
    let of_class = move |class: usize| {
        let field = factor(
            &["traffic-class-", &class.to_string()].concat(),
            &["Class ", &class.to_string()].concat(),
            ABOUT_CLASS,
            follow(move || planner.state.with(|state| state.class_factor(class))),
            Callback::new(move |factor| {
                planner.state.update(|state| state.set_class_factor(class, factor));
            }),
        );
        view! { <NumberControl field=field/> }
    };
    let of_classes = move || match classes.get() {
        0 | 1 => ().into_any(),
        classes => (0..classes).map(of_class).collect_view().into_any(),
    };
    let changed = follow(move || {
        planner.state.with(|state| state.traffic != 1.0 || !state.class_traffic.is_empty())
    });
    let reset = move |_| {
        planner.state.update(|state| {
            state.traffic = 1.0;
            state.class_traffic.clear();
        });
    };
    view! {
        <fieldset>
            <legend>"Traffic"</legend>
            <NumberControl field=all/>
            {live(of_classes)}
            <button type="button" class="quiet" data-test="traffic-reset" disabled=follow(move || !changed.get())
                on:click=on_click(reset)>"Reset"</button>
        </fieldset>
    }
    .into_any()
}

fn factor(
    name: &str,
    label: &str,
    about: &str,
    value: Signal<f64>,
    change: Callback<f64>,
) -> NumberField {
    NumberField {
        name: name.to_owned(),
        label: label.to_owned(),
        term: name.replace('-', " "),
        unit: "×".to_owned(),
        about: about.to_owned(),
        slider: SliderRange { lowest: 0.0, highest: 3.0, step: 0.05 },
        allowed: Signal::stored((0.0, MOST_TRAFFIC)),
        value,
        change,
        spoken: follow(move || [&number_text::plain(value.get()), " times as much"].concat()),
    }
}
