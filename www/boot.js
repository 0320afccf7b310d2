// Starts the page of the planner that the address names, and leaves the others' files alone. The build
// writes a line above this one: `slicewiseBuild`, the build's id and the addresses of its files,
// `slicewisePlanners`, of each planner its title and where its first networks lie, and
// `slicewiseOnceOpened`, where networks lie that are kept only once they were opened.
(async () => {
  // How long the open page rests before the other planners' files are kept too.
  const REST_MS = 5000;
  const { id, files } = slicewiseBuild;
  const found = (address) => new URL(address, document.baseURI).href;
  const asked = new URL(location.href).searchParams.get("planner");
  // A name that is not known opens the first planner, whose page says so.
  const open = Object.hasOwn(slicewisePlanners, asked) ? asked : "slice";
  const program = `slicewise-${open}-page`;
  const page = document.getElementById("page");

  /** Whether the site has another build by now. */
  slicewiseBuild.isOld = async () => {
    const home = await fetch(found("./"), { cache: "no-store" });
    return home.ok && !(await home.text()).includes(id);
  };

  /** Adds an element to the document's head and waits until its file is there. */
  const load = (element, attributes) =>
    new Promise((onload, onerror) => {
      document.head.append(Object.assign(document.createElement(element), { ...attributes, onload, onerror }));
    });

  /** What a planner's page needs at once. */
  const needed = ([name, [, ...networks]]) =>
    Object.keys(files).filter((file) => [`slicewise-${name}`, ...networks].some((start) => file.startsWith(start)));

  /** Has the service worker keep the open planner's files, and later those of all. */
  async function keep() {
    const { serviceWorker } = navigator;
    if (!serviceWorker) return;
    const shared = [...document.querySelectorAll("link[href], script[src]")].map((link) => link.href || link.src);
    const build = [...shared, ...Object.values(files).map(found)];
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

  if (!files[`${program}.js`]) {
    page.firstChild.textContent = `${slicewisePlanners[open][0]} is being built.`;
    setTimeout(() => location.reload(), REST_MS);
    return;
  }
  try {
    const styles = files[`slicewise-${open}.css`];
    if (styles) load("link", { rel: "stylesheet", href: found(styles) }).catch(() => {});
    const wasm = fetch(found(files[`${program}_bg.wasm`]));
    await load("script", { src: found(files[`${program}.js`]) });
    await wasm_bindgen({ module_or_path: wasm });
  } catch (error) {
    if (!(await slicewiseBuild.isOld().catch(() => false))) throw error;
    const reload = { textContent: "Slicewise was updated: reload", onclick: () => location.reload() };
    page.replaceChildren(Object.assign(document.createElement("button"), reload));
    return;
  }
  // Where a browser keeps no files, the page works all the same, with a network.
  keep().catch(() => {});
})();
