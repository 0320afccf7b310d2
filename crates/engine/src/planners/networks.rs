//! The networks that an engine keeps for the Slice planner between jobs.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use slicewise_core::InputError;
use slicewise_core::model_files::{CARD_FILE, WEIGHTS_FILE};
use slicewise_core::slice::Slice;
use slicewise_core::slice::job::Installed;
use slicewise_nets::Network;
use slicewise_nets::dense::weights;
use slicewise_slice::model::{DEFAULT_MODEL, NAMES, check_name_is_free, default_network, read};

use super::fetched;
use crate::worker::Turn;

/// Networks that were asked for before, and those that were installed.
#[derive(Debug, Default)]
pub struct Networks {
    loaded: RefCell<HashMap<String, Rc<Network>>>,
}

impl Networks {
    /// The network of that name: at hand, the default, or fetched, as all others that ship are.
    ///
    /// # Errors
    /// Names the model when there is none of that name, or the file that cannot be had.
    pub async fn get(&self, name: &str, turn: &Turn<Slice>) -> Result<Rc<Network>, InputError> {
        if let Some(network) = self.loaded.borrow().get(name) {
            return Ok(network.clone());
        }
        if !NAMES.contains(&name) {
            return Err(self.unknown(name));
        }
        let network = if name == DEFAULT_MODEL {
            default_network()?
        } else {
            let card = fetched(name, CARD_FILE, turn).await?;
            let weights = fetched(name, WEIGHTS_FILE, turn).await?;
            read(&String::from_utf8_lossy(&card), &weights)?
        };
        let network = Rc::new(network);
        self.loaded.borrow_mut().insert(name.to_owned(), network.clone());
        Ok(network)
    }

    fn unknown(&self, name: &str) -> InputError {
        let loaded = self.loaded.borrow();
        let mut installed: Vec<&str> = loaded.keys().map(String::as_str).collect();
        installed.retain(|name| !NAMES.contains(name));
        installed.sort_unstable();
        InputError::new("model", name, [NAMES.as_slice(), &installed].concat().join(", "))
    }

    /// Keeps a network under its card's name, in place of one installed before under that name.
    ///
    /// # Errors
    /// Names what is wrong: the name of a network that ships with the planner, a field of the card,
    /// or a tensor.
    pub fn install(&self, installed: &Installed) -> Result<(), InputError> {
        let Installed { card, weights } = installed;
        check_name_is_free(&card.name).map_err(|error| error.within("card"))?;
        card.validate().map_err(|error| error.within("card"))?;
        let network = weights::load(card, weights)?;
        self.loaded.borrow_mut().insert(card.name.clone(), Rc::new(network));
        Ok(())
    }
}
