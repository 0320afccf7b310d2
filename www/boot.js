// Starts the page of the planner that the address names, and leaves the others' files alone. The build
// writes a line above this one: `slicewiseBuild`, the build's id and the addresses of its files,
// `slicewisePlanners`, of each planner its title and where its first networks lie, and
// `slicewiseOnceOpened`, where networks lie that are kept only once they were opened. In one file that
// holds all of these, one-file.js stands between the two and adds `slicewiseBuild.inside`.
(async () => {
  // How long the open page rests before the other planners' files are kept too.
  const REST_MS = 5000;
  const { id, files, inside } = slicewiseBuild;
  const found = (address) => new URL(address, document.baseURI).href;
  const flags = new URL(location.href).searchParams;
  // The build writes a page of each planner for those that read no more than its head.
  const asked = flags.get("planner") ?? location.pathname.match(/([a-z]+)\.html$/)?.[1];
  const start = document.getElementById("start");
  // What an address asks for opens as ever; one that asks for nothing shows what there is.
  const isBare = start && !Object.hasOwn(slicewisePlanners, asked) && !location.hash && [...flags.keys()].every((flag) => flag === "theme");
  // A name that is not known opens the first planner, whose page says so.
  const open = Object.hasOwn(slicewisePlanners, asked) ? asked : Object.keys(slicewisePlanners)[0];
  const [script, wasm] = [`slicewise-${open}-page.js`, `slicewise-${open}-page_bg.wasm`];
  const page = document.getElementById("page");
  if (!isBare) slicewiseBuild.planner = open;

  /** Whether the site has another build by now; a page to sign in on is none. */
  slicewiseBuild.isOld = async () => {
    if (inside) return false;
    const home = await fetch(found("./"), { cache: "no-store" });
    const text = await home.text();
    return home.ok && text.includes("boot-") && !text.includes(id);
  };

  /** What this place lacks of what Slicewise cannot do without, and what helps. */
  function lack() {
    if (!inside && location.protocol === "file:")
      return "A page from a disk cannot fetch its programs: serve this folder, as by python3 -m http.server, and open that address, or open slicewise.html, which cargo xtask single writes.";
    if (!inside && origin === "null")
      return "A sandboxed frame cannot fetch its programs: add allow-same-origin to the frame's sandbox, open the page in a tab of its own, or frame slicewise.html, which cargo xtask single writes.";
    try {
      new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
    } catch {
      return "WebAssembly is off here: allow it in the browser's settings (Lockdown Mode) or by 'wasm-unsafe-eval' in the site's policy, or open another browser.";
    }
  }

  /** Puts `sentence` in the page's place, with a button that loads it anew. */
  function say(sentence, label) {
    const add = (name, attributes) => page.append(Object.assign(document.createElement(name), attributes));
    page.replaceChildren();
    if (sentence) add("p", { className: "loading", role: "alert", textContent: sentence });
    add("button", { textContent: label, onclick: () => location.reload() });
  }

  // What is thrown as a sentence is told as it is.
  const unreached = (name, why) =>
    `The file ${name} could not be fetched (${why}): reload, and if that does not help, the site was not copied whole.`;
  const foreign = (name) => `A page came in place of the file ${name}: sign in to this network, then reload.`;

  /** Fetches the file `name`. */
  async function get(name) {
    if (inside) return inside.get(name);
    const response = await fetch(found(files[name])).catch(() => {
      throw unreached(name, "no answer");
    });
    if (!response.ok) throw unreached(name, response.status);
    if (response.headers.get("content-type")?.startsWith("text/html")) throw foreign(name);
    return response;
  }

  /** Runs the script, or applies the style sheet, that `files` knows as `name`. */
  const load = (name) =>
    inside?.load(name) ??
    new Promise((onload, onerror) => {
      const isScript = name.endsWith(".js");
      const file = isScript ? { src: found(files[name]) } : { rel: "stylesheet", href: found(files[name]) };
      const element = document.createElement(isScript ? "script" : "link");
      document.head.append(Object.assign(element, { ...file, onload, onerror }));
    });

  /** What a planner's page needs at once. */
  const needed = ([name, [, ...networks]]) => {
    const starts = [...["-page", "-engine", "."].map((own) => `slicewise-${name}${own}`), ...networks];
    return Object.keys(files).filter((file) => starts.some((start) => file.startsWith(start)));
  };

  const damaged = (name) => `The file ${name} is damaged or too new for this browser: reload, or update the browser.`;

  // The ports of the page's annexes and what was opened of these, by their programs.
  slicewiseBuild.ports = {};
  slicewiseBuild.annexes = {};

  /** Starts the annex `name`, which fills the `element` of the open page. */
  slicewiseBuild.openAnnex = async (name, element) => {
    const [script, wasm] = [`${name}.js`, `${name}_bg.wasm`];
    if (!files[script])
      throw "This tab is not in this file, which is kept small: open Slicewise on the web.";
    const annex = (slicewiseBuild.annexes[name] = { element });
    const started = load(script).catch(() => {
      throw unreached(script, "no answer");
    });
    const [response] = await Promise.all([get(wasm), started]);
    if (!annex.start) throw foreign(script);
    await annex.start({ module_or_path: response }).catch((error) => {
      console.error(error);
      throw damaged(wasm);
    });
  };

  /** Shows the start page, which needs no program. */
  function showStart() {
    let theme = flags.get("theme");
    try {
      theme ??= JSON.parse(localStorage.getItem("slicewise-theme"));
    } catch {
      // Where nothing is stored, the browser's own choice holds.
    }
    if (["light", "dark"].includes(theme)) document.documentElement.dataset.theme = theme;
    start.hidden = false;
    page.hidden = true;
    addEventListener("hashchange", () => location.reload());
    load("kept.js").catch(() => {});
    navigator.serviceWorker?.register(found("service-worker.js")).catch(() => {});
  }

  /** Has the service worker keep the open planner's files, and later those of all. */
  async function keep() {
    const { serviceWorker } = navigator;
    if (!serviceWorker || inside) return;
    const shared = [...document.querySelectorAll("link[rel=icon], link[rel=stylesheet], script[src]")].map((link) => link.href || link.src);
    const build = [...shared, ...pictures, ...Object.values(files).map(found)];
    const planners = Object.entries(slicewisePlanners);
    await serviceWorker.register(found("service-worker.js"));
    const { active } = await serviceWorker.ready;
    const ask = (names) =>
      active.postMessage({ id, build, needed: [...shared, ...names.map((name) => found(files[name]))] });
    ask(needed([open, slicewisePlanners[open]]));
    if (navigator.connection?.saveData) return;
    const onceOpened = (name) => slicewiseOnceOpened.some((folder) => name.startsWith(folder));
    const networks = Object.keys(files).filter((name) => name.startsWith("models/") && !onceOpened(name));
    setTimeout(() => ask([...planners.flatMap(needed), ...networks]), REST_MS);
  }

  // What the start page shows is not fetched for a planner, and not forgotten either.
  const pictures = [...document.querySelectorAll("#start img")].map(({ src }) => src);
  if (isBare) return showStart();
  start?.remove();
  // The page around this one may hear of everything, of what is lacking as well.
  if (flags.has("frame") && parent !== self) load("framed.js").catch(() => {});
  const isDemo = flags.get("demo") === "1";
  if (isDemo) load("demo.js").catch(() => {});
  const lacking = lack();
  if (lacking) return say(lacking, "Reload");
  if (!files[script]) {
    page.firstChild.textContent = `${slicewisePlanners[open][0]} is being built.`;
    setTimeout(() => location.reload(), REST_MS);
    return;
  }
  try {
    const styles = `slicewise-${open}.css`;
    if (files[styles]) load(styles).catch(() => {});
    if (["show", "controls", "scale"].some((flag) => flags.has(flag))) load("view.js").catch(() => {});
    const started = load(script).catch(() => {
      throw unreached(script, "no answer");
    });
    const [response] = await Promise.all([get(wasm), started]);
    if (typeof wasm_bindgen === "undefined") throw foreign(script);
    await wasm_bindgen({ module_or_path: response });
    inside?.opened();
    if (!isDemo && flags.get("embed") !== "1" && !flags.has("frame")) load("kept.js").catch(() => {});
  } catch (error) {
    console.error(error);
    say(typeof error === "string" ? error : damaged(wasm), "Reload");
    if (await slicewiseBuild.isOld().catch(() => false)) say("", "Slicewise was updated: reload");
    return;
  }
  // Where a browser keeps no files, the page works all the same, with a network.
  keep().catch(() => {});
})();
