//! Which build of the site the engine belongs to, and where the build's files lie: the script beside
//! the page leaves a manifest in the worker's global scope.

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

/// The address of a file of the site.
pub fn address(scope: &DedicatedWorkerGlobalScope, file: &str) -> Option<String> {
    let own = scope.location().href();
    let (folder, _) = own.rsplit_once('/')?;
    let manifest = entry(scope, MANIFEST).and_then(|manifest| entry(&manifest, "files"));
    let address = match manifest {
        Some(files) => entry(&files, file)?.as_string()?,
        None => file.replace("models/forecast/", "slicewise-forecast-models/"),
    };
    Some(format!("{folder}/{address}"))
}
