//! Which of the networks that ship plan demand of which step.
//!
//! A decision for the next step may use samples of before it alone, so that a trace is never taken to a
//! finer step: networks are applied in the trace's own step, those whose own is the nearest in ratio.

use super::generator::ServiceName;

/// Steps, in minutes, that each generated service's networks were trained on.
pub const NETWORK_STEPS: [u32; 3] = [5, 15, 60];

/// The step of [`NETWORK_STEPS`] that is nearest in ratio to `step_minutes` (1 or more); of two as near
/// the shorter one.
pub fn nearest_network_step(step_minutes: u32) -> u32 {
    let mut nearest = NETWORK_STEPS[0];
    for step in NETWORK_STEPS {
        if is_nearer(step, nearest, step_minutes) {
            nearest = step;
        }
    }
    nearest
}

/// Whether networks for a step of `trained` minutes may plan demand of steps of `planned` minutes: the
/// steps are the same, or no shipped networks are nearer.
pub fn may_plan(trained: u32, planned: u32) -> bool {
    let nearest = nearest_network_step(planned);
    trained == planned || !is_nearer(nearest, trained, planned)
}

/// Whether `one` is nearer in ratio to `wanted` than `other`.
fn is_nearer(one: u32, other: u32, wanted: u32) -> bool {
    let ratio = |step: u32| {
        let (long, short) = (step.max(wanted), step.min(wanted));
        (u64::from(long), u64::from(short.max(1)))
    };
    let ((long, short), (other_long, other_short)) = (ratio(one), ratio(other));
    long * other_short < other_long * short
}

/// In which steps is planned, and on which the networks were trained, where these are others; both in
/// minutes.
pub fn steps_told(planned: u32, trained: u32) -> Option<String> {
    (planned != trained).then(|| {
        let (planned, trained) = (duration(planned), duration(trained));
        format!("planned in steps of {planned} by networks trained on steps of {trained}")
    })
}

/// A length of time: `5 minutes`, `1 hour`, `1 day`.
pub fn duration(minutes: u32) -> String {
    let (length, unit) = match minutes {
        minutes if minutes.is_multiple_of(1440) => (1440, "day"),
        minutes if minutes.is_multiple_of(60) => (60, "hour"),
        _ => (1, "minute"),
    };
    let count = minutes / length;
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{ending}")
}

/// Name of the networks of `service` for demand of steps of `step_minutes`.
pub fn network_name(service: ServiceName, step_minutes: u32) -> String {
    match nearest_network_step(step_minutes) {
        5 => service.as_str().to_owned(),
        step => format!("{}-{step}min", service.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_from_a_minute_to_a_day_has_the_networks_that_are_nearest_in_ratio() {
        for (step, nearest) in
            [(1, 5), (5, 5), (8, 5), (9, 15), (10, 15), (15, 15), (30, 15), (31, 60), (60, 60)]
        {
            assert_eq!(nearest_network_step(step), nearest, "{step}");
        }
        assert_eq!((nearest_network_step(240), nearest_network_step(1440)), (60, 60));
        assert_eq!(network_name(ServiceName::CloudGaming, 1), "cloud-gaming");
        assert_eq!(network_name(ServiceName::VideoStreaming, 10), "video-streaming-15min");
        assert_eq!(network_name(ServiceName::WebBrowsing, 1440), "web-browsing-60min");
    }

    #[test]
    fn steps_that_the_networks_were_not_trained_on_are_told() {
        assert_eq!(steps_told(15, 15), None);
        let told = "planned in steps of 10 minutes by networks trained on steps of 15 minutes";
        assert_eq!(steps_told(10, 15).as_deref(), Some(told));
        let told = "planned in steps of 1 day by networks trained on steps of 1 hour";
        assert_eq!(steps_told(1440, 60).as_deref(), Some(told));
        assert_eq!((duration(1), duration(90)), ("1 minute".to_owned(), "90 minutes".to_owned()));
        assert_eq!((duration(120), duration(2880)), ("2 hours".to_owned(), "2 days".to_owned()));
    }

    #[test]
    fn networks_plan_their_own_step_and_those_that_no_others_are_nearer_to() {
        assert!(may_plan(5, 5) && may_plan(5, 1) && may_plan(15, 10) && may_plan(60, 1440));
        assert!(!may_plan(5, 60) && !may_plan(60, 5) && !may_plan(15, 1));
        // One's own networks, nearer than those that ship.
        assert!(may_plan(10, 10) && may_plan(10, 9) && may_plan(30, 30) && may_plan(30, 40));
        // As near as others, and so no farther.
        assert!(may_plan(60, 30));
    }
}
