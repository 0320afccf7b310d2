//! Files that the visitor gives the page: chosen, dropped, and read as text.

use leptos::ev::{DragEvent, Event};
use leptos::prelude::*;
use slicewise_core::InputError;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, HtmlInputElement};

use crate::shell::browser;

/// What a browser offers where a table is wanted.
pub const TABLES: &str = ".csv,.tsv,.txt,.gz,.zip,.xml,.json,text/csv";
/// The largest file that is read, in bytes.
const LARGEST_FILE_BYTES: f64 = 256.0 * 1024.0 * 1024.0;

/// A button titled `label` with which the visitor chooses a file of the kinds in `accept` for `take`.
pub fn file_button(
    label: &'static str,
    accept: &'static str,
    test: &'static str,
    take: impl Fn(File) + 'static,
) -> AnyView {
    view! { <label class="button">{label}{file_input(accept, test, take)}</label> }.into_any()
}

/// The field of such a button alone, for one that says more.
pub fn file_input(
    accept: &'static str,
    test: &'static str,
    take: impl Fn(File) + 'static,
) -> AnyView {
    let on_change = move |event: Event| {
        if let Some(file) = chosen(&event) {
            take(file);
        }
    };
    view! { <input class="hidden-input" type="file" accept=accept data-test=test on:change=on_change/> }
        .into_any()
}

/// The file of a field, which then can take the same one again.
fn chosen(event: &Event) -> Option<File> {
    let input = event.target()?.dyn_into::<HtmlInputElement>().ok()?;
    let file = input.files().and_then(|files| files.get(0));
    input.set_value("");
    file
}

/// A button titled `label` with which the visitor chooses several files at once for `take`.
pub fn files_button(
    label: &'static str,
    accept: &'static str,
    test: &'static str,
    take: impl Fn(Vec<File>) + 'static,
) -> AnyView {
    let on_change = move |event: Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let Some(input) = input else { return };
        let list = input.files();
        let count = list.as_ref().map_or(0, |list| list.length());
        let files: Vec<File> = (0..count).filter_map(|i| list.as_ref()?.get(i)).collect();
        input.set_value("");
        if !files.is_empty() {
            take(files);
        }
    };
    view! {
        <label class="button">{label}
            <input class="hidden-input" type="file" multiple accept=accept data-test=test on:change=on_change/>
        </label>
    }
    .into_any()
}

/// The file that was dropped, which the browser then does not open in the page's place.
pub fn dropped(event: &DragEvent) -> Option<File> {
    event.prevent_default();
    event.data_transfer()?.files()?.get(0)
}

/// The text of `file`, which has at most `largest` bytes and should be `kind`.
///
/// # Errors
/// Says that the file is too large or no text.
pub async fn text_of(file: &File, largest: f64, kind: &str) -> Result<String, InputError> {
    check_size(file, largest)?;
    let text = browser::text_of(file).await;
    text.ok_or_else(|| InputError::new("file", "unreadable", kind))
}

/// The two files of a network, its model card as text and its weights, of at most `largest` bytes each.
///
/// # Errors
/// Says what is missing, too large or unreadable.
pub async fn card_and_weights(
    files: &[File],
    largest: f64,
) -> Result<(String, Vec<u8>), InputError> {
    let ends = |ending: &str| files.iter().find(|file| file.name().ends_with(ending));
    let (Some(card), Some(weights), 2) = (ends(".json"), ends(".safetensors"), files.len()) else {
        let names: Vec<String> = files.iter().map(File::name).collect();
        let allowed = "a model card (.json) and its weights (.safetensors)";
        return Err(InputError::new("files", names.join(", "), allowed));
    };
    let card = text_of(card, largest, "a model card").await?;
    check_size(weights, largest)?;
    Ok((card, bytes_of(weights).await?))
}

/// Checks that `file` has at most `largest` bytes.
///
/// # Errors
/// Gives its size and what is allowed.
pub fn check_size(file: &File, largest: f64) -> Result<(), InputError> {
    if file.size() <= largest {
        return Ok(());
    }
    let allowed = format!("at most {largest} bytes");
    Err(InputError::new("file", format!("{} bytes", file.size()), allowed))
}

/// The bytes of `file`.
///
/// # Errors
/// Says that the file is too large or cannot be read.
pub async fn bytes_of(file: &File) -> Result<Vec<u8>, InputError> {
    if file.size() > LARGEST_FILE_BYTES {
        let allowed = format!("at most {LARGEST_FILE_BYTES} bytes here, more with the command");
        return Err(InputError::new("file", format!("{} bytes", file.size()), allowed));
    }
    let bytes = JsFuture::from(file.array_buffer()).await;
    let unreadable = |_| InputError::new("file", "unreadable", "a file that is still there");
    Ok(js_sys::Uint8Array::new(&bytes.map_err(unreadable)?).to_vec())
}

/// What to say of `file` where `error` keeps it out.
pub fn kept_out(file: &File, error: &InputError) -> String {
    name_kept_out(&file.name(), error)
}

/// What to say of the file `name` where `error` keeps it out.
pub fn name_kept_out(name: &str, error: &InputError) -> String {
    format!("{name} cannot be used: {error}. Nothing was changed.")
}
