//! The view in words.

use slicewise_core::forecast::ServiceName;
use slicewise_core::forecast::network_steps::{duration, steps_told};
use slicewise_core::forecast::reservation::{ReservationMethod, ReservationPlan, Rivals};

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
        ReservationMethod::LastSample => "Last sample × k",
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
        ReservationMethod::LastSample => {
            "the demand of the interval before, times the one factor k that was cheapest on the training days"
        }
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

/// The step that comes next: `next 5 minutes`, `next hour`.
fn next_step(minutes: u32) -> String {
    let length = duration(minutes);
    format!("next {}", length.strip_prefix("1 ").unwrap_or(&length))
}

/// In which steps is planned, and on which the networks were trained, where these are others.
pub fn steps(plan: &ReservationPlan) -> Option<String> {
    steps_told(plan.step_minutes, plan.network_step_minutes)
}

/// By how much the networks' decisions were moved, and how.
pub fn moved(plan: &ReservationPlan) -> String {
    let by = number_text::rounded(plan.moved);
    let unit = "of the change that is usual from one interval to the next";
    if plan.by_time_of_day {
        return format!(
            "decisions averaged with Holt-Winters and moved hour by hour, by {by} {unit} on average: the cheapest on \
             the days before, chosen anew each day"
        );
    }
    format!("decisions moved by {by} {unit}: the cheapest on the training days")
}

/// The answer as one sentence.
pub fn answer(plan: &ReservationPlan) -> String {
    let next = number_text::quantity(plan.next, &plan.unit);
    let mut text = format!("Reserve {next} for the {}.", next_step(plan.step_minutes));
    let Some(ours) = plan.methods.first() else { return text };
    text += &format!(
        " Over the {} the learned loss costs {} per interval{} and breaks the promise in {} of the intervals.",
        tested(plan),
        number_text::rounded(ours.score.cost),
        compared(plan),
        number_text::percent(ours.score.violations)
    );
    if plan.rivals == Rivals::NotAsked {
        text += " The other methods are deciding.";
    }
    text
}

/// Our cost beside that of the best of the others, once all of them are there.
fn compared(plan: &ReservationPlan) -> String {
    let Some(rival) = plan.best_rival() else { return String::new() };
    let name = method_name(rival.method);
    let Some(saved) = plan.saving_against(rival) else {
        return format!(", where {name}, the best of the others, costs nothing,");
    };
    let share = number_text::percent(saved.abs());
    let comparison = match saved {
        saved if saved <= -1.0 => format!("{} times as much as", number_text::rounded(1.0 - saved)),
        saved if saved < 0.0 => format!("{share} more than"),
        _ => format!("{share} less than"),
    };
    format!(", {comparison} {name}, the best of the others,")
}

/// The length of the test, in the days that the page leafs through: `7 test days`.
fn tested(plan: &ReservationPlan) -> String {
    let (steps, day) = (plan.demand.len(), plan.steps_per_day());
    if steps < day {
        return number_text::counted(steps, "test interval");
    }
    let days = number_text::counted(plan.test_days(), "test day");
    let part = if steps.is_multiple_of(day) { "" } else { ", the last one in part," };
    format!("{days}{part}")
}

