//! Amounts as people write them and as they are told.

use super::amounts::{Rate, percent, rate, time};

#[test]
fn rates_are_read_as_people_write_them_and_told_in_the_unit_that_suits() {
    for (text, bit_per_s, told) in [
        ("10G", 1e10, "10.0 Gbit/s"),
        ("155M", 1.55e8, "155 Mbit/s"),
        ("2.5 Gbit/s", 2.5e9, "2.50 Gbit/s"),
        ("64kbps", 6.4e4, "64.0 kbit/s"),
        ("1e12", 1e12, "1.00 Tbit/s"),
        ("9600", 9600.0, "9.60 kbit/s"),
    ] {
        assert_eq!(text.parse::<Rate>(), Ok(Rate(bit_per_s)), "{text}");
        assert_eq!(rate(bit_per_s), told);
    }
    for bad in ["", "fast", "-1G", "0", "NaN", "10X", "inf"] {
        assert!(bad.parse::<Rate>().is_err(), "{bad}");
    }
}

#[test]
fn times_and_shares_have_three_digits_and_a_dash_where_there_is_none() {
    assert_eq!(time(0.0241), "24.1 ms");
    assert_eq!(time(3.2e-6), "3.20 µs");
    assert_eq!(time(f64::NAN), "-");
    assert_eq!(percent(0.914), "91.4 %");
    assert_eq!(percent(f64::NAN), "-");
}
