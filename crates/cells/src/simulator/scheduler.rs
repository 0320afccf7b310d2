//! Proportional fairness among the users of one slice, within the slice's PRB.

/// A user for whom data waits.
#[derive(Clone, Copy, Debug)]
pub struct Competitor {
    /// Index of the user.
    pub user: usize,
    /// His data, in Mbit.
    pub waiting_mbit: f64,
    /// Rate with all of the slice's PRB, in Mbit/s.
    pub rate_mbps: f64,
    /// Mean rate at which he was served lately, in Mbit/s.
    pub average_mbps: f64,
    /// What he was given, in Mbit.
    pub served_mbit: f64,
}

/// What happened in one slice of one cell over some time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// Data that waited at the beginning, in Mbit.
    pub found_mbit: f64,
    /// Data that arrived, in Mbit.
    pub offered_mbit: f64,
    /// Data that was served, in Mbit.
    pub served_mbit: f64,
    /// Data that found the buffer full, in Mbit.
    pub dropped_mbit: f64,
    /// Data that waits at the end, in Mbit.
    pub left_mbit: f64,
    /// Time in s for which data waited for a user, summed over users.
    pub waited_s: f64,
    /// Data times the time that it waited, in Mbit·s.
    pub waited_mbit_s: f64,
    /// Time in s for which the slice's PRB were in use.
    pub used_s: f64,
}

/// Serves the competitors for `interval_s`, one after another: the one whose rate is highest in
/// relation to what he got lately first, until all are served or the time is up.
pub fn serve(competitors: &mut [Competitor], interval_s: f64, tally: &mut Tally) {
    let mut time_s = 0.0;
    let mut first = 0;
    while first < competitors.len() && time_s < interval_s {
        let best = best(&competitors[first..]) + first;
        competitors.swap(first, best);
        let next = &mut competitors[first];
        if next.rate_mbps <= 0.0 {
            break;
        }
        first += 1;
        let needed_s = next.waiting_mbit / next.rate_mbps;
        let waiting = next.waiting_mbit;
        if time_s + needed_s <= interval_s {
            tally.waited_mbit_s += waiting * (time_s + 0.5 * needed_s);
            time_s += needed_s;
            tally.waited_s += time_s;
            next.served_mbit = waiting;
            next.waiting_mbit = 0.0;
        } else {
            let left_s = interval_s - time_s;
            next.served_mbit = next.rate_mbps * left_s;
            next.waiting_mbit = waiting - next.served_mbit;
            tally.waited_mbit_s += waiting * interval_s - 0.5 * next.served_mbit * left_s;
            tally.waited_s += interval_s;
            time_s = interval_s;
        }
        tally.served_mbit += next.served_mbit;
    }
    for unserved in &competitors[first..] {
        tally.waited_s += interval_s;
        tally.waited_mbit_s += unserved.waiting_mbit * interval_s;
    }
    tally.used_s += time_s;
}

fn best(competitors: &[Competitor]) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (index, competitor) in competitors.iter().enumerate() {
        let priority = competitor.rate_mbps / competitor.average_mbps.max(1e-9);
        if priority > best.1 {
            best = (index, priority);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn competitor(user: usize, waiting_mbit: f64, rate_mbps: f64) -> Competitor {
        Competitor { user, waiting_mbit, rate_mbps, average_mbps: 1.0, served_mbit: 0.0 }
    }

    /// Serves users who always have data for `intervals` intervals; what each of them got, in Mbit.
    fn saturate(rates_mbps: &[f64], intervals: usize) -> Vec<f64> {
        let mut averages = vec![1.0; rates_mbps.len()];
        let mut got = vec![0.0; rates_mbps.len()];
        for _ in 0..intervals {
            let mut tally = Tally::default();
            let mut competitors: Vec<Competitor> = rates_mbps
                .iter()
                .enumerate()
                .map(|(user, rate)| Competitor {
                    average_mbps: averages[user],
                    ..competitor(user, 1e3, *rate)
                })
                .collect();
            serve(&mut competitors, 0.01, &mut tally);
            assert!(tally.used_s <= 0.01 + 1e-12);
            for competitor in &competitors {
                let average = &mut averages[competitor.user];
                *average += 0.02 * (competitor.served_mbit / 0.01 - *average);
                got[competitor.user] += competitor.served_mbit;
            }
        }
        got
    }

    #[test]
    fn equal_users_get_equal_amounts() {
        let got = saturate(&[10.0; 5], 5000);
        for amount in &got {
            assert!((amount / got[0] - 1.0).abs() < 0.01, "{got:?}");
        }
    }

    // Proportional fairness gives users of constant rates equal times (Kelly, 1997), hence amounts
    // in proportion to their rates.
    #[test]
    fn users_of_different_rates_get_equal_times() {
        let rates = [4.0, 8.0, 16.0];
        let got = saturate(&rates, 6000);
        let total_s: f64 = got.iter().zip(&rates).map(|(amount, rate)| amount / rate).sum();
        assert!((total_s - 60.0).abs() < 1e-6, "all time is used: {total_s}");
        for (amount, rate) in got.iter().zip(&rates) {
            let part = amount / rate / total_s;
            assert!((part - 1.0 / 3.0).abs() < 0.01, "{part} of the time at {rate} Mbit/s");
        }
    }

    // 0.1 Mbit at 20 Mbit/s take 5 ms, 2.5 ms per bit on average; the second user's 0.04 Mbit at
    // 10 Mbit/s wait 5 ms, then take 4 ms: 7 ms on average. His queue is empty after 9 ms.
    #[test]
    fn waiting_times_are_those_of_queues_served_one_after_another() {
        let mut users = [competitor(0, 0.1, 20.0), competitor(1, 0.04, 10.0)];
        let mut tally = Tally::default();
        serve(&mut users, 0.01, &mut tally);
        assert!((tally.served_mbit - 0.14).abs() < 1e-12);
        assert!((tally.waited_mbit_s - (0.1 * 0.0025 + 0.04 * 0.007)).abs() < 1e-12);
        assert!((tally.waited_s - 0.014).abs() < 1e-12);
        assert!((tally.used_s - 0.009).abs() < 1e-12);
    }

    #[test]
    fn who_is_out_of_range_waits_and_takes_nothing_from_the_others() {
        let mut users = [competitor(0, 1.0, 0.0), competitor(1, 0.05, 10.0)];
        let mut tally = Tally::default();
        serve(&mut users, 0.01, &mut tally);
        assert!((tally.served_mbit - 0.05).abs() < 1e-12);
        assert!((tally.used_s - 0.005).abs() < 1e-12);
        assert!((tally.waited_s - 0.015).abs() < 1e-12);
    }
}
