//! What was found, in words.

use slicewise_core::twin::Edit;
use slicewise_core::twin::Scenario;
use slicewise_core::twin::improver::Routed;
use slicewise_core::twin::intent::{Improvement, Intent, Objective, Verdict};

use crate::controls::number_text::percent;
use crate::twin::{names, units, words};

/// The answer as a sentence or two.
pub fn sentence(scenario: &Scenario, routed: &Routed, intent: &Intent) -> String {
    let found = &routed.improvement;
    let kept = match (found.verdict, intent.keep.is_empty()) {
        (Verdict::Kept, true) => "",
        (Verdict::Kept, false) => "All that is to be kept is kept. ",
        (Verdict::Broken, _) => "Not all that is to be kept is kept. ",
        (Verdict::Impossible, _) => "No routing keeps all that is to be kept. ",
    };
    let mut text = kept.to_owned();
    let by = [" by ", &words::counted(found.changes.len(), "change")].concat();
    if found.changes.is_empty() {
        text += "Nothing is to be changed: ";
    }
    match intent.minimise {
        Some(Objective::MeanDelay) => {
            let (before, after) = (found.delays_before, found.delays_after);
            text += &moved(
                "the mean delay",
                before.mean_delay_s,
                after.mean_delay_s,
                units::delay,
                &by,
            );
        }
        Some(Objective::LargestDelay) => {
            let (before, after) = (found.delays_before, found.delays_after);
            let what = "the largest mean delay of a flow";
            text += &moved(what, before.longest_delay_s, after.longest_delay_s, units::delay, &by);
        }
        _ => text += &utilisation(scenario, routed, intent, &by),
    }
    let mut text = capitalised(&text);
    text += &bound(found, intent);
    text
}

fn utilisation(scenario: &Scenario, routed: &Routed, intent: &Intent, by: &str) -> String {
    let found = &routed.improvement;
    if intent.after_failures {
        let what = "the fullest link over all single failures";
        return moved(what, found.before, found.max_utilisation, percent, by);
    }
    let link = |values: &[f64]| fullest(values).map(|link| names::link(scenario, link));
    let what = match link(&routed.before) {
        Some(link) => ["the fullest link, ", &link, ","].concat(),
        None => "the fullest link".to_owned(),
    };
    let mut text = moved(&what, found.before, found.max_utilisation, percent, by);
    let (before, after) = (fullest(&routed.before), fullest(&routed.after));
    if let Some(after) = after.filter(|after| before != Some(*after)) {
        text += &["; the fullest is then ", &names::link(scenario, after)].concat();
    }
    text
}

/// `the mean delay falls from 3 ms to 2 ms by 4 changes`.
fn moved(what: &str, before: f64, after: f64, text: fn(f64) -> String, by: &str) -> String {
    let (old, new) = (text(before), text(after));
    match after.total_cmp(&before) {
        _ if old == new => [what, " stays at ", &new].concat(),
        std::cmp::Ordering::Less => [what, " falls from ", &old, " to ", &new, by].concat(),
        _ => [what, " rises from ", &old, " to ", &new, by].concat(),
    }
}

/// How much better any routing could be.
fn bound(found: &Improvement, intent: &Intent) -> String {
    if matches!(intent.minimise, Some(Objective::MeanDelay | Objective::LargestDelay)) {
        return ". That is the best that the search found; no bound on delays is known.".to_owned();
    }
    match found.lower_bound > 0.0 {
        true => ["; no routing can do better than ", &percent(found.lower_bound), "."].concat(),
        false => ".".to_owned(),
    }
}

/// Index of the largest number.
fn fullest(values: &[f64]) -> Option<u32> {
    let known = values.iter().zip(0..).filter(|(value, _)| value.is_finite());
    known.max_by(|a, b| a.0.total_cmp(b.0).then(b.1.cmp(&a.1))).map(|(_, index)| index)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The weight that a link has before a change of it; none of other changes.
pub fn weight_before(scenario: &Scenario, edit: &Edit) -> Option<f64> {
    let Edit::Weight { link, .. } = edit else { return None };
    let index = names::link_index(scenario, link)?;
    scenario.topology.links.get(index as usize).map(|link| link.weight)
}

#[cfg(test)]
mod tests {
    use slicewise_core::twin::intent::Delays;

    use super::*;
    use crate::twin::examples::triangle;

    fn routed(after: f64) -> Routed {
        let improvement = Improvement {
            max_utilisation: after,
            lower_bound: 0.639,
            ratio_to_bound: 1.0,
            lower_bound_of_lists: 0.0,
            igp: 0.91,
            before: 0.91,
            seconds: 1.0,
            iterations: 1,
            delays_before: Delays { mean_delay_s: 0.003, longest_delay_s: 0.009 },
            delays_after: Delays { mean_delay_s: 0.002, longest_delay_s: 0.01 },
            verdict: Verdict::Kept,
            broken: Vec::new(),
            changes: Vec::new(),
        };
        Routed {
            improvement,
            before: vec![0.91, 0.2, 0.3, 0.1, f64::NAN, 0.0],
            after: vec![0.5, 0.2, 0.64, 0.1, f64::NAN, 0.0],
        }
    }

    #[test]
    fn the_sentence_names_the_link_and_the_bound() {
        let intent = Intent { minimise: Some(Objective::LargestUtilisation), ..Intent::default() };
        let mut found = routed(0.64);
        found.improvement.changes = vec![slicewise_core::twin::intent::Change {
            edit: Edit::Weight { link: "ab".to_owned(), weight: 2.0 },
            rate_bit_per_s: 0.0,
            max_utilisation: 0.64,
            gain: 0.27,
            delay_gain_s: None,
        }];
        assert_eq!(
            sentence(&triangle(), &found, &intent),
            "The fullest link, Aachen → Bern, falls from 91 % to 64 % by 1 change; the fullest is then \
             Bern → c; no routing can do better than 63.9 %."
        );
        assert_eq!(weight_before(&triangle(), &found.improvement.changes[0].edit), Some(1.0));
        let same = sentence(&triangle(), &routed(0.91), &intent);
        assert!(
            same.starts_with("Nothing is to be changed: the fullest link, Aachen → Bern, stays"),
            "{same}"
        );
    }

    #[test]
    fn of_delays_no_bound_is_claimed() {
        let intent = Intent { minimise: Some(Objective::MeanDelay), ..Intent::default() };
        let text = sentence(&triangle(), &routed(0.64), &intent);
        assert!(
            text.contains("the mean delay falls from 3 ms to 2 ms") && text.contains("no bound"),
            "{text}"
        );
    }
}
