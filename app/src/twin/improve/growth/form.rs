//! How traffic grows, what has to be survived, and what can be bought.

use leptos::ev::Event;
use leptos::prelude::*;
use slicewise_core::InputError;
use slicewise_core::error::check_range;
use slicewise_core::twin::edit::Selection;
use slicewise_core::twin::failures::FailureKinds;
use slicewise_core::twin::growth::{
    GrowthGroup, GrowthOrder, MOST_GROUPS, MOST_MODULES, MOST_QUARTERS, Module,
};

use crate::controls::explanation::{Explanation, unique_id};
use crate::controls::number_field::{BoxField, NumberBox};
use crate::controls::number_text;
use crate::shell::live::{follow, live, on_change, on_click};
use crate::twin::improve::choice::choice;
use crate::twin::improve::planner::Improve;
use crate::twin::{names, units};

const ABOUT_GROWTH: &str = "Growth in percent from each quarter to the next: one number for all quarters, or one for each, such as 5 5 12; the last one holds on. A flow belongs to the first group that it fits, and does not grow where it fits none.";
const ABOUT_MODULES: &str = "What can be added to a link, in both directions. Prices are yours, in any currency. Without modules nothing is bought.";

/// Changes the order.
fn change(improve: Improve, act: impl FnOnce(&mut GrowthOrder)) {
    improve.state.update(|state| act(&mut state.growth));
}

/// The whole form.
pub fn form(improve: Improve) -> AnyView {
    let order = Memo::new(move |_| improve.state.with(|state| state.growth.clone()));
    let groups = Memo::new(move |_| order.with(|order| order.groups.len()));
    let modules = Memo::new(move |_| order.with(|order| order.modules.len()));
    let number = move |test: &str,
                       (label, unit): (&str, &str),
                       allowed: (f64, f64),
                       read: fn(&GrowthOrder) -> f64,
                       write: fn(&mut GrowthOrder, f64)| {
        let field = BoxField {
            test: test.to_owned(),
            label: label.to_owned(),
            unit: Signal::stored(unit.to_owned()),
            allowed: Signal::stored(allowed),
            value: follow(move || order.with(read)),
            change: Callback::new(move |value| change(improve, |order| write(order, value))),
        };
        view! { <NumberBox field=field/> }.into_any()
    };
    type Kind = (&'static str, &'static str, fn(&mut FailureKinds) -> &mut bool);
    let kinds: [Kind; 3] = [
        ("links", "links", |kinds| &mut kinds.links),
        ("nodes", "nodes", |kinds| &mut kinds.nodes),
        ("groups", "risk groups", |kinds| &mut kinds.groups),
    ];
    let kinds = kinds.map(|(name, title, field)| {
        let checked = follow(move || *field(&mut order.with(|order| order.failures)));
        let turn = on_change(move |_| {
            change(improve, |order| {
                let on = field(&mut order.failures);
                *on = !*on;
            });
        });
        view! {
            <label class="check">
                <input type="checkbox" data-test=["growth-", name].concat() prop:checked=checked on:change=turn/>{title}
            </label>
        }
        .into_any()
    });
    let add_group = move |_| {
        change(improve, |order| {
            order
                .groups
                .push(GrowthGroup { percent_per_quarter: vec![5.0], ..GrowthGroup::default() });
        })
    };
    let add_module = move |_| {
        change(improve, |order| {
            let largest = order.modules.iter().map(|module| module.bit_per_s).fold(1e9, f64::max);
            order.modules.push(module(10.0 * largest, 1000.0));
        })
    };
    view! {
        <fieldset data-test="growth-form">
            <legend>"How traffic grows"</legend>
            <div class="field-head"><span class="mini-text">"Growth by group"</span><Explanation topic="growth" text=ABOUT_GROWTH/></div>
            {live(move || (0..groups.get()).map(|index| group(improve, order, index)).collect_view())}
            <button type="button" class="quiet" data-test="growth-add-group" disabled=follow(move || groups.get() >= MOST_GROUPS)
                on:click=on_click(add_group)>"Add a group"</button>
            {number("growth-quarters", ("Look ahead", "quarters"), (1.0, MOST_QUARTERS as f64), |o| o.quarters as f64, |o, v| o.quarters = v.round() as usize)}
            {number("growth-most", ("Use links up to", "%"), (1.0, 100.0), |o| 100.0 * o.most_utilisation, |o, v| o.most_utilisation = v / 100.0)}
            <div class="batch-bar" role="group" aria-label="Failures to survive, one at a time"><span class="mini-text">"and survive the failure of any of the"</span>{Vec::from(kinds)}</div>
            <div class="field-head"><span class="mini-text">"Modules that can be bought"</span><Explanation topic="modules" text=ABOUT_MODULES/></div>
            {live(move || (0..modules.get()).map(|index| module_row(improve, order, index)).collect_view())}
            <button type="button" class="quiet" data-test="growth-add-module" disabled=follow(move || modules.get() >= MOST_MODULES)
                on:click=on_click(add_module)>"Add a module"</button>
        </fieldset>
    }
    .into_any()
}