/// One day of the test, from 0, as the page leafs through them: `Sun, test day 7 of 7`.
pub fn test_day(plan: &ReservationPlan, day: usize) -> String {
    let weekday = weekday(plan.minute(day * plan.steps_per_day()));
    format!("{weekday}, test day {} of {}", day + 1, plan.test_days())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::charts::examples;

    /// The example with these costs of ours and of the other method.
    fn costing(ours: f64, other: f64) -> ReservationPlan {
        let mut plan = examples::reservation();
        plan.methods[0].score.cost = ours;
        plan.methods[1].score.cost = other;
        plan
    }

    #[test]
    fn a_rival_that_costs_nothing_gives_no_percentage_of_300_digits() {
        // A constant trace: Holt-Winters is right but for rounding.
        let told = answer(&costing(0.008, 8e-12));
        assert!(
            told.contains(
                "costs 0.008 per interval, where Holt-Winters, the best of the others, costs nothing, \
                 and breaks"
            ),
            "{told}"
        );
        assert!(told.len() < 250, "{told}");
        for (ours, other) in [(0.0, 0.0), (3.0, 0.0)] {
            let told = answer(&costing(ours, other));
            assert!(told.contains("costs nothing") && !told.contains("inf"), "{told}");
        }
    }

    #[test]
    fn a_cost_is_told_beside_the_best_of_the_others() {
        for (ours, words) in [
            (6.0, ", 25 % less than Holt-Winters,"),
            (9.0, ", 12.5 % more than Holt-Winters,"),
            (40.0, ", 5 times as much as Holt-Winters,"),
        ] {
            let told = answer(&costing(ours, 8.0));
            assert!(told.contains(words), "{told}");
        }
    }

    #[test]
    fn the_best_of_the_others_is_told_only_once_all_others_are_there() {
        let whole = costing(6.0, 8.0);
        assert!(!answer(&whole).contains("are deciding"), "{}", answer(&whole));
        let early = answer(&ReservationPlan { rivals: Rivals::NotAsked, ..whole });
        assert!(!early.contains("best of the others") && !early.contains("Holt"), "{early}");
        assert!(early.ends_with("The other methods are deciding."), "{early}");
    }

    #[test]
    fn steps_that_the_networks_were_not_trained_on_are_told() {
        let of = |step_minutes, network_step_minutes| {
            let plan = examples::reservation();
            steps(&ReservationPlan { step_minutes, network_step_minutes, ..plan })
        };
        assert_eq!(of(15, 15), None);
        let told = "planned in steps of 10 minutes by networks trained on steps of 15 minutes";
        assert_eq!(of(10, 15).as_deref(), Some(told));
        let told = "planned in steps of 1 day by networks trained on steps of 1 hour";
        assert_eq!(of(1440, 60).as_deref(), Some(told));
    }

    #[test]
    fn moves_by_the_hour_of_the_day_are_told_from_one_move_for_all_days() {
        let plan = ReservationPlan { moved: 0.5, ..examples::reservation() };
        assert!(moved(&plan).ends_with("the cheapest on the training days"), "{}", moved(&plan));
        let hourly = moved(&ReservationPlan { by_time_of_day: true, ..plan });
        assert!(hourly.contains("averaged with Holt-Winters and moved hour by hour"), "{hourly}");
    }

    #[test]
    fn a_step_of_a_minute_an_hour_or_a_day_is_told_in_words() {
        let told = |minutes: u32| (duration(minutes), next_step(minutes));
        let own = |length: &str, next: &str| (length.to_owned(), next.to_owned());
        assert_eq!(told(1), own("1 minute", "next minute"));
        assert_eq!(told(5), own("5 minutes", "next 5 minutes"));
        assert_eq!(told(15), own("15 minutes", "next 15 minutes"));
        assert_eq!(told(60), own("1 hour", "next hour"));
        assert_eq!(told(90), own("90 minutes", "next 90 minutes"));
        assert_eq!(told(120), own("2 hours", "next 2 hours"));
        assert_eq!(told(1440), own("1 day", "next day"));
    }

    #[test]
    fn the_sentence_and_the_slider_tell_the_same_number_of_test_days() {
        // Steps of four hours: six a day.
        let lasting = |steps: usize| {
            let demand = vec![1.0; steps];
            ReservationPlan { demand, ..examples::reservation() }
        };
        for (steps, tests, last) in [
            (12, "2 test days the", "Tue, test day 2 of 2"),
            (14, "3 test days, the last one in part, the", "Wed, test day 3 of 3"),
            (6, "1 test day the", "Mon, test day 1 of 1"),
            (4, "4 test intervals the", "Mon, test day 1 of 1"),
        ] {
            let plan = lasting(steps);
            assert!(answer(&plan).contains(&format!("Over the {tests} learned loss")), "{steps}");
            assert_eq!(test_day(&plan, plan.test_days() - 1), last);
        }
    }

    #[test]
    fn minutes_are_told_as_days_and_times() {
        assert_eq!(moment(4 * 1440), "Mon 00:00");
        assert_eq!(moment(-1), "Wed 23:59");
        assert_eq!(clock(8 * 60 + 5), "08:05");
    }
}
