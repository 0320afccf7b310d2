//! What a cell has to give: minima, and what is left over.

use slicewise_optim::separable::fit;

/// The least share of each slice, into `least`: the minima, lowered to sum to 1 where they sum to
/// a little more.
pub(crate) fn least_shares(minimum: &[f64], least: &mut Vec<f64>) {
    least.clear();
    least.extend_from_slice(minimum);
    let total: f64 = least.iter().sum();
    if total > 1.0 {
        least.iter_mut().for_each(|share| *share /= total);
        fit(1.0, &[0.0; slicewise_core::cells::MOST_SLICES][..minimum.len()], least);
    }
}

/// A split that leaves this much of the cell free still counts as one of the whole cell: policies are
/// set in whole percent.
const LEFT_FREE: f64 = 0.01;

/// Whether the split `before` can stand in place of `best`: it keeps what each slice must have at
/// least and uses the cell, or as much of it as the best one.
pub(crate) fn can_be_kept(before: &[f64], least: &[f64], best: &[f64]) -> bool {
    let used: f64 = before.iter().sum();
    let wanted = best.iter().sum::<f64>() - LEFT_FREE;
    let keeps = before.iter().zip(least).all(|(share, least)| share >= least);
    keeps && used <= 1.0 && used >= wanted
}

/// Shares in proportion to `parts`, all of the cell, none below its least: slices whose part is
/// too small get their least, the others share what is left in proportion. Parts that are all 0
/// count as equal.
pub(crate) fn in_proportion(parts: &[f64], least: &[f64], shares: &mut [f64]) {
    let count = shares.len();
    let part = |s: usize| parts.get(s).copied().unwrap_or(1.0);
    let mut at_least = [false; slicewise_core::cells::MOST_SLICES];
    loop {
        let free = |s: &usize| !at_least[*s];
        let left = 1.0 - (0..count).filter(|s| !free(s)).map(|s| least[s]).sum::<f64>();
        let total: f64 = (0..count).filter(free).map(part).sum();
        let others = (0..count).filter(free).count() as f64;
        for s in (0..count).filter(free) {
            shares[s] = if total > 0.0 { left * (part(s) / total) } else { left / others };
        }
        let mut changed = false;
        for s in 0..count {
            if !at_least[s] && shares[s] < least[s] {
                shares[s] = least[s];
                at_least[s] = true;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    fit(1.0, least, shares);
}

/// Scales what `shares` have above their least so that they use the whole cell: down where they
/// exceed it, up where something is left. Without anything above the least, what is left is
/// divided equally.
pub(crate) fn fill_cell(least: &[f64], shares: &mut [f64]) {
    let left = (1.0 - least.iter().sum::<f64>()).max(0.0);
    let above: f64 = shares.iter().zip(least).map(|(share, least)| share - least).sum();
    let equal = left / shares.len() as f64;
    for (share, least) in shares.iter_mut().zip(least) {
        let own = if above > 0.0 { (*share - least) * (left / above) } else { equal };
        *share = least + own;
    }
    fit(1.0, least, shares);
}
