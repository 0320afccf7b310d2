//! JSON in and out. In the browser the text goes through the browser's own parser, so that the page's
//! wasm carries one form of every message, the workers', and not a second one for JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a value; the error says where the text is not one.
///
/// # Errors
/// In the parser's words.
#[cfg(target_arch = "wasm32")]
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let value = js_sys::JSON::parse(text).map_err(|error| {
        let message = js_sys::Reflect::get(&error, &"message".into()).ok();
        message.and_then(|message| message.as_string()).unwrap_or_else(|| "no JSON".to_owned())
    })?;
    serde_wasm_bindgen::from_value(value).map_err(|error| error.to_string())
}

/// Reads a value; the error says where the text is not one.
///
/// # Errors
/// In the parser's words.
#[cfg(not(target_arch = "wasm32"))]
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// Writes a value, on lines of their own with `indent` spaces per level, or in one line with 0.
#[cfg(target_arch = "wasm32")]
pub fn write(value: &impl Serialize, indent: u32) -> Option<String> {
    let serialiser = serde_wasm_bindgen::Serializer::new()
        .serialize_maps_as_objects(true)
        .serialize_missing_as_null(true);
    let value = value.serialize(&serialiser).ok()?;
    let null = wasm_bindgen::JsValue::NULL;
    js_sys::JSON::stringify_with_replacer_and_space(&value, &null, &f64::from(indent).into())
        .ok()?
        .as_string()
}

/// Writes a value, on lines of their own with `indent` spaces per level, or in one line with 0.
#[cfg(not(target_arch = "wasm32"))]
pub fn write(value: &impl Serialize, indent: u32) -> Option<String> {
    match indent {
        0 => serde_json::to_string(value).ok(),
        _ => serde_json::to_string_pretty(value).ok(),
    }
}
