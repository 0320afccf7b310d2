//! How much of a resource is shown and written for people: never less than the plan needs.

/// `amount` to about four digits, rounded up, so that what is read keeps what is promised. Amounts
/// within a billionth of a rounded one are taken for it.
pub fn shown_amount(amount: f64) -> f64 {
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
        assert_eq!(shown_amount(24.344), 24.4);
        assert_eq!(shown_amount(2121.04), 2122.0);
        assert_eq!(shown_amount(0.12301), 0.124);
        assert_eq!(shown_amount(0.0), 0.0);
        for index in 1..2000 {
            let amount = 1.37 * f64::from(index) / 7.0;
            let shown = shown_amount(amount);
            assert!(shown >= amount * (1.0 - 1e-9) && shown <= 1.01 * amount, "{amount} {shown}");
        }
    }

    #[test]
    fn a_capacity_used_to_the_full_stays_what_it_is() {
        assert_eq!(shown_amount(0.1 + 0.2), 0.3);
        assert_eq!(shown_amount(50.000_000_000_01), 50.0);
        assert_eq!(shown_amount(4500.0), 4500.0);
    }
}
