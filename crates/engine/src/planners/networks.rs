//! The networks that an engine keeps for the Slice planner between jobs.

use std::collections::HashMap;
use std::rc::Rc;

use slicewise_core::InputError;
use slicewise_core::slice::job::Installed;
use slicewise_nets::Network;
use slicewise_nets::dense::weights;
use slicewise_slice::model::{check_name_is_free, names, shipped};

/// Networks that were asked for before, and those that were installed.
#[derive(Debug, Default)]
pub struct Networks {
    loaded: HashMap<String, Rc<Network>>,
}

impl Networks {
    /// The network of that name, loaded on first use.
    ///
    /// # Errors
    /// Names the model when there is none of that name.
    pub fn get(&mut self, name: &str) -> Result<Rc<Network>, InputError> {
        if let Some(network) = self.loaded.get(name) {
            return Ok(network.clone());
        }
        let network = Rc::new(shipped(name).map_err(|error| self.with_installed(error))?);
        self.loaded.insert(name.to_owned(), network.clone());
        Ok(network)
    }

    /// Adds to what is allowed the networks that do not ship with the planner.
    fn with_installed(&self, mut error: InputError) -> InputError {
        let shipped = names();
        let mut installed: Vec<&str> = self.loaded.keys().map(String::as_str).collect();
        installed.retain(|name| !shipped.contains(name));
        installed.sort_unstable();
        installed.iter().for_each(|name| error.allowed += &format!(", {name}"));
        error
    }

    /// Keeps a network under its card's name, in place of one installed before under that name.
    ///
    /// # Errors
    /// Names what is wrong: the name of a network that ships with the planner, a field of the card,
    /// or a tensor.
    pub fn install(&mut self, installed: &Installed) -> Result<(), InputError> {
        let Installed { card, weights } = installed;
        check_name_is_free(&card.name).map_err(|error| error.within("card"))?;
        card.validate().map_err(|error| error.within("card"))?;
        let network = weights::load(card, weights)?;
        self.loaded.insert(card.name.clone(), Rc::new(network));
        Ok(())
    }
}
