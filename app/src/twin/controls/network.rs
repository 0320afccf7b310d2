//! Which network: the one that the page opens with, or the visitor's own files.

use leptos::prelude::*;
use slicewise_core::formats::network::{Gravity, NetworkForm};
use slicewise_core::twin::topology::ASSUMED_CAPACITY_BIT_PER_S;

use crate::controls::explanation::Explanation;
use crate::controls::number_field::{BoxField, NumberBox};
use crate::engine::reader::prepare;
use crate::shell::files::file_button;
use crate::shell::link_text::LARGEST_SEED;
use crate::shell::live::{follow, live, on_change};
use crate::twin::exchange::NETWORKS;
use crate::twin::file_reader::READER;
use crate::twin::handles::{DRAWN_DEMANDS, Imported, OpenNetwork};
use crate::twin::units::RATE_UNITS;

/// What the network that the page opens with is called.
const OPENING: &str = "European backbone";
const ABOUT_NETWORK: &str = "Nodes, and links with a capacity, a delay and a weight for routing. The page opens with a backbone between European cities and demands of our own making. Files that are read: node-link JSON, GML and GraphML, SNDlib, REPETITA, tables of links, RFC 8345, and scenarios that were saved here. They stay on this device.";
const ABOUT_DEMANDS: &str = "Many formats keep demands in a file of their own: open it after the network. Where there are none, traffic is drawn here: by gravity, so that large nodes exchange more than small ones, or in equal shares between all nodes.";
const ABOUT_CAPACITY: &str = "What a link carries of which the file does not say it.";
const ABOUT_UNIT: &str = "What one unit of capacities and demands is, where the file names none.";

/// The first group of controls.
pub fn fieldset() -> AnyView {
    let network = expect_context::<OpenNetwork>();
    let own = Memo::new(move |_| network.file());
    let options = move || {
        let own = own.get();
        let chosen = own.is_none();
        let file = own.map(|name| view! { <option value="own" prop:selected=true>{name}</option> });
        view! { <option value="opening" prop:selected=chosen>{OPENING}</option>{file} }
    };
    let choose = move |event| {
        if event_target_value(&event) == "opening" {
            network.close();
        }
    };
    let awaited = move || {
        network.awaited().map(|name| view! {
            <p class="hint" data-test="awaited">{["The link was made with ", &name, ", which it does not carry: open that file, and its edits hold."].concat()}</p>
        })
    };
    view! {
        <fieldset>
            <legend>"Network"</legend>
            <div class="field-head choice">
                <label for="network">"Topology"</label>
                <Explanation topic="topology" text=ABOUT_NETWORK/>
                <select id="network" class="wide" data-test="network" on:change=on_change(choose)>{live(options)}</select>
            </div>
            {live(awaited)}
            {live(move || network.imported.get().map(|imported| summary(&imported)))}
            {live(move || own.get().map(|_| choices(network)))}
            <div on:pointerenter=move |_| fetch_reader() on:focusin=move |_| fetch_reader()>
                {file_button("Open a network", NETWORKS, "import-network", move |file| network.import(file))}
            </div>
        </fieldset>
    }
    .into_any()
}

/// Has the reader of files there by the time that a file is chosen.
fn fetch_reader() {
    prepare(&READER);
}

/// What was counted, passed over and assumed.
fn summary(imported: &Imported) -> AnyView {
    let mut parts = vec![imported.format.clone()];
    parts.extend(imported.told.iter().cloned());
    view! {
        <p class="hint" data-test="import-summary">{parts.join("; ") + "."}</p>
        <p class="hint">"Your file is not in the link; the edits are."</p>
    }
    .into_any()
}

/// What the visitor can choose of his file.
fn choices(network: OpenNetwork) -> AnyView {
    let open_demands = move |file| network.import_demands(file);
    let demands = move || {
        let name = network.demands.get();
        name.map(|name| view! { <p class="hint" data-test="demands-name">{["Demands of ", &name, "."].concat()}</p> })
    };
    view! {
        <div class="field-head choice">
            <span>"Demands"</span>
            <Explanation topic="demands" text=ABOUT_DEMANDS/>
        </div>
        {live(demands)}
        {file_button("Open its demands", NETWORKS, "import-demands", open_demands)}
        <details class="more">
            <summary data-test="file-choices">"What the file leaves open"</summary>
            {capacity(network)}
            {unit(network)}
            {drawn(network)}
        </details>
    }
    .into_any()
}

