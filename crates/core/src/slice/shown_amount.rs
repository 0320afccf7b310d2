//! How much of a resource is shown and written for people: never less than the plan needs.

/// Amounts that these make whole are shown as they are.
const DECIMALS: f64 = 1000.0;

/// `amount` to about four digits, rounded up, so that what is read keeps what is promised. Amounts
/// within a billionth of a rounded one are taken for it. An amount of three decimals at most, such as a
/// whole multiple of a granularity, is shown as it is.
pub fn shown_amount(amount: f64) -> f64 {
    let few = amount * DECIMALS;
    if (few - few.round()).abs() <= 1e-12 * few.abs() {
        return few.round() / DECIMALS;
    }
    let steps = match amount.abs() {
        size if size >= 1000.0 => 1.0,
        size if size >= 10.0 => 10.0,
        size if size >= 1.0 => 100.0,
        size if size >= 0.1 => 1e3,
        size if size >= 1e-3 => 1e4,
        _ => 1e7,
    };
    let scaled = amount * steps;
    let nearest = scaled.round();
    // A capacity that is used to the full is a sum, and must not be lifted by its rounding.
    let rounded =
        if (scaled - nearest).abs() <= 1e-9 * scaled.abs() { nearest } else { scaled.ceil() };
    rounded / steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_never_shown_below_what_is_needed() {
        assert_eq!(shown_amount(24.344_183), 24.4);
        assert_eq!(shown_amount(2_121.040_001), 2122.0);
        assert_eq!(shown_amount(0.123_012), 0.124);
        assert_eq!(shown_amount(0.0), 0.0);
        for index in 1..2000 {
            let amount = 1.37 * f64::from(index) / 7.0;
            let shown = shown_amount(amount);
            assert!(shown >= amount * (1.0 - 1e-9) && shown <= 1.01 * amount, "{amount} {shown}");
        }
    }

    #[test]
    fn what_is_allocated_in_steps_is_shown_as_it_is() {
        for step in [0.1, 0.25, 0.36, 0.5, 2.5, 100.0] {
            for n in 1..400 {
                let amount = f64::from(n) * step;
                assert!((shown_amount(amount) - amount).abs() < 1e-9 * amount, "{n} x {step}");
            }
        }
    }

    #[test]
    fn a_capacity_used_to_the_full_stays_what_it_is() {
        assert_eq!(shown_amount(0.1 + 0.2), 0.3);
        assert_eq!(shown_amount(50.000_000_000_01), 50.0);
        assert_eq!(shown_amount(4500.0), 4500.0);
    }
}
