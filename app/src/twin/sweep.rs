//! The cases of a sweep of failures as they come in, and what they come to in words.

use slicewise_core::order::order;
use slicewise_core::twin::Scenario;
use slicewise_core::twin::failures::{FailureCase, FailureKinds, FailureSweep, LinkCauses, Part};

use super::{names, units, words};
use crate::controls::number_text;

/// What is known of a sweep.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gathered {
    /// The cases, in order; none where a case has not come in yet.
    pub cases: Vec<Option<FailureCase>>,
    /// Number of those that came in.
    pub done: usize,
    /// Utilisation of each link when nothing fails.
    pub utilisation: Vec<f64>,
    /// The worst cases of each link.
    pub links: Vec<LinkCauses>,
}

impl Gathered {
    /// Nothing yet of `all` cases.
    pub fn new(all: usize) -> Self {
        Self { cases: vec![None; all], ..Self::default() }
    }

    /// Takes some cases in; those that are known already change nothing.
    pub fn add(&mut self, part: FailureSweep) {
        let range = part.first..part.first + part.cases.len();
        let Some(places) = self.cases.get_mut(range) else { return };
        if places.iter().any(Option::is_some) {
            return;
        }
        self.done += part.cases.len();
        places.iter_mut().zip(part.cases).for_each(|(place, case)| *place = Some(case));
        if self.links.is_empty() {
            self.links = vec![LinkCauses::default(); part.links.len()];
            self.utilisation = part.utilisation;
        }
        for (own, new) in self.links.iter_mut().zip(part.links) {
            own.add(new);
        }
    }

    /// Those that came in, with their place in the sweep.
    pub fn known(&self) -> impl Iterator<Item = (usize, &FailureCase)> {
        self.cases.iter().enumerate().filter_map(|(index, case)| Some((index, case.as_ref()?)))
    }

    /// The case in which least arrives; of those, the one with the fullest link.
    pub fn worst(&self) -> Option<(usize, &FailureCase)> {
        let badness =
            |case: &FailureCase| ((1e9 * (1.0 - case.delivered)).round(), case.highest_utilisation);
        self.known().reduce(|worst, other| {
            let (a, b) = (badness(worst.1), badness(other.1));
            let is_worse = b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)).is_gt();
            if is_worse { other } else { worst }
        })
    }

    /// The cases of longest delay, at most `most`, the longest first.
    pub fn slowest(&self, most: usize) -> Vec<(usize, &FailureCase)> {
        let known: Vec<_> = self.known().collect();
        let longest_first = order(known.len(), &|a, b| {
            let delay = |place: usize| known[place].1.longest_delay_s;
            delay(b).total_cmp(&delay(a)).then(a.cmp(&b))
        });
        longest_first.into_iter().take(most).map(|place| known[place]).collect()
    }

    fn count(&self, holds: impl Fn(&FailureCase) -> bool) -> usize {
        self.known().filter(|(_, case)| holds(case)).count()
    }

    /// What the sweep of `kinds` comes to, in a sentence or two.
    pub fn sentence(&self, kinds: FailureKinds, scenario: &Scenario) -> String {
        let Some((_, worst)) = self.worst() else { return "Nothing can fail.".to_owned() };
        let cut = self.count(|case| case.cut_off > 0);
        let full = self.count(|case| case.highest_utilisation > 1.0);
        let broken = self.count(|case| case.breaking > 0);
        let mut faults = Vec::new();
        for (count, fault) in
            [(cut, "cut flows off"), (full, "overload a link"), (broken, "break promises")]
        {
            if count > 0 {
                let one = if count == 1 { single(fault) } else { fault };
                faults.push([&words::number(count), " ", one].concat());
            }
        }
        let case = told(worst, scenario);
        if faults.is_empty() {
            let longest = self.known().map(|(_, c)| c.longest_delay_s).fold(0.0, f64::max);
            let mut text = [
                "Any ",
                &what(kinds),
                " may fail: every flow whose ends stand still arrives, within ",
            ]
            .concat();
            text += &units::delay(longest);
            text += &["; at worst (", &case, ") ", &fullest(worst, scenario)].concat();
            return text + ".";
        }
        let mut text = ["Of ", &words::number(self.done), " failures of "].concat();
        text +=
            &["any ", &what(kinds), ", ", &faults.join(", "), ". Worst is ", &case, ": "].concat();
        if worst.cut_off > 0 {
            text += &[&words::counted(worst.cut_off as usize, "flow"), " cut off, "].concat();
        }
        if worst.breaking > 0 {
            text +=
                &[&words::counted(worst.breaking as usize, "flow"), " without what is promised, "]
                    .concat();
        }
        text += &fullest(worst, scenario);
        text +=
            &[", ", &number_text::percent(worst.delivered), " of the traffic arrives."].concat();
        text
    }
}

fn single(fault: &str) -> &str {
    match fault {
        "cut flows off" => "cuts flows off",
        "overload a link" => "overloads a link",
        _ => "breaks promises",
    }
}

/// What fails in a sweep: `single link or node, or two of them`.
fn what(kinds: FailureKinds) -> String {
    let named = [(kinds.links, "link"), (kinds.nodes, "node"), (kinds.groups, "risk group")];
    let parts: Vec<&str> = named.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
    let pair = if kinds.pairs { ", or two of them" } else { "" };
    ["single ", &parts.join(" or "), pair].concat()
}

fn fullest(case: &FailureCase, scenario: &Scenario) -> String {
    let used = number_text::percent(case.highest_utilisation);
    match case.busiest_link {
        Some(link) => [&names::link(scenario, link), " carries ", &used].concat(),
        None => "nothing is carried".to_owned(),
    }
}

