//! The map on the page: its canvas with what pointer and keyboard do there, search, key and table.

use std::sync::Arc;

use gloo::events::EventListener;
use leptos::ev::{KeyboardEvent, PointerEvent, WheelEvent};
use leptos::html::Div;
use leptos::prelude::*;
use slicewise_core::twin::{Answer, Scenario};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, MutationObserver, MutationObserverInit, ResizeObserver};

use super::colour::{ColourScale, MapColour, OVERLOADED, STEPS};
use super::links::{CapacityClasses, WIDTHS};
use super::picked::Picked;
use super::readings::reading;
use super::saved::map_svg;
use super::search::matching;
use super::view::{MapView, STEP};
use crate::charts::drawing::Cell;
use crate::charts::listing::{Listed, Listing, ListingText, ListingView, Sort};
use crate::controls::explanation::Explanation;
use crate::shell::live::{follow, live, on_change, on_click};
use crate::twin::question::OpenScenario;
use crate::twin::state::Quantity;
use crate::twin::{names, units};

const HELP: &str = "Drag or use two fingers to move and to enlarge; the wheel and the buttons enlarge too. With the keyboard: arrow keys go from node to node, Page Up and Page Down through all of them, L along the links of a node, Enter picks, plus and minus enlarge, 0 shows the whole, Shift with arrows moves, Escape lets go. Each direction of a link lies on its right-hand side; the table below holds the same figures.";

const LINKS: ListingText =
    ListingText { name: "map-links", title: "Links of the map", find: "Find in the table" };

/// Pixels that a line of a wheel counts as.
const WHEEL_LINE: f64 = 30.0;

/// The map of `scenario`.
#[component]
pub fn NetworkMap(
    /// The network.
    scenario: Memo<OpenScenario>,
    /// A value per link.
    colour: Memo<MapColour>,
    /// What has failed: nodes, and links in each direction.
    failed: Memo<Vec<Picked>>,
    /// What is known of the links, for readings and the table.
    #[prop(into)]
    answer: Signal<Option<Arc<Answer>>>,
    /// What is picked.
    selected: RwSignal<Option<Picked>>,
    /// Links that are pointed out.
    #[prop(into)]
    highlighted: Signal<Vec<u32>>,
) -> impl IntoView {
    let map = MapView::new(selected, highlighted);
    Effect::new(move |_| map.show(scenario.get(), &colour.get(), failed.get()));
    Effect::new(move |_| {
        map.at.track();
        highlighted.track();
        map.repaint();
    });
    Effect::new(move |_| {
        let picked = selected.get();
        // What was picked on the map itself is in view.
        if let Some(picked) = picked.filter(|_| picked != map.at.get_untracked()) {
            untrack(|| map.reveal(picked, false));
        }
        map.repaint();
    });
    let printed = NodeRef::<Div>::new();
    follow_window(map, printed, move || {
        untrack(|| map_svg(&scenario.get(), &colour.get(), &failed.get()))
    });
    let said = move || {
        let Some(at) = map.at.get().or(selected.get()) else { return HINT.to_owned() };
        let gone = failed.with(|failed| failed.contains(&at));
        let answer = answer.get();
        scenario.with(|scenario| reading(scenario, answer.as_deref(), at, gone))
    };
    view! {
        <div class="map-tools">
            {search(map, scenario)}
            <span class="spring"></span>
            {tool("map-closer", "+", "Enlarge the map", move || map.zoom(STEP))}
            {tool("map-farther", "−", "Make the map smaller", move || map.zoom(1.0 / STEP))}
            {tool("map-whole", "Whole", "Show the whole network", move || map.show_whole())}
            <Explanation topic="the map" text=HELP/>
        </div>
        {canvas(map, scenario)}
        <div class="map-print" node_ref=printed></div>
        <p class="caption" aria-live="polite" data-test="map-reading">{live(said)}</p>
        {live(move || key(&scenario.get(), &ColourScale::of(&colour.get()), colour.with(|c| c.quantity), failed.with(Vec::is_empty)))}
        {table(map, scenario, answer)}
    }
    .into_any()
}

const HINT: &str = "Point at a node or a link to read its figures.";

