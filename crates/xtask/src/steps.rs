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

    /// Prints each step with its time and note.
    pub fn sum_up(&self) {
        println!("\n{:<24} {:>9}", "step", "seconds");
        for (name, time, note) in &self.done {
            println!("{name:<24} {:>9.1}  {note}", time.as_secs_f64());
        }
        let total: Duration = self.done.iter().map(|(_, time, _)| time).sum();
        println!("{:<24} {:>9.1}", "total", total.as_secs_f64());
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
}
