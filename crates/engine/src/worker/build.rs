//! Which build of the site the engine belongs to, and where the build's files lie: the engine's script
//! leaves a manifest in the worker's global scope.

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::DedicatedWorkerGlobalScope;

/// Name of the manifest: `{ id, files: { name: address } }`, addresses relative to the engine's script.
const MANIFEST: &str = "slicewiseBuild";

fn entry(from: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(from, &name.into()).ok().filter(JsValue::is_truthy)
}

/// The build's id; empty where the site was built without a manifest.
pub fn id(scope: &DedicatedWorkerGlobalScope) -> String {
    let id = entry(scope, MANIFEST).and_then(|manifest| entry(&manifest, "id")?.as_string());
    id.unwrap_or_default()
}

/// The address of a file of the site, where the manifest has it.
pub fn address(scope: &DedicatedWorkerGlobalScope, file: &str) -> Option<String> {
    let own = scope.location().href();
    let (folder, _) = own.rsplit_once('/')?;
    let files = entry(&entry(scope, MANIFEST)?, "files")?;
    let address = entry(&files, file)?.as_string()?;
    Some(format!("{folder}/{address}"))
}
