//! Models in folders: a card beside its weights.

use std::path::Path;

use serde::Serialize;
use slicewise_core::model_files::{CARD_FILE, WEIGHTS_FILE};

use crate::input_file::{read_bytes, read_text};
use crate::whole_file::write;

/// The text of the card and the bytes of the weight file in `folder`.
pub fn read_folder(folder: &Path) -> anyhow::Result<(String, Vec<u8>)> {
    Ok((read_text(&folder.join(CARD_FILE))?, read_bytes(&folder.join(WEIGHTS_FILE))?))
}

/// Writes a card and its weights to `folder`, which is made where it is missing.
pub fn write_folder(folder: &Path, weights: &[u8], card: &impl Serialize) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    write(&folder.join(WEIGHTS_FILE), weights)?;
    let card = serde_json::to_string_pretty(card)? + "\n";
    write(&folder.join(CARD_FILE), card)
}

/// The name of the folder itself: what a model that is trained into it is called.
pub fn model_name(folder: &Path) -> &str {
    folder.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
