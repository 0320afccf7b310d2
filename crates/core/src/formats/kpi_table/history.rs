//! What is kept of a slice in a cell: its last periods, in the order of time.

use crate::cells::{FEATURES, HISTORY, LastStep, Observation, SNssai};

use super::field::Kpis;
use super::period::{HOUR_MS, Period};

/// Marks the end of a cell's chain of slices.
pub(super) const NONE: u32 = u32::MAX;

/// CQI of a slice that had no user in all periods, as in the simulated network.
const UNKNOWN_CQI: f64 = 7.0;

/// The last periods of one slice in one cell: 288 bytes, whatever the length of the table.
#[derive(Clone, Debug)]
pub(super) struct SliceHistory {
    pub snssai: SNssai,
    /// The next slice of the cell, or [`NONE`].
    pub next: u32,
    /// Latest period of any row, good or bad; the least number before any.
    pub last_seen: i64,
    /// Whether an hour came twice: all later times without a zone are an hour later than written.
    pub shifted: bool,
    /// Whether the row read last is the latest.
    ascending: bool,
    measured: u8,
    periods: [i64; HISTORY],
    active_users: [f64; HISTORY],
    cqi: [f64; HISTORY],
    /// PRB used and available, which say together what the latter are.
    prb: [(f32, f32); HISTORY],
    /// The numbers of the latest good row.
    latest: Latest,
}

/// Numbers of which the last period's count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Latest {
    pub prb_used: f64,
    /// `RRU.PrbAvailDl` and `RRU.PrbTotDl` as the row has them.
    pub prb_available: f64,
    pub prb_total: f64,
    /// Part of the carrier that was used, once it is known what the carrier has.
    pub prb_share: f64,
    pub throughput_mbps: f64,
    pub delay_ms: f64,
    pub required_throughput_mbps: f64,
    pub required_delay_ms: f64,
    pub weight: f64,
    pub minimum_share: f64,
    pub share: f64,
    /// Number of the row; 0 where rows have none.
    pub row: u64,
}

impl Latest {
    /// What stands where nothing was measured: weight 1, no least share, and no other number.
    pub const UNKNOWN: Self = Self {
        prb_used: f64::NAN,
        prb_available: f64::NAN,
        prb_total: f64::NAN,
        prb_share: f64::NAN,
        throughput_mbps: f64::NAN,
        delay_ms: f64::NAN,
        required_throughput_mbps: f64::NAN,
        required_delay_ms: f64::NAN,
        weight: 1.0,
        minimum_share: 0.0,
        share: f64::NAN,
        row: 0,
    };

    /// Fills requirements that are missing by those of `other`.
    fn fill_requirements(&mut self, other: &Self) {
        if self.required_throughput_mbps.is_nan() {
            self.required_throughput_mbps = other.required_throughput_mbps;
        }
        if self.required_delay_ms.is_nan() {
            self.required_delay_ms = other.required_delay_ms;
        }
    }

    /// Whether it is said what the slice requires.
    pub fn has_requirements(&self) -> bool {
        !self.required_throughput_mbps.is_nan() && !self.required_delay_ms.is_nan()
    }
}

impl SliceHistory {
    pub fn new(snssai: SNssai) -> Self {
        Self {
            snssai,
            next: NONE,
            last_seen: i64::MIN,
            shifted: false,
            ascending: false,
            measured: 0,
            periods: [0; HISTORY],
            active_users: [0.0; HISTORY],
            cqi: [0.0; HISTORY],
            prb: [(f32::NAN, f32::NAN); HISTORY],
            latest: Latest::UNKNOWN,
        }
    }

    /// Whether no good row was found.
    pub fn is_empty(&self) -> bool {
        self.measured == 0
    }

    /// The numbers of the latest good row.
    pub fn latest(&self) -> &Latest {
        &self.latest
    }

    /// The same, to be changed.
    pub fn latest_mut(&mut self) -> &mut Latest {
        &mut self.latest
    }

    /// The periods that are kept, with the PRB used and available in each.
    pub fn prb(&self) -> impl Iterator<Item = (i64, f32, f32)> {
        let kept = self.periods.iter().zip(&self.prb).take(self.measured.into());
        kept.map(|(period, (used, available))| (*period, *used, *available))
    }

    /// The number of users in the latest period.
    pub fn active_users(&self) -> f64 {
        self.active_users[usize::from(self.measured).max(1) - 1]
    }

    /// Whether `period`, a time without a zone, begins an hour for the second time: after rows in the
    /// order of time it goes back by that hour, in a night when clocks may.
    pub fn repeats_an_hour(&self, period: Period) -> bool {
        let measured = usize::from(self.measured);
        if measured < 2 || !self.ascending || self.shifted || !period.is_sunday_night() {
            return false;
        }
        let latest = self.periods[measured - 1];
        let step = latest - self.periods[measured - 2];
        period.rank() <= latest && period.rank() + HOUR_MS == latest + step
    }

