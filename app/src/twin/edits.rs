//! The list of what-if edits: what a new one replaces, and what each says.

use slicewise_core::twin::edit::{Segment, SegmentList, Selection};
use slicewise_core::twin::{Edit, Scenario};

use super::{names, units, words};
use crate::controls::number_text;

/// Adds `edit`, in place of one that says something else of the same thing. Traffic times 1 is none.
pub fn put(edits: &mut Vec<Edit>, edit: Edit) {
    let place = edits.iter().position(|known| is_about_same(known, &edit));
    let is_none = matches!(edit, Edit::Traffic { factor, .. } if factor == 1.0);
    match (place, is_none) {
        (Some(place), true) => drop(edits.remove(place)),
        (Some(place), false) => edits[place] = edit,
        (None, true) => {}
        (None, false) => edits.push(edit),
    }
}

/// Whether of two edits only the later one would show.
fn is_about_same(known: &Edit, new: &Edit) -> bool {
    match (known, new) {
        (Edit::LinkFails(a), Edit::LinkFails(b))
        | (Edit::NodeFails(a), Edit::NodeFails(b))
        | (Edit::GroupFails(a), Edit::GroupFails(b))
        | (Edit::Capacity { link: a, .. }, Edit::Capacity { link: b, .. })
        | (Edit::Weight { link: a, .. }, Edit::Weight { link: b, .. }) => a == b,
        (Edit::Queueing { link: a, .. }, Edit::Queueing { link: b, .. }) => a == b,
        (
            Edit::Traffic { of: a, .. } | Edit::Rate { of: a, .. },
            Edit::Traffic { of: b, .. } | Edit::Rate { of: b, .. },
        )
        | (
            Edit::Path { of: a, .. } | Edit::Segments { of: a, .. },
            Edit::Path { of: b, .. } | Edit::Segments { of: b, .. },
        ) => a == b,
        _ => false,
    }
}

/// The edit in words, with the names of `scenario`: `Milan–Vienna fails`.
pub fn told(edit: &Edit, scenario: &Scenario) -> String {
    let cable = |id: &String| names::cable_of_id(scenario, id);
    let link = |id: &String| names::link_of_id(scenario, id);
    match edit {
        Edit::LinkFails(id) => [&cable(id), " fails"].concat(),
        Edit::NodeFails(id) => [&names::node_of_id(scenario, id), " fails"].concat(),
        Edit::GroupFails(id) => ["risk group ", id, " fails"].concat(),
        Edit::Capacity { link, bit_per_s } => {
            [&cable(link), " carries ", &units::rate(*bit_per_s)].concat()
        }
        Edit::Weight { link: id, weight } => {
            [&link(id), " has weight ", &number_text::rounded(*weight)].concat()
        }
        Edit::Queueing { link: Some(id), queueing } => {
            [&link(id), ": ", &words::queueing(queueing)].concat()
        }
        Edit::Queueing { link: None, queueing } => {
            ["all ports: ", &words::queueing(queueing)].concat()
        }
        Edit::Traffic { of, factor } => {
            [&selected(of, scenario), " × ", &number_text::rounded(*factor)].concat()
        }
        Edit::Rate { of, bit_per_s } => {
            [&selected(of, scenario), " is ", &units::rate(*bit_per_s)].concat()
        }
        Edit::Path { of, links } if links.is_empty() => {
            [&selected(of, scenario), " is routed by weights"].concat()
        }
        Edit::Path { of, links } => {
            [&selected(of, scenario), " goes by ", &names::path_of_ids(scenario, links)].concat()
        }
        Edit::Segments { of, lists } if lists.is_empty() => {
            [&selected(of, scenario), " is routed by weights"].concat()
        }
        Edit::Segments { of, lists } => {
            let lists: Vec<String> = lists.iter().map(|list| by_list(list, scenario)).collect();
            [&selected(of, scenario), " goes ", &lists.join(", ")].concat()
        }
    }
}

/// A segment list in words: `50 % via Milan and Vienna`.
fn by_list(list: &SegmentList, scenario: &Scenario) -> String {
    let name = |segment: &Segment| match segment {
        Segment::Node(id) => names::node_of_id(scenario, id),
        Segment::Link(id) => names::link_of_id(scenario, id),
    };
    let via: Vec<String> = list.via.iter().map(name).collect();
    let way = match via.is_empty() {
        true => "by weights".to_owned(),
        false => ["via ", &via.join(" and ")].concat(),
    };
    match list.share < 1.0 {
        true => [&number_text::rounded(100.0 * list.share), " % ", &way].concat(),
        false => way,
    }
}