/// The canvas and what is done on it.
fn canvas(map: MapView, scenario: Memo<OpenScenario>) -> AnyView {
    let label = move || {
        scenario.with(|scenario| {
            let topology = &scenario.topology;
            format!("Map of {} nodes and {} links", topology.nodes.len(), topology.links.len())
        })
    };
    let pixel = |event: &PointerEvent| (f64::from(event.offset_x()), f64::from(event.offset_y()));
    let is_finger = |event: &PointerEvent| event.pointer_type() == "touch";
    let press = move |event: PointerEvent| {
        if let Some(canvas) = map.canvas.get_untracked() {
            // A pointer that is gone already cannot be held.
            let _ = canvas.set_pointer_capture(event.pointer_id());
        }
        map.press(event.pointer_id(), pixel(&event));
    };
    let wheel = move |event: WheelEvent| {
        let lines = match event.delta_mode() {
            // Two fingers on a touchpad come as small turns of a wheel with this key.
            0 if event.ctrl_key() => event.delta_y() / 8.0,
            0 => event.delta_y() / WHEEL_LINE,
            _ => event.delta_y(),
        };
        let wider = 1.0 + 0.1 * lines.abs().min(5.0);
        let factor = if lines > 0.0 { 1.0 / wider } else { wider };
        let at = (f64::from(event.offset_x()), f64::from(event.offset_y()));
        // Where the map cannot become smaller, the page scrolls.
        if map.zoom_at(factor, at) {
            event.prevent_default();
        }
    };
    let key = move |event: KeyboardEvent| {
        let other = event.ctrl_key() || event.meta_key() || event.alt_key();
        if !other && map.key(&event.key(), event.shift_key()) {
            event.prevent_default();
        }
    };
    view! {
        <canvas
            node_ref=map.canvas
            class="map-canvas"
            tabindex="0"
            role="application"
            aria-roledescription="map"
            aria-label=follow(label)
            aria-keyshortcuts="ArrowLeft ArrowRight ArrowUp ArrowDown PageUp PageDown Enter L + - 0"
            data-test="map-canvas"
            data-at=follow(move || map.at.get().map(|at| match at {
                Picked::Node(node) => ["node ", &node.to_string()].concat(),
                Picked::Link(link) => ["link ", &link.to_string()].concat(),
            }))
            on:pointerdown=press
            on:pointermove=move |event| map.drag(event.pointer_id(), pixel(&event), is_finger(&event))
            on:pointerup=move |event| map.release(event.pointer_id(), pixel(&event), is_finger(&event))
            on:pointercancel=move |event| map.lose(event.pointer_id())
            on:pointerleave=move |event| if !is_finger(&event) { map.point(None) }
            on:wheel=wheel
            on:keydown=key
        ></canvas>
    }
    .into_any()
}

fn tool(
    test: &'static str,
    sign: &'static str,
    title: &'static str,
    act: impl Fn() + 'static,
) -> AnyView {
    view! {
        <button type="button" data-test=test title=title aria-label=title on:click=on_click(move |_| act())>{sign}</button>
    }
    .into_any()
}

/// Repaints when the window's size or theme changes, and puts the map as SVG beside it for print.
fn follow_window(map: MapView, printed: NodeRef<Div>, svg: impl Fn() -> String + 'static) {
    let Some(window) = web_sys::window() else { return };
    let repaint = move || map.repaint();
    let resized = Closure::<dyn Fn()>::new(move || map.measure()).into_js_value();
    if let Ok(observer) = ResizeObserver::new(resized.unchecked_ref()) {
        Effect::new(move |_| {
            if let Some(canvas) = map.canvas.get() {
                map.measure();
                observer.observe(&canvas);
            }
        });
    }
    for query in ["(prefers-color-scheme: dark)", "(forced-colors: active)"] {
        if let Ok(Some(query)) = window.match_media(query) {
            EventListener::new(&query, "change", move |_| repaint()).forget();
        }
    }
    let themed = Closure::<dyn Fn()>::new(repaint).into_js_value();
    let root: Option<Element> = window.document().and_then(|document| document.document_element());
    if let (Ok(observer), Some(root)) = (MutationObserver::new(themed.unchecked_ref()), root) {
        let options = MutationObserverInit::new();
        options.set_attributes(true);
        // A browser that refuses paints the new theme with the next movement.
        let _ = observer.observe_with_options(&root, &options);
    }
    EventListener::new(&window, "beforeprint", move |_| {
        if let Some(place) = printed.get_untracked() {
            place.set_inner_html(&svg());
        }
    })
    .forget();
    EventListener::new(&window, "afterprint", move |_| {
        if let Some(place) = printed.get_untracked() {
            place.set_inner_html("");
        }
    })
    .forget();
}

/// Finds nodes and links by name and goes there.
fn search(map: MapView, scenario: Memo<OpenScenario>) -> AnyView {
    let text = RwSignal::new(String::new());
    let found = Memo::new(move |_| text.with(|text| scenario.with(|s| matching(s, text))));
    let go = move |picked: Picked| {
        map.point(Some(picked));
        map.selected.set(Some(picked));
        map.reveal(picked, true);
        text.set(String::new());
    };
    let key = move |event: KeyboardEvent| match &event.key()[..] {
        "Enter" => {
            if let Some((picked, _)) = found.get_untracked().first() {
                go(*picked);
            }
        }
        "Escape" => text.set(String::new()),
        _ => {}
    };
    let offers = move || {
        let offer = |(picked, title): (Picked, String)| {
            view! { <li><button type="button" class="quiet" data-test="map-found" on:click=on_click(move |_| go(picked))>{title}</button></li> }
        };
        let found = found.get();
        (!found.is_empty())
            .then(|| view! { <ul>{found.into_iter().map(offer).collect_view()}</ul> })
    };
    let count = move || match (text.with(String::is_empty), found.with(Vec::len)) {
        (true, _) => String::new(),
        (_, 0) => "Nothing of this name.".to_owned(),
        (_, 1) => "1 found.".to_owned(),
        (_, found) => format!("{found} offered."),
    };
    view! {
        <div class="map-search">
            <input type="search" placeholder="Find a node or a link" aria-label="Find a node or a link on the map" data-test="map-search"
                prop:value=text on:input=on_change(move |event| text.set(event_target_value(&event))) on:keydown=key/>
            <span class="hint" role="status">{live(count)}</span>
            {live(offers)}
        </div>
    }
    .into_any()
}

