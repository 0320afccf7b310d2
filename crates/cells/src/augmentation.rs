//! The two ways in which a record teaches more than it says (IDLA, section V-B).

use slicewise_core::cells::profile::{DELAY_RANGE_MS, THROUGHPUT_RANGE_MBPS};
use slicewise_core::seed::{Rng, uniform};

use crate::simulator::TrainingRecord;

/// A slice that was not satisfied would have been, had it been promised what it got. None where it
/// was satisfied, or got less than can be promised.
pub fn with_achieved_requirement(record: &TrainingRecord) -> Option<TrainingRecord> {
    let (throughput, delay) = (record.kpis.throughput_mbps, record.kpis.delay_ms);
    let possible = throughput >= THROUGHPUT_RANGE_MBPS.0 && delay <= DELAY_RANGE_MS.1;
    if record.kpis.satisfaction >= 1.0 || !possible {
        return None;
    }
    let mut augmented = record.clone();
    augmented.required_throughput_mbps = throughput;
    augmented.required_delay_ms = delay.max(DELAY_RANGE_MS.0);
    augmented.kpis.satisfaction = 1.0;
    Some(augmented)
}

/// A slice that was satisfied would also have been with any larger share. None where it was not.
pub fn with_larger_share(
    record: &TrainingRecord,
    generator: &mut impl Rng,
) -> Option<TrainingRecord> {
    if record.kpis.satisfaction < 1.0 {
        return None;
    }
    let mut augmented = record.clone();
    augmented.kpis.share += (1.0 - record.kpis.share) * uniform(generator);
    Some(augmented)
}

#[cfg(test)]
mod tests {
    use slicewise_core::cells::Observation;
    use slicewise_core::cells::scenario::SliceKpis;
    use slicewise_core::seed::stream;

    use super::*;

    fn record(satisfaction: f64) -> TrainingRecord {
        TrainingRecord {
            step: 9,
            cell: 2,
            slice: 1,
            required_throughput_mbps: 2.0,
            required_delay_ms: 100.0,
            observation: Observation::default(),
            previous_satisfaction: 1.0,
            kpis: SliceKpis {
                share: 0.3,
                throughput_mbps: 2.0 * satisfaction,
                delay_ms: 40.0,
                satisfaction,
                ..SliceKpis::default()
            },
        }
    }

    #[test]
    fn what_was_achieved_would_have_satisfied() {
        let augmented = with_achieved_requirement(&record(0.5)).unwrap();
        assert_eq!(augmented.required_throughput_mbps, 1.0);
        assert_eq!(augmented.required_delay_ms, 40.0);
        assert_eq!((augmented.kpis.satisfaction, augmented.kpis.share), (1.0, 0.3));
        assert!(with_achieved_requirement(&record(1.0)).is_none());
        assert!(with_achieved_requirement(&record(0.0)).is_none());
    }

    #[test]
    fn a_larger_share_would_have_satisfied_too() {
        let mut generator = stream(1, 1);
        for _ in 0..100 {
            let augmented = with_larger_share(&record(1.0), &mut generator).unwrap();
            assert!((0.3..=1.0).contains(&augmented.kpis.share));
            assert_eq!(augmented.kpis.satisfaction, 1.0);
        }
        assert!(with_larger_share(&record(0.99), &mut generator).is_none());
    }
}
