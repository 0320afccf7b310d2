//! The panel of a day: which trace, which interval, and what comes of it.

use std::sync::Arc;

use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::slice::daily_trace::daily_trace;
use slicewise_core::slice::day_figures::{LengthFigures, PeakFigures};
use slicewise_core::slice::sweep::LONGEST_TRACE;
use slicewise_core::slice::{Slice, SliceJob, Sweep, Traffic};

use super::charts::{self, DayPlans};
use crate::charts::drawing::Chart;
use crate::charts::frame::{ChartFrame, Drawn, FrameText};
use crate::controls::number_field::{BoxField, NumberBox, NumberControl, NumberField, SliderRange};
use crate::controls::number_text;
use crate::engine::pool::EnginePool;
use crate::shell::files;
use crate::shell::live::{follow, live, on_click};
use crate::slice::batches::gathered::Gathered;
use crate::slice::batches::view::{BatchBar, BatchView, Sweeps};
use crate::slice::cost_unit::CostUnit;
use crate::slice::given_table::{Found, GivenTable};
use crate::slice::handles::SlicePlanner;
use crate::slice::models;
use crate::slice::view_state::{DaySettings, INTERVAL_MINUTES, MOST_VARIATION, Tab};

const RESOURCES: FrameText = FrameText {
    name: "day-resources",
    title: "Resources over the day",
    about: "What each interval's cheapest plan takes of every resource, as a share of its capacity. The dotted lines are one plan kept all day: a static allocation for the peak of the busiest slot, its variation included, under the same promise.",
};
const TRAFFIC: FrameText = FrameText {
    name: "day-traffic",
    title: "Traffic over the day",
    about: "Users per second in each 5-minute slot, and the mean of each planning interval. Within an interval the promise holds on average over its slots and their variation (section III).",
};
const LENGTHS: FrameText = FrameText {
    name: "day-lengths",
    title: "How often to plan",
    about: "How much less than a static allocation for its peak the day costs, for each length of the planning interval. Short intervals follow the traffic more closely and change the allocation more often.",
};
/// Longest trace that a link carries, in slots: a week.
const LONGEST_LINKED: usize = 2016;

/// The day's state; a copyable handle.
#[derive(Clone, Copy)]
pub struct DayView {
    batch: BatchView,
    settings: Memo<DaySettings>,
    /// A trace too long for the link.
    long_trace: RwSignal<Option<Arc<Vec<f64>>>>,
    file_error: RwSignal<Option<String>>,
}

impl DayView {
    /// The day of `planner`, planned by `pool`.
    pub fn new(planner: SlicePlanner, pool: EnginePool<Slice>) -> Self {
        let long_trace: RwSignal<Option<Arc<Vec<f64>>>> = RwSignal::new(None);
        let settings =
            Memo::new(move |_| planner.view.with(|view| view.day.clone().unwrap_or_default()));
        let wanted = Memo::new(move |_| -> Result<Sweeps, InputError> {
            let none = || InputError::new("model", "unknown", "a model that the page knows");
            let card = planner.card().ok_or_else(none)?;
            let settings = settings.get();
            settings.validate(&card)?;
            let trace = match (long_trace.get(), &settings.trace) {
                (Some(trace), _) => (*trace).clone(),
                (None, Some(trace)) => trace.clone(),
                (None, None) => daily_trace(settings.seed, card.inputs[0].trained_maximum),
            };
            let mut problem = planner.alone();
            // The trace takes the place of the traffic, which therefore makes no difference.
            if let Some(slice) = problem.slices.first_mut() {
                slice.traffic = Traffic::Constant { users_per_second: trace[0] };
            }
            let sweeps = settings.sweeps(&problem, &trace);
            sweeps.iter().try_for_each(|sweep| sweep.validate(&card))?;
            Ok(Arc::new(sweeps))
        });
        let open = follow(move || planner.view.with(|view| view.tab == Tab::Day));
        let batch = BatchView::new("day", pool, wanted, open);
        Self { batch, settings, long_trace, file_error: RwSignal::new(None) }
    }

    /// The plans of the length that is charted.
    fn plans(self, unit: CostUnit) -> Option<DayPlans> {
        let planned = self.batch.planned.get()?;
        let minutes = self.settings.with(|settings| settings.minutes);
        let index = INTERVAL_MINUTES.iter().position(|length| *length == minutes)?;
        let Sweep::Day(day) = planned.sweeps.get(index)? else { return None };
        Some(DayPlans {
            day: Arc::new(day.clone()),
            index,
            card: models::named(&day.problem.model)?,
            peak: peak(&planned.plans).map(Arc::new),
            plans: planned.plans,
            unit,
        })
    }