/// What colours, widths and dashes mean.
fn key(
    scenario: &Scenario,
    scale: &ColourScale,
    quantity: Quantity,
    nothing_failed: bool,
) -> AnyView {
    let mut bar = String::from("linear-gradient(to right");
    for step in 0..STEPS {
        bar.push(',');
        bar.push_str(&scale.colour(step));
    }
    bar.push(')');
    let ticks = scale.ticks().map(|tick| view! { <span>{scale.text(tick)}</span> });
    let overload = (quantity == Quantity::Utilisation).then(|| {
        view! { <span class="entry"><i class="map-swatch" style:background=OVERLOADED></i>"over 100 %"</span> }
    });
    let failure = (!nothing_failed)
        .then(|| view! { <span class="entry"><i class="map-swatch failed"></i>"failed"</span> });
    let classes = CapacityClasses::of(&scenario.topology);
    let width = |width: f64, capacity: f64| {
        let height = format!("{width}px");
        view! { <span class="entry"><i class="map-swatch width" style:height=height></i>{units::rate(capacity)}</span> }
            .into_any()
    };
    let widths = match classes.least < classes.most {
        true => vec![width(WIDTHS[0], classes.least), width(WIDTHS[4], classes.most)],
        false => vec![width(WIDTHS[2], classes.most)],
    };
    view! {
        <div class="map-key" data-test="map-key">
            <div class="map-scale">
                <span class="hint">{scale.title()}</span>
                <div class="map-bar" style:background=bar></div>
                <div class="map-ticks">{ticks.collect_view()}</div>
            </div>
            {overload}{failure}{widths}
        </div>
    }
    .into_any()
}

/// The links as a table, made when it is opened.
fn table(
    map: MapView,
    scenario: Memo<OpenScenario>,
    answer: Signal<Option<Arc<Answer>>>,
) -> AnyView {
    let open = RwSignal::new(false);
    let listing = Memo::new(move |_| {
        open.get().then(|| Listed(Arc::new(links_of(scenario.get(), answer.get()))))
    });
    let toggled = move |event: leptos::ev::Event| {
        let details = event.current_target().and_then(|t| t.dyn_into::<Element>().ok());
        open.set(details.is_some_and(|details| details.has_attribute("open")));
    };
    let chosen = follow(move || match map.selected.get() {
        Some(Picked::Link(link)) => Some(link as usize),
        _ => None,
    });
    let pick = Callback::new(move |link: usize| {
        let picked = Picked::Link(link as u32);
        map.selected.set(Some(picked));
        map.reveal(picked, true);
    });
    let content = move || {
        open.get().then(|| {
            let sort = Some(Sort { column: 4, falls: true });
            view! { <ListingView text=LINKS listing=listing open=pick sort=sort chosen=chosen/> }
        })
    };
    view! {
        <details class="more" on:toggle=toggled>
            <summary data-test="map-table">"Links as a table"</summary>
            {live(content)}
        </details>
    }
    .into_any()
}

fn links_of(scenario: OpenScenario, answer: Option<Arc<Answer>>) -> Listing {
    let rows = scenario.topology.links.len();
    let read = move |row: usize, column: usize| {
        let Some(link) = scenario.topology.links.get(row) else { return Cell::Empty };
        let found = answer.as_ref().map(|answer| &answer.links);
        let figure = |values: Option<&Vec<f64>>, factor: f64| {
            let value = values.and_then(|values| values.get(row)).filter(|v| v.is_finite());
            Cell::from(value.map(|value| factor * value))
        };
        match column {
            0 => Cell::Text(link.id.clone()),
            1 => Cell::Text(names::node(&scenario, link.source).to_owned()),
            2 => Cell::Text(names::node(&scenario, link.target).to_owned()),
            3 => Cell::Number(link.capacity_bit_per_s / 1e6),
            4 => figure(found.map(|f| &f.utilisation), 100.0),
            5 => figure(found.map(|f| &f.mean_delay_s), 1e3),
            _ => figure(found.map(|f| &f.loss), 100.0),
        }
    };
    Listing {
        columns: vec![
            "Link",
            "From",
            "To",
            "Capacity, Mbit/s",
            "Utilisation, %",
            "Delay, ms",
            "Loss, %",
        ],
        rows,
        read: Arc::new(read),
    }
}