/// The selected traffic in words: `traffic Milan → Vienna of class 1`.
fn selected(of: &Selection, scenario: &Scenario) -> String {
    let mut text = if of.is_all() { "all traffic".to_owned() } else { "traffic".to_owned() };
    let node = |id: &String| names::node_of_id(scenario, id);
    match (&of.source, &of.target) {
        (Some(source), Some(target)) => {
            text += &[" ", &node(source), " → ", &node(target)].concat();
        }
        (Some(source), None) => text += &[" from ", &node(source)].concat(),
        (None, Some(target)) => text += &[" to ", &node(target)].concat(),
        (None, None) => {}
    }
    if let Some(class) = of.class {
        text += &[" of class ", &class.to_string()].concat();
    }
    text
}

#[cfg(test)]
mod tests {
    use slicewise_core::twin::Queueing;

    use super::*;
    use crate::twin::examples::triangle;

    fn of(source: &str, target: &str) -> Selection {
        Selection { source: Some(source.to_owned()), target: Some(target.to_owned()), class: None }
    }

    #[test]
    fn an_edit_replaces_the_one_about_the_same_thing_in_its_place() {
        let mut edits = Vec::new();
        let capacity = |link: &str, bit_per_s| Edit::Capacity { link: link.to_owned(), bit_per_s };
        put(&mut edits, capacity("ab", 1e9));
        put(&mut edits, Edit::LinkFails("ab".to_owned()));
        put(&mut edits, capacity("bc", 1e9));
        put(&mut edits, capacity("ab", 2e9));
        put(&mut edits, Edit::LinkFails("ab".to_owned()));
        let fails = Edit::LinkFails("ab".to_owned());
        assert_eq!(edits, [capacity("ab", 2e9), fails, capacity("bc", 1e9)]);
    }

    #[test]
    fn traffic_times_one_is_no_edit() {
        let mut edits = Vec::new();
        let times = |of: Selection, factor| Edit::Traffic { of, factor };
        put(&mut edits, times(of("a", "b"), 1.0));
        assert_eq!(edits, []);
        put(&mut edits, times(of("a", "b"), 3.0));
        put(&mut edits, times(Selection::default(), 2.0));
        put(&mut edits, Edit::Rate { of: of("a", "b"), bit_per_s: 1e6 });
        assert_eq!(edits.len(), 2);
        put(&mut edits, times(of("a", "b"), 1.0));
        assert_eq!(edits, [times(Selection::default(), 2.0)]);
    }

    #[test]
    fn edits_are_told_with_the_names_of_the_network() {
        let scenario = triangle();
        let told = |edit: Edit| told(&edit, &scenario);
        let link = || "ab".to_owned();
        assert_eq!(told(Edit::LinkFails(link())), "Aachen–Bern fails");
        assert_eq!(told(Edit::NodeFails("c".to_owned())), "c fails");
        let capacity = Edit::Capacity { link: link(), bit_per_s: 2.5e9 };
        assert_eq!(told(capacity), "Aachen–Bern carries 2.5 Gbit/s");
        assert_eq!(told(Edit::Weight { link: link(), weight: 3.0 }), "Aachen → Bern has weight 3");
        let all = Edit::Queueing { link: None, queueing: Queueing::default() };
        assert_eq!(told(all), "all ports: first in, first out, room for 32 packets");
        let traffic = Edit::Traffic { of: Selection::default(), factor: 1.5 };
        assert_eq!(told(traffic), "all traffic × 1.5");
        let class = Selection { class: Some(1), ..of("a", "b") };
        let rate = Edit::Rate { of: class, bit_per_s: 4e5 };
        assert_eq!(told(rate), "traffic Aachen → Bern of class 1 is 400 kbit/s");
        let links = vec!["ac".to_owned(), "cb".to_owned()];
        let path = Edit::Path { of: of("a", "b"), links };
        assert_eq!(told(path), "traffic Aachen → Bern goes by Aachen → c → Bern");
        assert_eq!(told(Edit::LinkFails("gone".to_owned())), "gone fails");
    }
}
