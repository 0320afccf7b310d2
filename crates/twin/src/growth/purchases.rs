//! What to buy, link by link and quarter by quarter.

use slicewise_core::InputError;
use slicewise_core::twin::growth::{
    GrowthOrder, LinkModules, MOST_COUNT, ModuleCount, OutOfReach, Purchase, Upgrade,
};
use slicewise_core::twin::{Link, Topology};

use super::modules::{Kind, cheapest};

/// What can be added to a cable.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The first direction.
    pub link: u32,
    /// All kinds of the order, those that do not fit with a count of 0.
    pub kinds: Vec<Kind>,
    /// The most modules together.
    pub most: u32,
}

impl Offer {
    /// The least price per bit/s; infinite where nothing fits.
    pub fn price_per_bit(&self) -> f64 {
        let fitting = self.kinds.iter().filter(|kind| kind.most > 0 && self.most > 0);
        fitting.map(|kind| kind.price / kind.bit_per_s).fold(f64::INFINITY, f64::min)
    }

    /// Price of so many modules of each kind.
    pub fn price(&self, counts: &[u32]) -> f64 {
        self.kinds.iter().zip(counts).map(|(kind, count)| kind.price * f64::from(*count)).sum()
    }

    /// What they add.
    pub(super) fn adds(&self, counts: &[u32]) -> f64 {
        self.kinds.iter().zip(counts).map(|(kind, count)| kind.bit_per_s * f64::from(*count)).sum()
    }
}

/// What `order` offers for each cable of `topology`, in their order.
///
/// # Errors
/// Names the link that the topology does not have.
pub fn offers(topology: &Topology, order: &GrowthOrder) -> Result<Vec<Offer>, InputError> {
    let ids = topology.link_indices();
    let mut own: Vec<Option<&LinkModules>> = vec![None; topology.links.len()];
    for (index, link) in order.links.iter().enumerate() {
        let Some(found) = ids.get(&link.link[..]) else {
            let field = format!("links[{index}].link");
            return Err(InputError::new(field, &link.link, "the id of a link"));
        };
        topology.cable(*found).for_each(|direction| own[direction as usize] = Some(link));
    }
    Ok(topology.cables().map(|cable| offer(cable, own[cable as usize], order)).collect())
}

fn offer(cable: u32, own: Option<&LinkModules>, order: &GrowthOrder) -> Offer {
    let factor = own.and_then(|own| own.price_factor).unwrap_or(1.0);
    let named = own.and_then(|own| own.modules.as_ref());
    let kind = |module: &slicewise_core::twin::growth::Module| Kind {
        bit_per_s: module.bit_per_s,
        price: module.price * factor,
        most: if named.is_none_or(|names| names.contains(&module.name)) { MOST_COUNT } else { 0 },
    };
    let most = own.and_then(|own| own.most).unwrap_or(MOST_COUNT).min(MOST_COUNT);
    Offer { link: cable, kinds: order.modules.iter().map(kind).collect(), most }
}

/// The cheapest purchases that give every cable of `offers` what it needs: `needs[quarter][link]`, in bit/s beyond its
/// capacity. Each is bought as late as its quarter's need allows.
///
/// What a cable needs depends on no other cable, so that the sum of the least prices is the least sum.
pub fn upgrade(topology: &Topology, offers: &[Offer], needs: &[Vec<f64>]) -> Upgrade {
    let mut upgrade = Upgrade::default();
    for offer in offers {
        let needed: Vec<f64> = running_most(needs, topology, offer.link);
        let last = needed.last().copied().unwrap_or(0.0);
        if last <= 0.0 {
            continue;
        }
        match cheapest(&offer.kinds, last, offer.most) {
            Some(counts) => {
                upgrade.price += offer.price(&counts);
                buy(topology, offer, &counts, &needed, &mut upgrade.purchases);
            }
            None => {
                let is_beyond =
                    |need: &f64| *need > 0.0 && cheapest(&offer.kinds, *need, offer.most).is_none();
                let quarter = needed.iter().position(is_beyond).unwrap_or(0) as u32;
                let link = offer.link;
                upgrade.out_of_reach.push(OutOfReach { link, quarter, needed_bit_per_s: last });
            }
        }
    }
    upgrade.purchases.sort_by_key(|purchase| (purchase.quarter, purchase.link));
    upgrade
}

/// What either direction of a cable has needed at most, quarter by quarter.
fn running_most(needs: &[Vec<f64>], topology: &Topology, cable: u32) -> Vec<f64> {
    let mut most: f64 = 0.0;
    let in_quarter = |needs: &Vec<f64>| {
        most = topology.cable(cable).map(|link| needs[link as usize]).fold(most, f64::max);
        most
    };
    needs.iter().map(in_quarter).collect()
}

/// Parts `counts` into purchases: in each quarter the cheapest of what is left that is enough for it.
fn buy(
    topology: &Topology,
    offer: &Offer,
    counts: &[u32],
    needed: &[f64],
    purchases: &mut Vec<Purchase>,
) {
    let capacity = |link: &Link| link.capacity_bit_per_s;
    let before = topology.cable(offer.link).map(|link| capacity(&topology.links[link as usize]));
    let before = before.fold(f64::INFINITY, f64::min);
    let mut left = counts.to_vec();
    let mut added = 0.0;
    for (quarter, need) in needed.iter().enumerate() {
        if *need <= added * (1.0 + 1e-9) {
            continue;
        }
        let kinds: Vec<Kind> = offer
            .kinds
            .iter()
            .zip(&left)
            .map(|(kind, left)| Kind { most: *left, ..*kind })
            .collect();
        let Some(bought) = cheapest(&kinds, need - added, u32::MAX) else { continue };
        let modules = bought.iter().zip(0..).filter(|(count, _)| **count > 0);
        purchases.push(Purchase {
            link: offer.link,
            quarter: quarter as u32,
            modules: modules.map(|(count, module)| ModuleCount { module, count: *count }).collect(),
            price: offer.price(&bought),
            capacity_before_bit_per_s: before + added,
            capacity_after_bit_per_s: before + added + offer.adds(&bought),
        });
        added += offer.adds(&bought);
        left.iter_mut().zip(&bought).for_each(|(left, bought)| *left -= bought);
    }
}
