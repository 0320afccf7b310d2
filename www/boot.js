// Starts the page's wasm. Trunk writes the names of both files into this script's element.
const { module, wasm } = document.querySelector("script[data-module]").dataset;
const page = await import(new URL(module, document.baseURI).href);
await page.default({ module_or_path: new URL(wasm, document.baseURI) });
// Where a browser keeps no files, the page works all the same, with a network.
navigator.serviceWorker?.register(new URL("service-worker.js", document.baseURI)).catch(() => {});
