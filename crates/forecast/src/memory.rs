//! What is kept between jobs: networks and traces that were installed, and what the last ones decided.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use slicewise_core::InputError;
use slicewise_core::forecast::ForecastJob;
use slicewise_core::forecast::networks::{ForecastNetwork, NetworkSource};
use slicewise_core::forecast::trace::TraceSource;
use slicewise_optim::{Halted, Monitor};

use crate::admission::plan::Admissions;
use crate::networks::Networks;
use crate::reservation::plan::Decided;
use crate::reservation::problem::Trace;

/// Networks and traces that were installed are kept up to this many of each: those used last.
pub const MOST_INSTALLED: usize = 8;

/// Shared by all jobs under way.
#[derive(Debug, Default)]
pub struct Memory(RefCell<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// By their card's name.
    shipped: HashMap<String, Rc<Networks>>,
    networks: Newest<Networks>,
    traces: Newest<Trace>,
    generated: Option<(TraceSource, Rc<Trace>)>,
    decided: Option<Rc<Decided>>,
    admissions: Option<Rc<Admissions>>,
}

impl Memory {
    /// Keeps networks or a trace, which jobs ask for by their fingerprint. Where they cannot be used, the
    /// reason is kept in their place, so that the job that asks is told it.
    ///
    /// # Errors
    /// Names what is wrong with them.
    pub fn install(&self, installed: &ForecastNetwork) -> Result<(), InputError> {
        let fingerprint = installed.fingerprint();
        match installed {
            ForecastNetwork::Networks(networks) => {
                let networks = Networks::of_visitor(networks);
                self.0.borrow_mut().networks.keep(fingerprint, networks)
            }
            ForecastNetwork::Trace(trace) => {
                let trace = Trace::of(trace.into());
                self.0.borrow_mut().traces.keep(fingerprint, trace)
            }
        }
    }

    /// Keeps networks that ship with the page.
    pub fn keep_shipped(&self, name: &str, networks: Networks) {
        self.0.borrow_mut().shipped.insert(name.to_owned(), Rc::new(networks));
    }

    /// The shipped networks that `job` needs and that are not kept yet.
    pub fn missing<'a>(&self, job: &'a ForecastJob) -> Option<&'a str> {
        match job.networks() {
            Some(NetworkSource::Shipped(name)) if !self.0.borrow().shipped.contains_key(name) => {
                Some(name)
            }
            _ => None,
        }
    }

    /// The networks of `source`.
    ///
    /// # Errors
    /// Names those that are not kept.
    pub fn networks(&self, source: &NetworkSource) -> Result<Rc<Networks>, InputError> {
        let mut kept = self.0.borrow_mut();
        match source {
            NetworkSource::Shipped(name) => kept.shipped.get(name).cloned().ok_or_else(|| {
                let allowed = "networks that were kept before the job".to_owned();
                InputError::new("networks", name, allowed)
            }),
            NetworkSource::Installed(fingerprint) => kept.networks.get("networks", fingerprint),
        }
    }

    /// The trace of `source`; a generated one is generated when it is first asked for.
    ///
    /// # Errors
    /// Names the trace that is not kept.
    pub fn trace(&self, source: &TraceSource) -> Result<Rc<Trace>, InputError> {
        let mut kept = self.0.borrow_mut();
        match source {
            TraceSource::Installed(fingerprint) => kept.traces.get("trace", fingerprint),
            TraceSource::Generated { service, seed } => {
                if let Some((_, trace)) = kept.generated.as_ref().filter(|(of, _)| of == source) {
                    return Ok(trace.clone());
                }
                let trace = Rc::new(Trace::generated(*service, *seed)?);
                kept.generated = Some((source.clone(), trace.clone()));
                Ok(trace)
            }
        }
    }

    /// What `networks` decide on `trace`, now or the last time. `observe` hears the share of the
    /// decisions that are made; `now` gives milliseconds.
    pub(crate) async fn decided(
        &self,
        trace: &Rc<Trace>,
        networks: &Rc<Networks>,
        monitor: &impl Monitor,
        observe: &mut impl FnMut(f64),
        now: &impl Fn() -> f64,
    ) -> Result<Rc<Decided>, Halted> {
        let kept = self.0.borrow().decided.clone();
        if let Some(decided) = kept.filter(|decided| decided.is_of(trace, networks)) {
            return Ok(decided);
        }
        let (trace, networks) = (trace.clone(), networks.clone());
        let decided = Rc::new(Decided::new(trace, networks, monitor, observe, now).await?);
        self.0.borrow_mut().decided = Some(decided.clone());
        Ok(decided)
    }

    /// Our last admissions, if they were decided for `key`.
    pub(crate) fn admissions(&self, key: &str) -> Option<Rc<Admissions>> {
        self.0.borrow().admissions.clone().filter(|admissions| admissions.key == key)
    }

    /// Keeps our admissions, in place of the last ones.
    pub(crate) fn keep_admissions(&self, admissions: Admissions) {
        self.0.borrow_mut().admissions = Some(Rc::new(admissions));
    }
}

/// Some values by their fingerprints, or why there are none, the one used last at the end.
#[derive(Debug)]
struct Newest<T>(Vec<(String, Result<Rc<T>, InputError>)>);

impl<T> Default for Newest<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Newest<T> {
    fn keep(
        &mut self,
        fingerprint: String,
        value: Result<T, InputError>,
    ) -> Result<(), InputError> {
        let value = value.map(Rc::new);
        let told = value.as_ref().map(|_| ()).map_err(Clone::clone);
        self.0.retain(|(known, _)| *known != fingerprint);
        if self.0.len() == MOST_INSTALLED {
            let _oldest = self.0.remove(0);
        }
        self.0.push((fingerprint, value));
        told
    }

    fn get(&mut self, field: &str, fingerprint: &str) -> Result<Rc<T>, InputError> {
        let Some(index) = self.0.iter().position(|(known, _)| known == fingerprint) else {
            let known: Vec<&str> = self.0.iter().map(|(known, _)| &known[..]).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let allowed = format!("the fingerprint of what was installed: {known}");
            return Err(InputError::new(field, fingerprint, allowed));
        };
        let entry = self.0.remove(index);
        self.0.push(entry.clone());
        entry.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_last_stays_and_the_rest_is_forgotten_beyond_the_limit() {
        let mut kept = Newest::default();
        for number in 0..MOST_INSTALLED {
            kept.keep(number.to_string(), Ok(number)).unwrap();
        }
        assert_eq!(*kept.get("networks", "0").unwrap(), 0);
        kept.keep("another".to_owned(), Ok(99)).unwrap();
        assert_eq!(*kept.get("networks", "0").unwrap(), 0);
        let error = kept.get("networks", "1").unwrap_err();
        assert_eq!((&error.field[..], &error.value[..]), ("networks", "1"));
        assert!(error.allowed.contains("another"), "{error}");
    }

    #[test]
    fn who_asks_for_what_could_not_be_used_is_told_why() {
        let mut kept: Newest<usize> = Newest::default();
        let why = InputError::new("length of the trace", 13, "36 to 526000 samples");
        assert_eq!(kept.keep("short".to_owned(), Err(why.clone())), Err(why.clone()));
        assert_eq!(kept.get("trace", "short"), Err(why));
    }
}
