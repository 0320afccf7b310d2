//! Steps that are announced, timed and summed up.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// What a step has to say in the summary, such as `34 tests passed`.
pub type Note = String;

/// The steps done so far.
#[derive(Default)]
pub struct Steps {
    done: Vec<(String, Duration, Note)>,
}

impl Steps {
    /// Announces `name`, runs `work` and notes how long it took.
    ///
    /// # Errors
    /// The error of `work`, after the summary of the steps before it.
    pub fn step(&mut self, name: &str, work: impl FnOnce() -> Result<Note>) -> Result<()> {
        println!("\n==> {name}");
        let start = Instant::now();
        match work() {
            Ok(note) => {
                self.done.push((name.to_owned(), start.elapsed(), note));
                Ok(())
            }
            Err(error) => {
                self.done.push((name.to_owned(), start.elapsed(), "FAILED".to_owned()));
                self.sum_up();
                Err(error).with_context(|| name.to_owned())
            }
        }
    }

    /// Prints each step with its minutes and note, and the sum.
    pub fn sum_up(&self) {
        println!("\n{}", self.table());
    }

    fn table(&self) -> String {
        let minutes = |time: Duration| time.as_secs_f64() / 60.0;
        let mut table = format!("{:<24} {:>9}\n", "step", "minutes");
        for (name, time, note) in &self.done {
            let line = format!("{name:<24} {:>9.1}  {note}", minutes(*time));
            table += line.trim_end();
            table += "\n";
        }
        let total: Duration = self.done.iter().map(|(_, time, _)| time).sum();
        table + &format!("{:<24} {:>9.1}", "in all", minutes(total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_step_is_named_and_ends_the_work() {
        let mut steps = Steps::default();
        steps.step("first", || Ok(String::new())).unwrap();
        let error = steps.step("second", || anyhow::bail!("broken")).unwrap_err();
        assert_eq!(format!("{error:#}"), "second: broken");
        assert_eq!(steps.done.len(), 2);
    }

    #[test]
    fn the_steps_are_summed_up_in_minutes() {
        let done =
            [("lints", 90, ""), ("tests", 150, "7 tests passed")].map(|(name, seconds, note)| {
                (name.to_owned(), Duration::from_secs(seconds), note.to_owned())
            });
        let table = Steps { done: done.into() }.table();
        let lines: Vec<Vec<&str>> =
            table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["lints", "1.5"]);
        assert_eq!(lines[2], ["tests", "2.5", "7", "tests", "passed"]);
        assert_eq!(lines[3], ["in", "all", "4.0"]);
    }
}
