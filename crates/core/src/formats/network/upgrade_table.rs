//! What to buy, as a table: a row per link and quarter.

use std::fmt::Write as _;

use crate::formats::kpi_table::quoted;
use crate::twin::growth::{GrowthOrder, Upgrade};
use crate::twin::{Link, Scenario};

/// The modules that a link's capacity is made of, as `2 x 100G`, where it is a whole number of one kind; the largest
/// such kind. Empty where there is none.
pub fn modules_now(link: &Link, order: &GrowthOrder) -> String {
    let count = |bit_per_s: f64| link.capacity_bit_per_s / bit_per_s;
    let is_whole = |bit_per_s: f64| {
        let count = count(bit_per_s);
        count >= 0.5 && (count - count.round()).abs() <= 1e-9 * count
    };
    let fitting = order.modules.iter().filter(|module| is_whole(module.bit_per_s));
    let largest = fitting.max_by(|a, b| a.bit_per_s.total_cmp(&b.bit_per_s));
    largest.map_or(String::new(), |module| {
        format!("{} x {}", count(module.bit_per_s).round(), module.name)
    })
}

/// The purchases of an upgrade under `order`: each link with what it has now, what to add, for how much and in which
/// quarter.
pub fn upgrade_csv(scenario: &Scenario, order: &GrowthOrder, upgrade: &Upgrade) -> String {
    let topology = &scenario.topology;
    let mut text = "link,source,target,quarter,modules_now,add,capacity_before_bit_per_s,\
                    capacity_after_bit_per_s,price\n"
        .to_owned();
    for purchase in &upgrade.purchases {
        let link = &topology.links[purchase.link as usize];
        let node = |node: u32| &topology.nodes[node as usize].id[..];
        let modules: Vec<String> = purchase
            .modules
            .iter()
            .map(|bought| {
                format!("{} x {}", bought.count, order.modules[bought.module as usize].name)
            })
            .collect();
        let now = modules_now(link, order);
        for cell in [&link.id[..], node(link.source), node(link.target)] {
            text.push_str(&quoted(&safe(cell)));
            text.push(',');
        }
        let _ = writeln!(
            text,
            "{},{},{},{},{},{}",
            purchase.quarter,
            quoted(&safe(&now)),
            quoted(&safe(&modules.join(" + "))),
            purchase.capacity_before_bit_per_s,
            purchase.capacity_after_bit_per_s,
            purchase.price
        );
    }
    text
}

/// A spreadsheet computes what begins so; an apostrophe makes it a text.
pub fn safe(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::growth::{GrowthGroup, Module, ModuleCount, Purchase};
    use crate::twin::opening;

    #[test]
    fn a_purchase_is_a_row_with_what_is_there_and_what_comes() {
        let module =
            |name: &str, bit_per_s, price| Module { name: name.to_owned(), bit_per_s, price };
        let order = GrowthOrder {
            quarters: 4,
            groups: vec![GrowthGroup { percent_per_quarter: vec![8.0], ..GrowthGroup::default() }],
            failures: Default::default(),
            most_utilisation: 0.8,
            modules: vec![module("10G", 1e10, 20.0), module("100G", 1e11, 90.0)],
            links: Vec::new(),
        };
        let bought = |module, count| ModuleCount { module, count };
        let upgrade = Upgrade {
            purchases: vec![Purchase {
                link: 0,
                quarter: 3,
                modules: vec![bought(0, 2), bought(1, 1)],
                price: 130.0,
                capacity_before_bit_per_s: 1e10,
                capacity_after_bit_per_s: 1.3e11,
            }],
            price: 130.0,
            out_of_reach: Vec::new(),
        };
        let text = upgrade_csv(&opening::scenario(), &order, &upgrade);
        let row = text.lines().nth(1).unwrap();
        assert_eq!(
            row,
            "Amsterdam-Glasgow,Amsterdam,Glasgow,3,1 x 10G,2 x 10G + 1 x 100G,10000000000,130000000000,130"
        );
    }
}
