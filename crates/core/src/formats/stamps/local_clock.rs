//! Stamps of a clock on some wall, which repeats an hour in autumn and leaves one out in spring.

use super::calendar::{DAY_MS, civil, weekday};

const HOUR_MS: i64 = 3_600_000;

/// What daylight saving did to the stamps of one series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Days, since 1970-01-01, on which an hour came twice: both are kept.
    pub repeated: Vec<i64>,
    /// Days on which an hour was left out: it is no gap.
    pub left_out: Vec<i64>,
}

/// Makes the stamps of one series, in the order of the file, go on evenly: what follows a repeated hour
/// lies an hour later, what follows one that was left out an hour earlier.
///
/// An hour counts as repeated where stamps go back by an hour less one step, or where every stamp of an
/// hour comes twice; as left out where they jump by an hour and one step; both on a Sunday of the months
/// in which clocks change, before four o'clock. A single hour missing from hourly stamps counts as left
/// out only where another one is repeated: it may as well be a hole.
pub fn unwound(stamps: &mut [i64]) -> Changes {
    let mut changes = Changes::default();
    let Some(step) = usual_distance(stamps).filter(|step| *step <= HOUR_MS) else { return changes };
    let raw = stamps.to_vec();
    let repeats = |at: usize| raw[at] - raw[at - 1] == step - HOUR_MS && may_change(raw[at], false);
    let has_repeat = (1..raw.len()).any(repeats);
    let (mut shift, mut at) = (0, 1);
    while at < raw.len() {
        let distance = raw[at] - raw[at - 1];
        if let Some(pairs) = twice_each(&raw, at, step) {
            for pair in 0..pairs {
                let first = at - 1 + 2 * pair;
                stamps[first] = raw[first] + shift;
                stamps[first + 1] = raw[first + 1] + shift + HOUR_MS;
            }
            shift += HOUR_MS;
            changes.repeated.push(raw[at].div_euclid(DAY_MS));
            at += 2 * pairs - 1;
            if at < raw.len() {
                stamps[at] = raw[at] + shift;
                at += 1;
            }
            continue;
        }
        if repeats(at) {
            shift += HOUR_MS;
            changes.repeated.push(raw[at].div_euclid(DAY_MS));
        } else if distance == step + HOUR_MS
            && may_change(raw[at], true)
            && (step < HOUR_MS || has_repeat)
        {
            shift -= HOUR_MS;
            changes.left_out.push(raw[at].div_euclid(DAY_MS));
        }
        stamps[at] = raw[at] + shift;
        at += 1;
    }
    changes
}

/// How many stamps from the one before `at` on come twice each, where they fill an hour of a Sunday on
/// which clocks may change.
fn twice_each(raw: &[i64], at: usize, step: i64) -> Option<usize> {
    if step >= HOUR_MS || raw[at] != raw[at - 1] || !may_change(raw[at], false) {
        return None;
    }
    let pairs = (HOUR_MS / step) as usize;
    let first = at - 1;
    let found = raw.get(first..first + 2 * pairs)?;
    let even = found
        .chunks_exact(2)
        .enumerate()
        .all(|(index, pair)| pair[0] == pair[1] && pair[0] == raw[first] + index as i64 * step);
    even.then_some(pairs)
}

/// The distance of most neighbours that differ; none where there is none.
fn usual_distance(stamps: &[i64]) -> Option<i64> {
    let mut distances: Vec<i64> =
        stamps.windows(2).map(|pair| pair[1] - pair[0]).filter(|distance| *distance > 0).collect();
    distances.sort_unstable();
    distances.get(distances.len().checked_sub(1)? / 2).copied()
}

/// Whether clocks may have changed at this moment: a Sunday before four o'clock (five in spring), in
/// March, April, September, October or November.
fn may_change(ms: i64, forwards: bool) -> bool {
    let day = ms.div_euclid(DAY_MS);
    let (_, month, _) = civil(day);
    let hour = ms.rem_euclid(DAY_MS) / HOUR_MS;
    let in_season = matches!(month, 3 | 4 | 9..=11);
    weekday(day) == 6 && in_season && hour <= if forwards { 4 } else { 3 }
}

#[cfg(test)]
mod tests {
    use super::super::calendar::day_of;
    use super::*;

    /// Minutes after the midnight of a day, as stamps of a wall's clock.
    fn stamps(year: i64, month: i64, day: i64, minutes: &[i64]) -> Vec<i64> {
        let midnight = day_of(year, month, day).unwrap() * DAY_MS;
        minutes.iter().map(|minute| midnight + minute * 60_000).collect()
    }

    fn distances(stamps: &[i64]) -> Vec<i64> {
        stamps.windows(2).map(|pair| (pair[1] - pair[0]) / 60_000).collect()
    }

    #[test]
    fn a_repeated_hour_lies_behind_the_first_one() {
        // Zurich, 27 October 2013: at three o'clock clocks went back to two.
        let mut found =
            stamps(2013, 10, 27, &[105, 120, 135, 150, 165, 120, 135, 150, 165, 180, 195]);
        let changes = unwound(&mut found);
        assert_eq!(distances(&found), [15; 10]);
        assert_eq!((changes.repeated.len(), changes.left_out.len()), (1, 0));
        let mut hourly = stamps(2013, 10, 27, &[0, 60, 120, 120, 180, 240]);
        assert_eq!(unwound(&mut hourly).repeated.len(), 1);
        assert_eq!(distances(&hourly), [60; 5]);
    }

    #[test]
    fn a_repeated_hour_that_was_sorted_is_taken_apart() {
        let mut found =
            stamps(2013, 10, 27, &[105, 120, 120, 135, 135, 150, 150, 165, 165, 180, 195]);
        assert_eq!(unwound(&mut found).repeated.len(), 1);
        found.sort_unstable();
        assert_eq!(distances(&found), [15; 10]);
    }

    #[test]
    fn an_hour_that_is_left_out_is_no_gap() {
        let mut found = stamps(2013, 3, 31, &[90, 105, 180, 195, 210]);
        assert_eq!(unwound(&mut found).left_out.len(), 1);
        assert_eq!(distances(&found), [15; 4]);
    }

    #[test]
    fn a_hole_at_another_time_and_a_repeated_stamp_of_another_day_stay() {
        let mut hole = stamps(2013, 3, 28, &[90, 105, 180, 195, 210]);
        let before = hole.clone();
        assert_eq!(unwound(&mut hole), Changes::default());
        assert_eq!(hole, before);
        let mut hourly = stamps(2013, 3, 31, &[0, 60, 180, 240]);
        assert_eq!(unwound(&mut hourly), Changes::default());
    }
}