    /// The figures of every length whose plans are known.
    fn lengths(self) -> Option<(PeakFigures, Vec<LengthFigures>)> {
        let planned = self.batch.planned.get()?;
        let peak = peak(&planned.plans)?;
        let all = INTERVAL_MINUTES.into_iter().enumerate().filter_map(|(index, minutes)| {
            let Sweep::Day(day) = planned.sweeps.get(index)? else { return None };
            let plans = planned.plans.get(index)?.whole()?;
            Some(LengthFigures::of(day, minutes, plans, peak.cost))
        });
        let all = all.collect();
        Some((peak, all))
    }

    /// The traffic that the static allocation is for.
    fn peak_words(self) -> String {
        let planned = self.batch.planned.get();
        let sweeps = planned.map(|planned| planned.sweeps);
        let peak = sweeps.as_ref().and_then(|sweeps| sweeps.last()).map(|last| last.problem(0));
        let users = peak.and_then(|peak| Some(peak.slices.first()?.traffic.mean()));
        number_text::quantity(users.unwrap_or_default(), "users/s")
    }

    fn change(self, planner: SlicePlanner, change: impl FnOnce(&mut DaySettings)) {
        let mut settings = self.settings.get_untracked();
        change(&mut settings);
        planner.view.update(|view| view.day = Some(settings));
    }
}

/// The plan for the peak, which the last of the sweeps asks for, once it is there.
fn peak(plans: &[Gathered]) -> Option<PeakFigures> {
    plans.last()?.whole().map(PeakFigures::of)
}

/// Shows the day.
#[component]
pub fn Panel() -> impl IntoView {
    let planner = expect_context::<SlicePlanner>();
    let day = expect_context::<DayView>();
    let drawn = |draw: fn(DayView, CostUnit) -> Option<Chart>| {
        Memo::new(move |_| draw(day, planner.cost_unit()).map(|chart| Drawn(Arc::new(chart))))
    };
    let resources = drawn(|day, unit| charts::resources(&day.plans(unit)?));
    let traffic = drawn(|day, unit| charts::traffic(&day.plans(unit)?));
    let lengths = drawn(|day, unit| {
        let minutes = day.settings.with(|settings| settings.minutes);
        charts::lengths(&day.lengths()?.1, minutes, &unit)
    });
    let stale = follow(move || day.batch.is_stale());
    let adopt = Callback::new(move |(column, _)| {
        let Some(plans) = untrack(move || day.plans(planner.cost_unit())) else { return };
        let users_per_second = plans.traffic(column);
        planner.change_slice(|slice| slice.traffic = Traffic::Constant { users_per_second });
    });
    let has_plans = Memo::new(move |_| day.batch.planned.with(Option::is_some));
    let results = move || {
        match has_plans.get() {
        true => view! {
            <p class="day-sentence" class:stale=follow(move || stale.get()) data-test="day-sentence">{live(move || sentence(day, &planner.cost_unit()))}</p>
            <div class="charts">
                <ChartFrame text=RESOURCES chart=resources stale=stale on_pick=adopt/>
                <ChartFrame text=TRAFFIC chart=traffic stale=stale on_pick=adopt/>
                <ChartFrame text=LENGTHS chart=lengths stale=stale/>
            </div>
            {length_table(planner, day)}
        }
        .into_any(),
        false => view! {
            <p class="placeholder">
                "What would a day cost if it were planned again every few minutes? Every interval of a \
                 traffic trace is planned for six lengths of the interval at once, and compared with one \
                 plan for the peak that is kept all day."
            </p>
        }
        .into_any(),
    }
    };
    view! {
        <div class="day">
            {controls(planner, day)}
            {live(results)}
        </div>
    }
    .into_any()
}

