//! What the colours of a map's links tell, and on which scale.

use crate::controls::number_text;
use crate::twin::state::Quantity;
use crate::twin::units;

/// Colours of a scale.
pub const STEPS: u8 = 24;
/// What is offered more than it can send, whatever the theme.
pub const OVERLOADED: &str = "#d55e00";

/// A value per link.
#[derive(Clone, Debug, PartialEq)]
pub struct MapColour {
    /// What the values are.
    pub quantity: Quantity,
    /// In the order of the scenario's links: shares, or seconds for delays. NaN where the link has failed
    /// or nothing is known.
    pub values: Vec<f64>,
}

/// How one link is coloured. Those that come later are drawn over those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Paint {
    /// Nothing is known.
    Unknown,
    /// It has failed.
    Failed,
    /// A step of the scale, below [`STEPS`].
    Step(u8),
    /// It is offered more than it can send.
    Overloaded,
}

/// From values to colours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColourScale {
    quantity: Quantity,
    /// The value of the first colour.
    pub lowest: f64,
    /// The value of the last colour.
    pub highest: f64,
}

impl ColourScale {
    /// Utilisation from 0 to 1; delay and loss from 0 to a round number above the largest; differences
    /// as far below 0 as above.
    pub fn of(colour: &MapColour) -> Self {
        let sizes = colour.values.iter().filter(|value| value.is_finite()).map(|v| v.abs());
        let largest = sizes.fold(0.0, f64::max);
        let (lowest, highest) = match colour.quantity {
            Quantity::Utilisation => (0.0, 1.0),
            Quantity::Delay => (0.0, round_above(largest.max(1e-6))),
            Quantity::Loss => (0.0, round_above(largest.max(1e-4))),
            Quantity::Disagreement => (0.0, round_above(largest.max(0.01))),
            Quantity::Difference | Quantity::Found => {
                let most = round_above(largest.max(0.01));
                (-most, most)
            }
        };
        Self { quantity: colour.quantity, lowest, highest }
    }

    /// How a link with this value is painted.
    pub fn paint(&self, value: f64) -> Paint {
        if !value.is_finite() {
            return Paint::Unknown;
        }
        if self.quantity == Quantity::Utilisation && value > 1.0 {
            return Paint::Overloaded;
        }
        let share = (value - self.lowest) / (self.highest - self.lowest);
        let last = f64::from(STEPS - 1);
        Paint::Step((share * last).round().clamp(0.0, last) as u8)
    }

    /// The colour of a step: viridis for amounts, blue over white to red for differences.
    pub fn colour(&self, step: u8) -> String {
        let share = f64::from(step) / f64::from(STEPS - 1);
        let colour = match self.quantity {
            Quantity::Difference | Quantity::Found => {
                colorous::RED_BLUE.eval_continuous(1.0 - share)
            }
            _ => colorous::VIRIDIS.eval_continuous(share),
        };
        format!("#{colour:x}")
    }

    /// The values named in the key: both ends and the middle.
    pub fn ticks(&self) -> [f64; 3] {
        [self.lowest, (self.lowest + self.highest) / 2.0, self.highest]
    }

    /// A value as the key names it.
    pub fn text(&self, value: f64) -> String {
        match self.quantity {
            Quantity::Utilisation | Quantity::Loss | Quantity::Disagreement => {
                number_text::percent(value)
            }
            Quantity::Delay => units::delay(value),
            Quantity::Difference | Quantity::Found => units::signed(value, units::points),
        }
    }

    /// What the colours tell, in words.
    pub fn title(&self) -> &'static str {
        match self.quantity {
            Quantity::Utilisation => "Utilisation",
            Quantity::Delay => "Delay that the link adds",
            Quantity::Loss => "Share of packets lost",
            Quantity::Difference => "Utilisation gained",
            Quantity::Found => "Difference of utilisation",
            Quantity::Disagreement => "Delay that training moves",
        }
    }
}

/// The least of 1, 2 and 5 times a power of ten that is not below `value`, which is above 0.
fn round_above(value: f64) -> f64 {
    let mut power = 1e-12;
    while power * 10.0 <= value {
        power *= 10.0;
    }
    let fits = |factor: &f64| factor * power >= value * (1.0 - 1e-9);
    [1.0, 2.0, 5.0].into_iter().find(fits).unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(quantity: Quantity, values: &[f64]) -> ColourScale {
        ColourScale::of(&MapColour { quantity, values: values.to_vec() })
    }

    #[test]
    fn scales_end_at_round_numbers_that_hold_all_values() {
        let delay = scale(Quantity::Delay, &[0.0031, f64::NAN, 0.0007]);
        assert!((delay.highest - 0.005).abs() < 1e-15 && delay.lowest == 0.0);
        assert_eq!(delay.ticks().map(|tick| delay.text(tick)), ["0 ms", "2.5 ms", "5 ms"]);
        let gained = scale(Quantity::Difference, &[0.02, -0.13]);
        assert_eq!(gained.ticks().map(|t| gained.text(t)), ["−20 points", "±0", "+20 points"]);
        assert_eq!(scale(Quantity::Utilisation, &[7.0]).highest, 1.0);
        for value in [1e-6, 0.003, 0.99, 1.0, 17.0] {
            let round = round_above(value);
            assert!(round >= value * (1.0 - 1e-9) && round <= 2.51 * value, "{value}: {round}");
        }
    }

    #[test]
    fn overload_and_failure_have_paints_of_their_own() {
        let scale = scale(Quantity::Utilisation, &[0.5]);
        assert_eq!(scale.paint(1.2), Paint::Overloaded);
        assert_eq!(scale.paint(f64::NAN), Paint::Unknown);
        assert_eq!(scale.paint(0.0), Paint::Step(0));
        assert_eq!(scale.paint(1.0), Paint::Step(STEPS - 1));
    }

    #[test]
    fn differences_are_white_in_the_middle_and_red_where_there_is_more() {
        let scale = scale(Quantity::Difference, &[0.1]);
        let parts = |step: u8| {
            let text = scale.colour(step);
            [1, 3, 5].map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        };
        let (less, none, more) = (parts(0), parts(STEPS / 2), parts(STEPS - 1));
        assert!(less[2] > less[0] && more[0] > more[2], "{less:?} {more:?}");
        assert!(none.iter().all(|part| *part > 200), "{none:?}");
    }
}
