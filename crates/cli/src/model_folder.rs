//! Models in folders: a card beside its weights.

use std::path::Path;

use anyhow::Context;
use serde::Serialize;
use slicewise_cells::model::shipped;
use slicewise_core::cells::EstimatorCard;
use slicewise_core::model_files::{CARD_FILE, WEIGHTS_FILE};
use slicewise_nets::estimator::Estimator;

use crate::output_file::write;

/// The text of the card and the bytes of the weight file in `folder`.
pub fn read_folder(folder: &Path) -> anyhow::Result<(String, Vec<u8>)> {
    let cannot = |path: &Path| format!("cannot read {}", path.display());
    let path = folder.join(CARD_FILE);
    let card = std::fs::read_to_string(&path).with_context(|| cannot(&path))?;
    let path = folder.join(WEIGHTS_FILE);
    let weights = std::fs::read(&path).with_context(|| cannot(&path))?;
    Ok((card, weights))
}

/// Writes a card and its weights to `folder`, which is made where it is missing.
pub fn write_folder(folder: &Path, weights: &[u8], card: &impl Serialize) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    write(&folder.join(WEIGHTS_FILE), weights)?;
    let card = serde_json::to_string_pretty(card)? + "\n";
    write(&folder.join(CARD_FILE), card)
}

/// The shipped estimator of that name, or the one in the folder of that name.
pub fn estimator(name: &str) -> anyhow::Result<Estimator> {
    let folder = Path::new(name);
    if !folder.join(CARD_FILE).exists() {
        let folder = format!("or a folder with {CARD_FILE} and {WEIGHTS_FILE}");
        return shipped(name).with_context(|| format!("model is no shipped one, {folder}"));
    }
    let wrong = || format!("model is {name}");
    let (card, weights) = read_folder(folder).with_context(wrong)?;
    let card = EstimatorCard::from_json(&card).with_context(wrong)?;
    Estimator::load(&card, &weights).with_context(wrong)
}