fn controls(planner: SlicePlanner, day: DayView) -> AnyView {
    let own_trace = move || {
        day.long_trace.with(Option::is_some) || day.settings.with(|day| day.trace.is_some())
    };
    let seed = BoxField {
        test: "day-seed".to_owned(),
        label: "seed".to_owned(),
        unit: Signal::stored(String::new()),
        allowed: Signal::stored((0.0, 9_007_199_254_740_991.0)),
        value: follow(move || day.settings.with(|settings| settings.seed as f64)),
        change: Callback::new(move |seed: f64| {
            day.change(planner, |settings| settings.seed = seed.round() as u64);
        }),
    };
    let take = Callback::new(move |(name, found): (String, Result<Found, InputError>)| {
        take_trace(planner, day, &name, found);
    });
    let table = GivenTable::new(SliceJob::ReadTraffic, take);
    let generated = move |_| {
        table.close();
        day.long_trace.set(None);
        day.file_error.set(None);
        day.change(planner, |settings| settings.trace = None);
    };
    view! {
        <form class="day-controls" aria-label="Day" on:submit=move |event| event.prevent_default()>
            <BatchBar view=day.batch label="Plan the day"/>
            <div class="day-fields">
                <fieldset>
                    <legend>"Trace"</legend>
                    <div class="tabs">
                        <button type="button" data-test="day-generated" aria-pressed=follow(move || (!own_trace()).to_string())
                            on:click=on_click(generated)>"Generated"</button>
                        {files::file_button("Your CSV", ".csv,.txt,text/csv", "day-file", move |file| table.open(file))}
                        <div hidden=follow(own_trace)><NumberBox field=seed/></div>
                    </div>
                    <p class="hint" data-test="day-trace">{live(move || trace_words(day))}</p>
                    {table.preview("day", true)}
                    {live(move || day.file_error.get().map(|text| view! {
                        <p class="error" role="alert" data-test="error">{text}</p>
                    }))}
                </fieldset>
                <fieldset>
                    <legend>"Within a slot"</legend>
                    <NumberControl field=variation(planner, day)/>
                </fieldset>
                <fieldset>
                    <legend>"Planning interval"</legend>
                    <div class="tabs" role="group" aria-label="Interval charted">
                        {INTERVAL_MINUTES.map(|minutes| interval_button(planner, day, minutes)).collect_view()}
                    </div>
                </fieldset>
            </div>
        </form>
    }
    .into_any()
}

fn interval_button(planner: SlicePlanner, day: DayView, minutes: usize) -> AnyView {
    let chosen = move || day.settings.with(|settings| settings.minutes == minutes).to_string();
    view! {
        <button
            type="button"
            data-test=format!("day-{minutes}")
            aria-pressed=follow(chosen)
            on:click=on_click(move |_| day.change(planner, |settings| settings.minutes = minutes))
        >
            {format!("{minutes} min")}
        </button>
    }
    .into_any()
}

fn variation(planner: SlicePlanner, day: DayView) -> NumberField {
    let value = follow(move || day.settings.with(|settings| 100.0 * settings.variation));
    NumberField {
        name: "day-variation".to_owned(),
        label: "Variation".to_owned(),
        term: "variation".to_owned(),
        unit: "% of the mean".to_owned(),
        about: "Standard deviation of the traffic within each 5-minute slot, as a share of the slot's mean. With 0 the traffic of a slot is constant.".to_owned(),
        slider: SliderRange { lowest: 0.0, highest: 100.0 * MOST_VARIATION, step: 1.0 },
        allowed: Signal::stored((0.0, 100.0 * MOST_VARIATION)),
        value,
        change: Callback::new(move |percent: f64| {
            day.change(planner, |settings| settings.variation = percent / 100.0);
        }),
        spoken: follow(move || format!("{} of the mean", number_text::percent(value.get() / 100.0))),
    }
}

fn trace_words(day: DayView) -> String {
    let Ok(sweeps) = day.batch.wanted.get() else { return String::new() };
    let Some(Sweep::Day(first)) = sweeps.first() else { return String::new() };
    let highest = first.trace.iter().copied().fold(0.0, f64::max);
    let mean = first.trace.iter().sum::<f64>() / first.trace.len() as f64;
    let kept = if day.long_trace.with(Option::is_some) { "; too long for a link" } else { "" };
    format!(
        "{} slots of 5 min: mean {}, highest {} users/s{kept}",
        number_text::rounded(first.trace.len() as f64),
        number_text::rounded(mean),
        number_text::rounded(highest)
    )
}

