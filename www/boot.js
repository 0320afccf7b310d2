// Starts the page of the planner that the address names, and leaves the others' files alone. Trunk
// writes the names of the Slice planner's files into this script's element; the others' are fixed.
const { module, wasm } = document.querySelector("script[data-module]").dataset;
const engine = (name) => [`${name}_loader.js`, `${name}.js`, `${name}_bg.wasm`];
const networks = (name) =>
  ["card.json", "weights.safetensors"].map((file) => `slicewise-forecast-models/${name}/${file}`);
/** Of each planner: the page's script and wasm, then what they fetch. */
const PLANNERS = {
  slice: [module, wasm, ...engine("slicewise-engine")],
  cells: [
    "slicewise-cells-page.js",
    "slicewise-cells-page_bg.wasm",
    ...engine("slicewise-cells"),
    "slicewise-cells.css",
  ],
  forecast: [
    "slicewise-forecast-page.js",
    "slicewise-forecast-page_bg.wasm",
    ...engine("slicewise-forecast"),
    "slicewise-forecast.css",
    ...networks("video-streaming"),
  ],
};
/** What a planner only fetches for some questions. */
const FOR_SOME_QUESTIONS = ["web-browsing", "social-media", "cloud-gaming", "four-slices"].flatMap(networks);
// How long the open page rests before the other planners' files are kept too.
const REST_MS = 5000;
const found = (file) => new URL(file, document.baseURI).href;

const asked = new URL(location.href).searchParams.get("planner");
// A name that is not known opens the first planner, whose page says so.
const open = Object.hasOwn(PLANNERS, asked) ? asked : "slice";
const files = PLANNERS[open].map(found);
const styles = files.find((file) => file.endsWith(".css"));
if (styles) {
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: styles }));
}
const program = fetch(files[1]);
const page = await import(files[0]);
await page.default({ module_or_path: program });

/** Has the service worker keep the open planner's files, and later those of all. */
async function keep() {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return;
  await serviceWorker.register(found("service-worker.js"));
  const { active } = await serviceWorker.ready;
  active.postMessage(files);
  if (navigator.connection?.saveData) return;
  const all = [...Object.values(PLANNERS).flat(), ...FOR_SOME_QUESTIONS];
  setTimeout(() => active.postMessage(all.map(found)), REST_MS);
}
// Where a browser keeps no files, the page works all the same, with a network.
keep().catch(() => {});