/// What fails in a case: `Milan–Vienna and Rome`.
pub fn told(case: &FailureCase, scenario: &Scenario) -> String {
    parts_told(&case.failed, scenario)
}

/// The parts that fail, in words.
pub fn parts_told(failed: &[Part], scenario: &Scenario) -> String {
    let name = |part: &Part| match *part {
        Part::Link(link) => names::cable(scenario, link),
        Part::Node(node) => names::node(scenario, node).to_owned(),
        Part::Group(group) => {
            let group = scenario.topology.risk_groups.get(group as usize);
            ["risk group ", group.map_or("?", |group| &group.id)].concat()
        }
    };
    let parts: Vec<String> = failed.iter().map(name).collect();
    parts.join(" and ")
}

/// What else is told of a case that is opened: partitions, and who is outside.
pub fn partitions(case: &FailureCase, scenario: &Scenario) -> Option<String> {
    if case.components < 2 {
        return None;
    }
    let mut named: Vec<&str> =
        case.outside.iter().map(|node| names::node(scenario, *node)).collect();
    let left = (case.separated as usize).saturating_sub(named.len());
    let more = format!("{left} more");
    if left > 0 {
        named.push(&more);
    }
    let parts = words::number(case.components as usize);
    Some(
        [
            "The network falls into ",
            &parts,
            " parts; outside the largest: ",
            &named.join(", "),
            ".",
        ]
        .concat(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::examples::triangle;

    fn case(failed: Vec<Part>, cut_off: u32, highest: f64, delivered: f64) -> FailureCase {
        FailureCase {
            failed,
            cut_off,
            end_failed: 0,
            components: 1,
            separated: 0,
            outside: Vec::new(),
            breaking: 0,
            highest_utilisation: highest,
            busiest_link: Some(2),
            longest_delay_s: 0.012,
            slowest_flow: Some(0),
            delivered,
        }
    }

    fn part(first: usize, cases: Vec<FailureCase>, causes: Vec<(u32, f64)>) -> FailureSweep {
        FailureSweep {
            first,
            cases,
            all: 4,
            utilisation: vec![0.4],
            links: vec![LinkCauses { causes }],
        }
    }

    const LINKS: FailureKinds =
        FailureKinds { links: true, nodes: false, groups: false, pairs: false };

    #[test]
    fn parts_of_a_sweep_come_in_any_order_and_count_once() {
        let one = |link| case(vec![Part::Link(link)], 0, 0.5, 1.0);
        let parts = [
            part(2, vec![one(4), one(0)], vec![(3, 0.9), (2, 0.6)]),
            part(1, vec![one(2)], vec![(1, 0.7)]),
            part(0, vec![one(0)], vec![(0, 0.7)]),
        ];
        let mut gathered = Gathered::new(4);
        for part in [&parts[0], &parts[1], &parts[1], &parts[2]] {
            gathered.add(part.clone());
        }
        assert_eq!(gathered.done, 4);
        assert_eq!(gathered.links[0].causes, [(3, 0.9), (0, 0.7), (1, 0.7), (2, 0.6)]);
        let order: Vec<usize> = gathered.known().map(|(index, _)| index).collect();
        assert_eq!(order, [0, 1, 2, 3]);
        for (case, delay_s) in gathered.cases.iter_mut().flatten().zip([0.02, 0.05, 0.01, 0.05]) {
            case.longest_delay_s = delay_s;
        }
        let slowest: Vec<usize> = gathered.slowest(3).into_iter().map(|(index, _)| index).collect();
        assert_eq!(slowest, [1, 3, 0]);
        gathered.add(part(3, vec![one(0), one(0)], Vec::new()));
        assert_eq!(gathered.done, 4, "a part beyond the end is not taken");
    }

    #[test]
    fn the_sentence_names_the_worst_failure() {
        let mut gathered = Gathered::new(3);
        let cases = vec![
            case(vec![Part::Link(0)], 0, 1.3, 0.95),
            case(vec![Part::Link(2)], 1, 0.8, 0.5),
            case(vec![Part::Link(4)], 0, 0.4, 1.0),
        ];
        gathered.add(part(0, cases, Vec::new()));
        let text = gathered.sentence(LINKS, &triangle());
        assert_eq!(
            text,
            "Of 3 failures of any single link, 1 cuts flows off, 1 overloads a link. Worst is Bern–c: 1 flow cut off, Bern → c carries 80 %, 50 % of the traffic arrives."
        );
    }

    #[test]
    fn a_network_that_stands_every_failure_says_so() {
        let mut gathered = Gathered::new(2);
        let cases =
            vec![case(vec![Part::Link(0)], 0, 0.9, 1.0), case(vec![Part::Node(2)], 0, 0.5, 1.0)];
        gathered.add(part(0, cases, Vec::new()));
        let kinds = FailureKinds { nodes: true, pairs: true, ..LINKS };
        let text = gathered.sentence(kinds, &triangle());
        assert_eq!(
            text,
            "Any single link or node, or two of them may fail: every flow whose ends stand still arrives, within 12 ms; at worst (Aachen–Bern) Bern → c carries 90 %."
        );
        assert_eq!(Gathered::new(0).sentence(kinds, &triangle()), "Nothing can fail.");
    }

    #[test]
    fn partitions_are_named() {
        let whole = case(vec![Part::Link(0)], 0, 0.5, 1.0);
        assert_eq!(partitions(&whole, &triangle()), None);
        let split = FailureCase { components: 2, separated: 3, outside: vec![1], ..whole };
        assert_eq!(
            partitions(&split, &triangle()).unwrap(),
            "The network falls into 2 parts; outside the largest: Bern, 2 more."
        );
    }
}
