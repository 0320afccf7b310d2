//! The panel of the what-if surface: axes, what is shown, the surface and its readings.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::slice::sweep::{Axis, set};
use slicewise_core::slice::{Slice, Sweep};

use super::chart::{self, Picture};
use super::quantities::{self, Variable, variables};
use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::controls::number_field::{BoxField, NumberBox};
use crate::controls::number_text;
use crate::engine::pool::EnginePool;
use crate::shell::live::{follow, live, on_change};
use crate::slice::batches::view::{BatchBar, BatchView, Sweeps};
use crate::slice::handles::SlicePlanner;
use crate::slice::models;
use crate::slice::view_state::{MOST_POINTS, Pictured, SurfaceSettings, Tab};

const FRAME: FrameText = FrameText {
    name: "surface",
    title: "Plans over two quantities",
    about: "Every cell is a plan of its own: the cheapest allocation that keeps the promise when the two quantities have these values and everything else stays as the controls have it. Lines join equal values. Plans are found by the same descent as the plan above, without its proof.",
};

/// Sizes of the chart on a laptop and on a phone.
const WIDE: (f64, f64) = (640.0, 400.0);
const NARROW: (f64, f64) = (360.0, 300.0);

/// The surface's state; a copyable handle.
#[derive(Clone, Copy)]
pub struct SurfaceView {
    batch: BatchView,
    settings: Memo<Option<SurfaceSettings>>,
}

impl SurfaceView {
    /// The surface of `planner`, planned by `pool`.
    pub fn new(planner: SlicePlanner, pool: EnginePool<Slice>) -> Self {
        let settings = Memo::new(move |_| {
            let chosen = planner.view.with(|view| view.surface);
            planner.card().map(|card| quantities::settings(chosen, &card))
        });
        let wanted = Memo::new(move |_| -> Result<Sweeps, InputError> {
            let none = || InputError::new("model", "unknown", "a model that the page knows");
            let card = planner.card().ok_or_else(none)?;
            let settings = settings.get().ok_or_else(none)?;
            Ok(Arc::new(vec![settings.sweep(&planner.alone(), &card)?]))
        });
        let open = follow(move || planner.view.with(|view| view.tab == Tab::WhatIf));
        Self { batch: BatchView::new("surface", pool, wanted, open), settings }
    }
}

/// One of the two axes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    X,
    Y,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::X => "x",
            Self::Y => "y",
        }
    }

    fn of(self, settings: &mut SurfaceSettings) -> &mut Axis {
        match self {
            Self::X => &mut settings.x,
            Self::Y => &mut settings.y,
        }
    }

    fn other(self) -> Self {
        match self {
            Self::X => Self::Y,
            Self::Y => Self::X,
        }
    }
}

/// Shows the surface.
#[component]
pub fn Panel() -> impl IntoView {
    let planner = expect_context::<SlicePlanner>();
    let surface = expect_context::<SurfaceView>();
    let narrow = expect_context::<crate::shell::narrow::Narrow>().0;
    let chart = Memo::new(move |_| draw(planner, surface, narrow.get()));
    let stale = follow(move || surface.batch.is_stale());
    let adopt = Callback::new(move |at| adopt(planner, surface, at));
    let has_plans = Memo::new(move |_| surface.batch.planned.with(Option::is_some));
    let figure = move || match has_plans.get() {
        true => view! { <ChartFrame text=FRAME chart=chart stale=stale on_pick=adopt/> }.into_any(),
        false => view! {
            <p class="placeholder">
                {live(move || invitation(surface))}
            </p>
        }
        .into_any(),
    };
    view! {
        <div class="what-if">
            <div class="what-if-figure">{live(figure)}</div>
            <form class="what-if-controls" aria-label="Surface" on:submit=move |event| event.prevent_default()>
                <BatchBar view=surface.batch label="Compute surface"/>
                {pictured_control(planner, surface)}
                {axis_control(planner, surface, Side::X, "From left to right")}
                {axis_control(planner, surface, Side::Y, "From bottom to top")}
            </form>
        </div>
    }
    .into_any()
}