    /// Takes a row into its place in time, forgetting the oldest beyond H; says whether its period
    /// is new to what is kept.
    pub fn push(&mut self, period: i64, kpis: &Kpis) -> bool {
        let measured = usize::from(self.measured);
        let mut place = measured;
        while place > 0 && self.periods[place - 1] >= period {
            place -= 1;
        }
        if place < measured && self.periods[place] == period {
            return false;
        }
        self.ascending = place == measured;
        if self.ascending {
            let before = std::mem::replace(&mut self.latest, kpis.latest);
            self.latest.fill_requirements(&before);
        } else {
            self.latest.fill_requirements(&kpis.latest);
        }
        if measured == HISTORY {
            if place == 0 {
                return true;
            }
            place -= 1;
            self.periods[..=place].rotate_left(1);
            self.active_users[..=place].rotate_left(1);
            self.cqi[..=place].rotate_left(1);
            self.prb[..=place].rotate_left(1);
        } else {
            self.measured += 1;
            self.periods[place..=measured].rotate_right(1);
            self.active_users[place..=measured].rotate_right(1);
            self.cqi[place..=measured].rotate_right(1);
            self.prb[place..=measured].rotate_right(1);
        }
        self.periods[place] = period;
        self.active_users[place] = kpis.active_users;
        self.cqi[place] = kpis.cqi;
        let Latest { prb_used, prb_available, .. } = kpis.latest;
        self.prb[place] = (prb_used as f32, prb_available as f32);
        true
    }

    /// The features of the next step's plan; a shorter history repeats its oldest period, and a CQI
    /// that nobody measured is that of the period before.
    pub fn features(&self) -> [f64; FEATURES] {
        let mut observation = Observation::default();
        let kept = self.active_users.iter().zip(&self.cqi).take(self.measured.into());
        kept.for_each(|(active_users, cqi)| observation.push(*active_users, *cqi));
        observation.cqi = known(observation.cqi);
        let latest = &self.latest;
        observation.last =
            LastStep::of(latest.share, latest.prb_share, latest.throughput_mbps, latest.delay_ms);
        observation.features(latest.required_throughput_mbps, latest.required_delay_ms)
    }

    /// Traffic of the last period in Mbit/s: active users times their throughput, or times what they
    /// require where the throughput was not measured.
    pub fn traffic_mbps(&self) -> f64 {
        let Latest { throughput_mbps, required_throughput_mbps, .. } = self.latest;
        let per_user =
            if throughput_mbps.is_nan() { required_throughput_mbps } else { throughput_mbps };
        self.active_users() * per_user
    }
}

/// CQI with each NaN replaced by the one before, or by the first that is known, or by
/// [`UNKNOWN_CQI`].
fn known(mut cqi: [f64; HISTORY]) -> [f64; HISTORY] {
    let mut last = cqi.into_iter().find(|cqi| !cqi.is_nan()).unwrap_or(UNKNOWN_CQI);
    for cqi in &mut cqi {
        if cqi.is_nan() {
            *cqi = last;
        }
        last = *cqi;
    }
    cqi
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kpis(active_users: f64) -> Kpis {
        Kpis {
            active_users,
            cqi: active_users + 0.5,
            latest: Latest {
                required_throughput_mbps: 2.0,
                required_delay_ms: 100.0,
                share: active_users / 100.0,
                ..Latest::UNKNOWN
            },
        }
    }

    /// All orders of `values`, by Heap's algorithm.
    fn orders(values: &mut Vec<i64>, count: usize, visit: &mut dyn FnMut(&[i64])) {
        if count <= 1 {
            return visit(values);
        }
        for index in 0..count {
            orders(values, count - 1, visit);
            values.swap(if count.is_multiple_of(2) { index } else { 0 }, count - 1);
        }
    }

    #[test]
    fn the_last_periods_stay_in_the_order_of_time_whatever_the_order_of_the_rows() {
        let mut periods: Vec<i64> = (1..=7).collect();
        let mut visited = 0;
        orders(&mut periods, 7, &mut |order| {
            let mut history = SliceHistory::new(SNssai { sst: 1, sd: None });
            for period in order {
                assert!(history.push(*period, &kpis(*period as f64)));
            }
            let features = history.features();
            assert_eq!(features[..HISTORY], [3.0, 4.0, 5.0, 6.0, 7.0]);
            assert_eq!(features[HISTORY..2 * HISTORY], [3.5, 4.5, 5.5, 6.5, 7.5]);
            assert_eq!(history.latest().share, 0.07);
            assert_eq!(history.traffic_mbps(), 14.0);
            visited += 1;
        });
        assert_eq!(visited, 5040);
    }

    #[test]
    fn a_short_history_repeats_its_oldest_period() {
        let mut history = SliceHistory::new(SNssai { sst: 1, sd: None });
        assert!(history.is_empty());
        assert!(history.push(10, &kpis(3.0)));
        assert!(history.push(40, &kpis(4.0)));
        assert!(!history.push(10, &kpis(9.0)));
        assert_eq!(history.features()[..HISTORY], [3.0, 3.0, 3.0, 3.0, 4.0]);
    }

    #[test]
    fn a_cqi_that_nobody_measured_is_the_one_before() {
        let nan = f64::NAN;
        assert_eq!(known([nan, 9.0, nan, nan, 8.0]), [9.0, 9.0, 9.0, 9.0, 8.0]);
        assert_eq!(known([nan; HISTORY]), [UNKNOWN_CQI; HISTORY]);
    }

    #[test]
    fn a_slice_takes_as_much_memory_as_is_documented() {
        assert_eq!(size_of::<SliceHistory>(), 288);
    }
}
