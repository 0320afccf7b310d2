//! The frame that every chart has: title, explanation, readings by pointer and keyboard, the data
//! table behind the chart, and what can be saved of it.

use std::sync::Arc;

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html::Canvas;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::drawing::{Cell, Chart, DataTable, Probe, Reading, SIZE, standalone};
use super::heat_canvas;
use crate::controls::explanation::Explanation;
use crate::controls::number_text;
use crate::shell::browser;
use crate::shell::live::{follow, live, on_click};

/// A chart behind a signal; equal when it is the same drawing.
#[derive(Clone)]
pub struct Drawn(pub Arc<Chart>);

impl PartialEq for Drawn {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What is under the pointer in one chart, as its readings have it, marked in the page's others.
#[derive(Clone, Copy)]
pub struct Marked(pub RwSignal<Option<Vec<f64>>>);

/// What a frame is about.
#[derive(Clone, Copy)]
pub struct FrameText {
    /// Short name, for tests and file names: `qos-curve`.
    pub name: &'static str,
    /// Title for people.
    pub title: &'static str,
    /// What the chart says and how it comes about.
    pub about: &'static str,
}

/// A column and a row of a probe.
type Cursor = Option<(usize, usize)>;

/// Shows `chart` in a frame, faded while it is `stale`.
#[component]
pub fn ChartFrame(
    text: FrameText,
    chart: Memo<Option<Drawn>>,
    #[prop(into)] stale: Signal<bool>,
    /// Takes the column and the row that the visitor clicks, or chooses with Enter.
    #[prop(optional)]
    on_pick: Option<Callback<(usize, usize)>>,
) -> impl IntoView {
    let cursor: RwSignal<Cursor> = RwSignal::new(None);
    let reading = Memo::new(move |_| {
        let (column, row) = cursor.get()?;
        let drawn = chart.get()?;
        let probe = drawn.0.probe.as_ref()?;
        let inside = column < probe.columns.len() && row < probe.rows.len();
        inside.then(|| (probe.read)(column, row))
    });
    let Marked(marked) = expect_context::<Marked>();
    Effect::new(move |previous: Option<bool>| {
        let reading = reading.get();
        let reads = reading.is_some();
        if reads || previous == Some(true) {
            marked.set(reading.and_then(|reading| reading.allocation));
        }
        reads
    });
    view! {
        <section class="chart" class:stale=follow(move || stale.get()) data-test=format!("chart-{}", text.name)>
            <header>
                <h2>{text.title}</h2>
                <Explanation topic=text.title text=text.about/>
                <span class="spring"></span>
                <button class="quiet" type="button" data-test=format!("save-svg-{}", text.name) on:click=on_click(move |_| save_svg(text, chart))
                    aria-label=format!("Save “{}” as SVG", text.title)>"SVG"</button>
                <button class="quiet" type="button" data-test=format!("save-csv-{}", text.name) on:click=on_click(move |_| save_csv(text, chart))
                    aria-label=format!("Save the data of “{}” as CSV", text.title)>"CSV"</button>
            </header>
            {figure(text, chart, cursor, marked, on_pick)}
            {caption(text.name, chart, reading)}
            {table_panel(text, chart)}
        </section>
    }
    .into_any()
}

/// The drawing itself with the cursor over it, and below it the canvas of a heat map.
fn figure(
    text: FrameText,
    chart: Memo<Option<Drawn>>,
    cursor: RwSignal<Cursor>,
    marked: RwSignal<Option<Vec<f64>>>,
    on_pick: Option<Callback<(usize, usize)>>,
) -> AnyView {
    let (title_id, description_id) =
        (format!("{}-title", text.name), format!("{}-desc", text.name));
    let labels = format!("{title_id} {description_id}");
    let markup = move || chart.with(|c| c.as_ref().map(|c| c.0.markup.clone()).unwrap_or_default());
    let description = move || {
        chart.with(|c| {
            c.as_ref().map_or_else(|| "Not computed yet.".to_owned(), |c| c.0.description.clone())
        })
    };
    let size = Memo::new(move |_| chart.with(|c| c.as_ref().map_or(SIZE, |c| c.0.size)));
    // A finger has no way to point without touching: its second tap on a place picks.
    let touched: StoredValue<Cursor> = StoredValue::new(None);
    let pick = move |event: leptos::ev::MouseEvent| {
        let by_touch =
            event.dyn_ref::<PointerEvent>().is_some_and(|event| event.pointer_type() == "touch");
        let at = cursor.get_untracked();
        if let (Some(pick), Some(at)) = (on_pick, at)
            && (!by_touch || touched.get_value() == Some(at))
        {
            pick.run(at);
        }
    };
    let leave = move |event: PointerEvent| {
        if on_pick.is_none() || event.pointer_type() != "touch" {
            cursor.set(None);
        }
    };
    view! {
        <div class="figure">
            {heat_layer(chart)}
            <svg
                viewBox=follow(move || { let (width, height) = size.get(); format!("0 0 {width} {height}") })
                role="img"
                tabindex="0"
                data-test=format!("plot-{}", text.name)
                aria-labelledby=labels
                class:pickable=on_pick.is_some()
                on:pointermove=move |event| point_at(&event, chart, cursor)
                on:pointerdown=move |event| {
                    touched.set_value(cursor.get_untracked());
                    point_at(&event, chart, cursor);
                }
                on:pointerleave=leave
                on:click=on_click(pick)
                on:blur=move |_| cursor.set(None)
                on:keydown=move |event| match (event.key().as_str(), on_pick, cursor.get_untracked()) {
                    ("Enter", Some(pick), Some(at)) => pick.run(at),
                    _ => step(&event, chart, cursor),
                }
            >
                <title id=title_id>{text.title}</title>
                <desc id=description_id>{live(description)}</desc>
                <g inner_html=markup></g>
                {live(move || mark_at(chart, marked.get()))}
                {live(move || cursor_at(chart, cursor.get()))}
            </svg>
        </div>
    }
    .into_any()
}

/// The canvas of a chart that has a heat map, in its place below the marks.
fn heat_layer(chart: Memo<Option<Drawn>>) -> AnyView {
    let node = NodeRef::<Canvas>::new();
    let has_heat =
        Memo::new(move |_| chart.with(|c| c.as_ref().is_some_and(|c| c.0.heat.is_some())));
    Effect::new(move |_| {
        let (Some(canvas), Some(drawn)) = (node.get(), chart.get()) else { return };
        if let Some(heat) = &drawn.0.heat {
            heat_canvas::paint(&canvas, heat, drawn.0.size);
        }
    });
    let layer = move || {
        has_heat.get().then(|| view! { <canvas node_ref=node aria-hidden="true"></canvas> })
    };
    layer.into_any()
}

/// The reading under the pointer, or else the key.
fn caption(name: &str, chart: Memo<Option<Drawn>>, reading: Memo<Option<Reading>>) -> AnyView {
    let key = move || {
        let entries = chart.with(|c| c.as_ref().map(|c| c.0.key.clone()).unwrap_or_default());
        let entry = |(class, text): (&'static str, String)| {
            let swatch =
                (!class.is_empty()).then(|| view! { <i class=format!("swatch {class}")></i> });
            view! { <span class="entry">{swatch}{text}</span> }
        };
        entries.into_iter().map(entry).collect_view()
    };
    view! {
        <p class="caption" aria-live="polite" data-test=format!("reading-{name}")>
            {live(move || match reading.get() {
                Some(reading) => reading.text.into_any(),
                None => key().into_any(),
            })}
        </p>
    }
    .into_any()
}

fn table_panel(text: FrameText, chart: Memo<Option<Drawn>>) -> AnyView {
    let open = RwSignal::new(false);
    let table = move || {
        let made = open.get().then(|| chart.get().map(|drawn| (drawn.0.table)()))?;
        made.map(|table| view! { <div class="scroll" tabindex="0" role="region" aria-label=format!("Data of “{}”", text.title)>{table_view(&table)}</div> })
    };
    view! {
        <details class="table-panel" on:toggle=move |event| open.set(is_open(&event))>
            <summary aria-label=format!("Data table of “{}”", text.title)>"Table"</summary>
            {live(table)}
        </details>
    }
    .into_any()
}

fn is_open(event: &leptos::ev::Event) -> bool {
    event
        .current_target()
        .and_then(|target| target.dyn_into::<Element>().ok())
        .is_some_and(|details| details.has_attribute("open"))
}

/// The most rows that are shown: more would make the page slow, and nobody reads them.
const MOST_ROWS: usize = 2_500;

/// `table` as HTML with rounded numbers.
pub fn table_view(table: &DataTable) -> AnyView {
    let head = table
        .columns
        .iter()
        .map(|name| view! { <th scope="col">{name.clone()}</th> })
        .collect_view();
    let row = |cells: &Vec<Cell>| {
        let cells = cells.iter().map(|cell| match cell {
            Cell::Number(value) => {
                view! { <td class="number">{number_text::rounded(*value)}</td> }.into_any()
            }
            Cell::Amount(value) => {
                view! { <td class="number">{number_text::rounded_up(*value)}</td> }.into_any()
            }
            Cell::Text(text) => view! { <td>{text.clone()}</td> }.into_any(),
            Cell::Empty => view! { <td class="number">"–"</td> }.into_any(),
        });
        view! { <tr>{cells.collect_view()}</tr> }
    };
    let body = table.rows.iter().take(MOST_ROWS).map(row).collect_view();
    let more = table.rows.len().saturating_sub(MOST_ROWS);
    let note = (more > 0).then(|| {
        let more = number_text::rounded(more as f64);
        view! { <p class="hint">{format!("{more} more rows are in the CSV file.")}</p> }
    });
    view! { {note}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table> }.into_any()
}

fn save_svg(text: FrameText, chart: Memo<Option<Drawn>>) {
    if let Some(drawn) = chart.get_untracked() {
        let name = format!("slicewise-{}.svg", text.name);
        browser::download(&name, "image/svg+xml", &standalone(text.title, &drawn.0));
    }
}

fn save_csv(text: FrameText, chart: Memo<Option<Drawn>>) {
    if let Some(drawn) = chart.get_untracked() {
        browser::download(
            &format!("slicewise-{}.csv", text.name),
            "text/csv",
            &(drawn.0.table)().to_csv(),
        );
    }
}

fn point_at(event: &PointerEvent, chart: Memo<Option<Drawn>>, cursor: RwSignal<Cursor>) {
    let Some(target) = event.current_target().and_then(|t| t.dyn_into::<Element>().ok()) else {
        return;
    };
    let frame = target.get_bounding_client_rect();
    let (width, height) = chart.with_untracked(|c| c.as_ref().map_or(SIZE, |c| c.0.size));
    let x = (f64::from(event.client_x()) - frame.left()) / frame.width() * width;
    let y = (f64::from(event.client_y()) - frame.top()) / frame.height() * height;
    let at = with_probe(chart, |probe| probe.nearest(x, y));
    if cursor.get_untracked() != at {
        cursor.set(at);
    }
}

/// Arrow keys move the cursor, ten places with Shift; Escape takes it away.
fn step(event: &KeyboardEvent, chart: Memo<Option<Drawn>>, cursor: RwSignal<Cursor>) {
    let stride = if event.shift_key() { 10 } else { 1 };
    let (across, up) = match event.key().as_str() {
        "ArrowRight" => (stride, 0),
        "ArrowLeft" => (-stride, 0),
        "ArrowUp" => (0, stride),
        "ArrowDown" => (0, -stride),
        "Escape" => {
            cursor.set(None);
            return;
        }
        _ => return,
    };
    event.prevent_default();
    let moved = with_probe(chart, |probe| {
        let (columns, rows) = (probe.columns.len(), probe.rows.len());
        let (column, row) =
            cursor.get_untracked().unwrap_or_else(|| probe.nearest(probe.start.0, probe.start.1));
        (moved_by(column, across, columns), moved_by(row, up, rows))
    });
    cursor.set(moved);
}

fn moved_by(index: usize, by: isize, length: usize) -> usize {
    index.saturating_add_signed(by).min(length.saturating_sub(1))
}

fn with_probe<T>(chart: Memo<Option<Drawn>>, read: impl FnOnce(&Probe) -> T) -> Option<T> {
    chart.with_untracked(|chart| {
        let probe = chart.as_ref()?.0.probe.as_ref()?;
        (!probe.columns.is_empty() && !probe.rows.is_empty()).then(|| read(probe))
    })
}

/// The place read at present: a line, and a ring where the chart is a field.
fn cursor_at(chart: Memo<Option<Drawn>>, cursor: Cursor) -> Option<AnyView> {
    let (column, row) = cursor?;
    let drawn = chart.get()?;
    let probe = drawn.0.probe.as_ref()?;
    let (x, y) = (*probe.columns.get(column)?, *probe.rows.get(row)?);
    let area = probe.over;
    let view = if let Some((x, y)) = probe.places.get(column) {
        view! { <circle class="cursor" cx=*x cy=*y r="8"></circle> }.into_any()
    } else if probe.rows.len() > 1 {
        view! { <circle class="cursor" cx=x cy=y r="6"></circle> }.into_any()
    } else {
        view! { <line class="cursor" x1=x x2=x y1=area.top y2=area.bottom></line> }.into_any()
    };
    Some(view)
}

/// The allocation read in another chart, as a ring on this one.
fn mark_at(chart: Memo<Option<Drawn>>, allocation: Option<Vec<f64>>) -> Option<AnyView> {
    let allocation = allocation?;
    let drawn = chart.get()?;
    let (x, y) = drawn.0.locate.as_ref()?(&allocation);
    (x.is_finite() && y.is_finite())
        .then(|| view! { <circle class="cursor" cx=x cy=y r="8"></circle> }.into_any())
}
