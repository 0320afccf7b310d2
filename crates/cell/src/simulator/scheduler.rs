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