fn module(bit_per_s: f64, price: f64) -> Module {
    Module { name: units::rate(bit_per_s), bit_per_s, price }
}

/// A group: which flows, and how much they grow.
fn group(improve: Improve, order: Memo<GrowthOrder>, index: usize) -> AnyView {
    let own = move || order.with(|order| order.groups.get(index).cloned().unwrap_or_default());
    let number = (index + 1).to_string();
    let test = move |part: &str| ["growth-", part, "-", &index.to_string()].concat();
    let set = move |act: &dyn Fn(&mut GrowthGroup)| {
        change(improve, |order| order.groups.get_mut(index).into_iter().for_each(act));
    };
    let chosen = follow(move || own().of.first().map(code).unwrap_or_default());
    let of = live(move || {
        let options = flows(improve);
        choice(test("flows"), "Flows", options, chosen, move |value| {
            let of: Vec<Selection> = selection(&value).into_iter().collect();
            set(&|group| group.of.clone_from(&of));
        })
    });
    let remove = move |_| {
        change(improve, |order| {
            if index < order.groups.len() && order.groups.len() > 1 {
                order.groups.remove(index);
            }
        })
    };
    let error: RwSignal<Option<(String, String)>> = RwSignal::new(None);
    let shown = move || match error.get() {
        Some((typed, _)) => typed,
        None => {
            let percents = own().percent_per_quarter;
            percents.into_iter().map(number_text::plain).collect::<Vec<_>>().join(" ")
        }
    };
    let typed = move |event: Event| {
        let text = event_target_value(&event);
        match percents(&text) {
            Ok(percents) => {
                error.set(None);
                set(&|group| group.percent_per_quarter.clone_from(&percents));
            }
            Err(why) => error.set(Some((text, why.to_string()))),
        }
    };
    let (box_id, error_id) = (unique_id("growth"), unique_id("error"));
    let described = error_id.clone();
    let only = follow(move || order.with(|order| order.groups.len() < 2));
    view! {
        <div class="promise" role="group" aria-label=["Group ", &number].concat()>
            {of}
            <div class="number-box">
                <label for=box_id.clone()>"Growth per quarter"</label>
                <input id=box_id class="number" type="text" autocomplete="off" data-test=test("percents")
                    prop:value=follow(shown)
                    aria-invalid=follow(move || error.with(Option::is_some).then_some("true"))
                    aria-describedby=follow(move || error.with(Option::is_some).then(|| described.clone()))
                    on:change=on_change(typed)/>
                <span class="unit">"%"</span>
                {live(move || error.get().map(|(_, text)| view! {
                    <p class="error" role="alert" data-test="error" id=error_id.clone()>{text}</p>
                }))}
            </div>
            <button type="button" class="quiet" disabled=only data-test=test("remove-group") on:click=on_click(remove)
                aria-label=["Remove group ", &number].concat()>"Remove"</button>
        </div>
    }
    .into_any()
}

/// Growth as it is typed: numbers with spaces between them.
fn percents(text: &str) -> Result<Vec<f64>, InputError> {
    const FIELD: &str = "Growth per quarter";
    let read = |word: &str| -> Result<f64, InputError> {
        let number =
            number_text::typed(word).map_err(|allowed| InputError::new(FIELD, word, allowed))?;
        check_range(FIELD, number, -99.0, 1000.0, "%").map(|()| number)
    };
    let words = text.split([' ', ';', '%']).filter(|word| !word.is_empty());
    let percents: Vec<f64> = words.map(read).collect::<Result<_, _>>()?;
    match percents.len() {
        1..=MOST_QUARTERS => Ok(percents),
        count => {
            let allowed = ["1 to ", &MOST_QUARTERS.to_string(), " numbers such as 5 5 12"].concat();
            Err(InputError::new(FIELD, [&count.to_string(), " numbers"].concat(), allowed))
        }
    }
}

