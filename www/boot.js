// Starts the page's wasm. Trunk writes the names of both files into this script's element.
const { module, wasm } = document.querySelector("script[data-module]").dataset;
const page = await import(new URL(module, document.baseURI).href);
await page.default({ module_or_path: new URL(wasm, document.baseURI) });
