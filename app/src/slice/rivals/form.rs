//! Who races, and from which seed: the tab's part of the page's link.

use serde::{Deserialize, Serialize};
use slicewise_core::InputError;
use slicewise_core::error::check_range;

use super::method::{METHODS, Method};
use crate::annex::own_state;

/// The longest text of a link that is read, in bytes.
const LONGEST: usize = 2000;
/// The largest seed.
pub const MOST_SEED: u32 = 1_000_000;

/// What is chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RaceForm {
    /// Names of the methods that race.
    pub methods: Vec<String>,
    /// Seed of what they draw.
    pub seed: u32,
}

impl Default for RaceForm {
    fn default() -> Self {
        let usual = METHODS.iter().filter(|method| method.usual);
        Self { methods: usual.map(|method| method.name.to_owned()).collect(), seed: 1 }
    }
}

impl RaceForm {
    /// Whether `method` races.
    pub fn has(&self, method: Method) -> bool {
        self.methods.iter().any(|name| name == method.name)
    }

    /// Lets `method` race or not; the order stays that of all methods.
    pub fn choose(&mut self, method: Method, races: bool) {
        let chosen = METHODS.iter().filter(|other| match **other == method {
            true => races,
            false => self.has(**other),
        });
        self.methods = chosen.map(|method| method.name.to_owned()).collect();
    }

    /// The text that the page's link carries; none for what the tab opens with.
    pub fn text(&self) -> Option<String> {
        own_state::write(self)
    }

    /// What a link's text stands for.
    ///
    /// # Errors
    /// Names what cannot be used.
    pub fn of(text: Option<&str>) -> Result<Self, InputError> {
        let form: Self = own_state::read(text, "rivals", LONGEST)?;
        if let Some(unknown) = form.methods.iter().find(|name| Method::named(name).is_none()) {
            let allowed = METHODS.map(|method| method.name).join(", ");
            return Err(InputError::new("rivals.methods", unknown, allowed));
        }
        check_range("rivals.seed", f64::from(form.seed), 0.0, f64::from(MOST_SEED), "")?;
        Ok(form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_reproduces_its_choice_and_the_usual_one_needs_none() {
        assert_eq!(RaceForm::default().text(), None);
        let mut form = RaceForm { seed: 7, ..RaceForm::default() };
        form.choose(METHODS[11], true);
        form.choose(METHODS[2], false);
        assert_eq!(RaceForm::of(form.text().as_deref()), Ok(form.clone()));
        assert_eq!(form.methods.last().map(String::as_str), Some("cadrl"));
        assert!(!form.has(METHODS[2]));
    }

    #[test]
    fn a_text_that_cannot_be_used_is_named() {
        let field = |text: &str| RaceForm::of(Some(text)).unwrap_err().field;
        assert_eq!(field("{"), "rivals");
        assert_eq!(field(&"x".repeat(LONGEST + 1)), "rivals");
        assert_eq!(field(r#"{"methods": ["simplex"], "seed": 1}"#), "rivals.methods");
        assert_eq!(field(r#"{"methods": [], "seed": 2000000}"#), "rivals.seed");
    }
}
