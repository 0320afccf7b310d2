//! The value of each link that the map's colours tell.

use slicewise_core::twin::LinkAnswers;

use super::handles::Answers;
use super::map::MapColour;
use super::state::Quantity;

/// The values of `quantity` in the last answer; nothing is known before the first one.
pub fn of(answers: Answers, quantity: Quantity) -> MapColour {
    let values = answers.pair().map(|(after, before)| {
        let before = before.as_ref().map(|before| &before.answer.links);
        values(quantity, &after.answer.links, before)
    });
    MapColour { quantity, values: values.unwrap_or_default() }
}

/// One value per link; NaN where it has failed, or where there is nothing to compare it with.
fn values(quantity: Quantity, after: &LinkAnswers, before: Option<&LinkAnswers>) -> Vec<f64> {
    match (quantity, before) {
        (Quantity::Utilisation, _) => after.utilisation.clone(),
        (Quantity::Delay, _) => after.mean_delay_s.clone(),
        (Quantity::Loss, _) => after.loss.clone(),
        (Quantity::Difference, Some(before)) => {
            let both = after.utilisation.iter().zip(&before.utilisation);
            both.map(|(after, before)| after - before).collect()
        }
        (Quantity::Difference, None) => Vec::new(),
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
        let gained = values(Quantity::Difference, &after, Some(&before));
        assert!((gained[0] - 0.35).abs() < 1e-12 && gained[1] == 0.0 && gained[5].is_nan());
        assert!(values(Quantity::Difference, &after, None).is_empty());
        assert_eq!(values(Quantity::Delay, &after, None), after.mean_delay_s);
    }
}
