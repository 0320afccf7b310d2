//! What growth comes to, in words.

use slicewise_core::twin::growth::{FreeRouting, GrowthOrder, GrowthPlan, PromiseGrowth};
use slicewise_core::twin::{Promise, Scenario};

use crate::controls::number_text;
use crate::twin::sweep::parts_told;
use crate::twin::{names, units, words};

/// The answer in a few sentences.
pub fn sentence(
    scenario: &Scenario,
    order: &GrowthOrder,
    plan: &GrowthPlan,
    free: Option<&FreeRouting>,
) -> String {
    let offered =
        |quarter: usize| plan.quarters.get(quarter).map_or(0.0, |row| row.offered_bit_per_s);
    let grown = [
        "In ",
        &words::counted(order.quarters, "quarter"),
        " traffic goes from ",
        &units::rate(offered(0)),
        " to ",
        &units::rate(offered(order.quarters)),
        ". ",
    ];
    let mut text = grown.concat();
    text += &links(scenario, order, plan);
    text += &promises(scenario, plan);
    if !plan.cutting.is_empty() {
        let cut = words::number(plan.cutting.len());
        text += &[
            &cut,
            " of ",
            &words::counted(plan.failures, "failure"),
            " cut flows off, which no capacity mends. ",
        ]
        .concat();
    }
    text += &price(plan, free);
    text
}

/// The first link that runs full.
fn links(scenario: &Scenario, order: &GrowthOrder, plan: &GrowthPlan) -> String {
    let most = number_text::percent(order.most_utilisation);
    let first = |quarter: &dyn Fn(usize) -> Option<u32>| {
        (0..plan.links.len()).filter_map(|link| Some((quarter(link)?, link))).min()
    };
    let alone = first(&|link| plan.links[link].full_from);
    let failing = first(&|link| plan.links[link].full_from_with_failures);
    let with_failure = |(quarter, link): (u32, usize)| {
        [&names::link(scenario, link as u32), " in ", &quarter_name(quarter)].concat()
    };
    match (alone, failing) {
        (None, None) => {
            ["No link is used above ", &most, ", whichever of the failures happens. "].concat()
        }
        (None, Some(failing)) => [
            "Where nothing fails no link is used above ",
            &most,
            "; in a failure the first one is ",
            &with_failure(failing),
            ". ",
        ]
        .concat(),
        (Some(alone), failing) => {
            let mut text = ["The first link above ", &most, " is ", &with_failure(alone)].concat();
            if let Some(failing) = failing.filter(|failing| failing.0 < alone.0) {
                text += &["; in a failure ", &with_failure(failing)].concat();
            }
            text + ". "
        }
    }
}

fn promises(scenario: &Scenario, plan: &GrowthPlan) -> String {
    if scenario.promises.is_empty() {
        return String::new();
    }
    let first =
        |quarter: fn(&PromiseGrowth) -> Option<u32>| plan.promises.iter().filter_map(quarter).min();
    let alone = first(|row| row.breaks_from);
    let failing = first(|row| row.breaks_from_with_failures);
    match (alone, failing) {
        (None, None) => "All promises are kept throughout. ".to_owned(),
        (Some(alone), failing) if failing.is_none_or(|failing| failing >= alone) => {
            ["The first promise breaks in ", &quarter_name(alone), ". "].concat()
        }
        (_, failing) => {
            let quarter = quarter_name(failing.unwrap_or_default());
            ["In a failure the first promise breaks in ", &quarter, ". "].concat()
        }
    }
}

