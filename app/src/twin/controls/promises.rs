//! What the network promises its flows.

use leptos::prelude::*;
use slicewise_core::twin::Promise;

use super::bound::{Bound, bound_box};
use crate::controls::explanation::{Explanation, unique_id};
use crate::shell::live::{follow, live, on_change, on_click};
use crate::twin::handles::{OpenNetwork, TwinPlanner};
use crate::twin::state::MOST_PROMISES;

const ABOUT_PROMISES: &str = "Bounds that every flow of a class, or of all classes, has to keep. An empty box promises nothing. A flow that is cut off keeps no promise.";
/// The promise that a visitor begins with: 50 ms.
const FIRST_S: f64 = 0.05;

/// The last group of controls.
pub fn fieldset() -> AnyView {
    let planner = expect_context::<TwinPlanner>();
    let network = expect_context::<OpenNetwork>();
    let count = Memo::new(move |_| network.scenario.with(|scenario| scenario.promises.len()));
    let list = move || {
        let rows = (0..count.get()).map(|index| promise(planner, network, index));
        rows.collect_view()
    };
    let add = move |_| {
        change(planner, network, |promises| {
            promises.push(Promise { mean_delay_s: Some(FIRST_S), ..Promise::default() });
        });
    };
    view! {
        <fieldset>
            <legend>"Promises"</legend>
            <div class="field-head">
                <span class="mini-text">{live(move || if count.get() == 0 { "Nothing is promised." } else { "" })}</span>
                <Explanation topic="promises" text=ABOUT_PROMISES/>
            </div>
            {live(list)}
            <button type="button" class="quiet" data-test="add-promise" disabled=follow(move || count.get() >= MOST_PROMISES)
                on:click=on_click(add)>"Promise something"</button>
        </fieldset>
    }
    .into_any()
}

/// Changes what is promised.
fn change(planner: TwinPlanner, network: OpenNetwork, act: impl FnOnce(&mut Vec<Promise>)) {
    let mut promises = network.scenario.with_untracked(|scenario| scenario.promises.clone());
    act(&mut promises);
    planner.state.update(|state| state.promises = Some(promises));
}

fn promise(planner: TwinPlanner, network: OpenNetwork, index: usize) -> AnyView {
    let read =
        move || network.scenario.with(|s| s.promises.get(index).copied().unwrap_or_default());
    let change = move |act: &dyn Fn(&mut Promise)| {
        change(planner, network, |promises| promises.get_mut(index).into_iter().for_each(act));
    };
    type Write = fn(&mut Promise, Option<f64>);
    let bound = |name: &str,
                 (label, unit): (&'static str, &'static str),
                 (of_unit, most): (f64, f64),
                 value: fn(&Promise) -> Option<f64>,
                 write: Write| {
        bound_box(Bound {
            test: ["promise-", &index.to_string(), "-", name].concat(),
            label,
            unit,
            of_unit,
            most,
            value: follow(move || value(&read())),
            change: Callback::new(move |bound| change(&|promise| write(promise, bound))),
        })
    };
    let remove = move |_| {
        self::change(planner, network, |promises| {
            if index < promises.len() {
                promises.remove(index);
            }
        });
    };
    view! {
        <div class="promise" data-test=["promise-", &index.to_string()].concat()>
            {class(network, index, follow(move || read().class), Callback::new(move |class| {
                change(&|promise| promise.class = class);
            }))}
            {bound("mean", ("Mean delay at most", "ms"), (1e-3, 1e9), |p| p.mean_delay_s, |p, b| p.mean_delay_s = b)}
            {bound("p99", ("99 of 100 packets within", "ms"), (1e-3, 1e9), |p| p.p99_delay_s, |p, b| p.p99_delay_s = b)}
            {bound("loss", ("Lost at most", "%"), (1e-2, 100.0), |p| p.loss, |p, b| p.loss = b)}
            <button type="button" class="quiet" data-test=["promise-", &index.to_string(), "-remove"].concat()
                on:click=on_click(remove)>"Promise no more"</button>
        </div>
    }
    .into_any()
}

/// Whom it is promised, where the network has several classes.
fn class(
    network: OpenNetwork,
    index: usize,
    value: Signal<Option<u8>>,
    change: Callback<Option<u8>>,
) -> AnyView {
    let classes = network.scenario.with_untracked(|scenario| scenario.classes());
    if classes < 2 {
        return ().into_any();
    }
    let select = unique_id("class");
    let all = view! { <option value="" prop:selected=follow(move || value.get().is_none())>"all flows"</option> };
    let options = (0..classes as u8).map(|class| {
        let chosen = follow(move || value.get() == Some(class));
        view! { <option value=class.to_string() prop:selected=chosen>{["class ", &class.to_string()].concat()}</option> }
    });
    let choose = move |event| change.run(event_target_value(&event).parse().ok());
    view! {
        <div class="field-head choice">
            <label for=select.clone()>"To"</label>
            <select id=select class="wide" data-test=["promise-", &index.to_string(), "-class"].concat()
                on:change=on_change(choose)>{all}{options.collect_view()}</select>
        </div>
    }
    .into_any()
}
