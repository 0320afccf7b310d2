//! The few things that the page asks of the browser outside its own elements.

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, Element, Event, File, HtmlAnchorElement, HtmlElement, HtmlInputElement,
    HtmlSelectElement, ScrollIntoViewOptions, ScrollLogicalPosition, Url,
};

use crate::shell::json;

const THEME_KEY: &str = "slicewise-theme";
const COMPUTE_KEY: &str = "slicewise-compute";

/// The page's query, with its question mark, or nothing.
pub fn query() -> String {
    web_sys::window().and_then(|w| w.location().search().ok()).unwrap_or_default()
}

/// The page's hash without `#`, or nothing.
pub fn hash() -> String {
    let hash = web_sys::window().and_then(|w| w.location().hash().ok()).unwrap_or_default();
    hash.trim_start_matches('#').to_owned()
}

/// Loads the page anew.
pub fn reload() {
    if let Some(window) = web_sys::window() {
        // A browser that refuses leaves the visitor its own button.
        let _ = window.location().reload();
    }
}

/// Names the page in the browser's tab and history.
pub fn set_title(title: &str) {
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        document.set_title(title);
    }
}

/// Puts `hash` into the address without a new entry in the history.
pub fn replace_hash(hash: &str) {
    let Some(window) = web_sys::window() else { return };
    if let Ok(history) = window.history() {
        // A browser that limits how often this may be called drops this one; the next replaces it.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("#{hash}")));
    }
}

/// The address with `hash`, which the browser may not have taken into its bar yet.
pub fn address_with(hash: &str) -> String {
    replace_hash(hash);
    let address = web_sys::window().and_then(|w| w.location().href().ok()).unwrap_or_default();
    let page = address.split('#').next().unwrap_or_default();
    [page, "#", hash].concat()
}

/// `path` resolved against the page's own folder.
pub fn beside_page(path: &str) -> Option<String> {
    let base = web_sys::window()?.document()?.base_uri().ok()??;
    Url::new_with_base(path, &base).ok().map(|url| url.href())
}

/// What this browser keeps of earlier visits, where it allows that.
fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn stored(key: &str) -> Option<String> {
    json::read(&storage()?.get_item(key).ok()??).ok()
}

fn store(key: &str, value: &str) {
    if let (Some(storage), Some(text)) = (storage(), json::write(&value, 0)) {
        let _ = storage.set_item(key, &text);
    }
}

/// The stored theme: `light`, `dark` or `auto`.
pub fn stored_theme() -> String {
    stored(THEME_KEY).unwrap_or_else(|| "auto".to_owned())
}

/// Keeps `theme` for the next visit, where storage is allowed.
pub fn store_theme(theme: &str) {
    store(THEME_KEY, theme);
}

/// The stored compute choice: `auto`, `cpu` or `gpu`.
pub fn stored_compute() -> String {
    stored(COMPUTE_KEY).unwrap_or_default()
}

/// Keeps a compute choice for the next visit, where storage is allowed.
pub fn store_compute(choice: &str) {
    store(COMPUTE_KEY, choice);
}

/// Whether the browser offers WebGPU to this page.
pub fn has_webgpu() -> bool {
    let navigator = web_sys::window().map(|window| window.navigator());
    let gpu = navigator.and_then(|n| js_sys::Reflect::get(&n, &JsValue::from_str("gpu")).ok());
    gpu.is_some_and(|gpu| gpu.is_object())
}

/// Cores that the browser admits to, at least one.
pub fn cores() -> usize {
    let cores = web_sys::window().map_or(1.0, |w| w.navigator().hardware_concurrency());
    (cores as usize).max(1)
}

/// Bytes that the page's own wasm and scripts hold, where the browser tells; workers come on top.
pub fn memory_bytes() -> Option<f64> {
    let number =
        |object: &JsValue, name: &str| js_sys::Reflect::get(object, &JsValue::from_str(name)).ok();
    let wasm = wasm_bindgen::memory().unchecked_into::<js_sys::WebAssembly::Memory>().buffer();
    let wasm = number(&wasm, "byteLength").and_then(|bytes| bytes.as_f64())?;
    // Chromium alone tells of the scripts' heap.
    let clock = web_sys::window()?.performance()?;
    let heap = number(&clock, "memory").and_then(|memory| number(&memory, "usedJSHeapSize"));
    Some(wasm + heap.and_then(|bytes| bytes.as_f64()).unwrap_or(0.0))
}

/// Milliseconds since the page was opened.
pub fn now_ms() -> f64 {
    web_sys::window().and_then(|w| w.performance()).map_or(0.0, |clock| clock.now())
}

/// Whether the window is as narrow as a phone's, as the style sheet has it.
pub fn is_narrow() -> bool {
    let query = web_sys::window().and_then(|w| w.match_media("(max-width: 799px)").ok().flatten());
    query.is_some_and(|query| query.matches())
}