fn invitation(surface: SurfaceView) -> String {
    let points = surface.settings.get().map_or(0, |settings| settings.x.points * settings.y.points);
    format!(
        "How would the plan change? {} plans show cost, allocation and degradation over any two \
         quantities. They are planned on this device when you ask for them.",
        number_text::rounded(points as f64)
    )
}

fn draw(planner: SlicePlanner, surface: SurfaceView, narrow: bool) -> Option<Drawn> {
    let planned = surface.batch.planned.get()?;
    let Sweep::Surface(sweep) = planned.sweeps.first()? else { return None };
    let card = models::named(&sweep.problem.model)?;
    let settings = surface.settings.get()?;
    let here = planner.alone();
    let current = (here.model == card.name)
        .then(|| {
            let value = |axis: Axis| quantities::current(&here, axis.quantity);
            value(sweep.x).zip(value(sweep.y))
        })
        .flatten();
    let pictured = match settings.pictured {
        Pictured::Resource(index) if index >= sweep.problem.resources.len() => Pictured::Cost,
        pictured => pictured,
    };
    let picture = Picture {
        surface: Arc::new(sweep.clone()),
        plans: planned.plans,
        card,
        pictured,
        current,
        unit: planner.cost_unit(),
        size: if narrow { NARROW } else { WIDE },
    };
    chart::draw(picture).map(|chart| Drawn(Arc::new(chart)))
}

/// Sets both quantities of the question to those of a cell, in as many digits as one reads.
fn adopt(planner: SlicePlanner, surface: SurfaceView, (column, row): (usize, usize)) {
    let Some(planned) = surface.batch.planned.get_untracked() else { return };
    let Some(Sweep::Surface(sweep)) = planned.sweeps.first() else { return };
    let mut problem = untrack(move || planner.alone());
    if problem.model != sweep.problem.model || problem.slices.is_empty() {
        return;
    }
    let Some(card) = models::named(&problem.model) else { return };
    for (axis, index) in [(sweep.x, column), (sweep.y, row)] {
        let Some(variable) = quantities::variable(&card, axis.quantity) else { return };
        set(&mut problem, axis.quantity, variable.readable(axis.value(index)));
    }
    planner.adopt(problem);
}

fn change(planner: SlicePlanner, surface: SurfaceView, change: impl FnOnce(&mut SurfaceSettings)) {
    let Some(mut settings) = surface.settings.get_untracked() else { return };
    change(&mut settings);
    planner.view.update(|view| view.surface = Some(settings));
}

fn pictured_control(planner: SlicePlanner, surface: SurfaceView) -> AnyView {
    let options = move || {
        let card = planner.card()?;
        let mut all = vec![("cost".to_owned(), Pictured::Cost)];
        for (index, field) in card.resources().iter().enumerate() {
            all.push((field.name.clone(), Pictured::Resource(index)));
        }
        all.push(("degradation".to_owned(), Pictured::Degradation));
        all.push(("multiplier".to_owned(), Pictured::Multiplier));
        let option = |(key, pictured): (String, Pictured)| {
            let title = match pictured {
                Pictured::Multiplier => "multiplier λ: what a laxer promise would save".to_owned(),
                pictured => chart::title_of(pictured, &card, &planner.cost_unit()),
            };
            let chosen = move || surface.settings.get().is_some_and(|s| s.pictured == pictured);
            view! { <option value=key prop:selected=follow(chosen)>{title}</option> }
        };
        Some(all.into_iter().map(option).collect_view())
    };
    let choose = move |event| {
        let value = event_target_value(&event);
        let Some(card) = planner.card() else { return };
        let resource = card.resources().iter().position(|field| field.name == value);
        let pictured = match (value.as_str(), resource) {
            (_, Some(index)) => Pictured::Resource(index),
            ("degradation", _) => Pictured::Degradation,
            ("multiplier", _) => Pictured::Multiplier,
            _ => Pictured::Cost,
        };
        change(planner, surface, |settings| settings.pictured = pictured);
    };
    view! {
        <fieldset>
            <legend>"Colours show"</legend>
            <select data-test="surface-shown" aria-label="What the colours show" on:change=on_change(choose)>{live(options)}</select>
        </fieldset>
    }
    .into_any()
}

