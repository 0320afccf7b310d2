//! The view in words.

use slicewise_core::forecast::ServiceName;
use slicewise_core::forecast::reservation::{
    MethodPlan, ReservationMethod, ReservationPlan, Rivals,
};

use crate::controls::number_text;

/// A service's name for people.
pub fn service_name(service: ServiceName) -> &'static str {
    match service {
        ServiceName::VideoStreaming => "Video streaming",
        ServiceName::WebBrowsing => "Web browsing",
        ServiceName::SocialMedia => "Social media",
        ServiceName::CloudGaming => "Cloud gaming",
    }
}

/// A method's name for people.
pub fn method_name(method: ReservationMethod) -> &'static str {
    match method {
        ReservationMethod::Learned => "Learned loss",
        ReservationMethod::AlphaOmc => "alpha-OMC",
        ReservationMethod::BestMargin => "Best margin in hindsight",
        ReservationMethod::Pinball => "Pinball quantile",
        ReservationMethod::SeasonalNaive => "Same time yesterday",
        ReservationMethod::HoltWinters => "Holt-Winters",
    }
}

/// What a method is, in one line.
pub fn method_about(method: ReservationMethod, rivals: Rivals) -> &'static str {
    let seasonal = rivals == Rivals::HoltWinters;
    match method {
        ReservationMethod::Learned => {
            "LSTM that learned through a second network, which learned the cost from measurements"
        }
        ReservationMethod::AlphaOmc if seasonal => {
            "Holt-Winters plus the margin that is best under DeepCog’s loss"
        }
        ReservationMethod::AlphaOmc => {
            "the same LSTM on DeepCog’s loss alpha-OMC, for these prices"
        }
        ReservationMethod::BestMargin if seasonal => {
            "Holt-Winters plus the margin that is best on the test itself"
        }
        ReservationMethod::BestMargin => {
            "the same LSTM on absolute error, plus the margin that is best on the test itself"
        }
        ReservationMethod::Pinball if seasonal => {
            "Holt-Winters plus the newsvendor quantile of its errors"
        }
        ReservationMethod::Pinball => "the same LSTM on pinball loss at the newsvendor quantile",
        ReservationMethod::SeasonalNaive => {
            "yesterday’s demand plus a margin for 95 % of the errors"
        }
        ReservationMethod::HoltWinters => {
            "level, trend and daily season plus a margin for 95 % of the errors"
        }
    }
}

/// What the methods that know the prices stand on.
pub fn about_rivals(rivals: Rivals) -> &'static str {
    match rivals {
        Rivals::Regressors => {
            "alpha-OMC, best margin and pinball are regressors of the same size that learned from the same days. Where \
             the terms or the trace are others than they learned from, each is moved by its own loss, as ours is."
        }
        Rivals::NotAsked => "The regressors that learned on other losses are deciding.",
        Rivals::HoltWinters => {
            "alpha-OMC, best margin and pinball stand here on Holt-Winters forecasts, since no regressors learned on \
             their losses beside these networks: tick it under Learn again."
        }
    }
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Day of the week and time of a minute since 1970 (UTC): `Mon 08:05`.
pub fn moment(minute: i64) -> String {
    format!("{} {}", weekday(minute), clock(minute))
}

/// Day of the week of a minute since 1970.
pub fn weekday(minute: i64) -> &'static str {
    // 1970-01-01 was a Thursday.
    DAYS[(minute.div_euclid(1440) + 3).rem_euclid(7) as usize]
}

/// Time of the day of a minute since 1970: `08:05`.
pub fn clock(minute: i64) -> String {
    let of_day = minute.rem_euclid(1440);
    format!("{:02}:{:02}", of_day / 60, of_day % 60)
}

/// The length of a step: `5 minutes`.
pub fn interval(minutes: u32) -> String {
    match minutes {
        1 => "minute".to_owned(),
        60 => "hour".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

/// The other method with the lowest cost.
pub fn best_rival(plan: &ReservationPlan) -> Option<&MethodPlan> {
    let rivals = plan.methods.iter().filter(|plan| plan.method != ReservationMethod::Learned);
    rivals.min_by(|one, other| one.score.cost.total_cmp(&other.score.cost))
}

/// The answer as one sentence.
pub fn answer(plan: &ReservationPlan) -> String {
    let next = number_text::quantity(plan.next, &plan.unit);
    let mut text = format!("Reserve {next} for the next {}.", interval(plan.step_minutes));
    let Some(ours) = plan.methods.first() else { return text };
    text += &format!(
        " Over the {} the learned loss costs {} per interval and breaks the promise in {} of them",
        tested(plan),
        number_text::rounded(ours.score.cost),
        number_text::percent(ours.score.violations)
    );
    let Some(rival) = best_rival(plan) else { return text + "." };
    let saved = 1.0 - ours.score.cost / rival.score.cost.max(f64::MIN_POSITIVE);
    let comparison = if saved >= 0.0 { "less" } else { "more" };
    text + &format!(
        ": {} {comparison} than {}, the best of the others.",
        number_text::percent(saved.abs()),
        method_name(rival.method)
    )
}

/// The length of the test: `7 test days`.
fn tested(plan: &ReservationPlan) -> String {
    let days = plan.demand.len() as f64 * f64::from(plan.step_minutes) / 1440.0;
    if days >= 1.5 {
        return format!("{} test days", number_text::rounded(days.round()));
    }
    format!("{} test intervals", plan.demand.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_told_as_days_and_times() {
        assert_eq!(moment(4 * 1440), "Mon 00:00");
        assert_eq!(moment(-1), "Wed 23:59");
        assert_eq!(clock(8 * 60 + 5), "08:05");
    }
}