/// Marks the document with `theme`, from which the style sheet takes its colours.
pub fn apply_theme(theme: &str) {
    let root = web_sys::window().and_then(|w| w.document()).and_then(|d| d.document_element());
    if let Some(root) = root {
        let _ = root.set_attribute("data-theme", theme);
    }
}

/// Moves the keyboard's focus to the element with `id`.
pub fn focus(id: &str) {
    let element =
        web_sys::window().and_then(|w| w.document()).and_then(|d| d.get_element_by_id(id));
    if let Some(element) = element.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// The element that tests find as `name`.
fn named(name: &str) -> Option<Element> {
    let document = web_sys::window()?.document()?;
    document.query_selector(&format!("[data-test=\"{name}\"]")).ok()?
}

/// Presses the button that tests find as `name`, where it is on the page.
pub fn press(name: &str) {
    if let Some(button) = named(name).and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        button.click();
    }
}

/// Gives a control the `value`, as a visitor would.
pub fn set_control(name: &str, value: &str) {
    let Some(control) = named(name) else { return };
    if let Some(choice) = control.dyn_ref::<HtmlSelectElement>() {
        choice.set_value(value);
    } else if let Some(input) = control.dyn_ref::<HtmlInputElement>() {
        input.set_value(value);
    }
    for kind in ["input", "change"] {
        if let Ok(event) = Event::new(kind) {
            // The listeners are the control's own; what they throw is theirs.
            let _ = control.dispatch_event(&event);
        }
    }
}

/// What is marked.
fn pointed() -> Option<Element> {
    web_sys::window()?.document()?.query_selector(".pointed").ok()?
}

/// [`point_at`] where nothing is marked.
pub fn point_unless_pointing(name: Option<&str>) {
    if pointed().is_none() {
        point_at(name);
    }
}

/// Marks the part of the page that tests find as `name`, with the controls that it belongs to, and
/// brings it into view; whatever was marked before is marked no more.
pub fn point_at(name: Option<&str>) {
    const MARK: &str = "pointed";
    if let Some(marked) = pointed() {
        let _ = marked.class_list().remove_1(MARK);
    }
    let Some(part) = name.and_then(named) else { return };
    let whole = part.closest("fieldset").ok().flatten().unwrap_or(part);
    let _ = whole.class_list().add_1(MARK);
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    whole.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Moves the focus to the first box below `selector` whose content cannot be used, and gives what is
/// said of it; none where all can be used.
pub fn first_invalid(selector: &str) -> Option<String> {
    let document = web_sys::window()?.document()?;
    let within = document.query_selector(selector).ok()??;
    let invalid = within.query_selector("[aria-invalid=true]").ok()??;
    let invalid = invalid.dyn_into::<HtmlElement>().ok()?;
    let _ = invalid.focus();
    let told = invalid.get_attribute("aria-describedby");
    told.and_then(|id| document.get_element_by_id(&id)?.text_content())
}

/// Has the browser ask before the page is left while `is_unsaved`.
pub fn ask_before_leaving(is_unsaved: impl Fn() -> bool + 'static) {
    let Some(window) = web_sys::window() else { return };
    let ask = move |event: &Event| {
        if is_unsaved() {
            event.prevent_default();
            // Browsers of before 2024 ask only for this.
            let _ = js_sys::Reflect::set(event, &"returnValue".into(), &true.into());
        }
    };
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&window, "beforeunload", options, ask).forget();
}

/// Puts `text` on the clipboard; false where the browser does not allow it.
pub async fn copy(text: String) -> bool {
    let Some(window) = web_sys::window() else { return false };
    if !window.is_secure_context() {
        return false;
    }
    JsFuture::from(window.navigator().clipboard().write_text(&text)).await.is_ok()
}

/// Offers `text` as a file to save.
pub fn download(name: &str, kind: &str, text: &str) {
    // Nothing sensible is left to do where a browser refuses: it shows its own message.
    let _ = try_download(name, kind, text);
}

/// Offers `bytes` as a file to save.
pub fn download_bytes(name: &str, kind: &str, bytes: &[u8]) {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
    // Nothing sensible is left to do where a browser refuses: it shows its own message.
    let _ = Blob::new_with_u8_array_sequence_and_options(&parts, &options)
        .and_then(|blob| save(name, &blob));
}

fn try_download(name: &str, kind: &str, text: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let parts = serde_wasm_bindgen::to_value(&[text]).map_err(JsValue::from)?;
    save(name, &Blob::new_with_str_sequence_and_options(&parts, &options)?)
}

fn save(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
    let document = web_sys::window().and_then(|w| w.document()).ok_or(JsValue::NULL)?;
    let anchor: HtmlAnchorElement = document.create_element("a")?.unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    // The save has taken its own hold of the blob by the time a minute is over.
    gloo::timers::callback::Timeout::new(60_000, move || {
        let _ = Url::revoke_object_url(&url);
    })
    .forget();
    Ok(())
}

/// The text of `file`, or nothing where it cannot be read.
pub async fn text_of(file: &File) -> Option<String> {
    JsFuture::from(file.text()).await.ok()?.as_string()
}
