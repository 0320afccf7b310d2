//! The value of each link that the map's colours tell.

use leptos::prelude::Get;
use slicewise_core::twin::LinkAnswers;

use super::handles::{Answers, Corrections, Improvements};
use super::map::MapColour;
use super::state::Quantity;

/// The values of `quantity` in the last answer; nothing is known before the first one.
pub fn of(
    answers: Answers,
    corrections: Corrections,
    improvements: Improvements,
    quantity: Quantity,
) -> MapColour {
    let values = match quantity {
        Quantity::Disagreement => corrections.current().map(|found| found.disagreement.clone()),
        Quantity::Found => improvements.colours.get().map(|found| found.values.clone()),
        _ => {
            let pair = answers.pair();
            pair.map(|(after, before)| values(quantity, &after.answer.links, &before.answer.links))
        }
    };
    MapColour { quantity, values: values.unwrap_or_default() }
}

/// One value per link; NaN where it has failed.
fn values(quantity: Quantity, after: &LinkAnswers, before: &LinkAnswers) -> Vec<f64> {
    match quantity {
        Quantity::Utilisation => after.utilisation.clone(),
        Quantity::Delay => after.mean_delay_s.clone(),
        Quantity::Loss => after.loss.clone(),
        Quantity::Disagreement | Quantity::Found => Vec::new(),
        Quantity::Difference => {
            let both = after.utilisation.iter().zip(&before.utilisation);
            both.map(|(after, before)| after - before).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twin::examples::answer;

    #[test]
    fn a_difference_is_what_the_edits_add() {
        let (before, mut after) = (answer().links, answer().links);
        after.utilisation[0] = 0.75;
        after.utilisation[5] = f64::NAN;
        let gained = values(Quantity::Difference, &after, &before);
        assert!((gained[0] - 0.35).abs() < 1e-12 && gained[1] == 0.0 && gained[5].is_nan());
        assert_eq!(values(Quantity::Delay, &after, &before), after.mean_delay_s);
    }
}