fn capacity(network: OpenNetwork) -> AnyView {
    let value = follow(move || {
        let assumed = network.form.with(|form| form.capacity_bit_per_s);
        assumed.unwrap_or(ASSUMED_CAPACITY_BIT_PER_S) / 1e9
    });
    let field = BoxField {
        test: "assumed-capacity".to_owned(),
        label: "Assumed capacity".to_owned(),
        unit: Signal::stored("Gbit/s".to_owned()),
        allowed: Signal::stored((1e-6, 1e6)),
        value,
        change: Callback::new(move |number| {
            network.choose(|form| form.capacity_bit_per_s = Some(1e9 * number));
        }),
    };
    view! { <NumberBox field=field/><p class="hint">{ABOUT_CAPACITY}</p> }.into_any()
}

fn unit(network: OpenNetwork) -> AnyView {
    let chosen = move || network.form.with(|form| form.unit_bit_per_s);
    let unnamed = view! { <option value="" prop:selected=follow(move || chosen().is_none())>"as its format has it"</option> };
    let options = RATE_UNITS.map(|unit| {
        let is_chosen = follow(move || chosen() == Some(unit.bit_per_s));
        view! { <option value=unit.name prop:selected=is_chosen>{unit.name}</option> }
    });
    let choose = move |event| {
        let name = event_target_value(&event);
        let unit = RATE_UNITS.into_iter().find(|unit| unit.name == name);
        network.choose(|form| form.unit_bit_per_s = unit.map(|unit| unit.bit_per_s));
    };
    view! {
        <div class="field-head choice">
            <label for="file-unit">"Numbers without a unit"</label>
            <Explanation topic="unit" text=ABOUT_UNIT/>
            <select id="file-unit" class="wide" data-test="file-unit" on:change=on_change(choose)>
                {unnamed}
                {options.collect_view()}
            </select>
        </div>
    }
    .into_any()
}

/// The demands that are drawn where the file has none.
fn drawn(network: OpenNetwork) -> AnyView {
    let read = move |read: fn(&Gravity) -> bool| {
        network.form.with(|form| form.gravity.as_ref().is_some_and(read))
    };
    let option = |value: &'static str, label: &'static str, chosen: Signal<bool>| {
        view! { <option value=value prop:selected=chosen>{label}</option> }
    };
    let choose = move |event| {
        let kind = event_target_value(&event);
        network.choose(|form| {
            let known = form.gravity.unwrap_or(DRAWN_DEMANDS);
            form.gravity = (kind != "none").then_some(Gravity { even: kind == "even", ..known });
        });
    };
    let seed = BoxField {
        test: "gravity-seed".to_owned(),
        label: "Seed".to_owned(),
        unit: Signal::stored(String::new()),
        allowed: Signal::stored((0.0, LARGEST_SEED as f64)),
        value: follow(move || {
            network.form.with(|form| form.gravity.unwrap_or(DRAWN_DEMANDS).seed as f64)
        }),
        change: Callback::new(move |seed: f64| {
            change_gravity(network, |gravity| gravity.seed = seed.round() as u64);
        }),
    };
    let total = BoxField {
        test: "gravity-total".to_owned(),
        label: "In all (0: half of the busiest link)".to_owned(),
        unit: Signal::stored("Gbit/s".to_owned()),
        allowed: Signal::stored((0.0, 1e6)),
        value: follow(move || {
            let total = network.form.with(|form| form.gravity.and_then(|g| g.total_bit_per_s));
            total.unwrap_or(0.0) / 1e9
        }),
        change: Callback::new(move |total: f64| {
            change_gravity(network, |gravity| {
                gravity.total_bit_per_s = (total > 0.0).then_some(1e9 * total);
            });
        }),
    };
    view! {
        <div class="field-head choice">
            <label for="gravity">"Where it has no demands"</label>
            <select id="gravity" class="wide" data-test="gravity" on:change=on_change(choose)>
                {option("gravity", "draw them by gravity", follow(move || read(|g| !g.even)))}
                {option("even", "equal shares", follow(move || read(|g| g.even)))}
                {option("none", "no traffic", follow(move || network.form.with(|f| f.gravity.is_none())))}
            </select>
        </div>
        <NumberBox field=total/>
        <NumberBox field=seed/>
    }
    .into_any()
}

fn change_gravity(network: OpenNetwork, change: impl FnOnce(&mut Gravity)) {
    network.choose(|form: &mut NetworkForm| {
        let mut gravity = form.gravity.unwrap_or(DRAWN_DEMANDS);
        change(&mut gravity);
        form.gravity = Some(gravity);
    });
}
