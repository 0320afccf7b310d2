//! Stamps of a clock in a zone of the world.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::{self, AmbiguousOffset};
use slicewise_core::InputError;

/// A zone by its name in the time zone database.
#[derive(Clone, Debug)]
pub struct TimeZone(tz::TimeZone);

impl FromStr for TimeZone {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = tz::TimeZone::get(name);
        found.map(Self).map_err(|_| "a name such as Europe/Zurich or UTC".to_owned())
    }
}

/// Turns stamps of a wall's clock, in the order of a file, into UTC.
pub type Clock<'a> = Box<dyn Fn(&mut [i64]) -> Result<(), InputError> + 'a>;

impl TimeZone {
    /// Milliseconds of its clock as milliseconds since 1970, UTC. Of an hour that comes twice the first
    /// stamps are those before the change, and those behind it once the stamps go back or repeat.
    pub fn clock(&self) -> Clock<'_> {
        Box::new(|stamps| {
            let mut before = i64::MIN;
            for stamp in stamps {
                let early = self.utc(*stamp, false)?;
                let late = self.utc(*stamp, true)?;
                *stamp = if early > before { early } else { late };
                before = *stamp;
            }
            Ok(())
        })
    }

    fn utc(&self, local_ms: i64, behind_the_change: bool) -> Result<i64, InputError> {
        let wrong = || InputError::new("time", local_ms, "a date of the years 1 to 9999");
        let moment = Timestamp::from_millisecond(local_ms).map_err(|_| wrong())?;
        let local = tz::TimeZone::UTC.to_datetime(moment);
        let offset = match self.0.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Gap { before, .. } => before,
            AmbiguousOffset::Fold { after, .. } if behind_the_change => after,
            AmbiguousOffset::Fold { before, .. } => before,
        };
        Ok(local_ms - i64::from(offset.seconds()) * 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_that_zurich_repeats_comes_once_before_and_once_behind_the_change() {
        // 2013-10-27 00:45 UTC is 2:45 in Zurich, and so is 1:45 UTC.
        let midnight = 1_382_832_000_000;
        let minutes = [105, 120, 135, 150, 165, 120, 135, 150, 165, 180];
        let mut stamps: Vec<i64> =
            minutes.iter().map(|minute| midnight + minute * 60_000).collect();
        let zone = TimeZone::from_str("Europe/Zurich").unwrap();
        (zone.clock())(&mut stamps).unwrap();
        let utc: Vec<i64> = stamps.iter().map(|ms| (ms - midnight) / 60_000).collect();
        assert_eq!(utc, [-15, 0, 15, 30, 45, 60, 75, 90, 105, 120]);
        assert!(TimeZone::from_str("Europe/Nowhere").is_err());
    }
}
