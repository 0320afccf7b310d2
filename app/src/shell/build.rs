//! The build of the site that this page belongs to: where its files lie, and whether it is still the
//! newest. boot.js puts the list into the global `slicewiseBuild`.

use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlElement, MessagePort};

use crate::shell::browser;

thread_local! {
    /// Whether the site has another build by now.
    static UPDATED: ArcRwSignal<bool> = ArcRwSignal::new(false);
}

/// The member `name` of the list.
fn member(name: &str) -> Option<JsValue> {
    let list = Reflect::get(&js_sys::global(), &"slicewiseBuild".into()).ok()?;
    Reflect::get(&list, &name.into()).ok()
}

/// What tells this build from all others; empty where none is known.
pub fn id() -> String {
    member("id").and_then(|id| id.as_string()).unwrap_or_default()
}

/// The address of the file that the sources call `name`, such as `slicewise-gpu.js`.
///
/// # Errors
/// Says so where this build has no such file.
pub fn address(name: &str) -> Result<String, String> {
    member("files")
        .and_then(|files| Reflect::get(&files, &name.into()).ok()?.as_string())
        .and_then(|file| browser::beside_page(&file))
        .ok_or_else(|| format!("this build has no {name}"))
}

/// Hands a network that was learnt here to what keeps the visitor's files, if the page has that: one that
/// is `used` comes back through the file field `input`, as the files of its card and its weights.
pub fn keep_learnt(input: &str, name: &str, card: Option<String>, weights: &[u8], used: bool) {
    let keep = member("keep").and_then(|keep| keep.dyn_into::<Function>().ok());
    if let (Some(keep), Some(card)) = (keep, card) {
        let weights = Uint8Array::from(weights).into();
        let given: [JsValue; 5] = [input.into(), name.into(), card.into(), weights, used.into()];
        // What cannot be kept is said by what keeps it.
        let _ = keep.apply(&JsValue::NULL, &given.into_iter().collect::<Array>());
    }
}

/// Keeps the port of the annex `program` for when it is opened.
pub fn keep_port(program: &str, port: &MessagePort) {
    if let Some(ports) = member("ports") {
        // The list is an object that takes everything.
        let _ = Reflect::set(&ports, &program.into(), port);
    }
}

/// Fetches the annex `program`, which fills `element`.
///
/// # Errors
/// Says what did not arrive.
pub async fn open_annex(program: &str, element: &HtmlElement) -> Result<(), String> {
    let unknown = || ["this build has no ", program].concat();
    let open = member("openAnnex").and_then(|open| open.dyn_into::<Function>().ok());
    let open = open.ok_or_else(unknown)?;
    let opened = open.call2(&JsValue::NULL, &program.into(), element).map_err(|_| unknown())?;
    let opened = opened.dyn_into::<Promise>().map_err(|_| unknown())?;
    JsFuture::from(opened).await.map(drop).map_err(|why| why.as_string().unwrap_or_else(unknown))
}

/// What a page has left for the annex `program`: the element that it fills, and its end of the port.
pub fn annex_place(program: &str) -> Option<(HtmlElement, MessagePort)> {
    let left = |list: &str| Reflect::get(&member(list)?, &program.into()).ok();
    let element = Reflect::get(&left("annexes")?, &"element".into()).ok()?;
    Some((element.dyn_into().ok()?, left("ports")?.dyn_into().ok()?))
}

/// Has the page say that Slicewise was updated.
pub fn tell_of_update() {
    UPDATED.with(|updated| updated.set(true));
}

/// Looks whether the site has another build by now, after a file could not be fetched.
pub fn look_for_update() {
    let asked = member("isOld").and_then(|ask| ask.dyn_into::<Function>().ok());
    let asked = asked.and_then(|ask| ask.call0(&JsValue::NULL).ok());
    let Some(answer) = asked.and_then(|answer| answer.dyn_into::<Promise>().ok()) else { return };
    spawn_local(async move {
        if JsFuture::from(answer).await.is_ok_and(|old| old.is_truthy()) {
            tell_of_update();
        }
    });
}

/// Whether the page is to say that Slicewise was updated.
pub fn was_updated() -> bool {
    UPDATED.with(|updated| updated.get())
}
