//! Networks that are ready to decide.

use slicewise_core::InputError;
use slicewise_core::forecast::ForecasterCard;
use slicewise_core::forecast::networks::LearnedNetworks;

use crate::files;
use crate::model::{LearnedLoss, NetworkSet};

/// A card with its networks.
#[derive(Clone, Debug, PartialEq)]
pub struct Networks {
    /// What they are.
    pub card: ForecasterCard,
    /// The networks.
    pub set: NetworkSet,
}

impl Networks {
    /// Reads a card and its weight file.
    ///
    /// # Errors
    /// Names what is wrong with either.
    pub fn read(card: ForecasterCard, weights: &[u8]) -> Result<Self, InputError> {
        let set = files::read(&card, weights)?;
        Ok(Self { card, set })
    }

    /// Reads networks that were learned in the tab, or that the visitor opened.
    ///
    /// # Errors
    /// Names what is wrong with them.
    pub fn of_visitor(networks: &LearnedNetworks) -> Result<Self, InputError> {
        let read = Self::read(networks.card.clone(), &networks.weights);
        read.map_err(|error| error.within("networks"))
    }

    /// The loss of networks for `slices` slices that share a capacity.
    ///
    /// # Errors
    /// Says what the networks are for instead.
    pub fn shared_loss(&self, slices: usize) -> Result<&LearnedLoss, InputError> {
        let found = self.set.forecaster.scales.len();
        let loss = self.set.loss.as_ref().filter(|_| found == slices);
        loss.ok_or_else(|| {
            let allowed = format!("networks for {slices} slices with their loss");
            InputError::new("networks", format!("for {found} slices"), allowed)
        })
    }
}