/// The choice of an axis' quantity, its range and its points.
fn axis_control(
    planner: SlicePlanner,
    surface: SurfaceView,
    side: Side,
    legend: &'static str,
) -> AnyView {
    let axis = Memo::new(move |_| surface.settings.get().map(|mut s| *side.of(&mut s)));
    let variable = Memo::new(move |_| {
        planner.card().zip(axis.get()).and_then(|(card, a)| quantities::variable(&card, a.quantity))
    });
    let options = move || {
        let card = planner.card()?;
        let option = |variable: Variable| {
            let quantity = variable.quantity;
            let chosen = move || axis.get().is_some_and(|axis| axis.quantity == quantity);
            view! { <option value=variable.key prop:selected=follow(chosen)>{variable.title}</option> }
        };
        Some(variables(&card).into_iter().map(option).collect_view())
    };
    let choose = move |event| {
        let key = event_target_value(&event);
        let Some(card) = planner.card() else { return };
        let Some(chosen) = variables(&card).into_iter().find(|v| v.key == key) else { return };
        change(planner, surface, |settings| {
            let former = *side.of(settings);
            let other = side.other().of(settings);
            // The same quantity on both axes is no surface: they change places.
            if other.quantity == chosen.quantity {
                let taken = std::mem::replace(other, former);
                *side.of(settings) = taken;
            } else {
                *side.of(settings) = chosen.axis(former.points);
            }
        });
    };
    let unit = follow(move || variable.get().map_or_else(String::new, |v| v.unit));
    let limits = move || variable.get().map_or((0.0, 1.0), |v| v.allowed);
    let shown = move |read: fn(Axis) -> f64| {
        follow(move || {
            axis.get().zip(variable.get()).map_or(0.0, |(axis, v)| v.factor * read(axis))
        })
    };
    let (from, to) = (shown(|axis| axis.from), shown(|axis| axis.to));
    let set = move |write: fn(&mut Axis, f64)| {
        Callback::new(move |number: f64| {
            let Some(variable) = variable.get_untracked() else { return };
            change(planner, surface, |s| write(side.of(s), number / variable.factor));
        })
    };
    // The first value is below the last one.
    let least = move || 1e-6 * (limits().1 - limits().0).min(1.0);
    let boxes = [
        BoxField {
            test: format!("surface-{}-from", side.name()),
            label: "from".to_owned(),
            unit,
            allowed: follow(move || (limits().0, to.get() - least())),
            value: from,
            change: set(|axis, value| axis.from = value),
        },
        BoxField {
            test: format!("surface-{}-to", side.name()),
            label: "to".to_owned(),
            unit,
            allowed: follow(move || (from.get() + least(), limits().1)),
            value: to,
            change: set(|axis, value| axis.to = value),
        },
        BoxField {
            test: format!("surface-{}-points", side.name()),
            label: "points".to_owned(),
            unit: Signal::stored(String::new()),
            allowed: Signal::stored((2.0, MOST_POINTS as f64)),
            value: follow(move || axis.get().map_or(0.0, |axis| axis.points as f64)),
            change: Callback::new(move |points: f64| {
                change(planner, surface, |s| side.of(s).points = points.round() as usize);
            }),
        },
    ];
    view! {
        <fieldset>
            <legend>{legend}</legend>
            <select
                data-test=format!("surface-{}", side.name())
                aria-label=format!("{legend}: quantity")
                on:change=on_change(choose)
            >
                {live(options)}
            </select>
            <div class="number-boxes">
                {boxes.map(|field| view! { <NumberBox field=field/> }).collect_view()}
            </div>
        </fieldset>
    }
    .into_any()
}
