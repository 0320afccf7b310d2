//! The words of the page, and the paper that it follows.

use leptos::prelude::*;

use crate::controls::explanation::Paper;

/// The paper whose equations and sections the explanations name.
pub const PAPER: Paper =
    Paper { name: "MicroOpt", address: "https://doi.org/10.1109/TNSM.2025.3584257" };

/// Each word with its meaning, in the order in which one meets them.
const WORDS: [(&str, &str); 18] = [
    ("slice", "A virtual network with resources of its own within a 5G network."),
    ("traffic", "Users per second that a slice serves within an interval."),
    ("QoS", "Quality of service: what a user gets, here the throughput or the packet delay."),
    (
        "QoS threshold q",
        "The quality below which (for a delay: above which) a user counts as degraded.",
    ),
    ("degradation", "The expected share of users that are degraded."),
    (
        "promise",
        "A QoS threshold, and the share of users that may miss it: the degradation threshold β.",
    ),
    ("millicore", "A thousandth of a processor core."),
    (
        "cost",
        "Price times amount, summed over the resources. By default all of a resource's default capacity costs 1: the cost is a share of capacity. Under “Price” it can have a currency.",
    ),
    (
        "network, model",
        "The trained neural network that tells the distribution of the QoS from traffic and allocation. Some networks learned from measurements, others from simulations: the “?” beside the model says which.",
    ),
    (
        "measured range",
        "The traffic and allocations among the training rows. Beyond it the network extrapolates, and no proof about the network helps.",
    ),
    (
        "held back",
        "Rows that the network did not learn from. How far it is wrong on them is its honest error.",
    ),
    (
        "descent",
        "A search from a random start that lowers the cost along the boundary of the promise.",
    ),
    (
        "box",
        "A range of allocations for which one bound is computed. The proof cuts boxes until none can hold a cheaper plan (branch and bound).",
    ),
    (
        "lower bound, gap",
        "No plan that keeps the promise by the network costs less than the bound. The gap is the distance of the plan's cost from it.",
    ),
    (
        "multiplier",
        "What the cost would fall by if a limit gave way by one unit (the Lagrangian's λ).",
    ),
    (
        "static allocation",
        "One allocation kept all the time, for the peak of the traffic, under the same promise.",
    ),
    (
        "Peak-alloc",
        "The paper's static allocation: for the network's highest traffic, its usual threshold and 1 % degraded users.",
    ),
    (
        "0σ, 2σ",
        "Plans that take the QoS for its mean, or for its mean less two deviations, and so may break the promise.",
    ),
];

/// The words, and where the method comes from.
#[component]
pub fn Glossary() -> impl IntoView {
    let words: Vec<AnyView> = WORDS
        .iter()
        .map(|(word, meaning)| view! { <div><dt>{*word}</dt><dd>{*meaning}</dd></div> }.into_any())
        .collect();
    view! {
        <details class="glossary" data-test="glossary">
            <summary>"Words and sources"</summary>
            <p>
                "The method is that of "{PAPER.link()}
                ": M. Sulaiman, M. Ahmadi, B. Sun, M. A. Salahuddin, R. Boutaba and A. Saleh, “MicroOpt: Model-Driven Slice Resource Optimization in 5G and Beyond Networks”, IEEE Transactions on Network and Service Management, 2025. The proof is this project's own."
            </p>
            <dl class="facts">{words}</dl>
        </details>
    }
    .into_any()
}