/// The groups of flows that can be chosen: all, those of a class, those from a node and those to one.
fn flows(improve: Improve) -> Vec<(String, String)> {
    let mut options = vec![(String::new(), "all".to_owned())];
    improve.question.with(|question| {
        let Some(question) = question else { return };
        let scenario = &question.scenario;
        if scenario.classes() > 1 {
            options.extend((0..scenario.classes()).map(|class| {
                let class = class.to_string();
                (["class:", &class].concat(), ["of class ", &class].concat())
            }));
        }
        for (sign, word) in [("from:", "from "), ("to:", "to ")] {
            let nodes = scenario.topology.nodes.iter().zip(0..);
            options.extend(nodes.map(|(node, index)| {
                ([sign, &node.id].concat(), [word, names::node(scenario, index)].concat())
            }));
        }
    });
    options
}

/// What a selection is called among the options.
fn code(of: &Selection) -> String {
    match (&of.source, &of.target, of.class) {
        (Some(source), ..) => ["from:", source].concat(),
        (_, Some(target), _) => ["to:", target].concat(),
        (.., Some(class)) => ["class:", &class.to_string()].concat(),
        _ => String::new(),
    }
}

/// The selection that an option stands for; none for all flows.
fn selection(code: &str) -> Option<Selection> {
    let (kind, value) = code.split_once(':')?;
    let none = Selection::default();
    Some(match kind {
        "from" => Selection { source: Some(value.to_owned()), ..none },
        "to" => Selection { target: Some(value.to_owned()), ..none },
        _ => Selection { class: value.parse().ok(), ..none },
    })
}

/// A module: what it adds and what it costs.
fn module_row(improve: Improve, order: Memo<GrowthOrder>, index: usize) -> AnyView {
    let own = move || order.with(|order| order.modules.get(index).cloned().unwrap_or_default());
    let test = |part: &str| ["growth-", part, "-", &index.to_string()].concat();
    let set = move |bit_per_s: f64, price: f64| {
        change(improve, |order| {
            if let Some(own) = order.modules.get_mut(index) {
                *own = module(bit_per_s, price);
            }
        });
    };
    let rate = BoxField {
        test: test("rate"),
        label: "Adds".to_owned(),
        unit: Signal::stored("Gbit/s".to_owned()),
        allowed: Signal::stored((1e-6, 1e6)),
        value: follow(move || own().bit_per_s / 1e9),
        change: Callback::new(move |rate: f64| set(1e9 * rate, own().price)),
    };
    let price = BoxField {
        test: test("price"),
        label: "for".to_owned(),
        unit: Signal::stored(String::new()),
        allowed: Signal::stored((1e-6, 1e12)),
        value: follow(move || own().price),
        change: Callback::new(move |price: f64| set(own().bit_per_s, price)),
    };
    let remove = move |_| {
        change(improve, |order| {
            if index < order.modules.len() {
                order.modules.remove(index);
            }
        })
    };
    let name = ["Module ", &(index + 1).to_string()].concat();
    view! {
        <div class="promise" role="group" aria-label=name.clone()>
            <NumberBox field=rate/>
            <NumberBox field=price/>
            <button type="button" class="quiet" data-test=test("remove-module") on:click=on_click(remove)
                aria-label=["Remove ", &name].concat()>"Remove"</button>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_a_number_or_one_for_each_quarter() {
        assert_eq!(percents(" 5 "), Ok(vec![5.0]));
        assert_eq!(percents("5 % 2,5; -3"), Ok(vec![5.0, 2.5, -3.0]));
        let message = |text: &str| percents(text).unwrap_err().to_string();
        assert_eq!(message("-100"), "Growth per quarter is -100; allowed: -99 to 1000 %");
        assert!(message("much").starts_with("Growth per quarter is much; allowed: a number"));
        assert!(
            message("").starts_with("Growth per quarter is 0 numbers; allowed: 1 to 80 numbers")
        );
    }

    #[test]
    fn an_option_stands_for_its_selection() {
        for text in ["class:2", "from:a:b", "to:c"] {
            assert_eq!(selection(text).as_ref().map(code).as_deref(), Some(text));
        }
        assert_eq!((selection(""), code(&Selection::default())), (None, String::new()));
    }
}