/// What to buy and how far from the least that is.
fn price(plan: &GrowthPlan, free: Option<&FreeRouting>) -> String {
    let Some(upgrade) = &plan.upgrade else { return String::new() };
    let mut text = match upgrade.purchases.len() {
        0 => "Nothing has to be bought".to_owned(),
        _ => {
            let modules: u32 =
                upgrade.purchases.iter().flat_map(|p| &p.modules).map(|m| m.count).sum();
            [
                &words::counted(modules as usize, "module"),
                " for ",
                &number_text::rounded(upgrade.price),
                " carry all of it; no cheaper ones do under the weights of today",
            ]
            .concat()
        }
    };
    if let Some(free) = free.filter(|_| upgrade.price > 0.0) {
        text += &[
            ", and under any routing none for less than ",
            &number_text::rounded(free.lower_bound),
        ]
        .concat();
    }
    if !upgrade.out_of_reach.is_empty() {
        let count = upgrade.out_of_reach.len();
        text += &["; ", &words::counted(count, "link"), " cannot be upgraded as far as needed"]
            .concat();
    }
    text + "."
}

/// `quarter 3`, or `the present quarter`.
pub fn quarter_name(quarter: u32) -> String {
    match quarter {
        0 => "the present quarter".to_owned(),
        quarter => ["quarter ", &quarter.to_string()].concat(),
    }
}

/// What is promised to whom.
pub fn promise(promise: &Promise) -> String {
    let mut parts = Vec::new();
    parts.extend(promise.mean_delay_s.map(|bound| ["mean delay ", &units::delay(bound)].concat()));
    parts.extend(promise.p99_delay_s.map(|bound| ["99 % within ", &units::delay(bound)].concat()));
    parts.extend(promise.loss.map(|bound| ["loss ", &number_text::percent(bound)].concat()));
    let whom = promise
        .class
        .map_or("all flows".to_owned(), |class| ["class ", &class.to_string()].concat());
    [&whom, ": ", &parts.join(", ")].concat()
}

/// What fails in the worst case.
pub fn failure(scenario: &Scenario, parts: &[slicewise_core::twin::failures::Part]) -> String {
    if parts.is_empty() { "nothing".to_owned() } else { parts_told(parts, scenario) }
}

#[cfg(test)]
mod tests {
    use slicewise_core::twin::failures::FailureKinds;
    use slicewise_core::twin::growth::{LinkGrowth, ModuleCount, Purchase, QuarterLoads, Upgrade};

    use super::*;
    use crate::twin::examples::triangle;

    #[test]
    fn the_answer_names_the_first_full_link_the_price_and_its_bound() {
        let order = GrowthOrder {
            quarters: 1,
            groups: Vec::new(),
            failures: FailureKinds::default(),
            most_utilisation: 0.8,
            modules: Vec::new(),
            links: Vec::new(),
        };
        let quarter =
            |offered_bit_per_s| QuarterLoads { offered_bit_per_s, ..QuarterLoads::default() };
        let full = LinkGrowth {
            full_from: Some(1),
            full_from_with_failures: Some(0),
            ..LinkGrowth::default()
        };
        let bought =
            Purchase { modules: vec![ModuleCount { module: 0, count: 2 }], ..Purchase::default() };
        let plan = GrowthPlan {
            quarters: vec![quarter(1e9), quarter(2e9)],
            links: vec![LinkGrowth::default(), full],
            failures: 3,
            upgrade: Some(Upgrade {
                purchases: vec![bought],
                price: 4000.0,
                out_of_reach: Vec::new(),
            }),
            ..GrowthPlan::default()
        };
        let free = FreeRouting { lower_bound: 3900.0, ..FreeRouting::default() };
        assert_eq!(
            sentence(&triangle(), &order, &plan, Some(&free)),
            "In 1 quarter traffic goes from 1 Gbit/s to 2 Gbit/s. The first link above 80 % is Bern → Aachen \
             in quarter 1; in a failure Bern → Aachen in the present quarter. 2 modules for 4,000 carry all of \
             it; no cheaper ones do under the weights of today, and under any routing none for less than 3,900."
        );
    }

    #[test]
    fn a_promise_is_told_with_its_bounds() {
        let bounds = Promise {
            class: Some(1),
            mean_delay_s: Some(0.02),
            loss: Some(0.01),
            ..Promise::default()
        };
        assert_eq!(promise(&bounds), "class 1: mean delay 20 ms, loss 1 %");
    }
}
