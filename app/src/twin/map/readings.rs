//! What is said of a node or a link that is pointed at.

use slicewise_core::twin::{Answer, Scenario};

use super::picked::Picked;
use super::search::name;
use crate::controls::number_text;
use crate::twin::units;

/// Name and figures in one line; `failed` where it has failed.
pub fn reading(
    scenario: &Scenario,
    answer: Option<&Answer>,
    picked: Picked,
    failed: bool,
) -> String {
    let mut parts = vec![name(scenario, picked)];
    match picked {
        _ if failed => parts.push("has failed".to_owned()),
        Picked::Node(node) => of_node(scenario, answer, node, &mut parts),
        Picked::Link(link) => of_link(scenario, answer, link as usize, &mut parts),
    }
    parts.join(" · ")
}

fn of_node(scenario: &Scenario, answer: Option<&Answer>, node: u32, parts: &mut Vec<String>) {
    let links = &scenario.topology.links;
    let out = links.iter().filter(|link| link.source == node).count();
    parts.push(match out {
        1 => "1 link".to_owned(),
        out => format!("{out} links"),
    });
    let Some(answer) = answer else { return };
    let load = |is_own: &dyn Fn(usize) -> bool| -> f64 {
        let loads = answer.links.load_bit_per_s.iter().enumerate();
        loads.filter(|(i, load)| load.is_finite() && is_own(*i)).map(|(_, load)| load).sum()
    };
    let sends = load(&|index| links.get(index).is_some_and(|link| link.source == node));
    let receives = load(&|index| links.get(index).is_some_and(|link| link.target == node));
    parts.push(["sends ", &units::rate(sends)].concat());
    parts.push(["receives ", &units::rate(receives)].concat());
}

fn of_link(scenario: &Scenario, answer: Option<&Answer>, link: usize, parts: &mut Vec<String>) {
    let Some(words) = scenario.topology.links.get(link) else { return };
    parts.push(units::rate(words.capacity_bit_per_s));
    let Some(found) = answer.map(|answer| &answer.links) else { return };
    let figure = |values: &[f64]| values.get(link).copied().filter(|value| value.is_finite());
    if let Some(used) = figure(&found.utilisation) {
        parts.push([&number_text::percent(used), " used"].concat());
    }
    if let (Some(delay), Some(wait)) = (figure(&found.mean_delay_s), figure(&found.mean_wait_s)) {
        let text = ["adds ", &units::delay(delay), ", of which ", &units::delay(wait), " waiting"];
        parts.push(text.concat());
    }
    if let Some(loss) = figure(&found.loss) {
        parts.push(["loses ", &number_text::percent(loss)].concat());
    }
    if let Some(flows) = found.flows.get(link) {
        parts.push(match flows {
            1 => "1 flow".to_owned(),
            flows => [&number_text::rounded(f64::from(*flows)), " flows"].concat(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::examples::{answer, triangle};

    #[test]
    fn a_link_is_told_with_its_figures() {
        let text = reading(&triangle(), Some(&answer()), Picked::Link(0), false);
        assert!(text.starts_with("Aachen → Bern · 1 Gbit/s · 40 % used · adds "), "{text}");
        assert!(text.contains("waiting · loses ") && text.contains(" flow"), "{text}");
        assert_eq!(reading(&triangle(), None, Picked::Link(0), false), "Aachen → Bern · 1 Gbit/s");
    }

    #[test]
    fn a_node_is_told_with_what_it_sends_and_receives() {
        let (scenario, mut answer) = (triangle(), answer());
        answer.links.load_bit_per_s = vec![4e8, 1e8, 0.0, f64::NAN, 2e8, 3e8];
        let text = reading(&scenario, Some(&answer), Picked::Node(0), false);
        assert_eq!(text, "Aachen · 2 links · sends 700 Mbit/s · receives 300 Mbit/s");
        let gone = reading(&scenario, Some(&answer), Picked::Node(2), true);
        assert_eq!(gone, "c · has failed");
    }
}
