// Stands before boot.js in one file that holds all of Slicewise, and gives it what it would fetch: the
// files lie in blocks of this document, compressed with gzip and written in base64, each under its
// address in the site. Workers are started from blobs, which can fetch nothing in a page from a disk:
// the page compiles the wasm once for all of them and hands it over, and later the files they ask for.
(() => {
  const { files } = slicewiseBuild;
  const loading = document.getElementById("page").innerHTML;
  const own = document.getElementById("own");
  // A file that somebody saved opens where he was, unless its address knows better. Without files of his
  // the page begins there; with them it is brought there once it has them.
  if (own && !location.hash) {
    const { state, given } = JSON.parse(own.textContent);
    if (state && !given.length) location.replace(`#${state}`);
  }
  const blocks = new Map([...document.querySelectorAll("script[data-file]")].map((block) => [block.dataset.file, block]));
  const textOf = async (address) => (await unpacked(address)).text();
  /** The names of the engines by the addresses of the blobs that they are started from. */
  const engines = new Map();
  /** The compiled wasm by the engines' names. */
  const modules = new Map();

  /** The file at `address` in the site. */
  async function unpacked(address) {
    const packed = atob(blocks.get(address).text);
    const bytes = new Uint8Array(packed.length);
    for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
    const type = address.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream, { headers: { "content-type": type } });
  }

  /** The wasm of `engine`, compiled once. */
  function compiled(engine) {
    if (!modules.has(engine)) modules.set(engine, WebAssembly.compileStreaming(unpacked(files[`${engine}_bg.wasm`])));
    return modules.get(engine);
  }

  /** Answers a worker's request for a file, with nothing where the file is not inside. */
  async function answer({ data: address, ports: [reply] }) {
    const bytes = await unpacked(address).then((file) => file.arrayBuffer()).catch(() => null);
    reply.postMessage(bytes, bytes ? [bytes] : []);
  }

  // Where there are no workers, the page says so itself.
  if (self.Worker) {
    self.Worker = class extends Worker {
      constructor(address, options) {
        super(address, options);
        const engine = engines.get(address);
        if (!engine) return;
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = answer;
        // Without its wasm the worker throws, and the page hears of it.
        compiled(engine).catch(() => null).then((module) => this.postMessage(module, [port2]));
      }
    };
  }

  /** Makes blobs of the engines' scripts and forgets what this file leaves out. */
  async function prepare() {
    for (const [name, address] of Object.entries(files)) if (!blocks.has(address)) delete files[name];
    for (const name of Object.keys(slicewisePlanners)) if (!files[`slicewise-${name}-page.js`]) delete slicewisePlanners[name];
    // Without its engine a graphics processor is of no use.
    if (!files["slicewise-gpu.js"]) Object.defineProperty(navigator, "gpu", { value: undefined });
    const scripts = Object.keys(files).filter((name) => name.endsWith(".js") && files[name.replace(".js", "_bg.wasm")] && !/-(page|annex)\.js$/.test(name));
    await Promise.all(
      scripts.map(async (name) => {
        files[name] = URL.createObjectURL(new Blob([await textOf(files[name])], { type: "text/javascript" }));
        engines.set(files[name], name.replace(".js", ""));
      }),
    );
  }

  /** Adds the script or style sheet `name` to the document, whose policy knows it by its hash. */
  async function load(name) {
    await prepared;
    const element = document.createElement(name.endsWith(".js") ? "script" : "style");
    element.textContent = await textOf(files[name]);
    element.dataset.loaded = "";
    document.head.append(element);
  }

  /** Has the links of the open page lead to this file, whatever its name. */
  function opened() {
    for (const link of document.querySelectorAll("a[href^='./']")) {
      const query = link.getAttribute("href").slice(2);
      if (!blocks.has(query)) link.setAttribute("href", query || "?");
    }
  }

  /** Shows or hides the licences, for a page from a disk opens no other. */
  async function showLicences(event) {
    event.preventDefault();
    const shown = document.getElementById("licences");
    if (shown) return shown.remove();
    const text = Object.assign(document.createElement("pre"), { id: "licences", textContent: await textOf(event.target.dataset.address) });
    text.style.whiteSpace = "pre-wrap";
    event.target.parentElement.append(text);
  }

  for (const link of document.querySelectorAll("footer a[href^='./']")) {
    link.dataset.address = link.getAttribute("href").slice(2);
    link.addEventListener("click", showLicences);
  }
  /** This file's HTML as it was before it opened, without what was its visitor's. */
  function html() {
    const whole = document.documentElement.cloneNode(true);
    whole.querySelectorAll("[data-loaded], #own, #licences, #told").forEach((element) => element.remove());
    whole.querySelector("#page").innerHTML = loading;
    for (const { name } of [...whole.attributes]) if (name !== "lang") whole.removeAttribute(name);
    return `<!doctype html>\n${whole.outerHTML}`;
  }

  const prepared = prepare();
  slicewiseBuild.inside = { get: (name) => unpacked(files[name]), load, opened, html };
})();
