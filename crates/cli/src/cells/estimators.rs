//! The estimators that ship with the command, and others in folders.

use std::path::{Path, PathBuf};

use anyhow::Context;
use slicewise_cells::model::shipped;
use slicewise_core::cells::EstimatorCard;
use slicewise_core::model_files::{CARD_FILE, WEIGHTS_FILE};
use slicewise_nets::estimator::Estimator;

use crate::model_folder::read_folder;

/// The shipped estimator of that name, or the one in the folder of that name.
pub fn estimator(name: &str) -> anyhow::Result<Estimator> {
    let Some(folder) = folder_of(Path::new(name)) else {
        let folder = format!("or a folder with {CARD_FILE} and {WEIGHTS_FILE}");
        return shipped(name).with_context(|| format!("model is no shipped one, {folder}"));
    };
    let wrong = || format!("model is {name}");
    let (card, weights) = read_folder(&folder).with_context(wrong)?;
    let card = EstimatorCard::from_json(&card).with_context(wrong)?;
    Estimator::load(&card, &weights).with_context(wrong)
}

/// The folder with a card that `path` names; `cell/NAME` is the former name of `cells/NAME`.
fn folder_of(path: &Path) -> Option<PathBuf> {
    let has_card = |folder: &PathBuf| folder.join(CARD_FILE).exists();
    let renamed = || {
        let (models, name) = (path.parent()?, path.file_name()?);
        models.ends_with("cell").then(|| models.with_file_name("cells").join(name))
    };
    Some(path.to_owned()).filter(has_card).or_else(|| renamed().filter(has_card))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimator_is_found_by_its_folder_and_by_the_former_name_of_that() {
        let models = format!("{}/../../models", std::env::var("CARGO_MANIFEST_DIR").unwrap());
        let by_name = estimator("simulated").unwrap();
        for folder in ["cells", "cell"] {
            let found = estimator(&format!("{models}/{folder}/simulated")).unwrap();
            assert_eq!(found.card, by_name.card, "{folder}");
        }
        let error = format!("{:#}", estimator(&format!("{models}/cell/none")).err().unwrap());
        assert!(error.contains("or a folder with card.json"), "{error}");
    }
}
