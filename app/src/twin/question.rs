//! What the engine is asked about: a network, what the controls make of it, and the edits.

use std::sync::Arc;

use slicewise_core::InputError;
use slicewise_core::twin::job::Edited;
use slicewise_core::twin::scenario::InstalledScenario;
use slicewise_core::twin::{Edit, Scenario};

use super::map::Picked;
use super::names;

/// A network that is open under the name that the engine knows it by; equal when it is the same one.
#[derive(Clone, Debug)]
pub struct OpenScenario(Arc<InstalledScenario>);

impl OpenScenario {
    /// `scenario` under `name`, which no other scenario of the page has.
    pub fn new(name: String, scenario: Scenario) -> Self {
        Self(Arc::new(InstalledScenario { name, scenario }))
    }

    /// One that comes under its name.
    pub fn of(installed: InstalledScenario) -> Self {
        Self(Arc::new(installed))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What an engine is given of it.
    pub fn installed(&self) -> &InstalledScenario {
        &self.0
    }
}

impl std::ops::Deref for OpenScenario {
    type Target = Scenario;

    fn deref(&self) -> &Scenario {
        &self.0.scenario
    }
}

impl PartialEq for OpenScenario {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The network, with what it promises.
    pub scenario: OpenScenario,
    /// What the controls change of it.
    pub settings: Vec<Edit>,
    /// The what-if edits.
    pub edits: Vec<Edit>,
}

impl Question {
    /// The network with its edits, as jobs name it.
    pub fn edited(&self) -> Edited {
        let edits = self.settings.iter().chain(&self.edits).cloned().collect();
        Edited { scenario: self.scenario.name().to_owned(), edits }
    }

    /// The same question without its what-if edits.
    pub fn before(&self) -> Self {
        Self { edits: Vec::new(), ..self.clone() }
    }

    /// The network with the capacities and weights that its links have after the edits.
    pub fn with_edited_links(&self) -> Scenario {
        let mut scenario = Scenario::clone(&self.scenario);
        for edit in self.settings.iter().chain(&self.edits) {
            let (Edit::Capacity { link, .. } | Edit::Weight { link, .. }) = edit else { continue };
            let Some(index) = names::link_index(&scenario, link) else { continue };
            let both: Vec<u32> = scenario.topology.cable(index).collect();
            let links = &mut scenario.topology.links;
            match edit {
                Edit::Capacity { bit_per_s, .. } => {
                    both.iter().for_each(|i| links[*i as usize].capacity_bit_per_s = *bit_per_s);
                }
                Edit::Weight { weight, .. } => links[index as usize].weight = *weight,
                _ => {}
            }
        }
        scenario
    }

    /// What the edits let fail: nodes, and links in both their directions.
    pub fn failed(&self) -> Vec<Picked> {
        let topology = &self.scenario.topology;
        let cables = |links: &[u32]| -> Vec<Picked> {
            links.iter().flat_map(|link| topology.cable(*link)).map(Picked::Link).collect()
        };
        let of = |edit: &Edit| match edit {
            Edit::LinkFails(id) => {
                names::link_index(&self.scenario, id).map(|link| cables(&[link]))
            }
            Edit::NodeFails(id) => {
                names::node_index(&self.scenario, id).map(|node| vec![Picked::Node(node)])
            }
            Edit::GroupFails(id) => {
                let group = topology.risk_groups.iter().find(|group| group.id == *id);
                group.map(|group| cables(&group.links))
            }
            _ => None,
        };
        self.edits.iter().filter_map(of).flatten().collect()
    }

    /// What the engine says of an edit, with the number that the edit has on the page, from 1.
    pub fn told(&self, error: InputError) -> InputError {
        let named = error.field.strip_prefix("edits[").and_then(|rest| rest.split_once(']'));
        let Some((index, field)) = named else { return error };
        let Ok(index) = index.parse::<usize>() else { return error };
        let place = match index.checked_sub(self.settings.len()) {
            Some(own) => ["edit ", &(own + 1).to_string(), field].concat(),
            None => ["the controls", field].concat(),
        };
        InputError { field: place, ..error }
    }
}

#[cfg(test)]
mod tests {
    use slicewise_core::twin::edit::Selection;
    use slicewise_core::twin::{RiskGroup, Topology};

    use super::*;
    use crate::twin::examples::triangle;

    #[test]
    fn what_fails_is_both_directions_of_links_and_all_links_of_a_group() {
        let mut scenario = triangle();
        let group = RiskGroup { id: "duct".to_owned(), links: vec![2, 4] };
        scenario.topology.risk_groups.push(group);
        let edits = vec![
            Edit::LinkFails("ba".to_owned()),
            Edit::NodeFails("c".to_owned()),
            Edit::GroupFails("duct".to_owned()),
            Edit::LinkFails("gone".to_owned()),
        ];
        let scenario = OpenScenario::new("a".to_owned(), scenario);
        let question = Question { scenario, settings: Vec::new(), edits };
        let failed = question.failed();
        let links = [1, 0, 2, 3, 4, 5].map(Picked::Link);
        assert_eq!((failed.len(), failed[2]), (7, Picked::Node(2)));
        assert!(links.iter().all(|link| failed.contains(link)), "{failed:?}");
    }

    #[test]
    fn a_capacity_is_that_of_both_directions_and_a_weight_that_of_one() {
        let edits = vec![
            Edit::Capacity { link: "ba".to_owned(), bit_per_s: 5e9 },
            Edit::Weight { link: "ba".to_owned(), weight: 9.0 },
        ];
        let scenario = OpenScenario::new("a".to_owned(), triangle());
        let question = Question { scenario, settings: Vec::new(), edits };
        let links = question.with_edited_links().topology.links;
        let found: Vec<(f64, f64)> =
            links.iter().map(|link| (link.capacity_bit_per_s, link.weight)).collect();
        assert_eq!(found[..3], [(5e9, 1.0), (5e9, 9.0), (1e9, 1.0)]);
    }

    #[test]
    fn an_error_names_the_edit_as_the_page_counts_it() {
        let fails = |link: &str| Edit::LinkFails(link.to_owned());
        let question = Question {
            scenario: OpenScenario::new("a".to_owned(), Scenario::of(Topology::default())),
            settings: vec![Edit::Traffic { of: Selection::default(), factor: 2.0 }],
            edits: vec![fails("x"), fails("y")],
        };
        assert_eq!(question.edited().edits.len(), 3);
        assert_eq!(question.before().edited().edits, question.settings);
        let told = |field: &str| question.told(InputError::new(field, "y", "a link")).field;
        assert_eq!(told("edits[2].link"), "edit 2.link");
        assert_eq!(told("edits[0].factor"), "the controls.factor");
        assert_eq!(told("scenario"), "scenario");
    }
}
