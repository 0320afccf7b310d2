//! An annex's own state as the page's link carries it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use slicewise_core::InputError;

use crate::shell::json;

/// The text of `state`; none for the state in which the annex opens.
pub fn write<T: Serialize + Default + PartialEq>(state: &T) -> Option<String> {
    (*state != T::default()).then(|| json::write(state, 0)).flatten()
}

/// The state that `text` stands for, which has at most `longest` bytes.
///
/// # Errors
/// Says under the name `field` that the text is too long, or none that [`write`] wrote.
pub fn read<T: DeserializeOwned + Default>(
    text: Option<&str>,
    field: &str,
    longest: usize,
) -> Result<T, InputError> {
    let Some(text) = text else { return Ok(T::default()) };
    if text.len() > longest {
        let allowed = ["at most ", &longest.to_string()].concat();
        return Err(InputError::new(field, text.len(), allowed));
    }
    json::read(text).map_err(|error| InputError::new(field, error, "a state that this page wrote"))
}
