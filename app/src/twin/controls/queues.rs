//! How ports queue: all of them, or one.

use leptos::prelude::*;
use slicewise_core::twin::queueing::MOST_BUFFER_PACKETS;
use slicewise_core::twin::{Buffer, Policy, Queueing};

use crate::controls::explanation::{Explanation, unique_id};
use crate::controls::number_field::{BoxField, NumberBox};
use crate::shell::live::{follow, live, on_change};
use crate::twin::handles::{OpenNetwork, TwinPlanner};
use crate::twin::words;

const ABOUT_QUEUES: &str = "Which packet a port sends next, and how many may wait in each of its queues; what does not fit is lost. The last two policies are those of the simulator behind the public GNNet runs, which differ from what routers do.";

/// What an editor of queues shows and changes.
#[derive(Clone, Copy)]
pub struct QueueField {
    /// Stands before the names of its controls for tests: `all` makes `all-policy`.
    pub test: &'static str,
    /// What is queued without a choice here, in words.
    pub otherwise: &'static str,
    /// The choice, if there is one.
    pub chosen: Signal<Option<Queueing>>,
    /// What is queued without a choice here.
    pub present: Signal<Queueing>,
    /// Number of classes.
    pub classes: Signal<usize>,
    /// Takes another choice.
    pub change: Callback<Option<Queueing>>,
}

/// The third group of controls: all ports.
pub fn fieldset() -> AnyView {
    let planner = expect_context::<TwinPlanner>();
    let network = expect_context::<OpenNetwork>();
    let field = QueueField {
        test: "all",
        otherwise: "as the network has them",
        chosen: follow(move || planner.state.with(|state| state.queueing.clone())),
        present: of_network(network),
        classes: follow(move || network.scenario.with(|scenario| scenario.classes())),
        change: Callback::new(move |queueing| {
            planner.state.update(|state| state.queueing = queueing);
        }),
    };
    view! {
        <fieldset>
            <legend>"Queues"</legend>
            {editor(field)}
        </fieldset>
    }
    .into_any()
}

/// How the network's ports queue; those of the first kind, where there are several.
fn of_network(network: OpenNetwork) -> Signal<Queueing> {
    follow(move || network.scenario.with(|s| s.queueings.first().cloned().unwrap_or_default()))
}

/// How all ports queue before any what-if edit.
pub fn of_all_ports(planner: TwinPlanner, network: OpenNetwork) -> Signal<Queueing> {
    let of_network = of_network(network);
    follow(move || {
        planner.state.with(|state| state.queueing.clone()).unwrap_or_else(|| of_network.get())
    })
}

/// Policy, weights and buffer.
pub fn editor(field: QueueField) -> AnyView {
    let policy = Memo::new(move |_| field.chosen.with(|c| c.as_ref().map(|c| c.policy)));
    let select = unique_id("policy");
    let unchosen = view! { <option value="" prop:selected=follow(move || policy.get().is_none())>{field.otherwise}</option> };
    let options = Policy::ALL.map(|other| {
        let chosen = follow(move || policy.get() == Some(other));
        view! { <option value=other.name() prop:selected=chosen>{words::policy(other)}</option> }
    });
    let choose = move |event| {
        let name = event_target_value(&event);
        let policy = Policy::ALL.into_iter().find(|policy| policy.name() == name);
        let known = field.chosen.get_untracked().unwrap_or_else(|| field.present.get_untracked());
        let classes = field.classes.get_untracked();
        field.change.run(policy.map(|policy| with_policy(known, policy, classes)));
    };
    let about = move || {
        let told = match policy.get() {
            Some(policy) => words::policy_about(policy).to_owned(),
            None => field.present.with(words::queueing),
        };
        view! { <p class="hint">{told}</p> }
    };
    let details = move || policy.get().map(|policy| details(field, policy));
    view! {
        <div class="field-head choice">
            <label for=select.clone()>"Policy"</label>
            <Explanation topic="policy" text=ABOUT_QUEUES/>
            <select id=select class="wide" data-test=[field.test, "-policy"].concat() on:change=on_change(choose)>
                {unchosen}
                {options.collect_view()}
            </select>
        </div>
        {live(about)}
        {live(details)}
    }
    .into_any()
}

