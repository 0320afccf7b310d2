//! Demand as `train`, `evaluate` and `plan` take it: a trace, or a generated service in any step that
//! the generator's five minutes make.

use slicewise_core::forecast::generator::{MOST_DAYS, STEP_MINUTES};
use slicewise_core::forecast::{DEMAND_SEED, DemandSeries, Service};

use super::demand::{DemandSource, GENERATED_DAYS, service_name};

/// Steps of a service whose steps are longer than the generator's, in those of one whose are not.
const MORE_STEPS: usize = 3;

/// Where demand comes from.
#[derive(clap::Args, Debug)]
pub struct Demand {
    #[command(flatten)]
    pub source: DemandSource,
    /// Days of a generated service, whose demand over each of --step-minutes is the mean of the
    /// generator's five minutes [default: 21; for longer steps three times as many steps, at most 1826
    /// days].
    #[arg(long, requires = "service")]
    pub days: Option<usize>,
}

impl Demand {
    /// The series of the demand.
    ///
    /// # Errors
    /// Says which file, column or service there is not, or what cannot be used.
    pub fn read(&self) -> anyhow::Result<DemandSeries> {
        let Some(service) = &self.source.service else { return self.source.read() };
        let name = service_name(service)?;
        let step = self.source.step_minutes.unwrap_or(STEP_MINUTES);
        let days = self.days.unwrap_or_else(|| usual_days(step));
        let series = Service::of(name).generate(name.as_str(), days, DEMAND_SEED)?;
        Ok(series.averaged_to(step)?)
    }

    /// All series that are asked for: with `--series all` every one of the table.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub fn read_several(&self) -> anyhow::Result<Vec<DemandSeries>> {
        match self.source.service {
            Some(_) => Ok(vec![self.read()?]),
            None => self.source.read_several(),
        }
    }

    /// The flags that name it.
    pub fn arguments(&self) -> String {
        let Some(service) = &self.source.service else { return self.source.arguments() };
        let mut arguments = format!("--service {service}");
        if let Some(step) = self.source.step_minutes.filter(|step| *step != STEP_MINUTES) {
            arguments += &format!(" --step-minutes {step}");
        }
        if let Some(days) = self.days {
            arguments += &format!(" --days {days}");
        }
        arguments
    }
}

/// Days that are generated: [`GENERATED_DAYS`], or for longer steps those that make
/// [`MORE_STEPS`] times as many steps, from which their networks learn more.
fn usual_days(step_minutes: u32) -> usize {
    if step_minutes <= STEP_MINUTES {
        return GENERATED_DAYS;
    }
    let days = MORE_STEPS * GENERATED_DAYS * step_minutes as usize / STEP_MINUTES as usize;
    days.min(MOST_DAYS)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        demand: Demand,
    }

    fn demand(line: &str) -> Demand {
        Line::try_parse_from(["x"].into_iter().chain(line.split_whitespace())).unwrap().demand
    }

    #[test]
    fn longer_steps_have_the_mean_of_the_five_minutes_and_there_are_more_of_them() {
        let five = demand("--service web-browsing --days 189").read().unwrap();
        let quarters = demand("--service web-browsing --step-minutes 15").read().unwrap();
        assert_eq!((quarters.values.len(), quarters.step_minutes), (3 * 6048, 15));
        let mean = five.values[..3].iter().sum::<f64>() / 3.0;
        assert!((quarters.values[0] - mean).abs() < 1e-12 * mean);
        assert_eq!(demand("--service web-browsing").read().unwrap().values.len(), 6048);
    }

    #[test]
    fn steps_that_the_generator_does_not_make_are_named() {
        let error = demand("--service web-browsing --step-minutes 7").read().unwrap_err();
        assert!(error.to_string().starts_with("step_minutes is 7"), "{error}");
    }

    #[test]
    fn what_is_typed_again_makes_the_same_demand() {
        let line = "--service cloud-gaming --step-minutes 60 --days 70";
        assert_eq!(demand(line).arguments(), line);
        assert_eq!(demand("--service cloud-gaming").arguments(), "--service cloud-gaming");
    }
}