fn take_trace(planner: SlicePlanner, day: DayView, name: &str, found: Result<Found, InputError>) {
    let trace = match found {
        Ok(Found::Traffic(trace)) => usable(trace),
        Ok(_) => return day.file_error.set(None),
        Err(error) => Err(error),
    };
    match trace {
        Ok(trace) => {
            day.file_error.set(None);
            let linked = trace.len() <= LONGEST_LINKED;
            day.long_trace.set((!linked).then(|| Arc::new(trace.clone())));
            day.change(planner, |settings| settings.trace = linked.then_some(trace));
        }
        Err(error) => day.file_error.set(Some(format!("{name}: {error}"))),
    }
}

fn usable(trace: Vec<f64>) -> Result<Vec<f64>, InputError> {
    if trace.is_empty() || trace.len() > LONGEST_TRACE {
        let found = format!("{} rows", trace.len());
        return Err(InputError::new(
            "trace",
            found,
            format!("1 to {LONGEST_TRACE} rows of 5 minutes"),
        ));
    }
    Ok(trace)
}

/// The day in a sentence.
fn sentence(day: DayView, unit: &CostUnit) -> String {
    let Some((peak, lengths)) = day.lengths() else { return String::new() };
    let minutes = day.settings.with(|settings| settings.minutes);
    let Some(chosen) = lengths.iter().find(|figures| figures.minutes == minutes) else {
        return String::new();
    };
    let saving = match chosen.saving {
        Some(saving) => {
            let side = if saving >= 0.0 { " less" } else { " more" };
            number_text::coarse_percent(saving.abs()) + side + " than"
        }
        None => "as against".to_owned(),
    };
    let mut text = format!(
        "Planned anew every {minutes} minutes, the day costs {} on average: {saving} a static \
         allocation for its peak of {}, which costs {}.",
        unit.words(chosen.mean_cost),
        day.peak_words(),
        unit.words(peak.cost)
    );
    if chosen.broken > 0 {
        let count = number_text::rounded(chosen.broken as f64);
        text.push_str(&format!(
            " In {count} of {} intervals no allocation within the limits keeps the promise.",
            number_text::rounded(chosen.intervals as f64)
        ));
    } else if !peak.feasible {
        text.push_str(" The static allocation would not keep the promise at the peak.");
    }
    if chosen.outside > 0 {
        let count = number_text::counted(chosen.outside, "interval");
        text = [&text, " ", &count, " beyond what was measured."].concat();
    }
    text
}

/// Every length of the interval with its figures.
fn length_table(planner: SlicePlanner, day: DayView) -> AnyView {
    let rows = move || {
        let (_, lengths) = day.lengths()?;
        let row = |figures: LengthFigures| {
            let minutes = figures.minutes;
            let saving = figures.saving.map_or_else(|| "–".to_owned(), number_text::percent);
            let charted = move || day.settings.with(|settings| settings.minutes == minutes);
            view! {
                <tr class:charted=follow(charted)>
                    <th scope="row">{format!("{minutes} min")}</th>
                    <td class="number">{number_text::rounded(figures.intervals as f64)}</td>
                    <td class="number" data-test=format!("day-cost-{minutes}") data-value=figures.mean_cost>
                        {number_text::rounded(figures.mean_cost)}
                    </td>
                    <td class="number" data-test=format!("day-saving-{minutes}") data-value=figures.saving>{saving}</td>
                    <td class="number">{number_text::rounded(figures.changes_per_day)}</td>
                    <td class="number">{number_text::rounded(figures.broken as f64)}</td>
                </tr>
            }
        };
        Some(lengths.into_iter().map(row).collect_view())
    };
    let unkept = move || {
        let slices = planner.problem.with(|problem| problem.slices.len());
        (slices > 1).then_some(" Planned for the slice whose controls are shown, alone.")
    };
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Figures of each interval length">
            <table class="day-lengths" data-test="day-table">
                <thead>
                    <tr>
                        <th scope="col">"Interval"</th>
                        <th scope="col" class="number">"Intervals"</th>
                        <th scope="col" class="number">{live(move || number_text::titled("Mean cost", planner.cost_unit().name()))}</th>
                        <th scope="col" class="number">"Saving"</th>
                        <th scope="col" class="number">"Changes a day"</th>
                        <th scope="col" class="number">"Promise not kept"</th>
                    </tr>
                </thead>
                <tbody>{live(rows)}</tbody>
            </table>
        </div>
        <p class="hint">
            "A change moves a resource by more than 1 % of its capacity."{unkept}
        </p>
    }
    .into_any()
}