/// `known` with another policy, and weights where that has some: the first class weighs most.
fn with_policy(known: Queueing, policy: Policy, classes: usize) -> Queueing {
    let weights = match (policy.has_weights(), known.weights.is_empty()) {
        (false, _) => Vec::new(),
        (true, true) => (0..classes.max(1)).rev().map(|class| (class + 1) as f64).collect(),
        (true, false) => known.weights,
    };
    Queueing { policy, weights, buffer: known.buffer }
}

fn details(field: QueueField, policy: Policy) -> AnyView {
    let read = move || field.chosen.get().unwrap_or_default();
    let change = move |act: &dyn Fn(&mut Queueing)| {
        if let Some(mut queueing) = field.chosen.get_untracked() {
            act(&mut queueing);
            field.change.run(Some(queueing));
        }
    };
    let weight = move |class: usize| {
        let weight = BoxField {
            test: [field.test, "-weight-", &class.to_string()].concat(),
            label: ["Weight of class ", &class.to_string()].concat(),
            unit: Signal::stored(String::new()),
            allowed: Signal::stored((1e-6, 1e6)),
            value: follow(move || read().weight(class)),
            change: Callback::new(move |weight| {
                change(&|queueing| set_weight(queueing, class, weight))
            }),
        };
        view! { <NumberBox field=weight/> }
    };
    let weights = policy
        .has_weights()
        .then(|| (0..field.classes.get_untracked().max(1)).map(weight).collect_view());
    let in_packets = Memo::new(move |_| matches!(read().buffer, Buffer::Packets(_)));
    let unit = follow(move || if in_packets.get() { "packets" } else { "bits" }.to_owned());
    let most = move || if in_packets.get() { f64::from(MOST_BUFFER_PACKETS) } else { 1e12 };
    let buffer = BoxField {
        test: [field.test, "-buffer"].concat(),
        label: "Room of each queue".to_owned(),
        unit,
        allowed: follow(move || (0.0, most())),
        value: follow(move || match read().buffer {
            Buffer::Packets(packets) => f64::from(packets),
            Buffer::Bits(bits) => bits,
        }),
        change: Callback::new(move |room: f64| {
            change(&|queueing| {
                queueing.buffer = match queueing.buffer {
                    Buffer::Packets(_) => Buffer::Packets(room.round() as u32),
                    Buffer::Bits(_) => Buffer::Bits(room),
                };
            });
        }),
    };
    view! { {weights}<NumberBox field=buffer/> }.into_any()
}

fn set_weight(queueing: &mut Queueing, class: usize, weight: f64) {
    while queueing.weights.len() <= class {
        queueing.weights.push(queueing.weight(queueing.weights.len()));
    }
    queueing.weights[class] = weight;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_with_weights_gives_each_class_one_and_others_none() {
        let fifo = Queueing { buffer: Buffer::Packets(7), ..Queueing::default() };
        let fair = with_policy(fifo.clone(), Policy::WeightedFair, 3);
        assert_eq!((&fair.weights[..], fair.buffer), (&[3.0, 2.0, 1.0][..], Buffer::Packets(7)));
        assert_eq!(fair.validate("queueing"), Ok(()));
        let turns = with_policy(fair, Policy::DeficitRoundRobin, 3);
        assert_eq!(turns.weights, [3.0, 2.0, 1.0]);
        assert_eq!(with_policy(turns, Policy::Fifo, 3), fifo);
    }

    #[test]
    fn a_weight_beyond_those_that_are_written_leaves_them_as_they_are() {
        let mut queueing = Queueing { weights: vec![4.0, 2.0], ..Queueing::default() };
        set_weight(&mut queueing, 3, 5.0);
        assert_eq!(queueing.weights, [4.0, 2.0, 2.0, 5.0]);
    }
}
