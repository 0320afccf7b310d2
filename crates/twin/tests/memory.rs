//! What is kept between questions never changes an answer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use slicewise_core::twin::edit::Selection;
use slicewise_core::twin::job::Edited;
use slicewise_core::twin::opening;
use slicewise_core::twin::scenario::InstalledScenario;
use slicewise_core::twin::{Edit, Scenario};
use slicewise_twin::formula::Formula;
use slicewise_twin::memory::Memory;
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};

fn installed(name: &str, scenario: &Scenario) -> InstalledScenario {
    InstalledScenario { name: name.to_owned(), scenario: scenario.clone() }
}

#[test]
fn answers_after_failures_repairs_and_weights_are_those_from_scratch() {
    let scenario = opening::scenario();
    let memory = Memory::default();
    memory.install(installed("a", &scenario)).unwrap();
    let link = |index: usize| scenario.topology.links[index].id.clone();
    let first = Edit::LinkFails(link(0));
    let second = Edit::LinkFails(link(9));
    let node = Edit::NodeFails(scenario.topology.nodes[4].id.clone());
    let heavier = Edit::Weight { link: link(3), weight: 40.0 };
    let more = Edit::Traffic { of: Selection::default(), factor: 1.4 };
    let questions: [&[Edit]; 7] = [
        &[],
        std::slice::from_ref(&first),
        &[first.clone(), second.clone()],
        std::slice::from_ref(&second),
        &[second.clone(), node],
        &[heavier.clone(), first.clone()],
        &[heavier.clone(), more],
    ];
    for edits in questions.into_iter().chain(questions) {
        let of = Edited { scenario: "a".to_owned(), edits: edits.to_vec() };
        let kept = memory.answer(&of).unwrap();
        let problem = Problem::new(&scenario, edits).unwrap();
        let network = RoutedNetwork::new(&problem, &mut Routes::default());
        let fresh = Formula::default().answer(&network);
        // As text, since a failed link has NaN, which equals nothing.
        assert_eq!(format!("{kept:?}"), format!("{fresh:?}"));
    }
}

#[test]
fn a_scenario_takes_the_place_of_one_of_its_name_and_the_oldest_is_forgotten() {
    let scenario = opening::scenario();
    let memory = Memory::default();
    for name in ["a", "b", "c", "d", "b", "e"] {
        memory.install(installed(name, &scenario)).unwrap();
    }
    assert!(memory.scenario("b").is_ok());
    let error = memory.scenario("a").unwrap_err();
    assert_eq!((&error.field[..], &error.value[..]), ("scenario", "a"));
    let mut damaged = scenario.clone();
    damaged.topology.links[1].capacity_bit_per_s = 0.0;
    let error = memory.install(installed("f", &damaged)).unwrap_err();
    assert!(error.field.ends_with("capacity_bit_per_s"), "{error}");
}
