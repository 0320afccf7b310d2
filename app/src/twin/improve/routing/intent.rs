//! What is wanted, as a sentence with blanks.

use leptos::prelude::*;
use slicewise_core::twin::intent::Objective;

use crate::controls::explanation::Explanation;
use crate::controls::number_field::{BoxField, NumberBox};
use crate::shell::live::{follow, live, on_change};
use crate::twin::controls::bound::{Bound, bound_box};
use crate::twin::improve::choice::choice;
use crate::twin::improve::planner::Improve;
use crate::twin::improve::state::{RoutingForm, SECONDS};
use crate::twin::names;

const ABOUT_MOVES: &str = "Segment lists (RFC 8402) send the traffic between two nodes by other nodes or links on its way, whole or in shares. Link weights move everything that is routed by ways of least weight. The search starts from the routing as it is, with your edits.";
const ABOUT_KEPT: &str = "What is left empty is not asked for. Without something to minimise, as little as possible is changed until the rest holds.";

/// The sentence.
pub fn sentence(improve: Improve) -> AnyView {
    let form = Memo::new(move |_| improve.state.with(|state| state.routing.clone()));
    let change = move |act: &dyn Fn(&mut RoutingForm)| {
        improve.state.update(|state| act(&mut state.routing));
    };
    type Choice = (&'static str, &'static str, fn(&mut RoutingForm) -> &mut bool);
    let check = move |(name, title, field): Choice| {
        let checked = follow(move || *field(&mut form.get()));
        let turn = on_change(move |_| {
            change(&|form| {
                let on = field(form);
                *on = !*on;
            });
        });
        view! {
            <label class="check">
                <input type="checkbox" data-test=["routing-", name].concat() prop:checked=checked on:change=turn/>{title}
            </label>
        }
        .into_any()
    };
    let bound = move |name: &str,
                      (label, unit): (&'static str, &'static str),
                      (of_unit, most): (f64, f64),
                      read: fn(&RoutingForm) -> Option<f64>,
                      write: fn(&mut RoutingForm, Option<f64>)| {
        bound_box(Bound {
            test: ["routing-", name].concat(),
            label,
            unit,
            of_unit,
            most,
            value: follow(move || form.with(read)),
            change: Callback::new(move |bound| change(&|form| write(form, bound))),
        })
    };
    let seconds = BoxField {
        test: "routing-seconds".to_owned(),
        label: "Search for".to_owned(),
        unit: Signal::stored("s".to_owned()),
        allowed: Signal::stored(SECONDS),
        value: follow(move || form.with(|form| form.seconds)),
        change: Callback::new(move |seconds| change(&|form| form.seconds = seconds)),
    };
    view! {
        <fieldset class="intent" data-test="routing-intent">
            <legend>"What the routing should be good for"</legend>
            {objective(improve, form)}
            <div class="field-head"><span class="mini-text">"and keep"</span><Explanation topic="what is kept" text=ABOUT_KEPT/></div>
            {bound("utilisation", ("every link below", "%"), (1e-2, 1e5), |f| f.utilisation, |f, b| f.utilisation = b)}
            {bound("delay", ("the mean delay below", "ms"), (1e-3, 1e9), |f| f.delay_s, |f, b| f.delay_s = b)}
            {class(improve, form)}
            {free(improve, form)}
            {check(("failures", "after any single failure too", |form| &mut form.after_failures))}
            <div class="field-head"><span class="mini-text">"by moving"</span><Explanation topic="moves" text=ABOUT_MOVES/></div>
            <div class="batch-bar">
                {check(("segments", "segment lists", |form| &mut form.segments))}
                {check(("weights", "link weights", |form| &mut form.weights))}
            </div>
            <NumberBox field=seconds/>
        </fieldset>
    }
    .into_any()
}

fn objective(improve: Improve, form: Memo<RoutingForm>) -> AnyView {
    let title = |objective: Objective| match objective {
        Objective::LargestUtilisation => "the largest utilisation of a link",
        Objective::MeanDelay => "the mean delay",
        Objective::LargestDelay => "the largest mean delay of a flow",
    };
    let mut options: Vec<(String, String)> = Objective::ALL
        .map(|objective| (objective.name().to_owned(), title(objective).to_owned()))
        .to_vec();
    options.push((String::new(), "the number of changes".to_owned()));
    let chosen = follow(move || {
        form.with(|form| form.minimise.map(Objective::name).unwrap_or_default().to_owned())
    });
    choice("routing-minimise", "Minimise", options, chosen, move |name| {
        let minimise = Objective::ALL.into_iter().find(|objective| objective.name() == name);
        improve.state.update(|state| state.routing.minimise = minimise);
    })
}

/// Whose delay is kept, where the network has several classes.
fn class(improve: Improve, form: Memo<RoutingForm>) -> AnyView {
    let classes = Memo::new(move |_| {
        improve.question.with(|q| q.as_ref().map_or(1, |q| q.scenario.classes()))
    });
    live(move || {
        (classes.get() > 1).then(|| {
            let mut options = vec![(String::new(), "all flows".to_owned())];
            options.extend(
                (0..classes.get())
                    .map(|class| (class.to_string(), ["class ", &class.to_string()].concat())),
            );
            let chosen = follow(move || {
                form.with(|form| form.class.map(|class| class.to_string()).unwrap_or_default())
            });
            choice("routing-class", "of", options, chosen, move |value| {
                improve.state.update(|state| state.routing.class = value.parse().ok());
            })
        })
    })
    .into_any()
}

/// Which link is to carry nothing.
fn free(improve: Improve, form: Memo<RoutingForm>) -> AnyView {
    let scenario =
        Memo::new(move |_| improve.question.with(|q| q.as_ref().map(|q| q.scenario.clone())));
    live(move || {
        let mut options = vec![(String::new(), "none".to_owned())];
        scenario.with(|scenario| {
            let Some(scenario) = scenario else { return };
            let links = scenario.topology.links.iter().zip(0..);
            options
                .extend(links.map(|(link, index)| (link.id.clone(), names::link(scenario, index))));
        });
        let chosen = follow(move || form.with(|form| form.free.clone().unwrap_or_default()));
        choice("routing-free", "this link free", options, chosen, move |id| {
            improve.state.update(|state| state.routing.free = (!id.is_empty()).then_some(id));
        })
    })
    .into_any()
}
