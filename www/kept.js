// What a visitor brings to the open page: files and learnt networks, and where its controls stand. All of
// it goes into one file with "Save this page as one file", and, for those who have said yes, into this
// browser's own database, from where the start page and a reload bring it back. The files are kept as they
// were given and given again as a visitor would: this script knows no format and no planner.
(() => {
  const ANSWER_KEY = "slicewise-keep";
  const [DATABASE, STORE] = ["slicewise", "visits"];
  // Visits without files beyond so many are forgotten, oldest first.
  const MOST_VISITS = 12;
  // What one file carries of the visitor's files at most.
  const MOST_BYTES = 64e6;
  const WRITE_MS = 1000;
  const PATIENCE_MS = 10000;
  // How soon a page shows that it reads a file.
  const READ_MS = 300;
  const { planner, inside } = slicewiseBuild;
  const page = document.getElementById("page");
  const start = document.getElementById("start");
  const find = (name) => page.querySelector(`[data-test="${name}"]`);
  const element = (name, properties, ...children) => {
    const { test, ...others } = properties;
    const made = Object.assign(document.createElement(name), others);
    if (test) made.dataset.test = test;
    made.append(...children);
    return made;
  };
  const button = (test, textContent, onclick) => element("button", { type: "button", test, textContent, onclick });
  const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`);
  const bytesOf = ({ given }) => given.flatMap(({ files }) => files).reduce((sum, file) => sum + file.size, 0);
  const namesOf = ({ given }) => given.flatMap(({ files }) => files.map(({ name }) => name));

  // What this page was given: for each way in, the files that came last, and every network.
  let visit = { planner, state: "", sentence: "", when: 0, given: [] };
  let isReplaying = false;
  let timer;

  /** Notes that `files` came in by the file field `input`, or by `drop`. */
  function note(input, files, isUsed = true) {
    if (isReplaying || !files.length) return;
    const tab = page.querySelector("[role=tab][aria-selected=true]")?.dataset.test;
    const way = input.replace("menu-", "");
    const names = String(files.map(({ name }) => name));
    const isSame = (other) => other.input.replace("menu-", "") === way && (files.length === 1 || String(other.files.map(({ name }) => name)) === names);
    visit.given = [...visit.given.filter((other) => !isSame(other)), { input, tab, files, isUsed }];
    writeSoon();
  }

  /** Gives the page its files again, one after the other; gives the names of those that it has no place for. */
  async function replay(given) {
    isReplaying = true;
    const left = [];
    for (const { input, tab, files } of given.filter(({ isUsed }) => isUsed)) {
      const data = new DataTransfer();
      files.forEach((file) => data.items.add(file));
      if (input === "drop") {
        page.firstElementChild.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
      } else {
        if (!find(input) && tab) find(tab)?.click();
        const field = await appearing(input);
        if (!field) {
          left.push(...files.map(({ name }) => name));
          continue;
        }
        field.files = data.files;
        field.dispatchEvent(new Event("change", { bubbles: true }));
      }
      await read();
    }
    isReplaying = false;
    return left;
  }

  const rest = (ms) => new Promise((done) => setTimeout(done, ms));

  async function appearing(name) {
    for (let waited = 0; waited < PATIENCE_MS; waited += 50) {
      if (find(name)) return find(name);
      await rest(50);
    }
  }

  /** Waits until the page has read a file: until it has changed and then says no more that it reads. */
  async function read() {
    await rest(READ_MS);
    for (let waited = 0; find("reading") && waited < PATIENCE_MS; waited += 50) await rest(50);
    await rest(READ_MS);
  }

  /** Brings the page to `state`. */
  function show(state) {
    if (!state) return;
    try {
      history.replaceState(null, "", `#${state}`);
    } catch {
      location.replace(`#${state}`);
    }
    dispatchEvent(new Event("hashchange"));
  }

  /** Brings back a visit. */
  async function restore({ state, given }) {
    if (!given.length) return show(state);
    await appearing("answer");
    // Some ways in are there in some states alone.
    show(state);
    await rest(READ_MS);
    let left = await replay(given);
    if (state && location.hash.slice(1) !== state) {
      // A network that came in changes the state, and an address that is opened closes a table.
      show(state);
      await rest(READ_MS);
      left = await replay(given.filter(({ files }) => files.length === 1));
    }
    if (left.length) tell(`Not brought back: ${left.join(", ")}. Open it where you opened it before.`);
  }

  /** Says something above the page, good news or not. */
  function tell(text, isGood = false) {
    document.getElementById("told")?.remove();
    const told = element("div", { id: "told", className: isGood ? "message good" : "message" }, element("p", { test: "told", textContent: text }));
    told.setAttribute("role", "status");
    told.append(button("told-dismiss", "Dismiss", () => told.remove()));
    page.before(told);
  }

  // Where the page stands, as one that is saved or kept says it.
  const now = () => ({ ...visit, state: location.hash.slice(1), sentence: find("answer")?.textContent ?? "", when: Date.now() });

  // ---- One file

  const base64 = (file) =>
    new Promise((onload, onerror) => {
      const reader = Object.assign(new FileReader(), { onload: () => onload(reader.result.split(",")[1] ?? ""), onerror });
      reader.readAsDataURL(file);
    });

  async function fileOf({ name, type, content }) {
    const packed = atob(content);
    const bytes = new Uint8Array(packed.length);
    for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
    return new File([bytes], name, { type });
  }

  /** The HTML of the open planner's one file. */
  async function oneFile() {
    if (inside) return inside.html();
    const name = `slicewise-${planner}.html`;
    const response = await fetch(new URL(name, document.baseURI), { cache: "no-store" });
    const html = response.ok ? await response.text() : "";
    if (!html.includes("data-file=")) throw `This site has no ${name}: whoever looks after it makes it by cargo xtask single.`;
    return html;
  }

  /** Has the browser save `blob` as `name`. */
  function offer(blob, name) {
    const link = element("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  /** Saves the open planner as one file, with its state and the visitor's files. */
  async function save() {
    try {
      const html = await oneFile();
      const { state, given } = now();
      const [inFile, left] = [[], []];
      let bytes = 0;
      for (const { input, tab, files, isUsed } of given) {
        bytes += bytesOf({ given: [{ files }] });
        if (bytes > MOST_BYTES || !isUsed) {
          left.push(...files.map(({ name }) => name));
          continue;
        }
        const contents = files.map(async (file) => ({ name: file.name, type: file.type, content: await base64(file) }));
        inFile.push({ input, tab, files: await Promise.all(contents), isUsed });
      }
      // No text of anybody's ends the block that it stands in.
      const own = JSON.stringify({ state, given: inFile }).replaceAll("<", "\\u003c");
      const at = html.lastIndexOf("<script>");
      const whole = [html.slice(0, at), `<script type="application/json" id="own">${own}</script>\n`, html.slice(at)];
      const file = new Blob(whole, { type: "text/html" });
      const saved = `slicewise-${planner}-own.html`;
      offer(file, saved);
      const names = namesOf({ given: inFile });
      const what = names.length ? `your question and ${names.join(", ")}` : "your question";
      const missing = left.length ? ` Not inside, as too large or not in use: ${left.join(", ")}.` : "";
      tell(`Saved ${saved}, ${size(file.size)}, with ${what} inside. Answers, batches and checks are worked out anew when it is opened.${missing}`, true);
    } catch (error) {
      tell(typeof error === "string" ? error : `The page could not be saved as one file: ${error.message ?? error}`);
    }
  }

  /** What a saved file has of its visitor. */
  async function carried() {
    const block = document.getElementById("own");
    if (!block) return;
    const { state, given } = JSON.parse(block.textContent);
    const entries = given.map(async (way) => ({ ...way, files: await Promise.all(way.files.map(fileOf)) }));
    return { state: location.hash.slice(1) || state, given: await Promise.all(entries) };
  }

  // ---- This browser's database

  const settled = (request) =>
    new Promise((done, failed) => {
      request.onsuccess = () => done(request.result);
      request.onerror = () => failed(request.error);
    });

  let opening;
  function database() {
    opening ??= new Promise((done, failed) => {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true });
      request.onsuccess = () => done(request.result);
      request.onerror = () => failed(request.error);
    });
    return opening;
  }

  async function ask(mode, act) {
    const store = (await database()).transaction(STORE, mode).objectStore(STORE);
    return settled(act(store));
  }

  const visits = async () => (await ask("readonly", (store) => store.getAll())).sort((a, b) => b.when - a.when);
  const forget = (id) => ask("readwrite", (store) => store.delete(id));

  function answer() {
    return localStorage.getItem(ANSWER_KEY);
  }

  /** Keeps the visit as it stands, if anything was done in it. */
  async function write() {
    if (answer() !== "yes" || isReplaying) return;
    const open = now();
    if (!open.state && !open.given.length) return;
    const { id, ...plain } = open;
    visit.id = await ask("readwrite", (store) => store.put(id ? open : plain));
    const old = (await visits()).filter(({ given }) => !given.length).slice(MOST_VISITS);
    await Promise.all(old.map(({ id }) => forget(id)));
    await shown();
  }

  function writeSoon() {
    if (inside) return;
    clearTimeout(timer);
    timer = setTimeout(() => write().catch(cannot), WRITE_MS);
  }

  // ---- What is said of it

  const place = element("span", { id: "kept" });
  const recent = start?.querySelector("#recent");

  function cannot(error) {
    place.replaceChildren(
      element("span", { test: "kept-blocked", textContent: `This browser keeps nothing here (${error?.name ?? error}): save the page as one file instead.` }),
    );
  }

  async function decide(word) {
    localStorage.setItem(ANSWER_KEY, word);
    if (word === "yes") {
      await navigator.storage?.persist?.().catch(() => {});
      await write();
    } else await ask("readwrite", (store) => store.clear());
    await shown();
  }
  const decided = (word) => () => decide(word).catch(cannot);

  /** A kept visit: what it answered, when, how large, with a link to it. */
  function entry(kept) {
    const { id, planner, sentence, when } = kept;
    const link = element("a", { href: `./?planner=${planner}&kept=${id}`, textContent: `${slicewisePlanners[planner]?.[0] ?? planner}: ${sentence || "no answer"}` });
    link.dataset.test = `kept-${id}`;
    const facts = new Date(when).toLocaleString();
    const files = kept.given.flatMap(({ files }) => files);
    const saves = files.map((file) => {
      const saving = button(`save-kept-${id}`, `${file.name}, ${size(file.size)}`, () => offer(file, file.name));
      saving.setAttribute("aria-label", `Save ${file.name}`);
      return saving;
    });
    const gone = button(`forget-${id}`, "Forget", () => forget(id).then(shown).catch(cannot));
    gone.setAttribute("aria-label", `Forget ${link.textContent}`);
    return element("li", {}, link, element("span", { className: "hint", textContent: ` ${facts} ` }), ...saves, gone);
  }

  /** Writes what is kept into the footer, and into the start page. */
  async function shown() {
    const word = answer();
    if (word !== "yes") {
      const question = word ? "Nothing that you open is kept. " : "Keep what you open, what you train and where you were, in this browser alone? ";
      place.replaceChildren(question, button("keep-yes", "Keep", decided("yes")));
      if (!word) place.append(" ", button("keep-no", "Do not keep", decided("no")));
      return;
    }
    const all = await visits();
    const bytes = all.reduce((sum, kept) => sum + bytesOf(kept), 0);
    const summary = element("summary", { test: "kept", textContent: `Kept in this browser: ${all.length} (files: ${size(bytes)})` });
    const list = element("ul", { className: "kept" }, ...all.map(entry));
    const more = element("details", { open: Boolean(place.querySelector("details[open]")) }, summary, list, button("forget-all", "Forget all, keep nothing", decided("no")));
    place.replaceChildren(more);
    if (recent) {
      recent.hidden = !all.length;
      recent.querySelector("ul").replaceChildren(...all.slice(0, 6).map(entry));
    }
  }

  /** The visit that the address asks for, which then goes on. */
  async function asked() {
    const address = new URL(location.href);
    const id = Number(address.searchParams.get("kept"));
    if (!id) return;
    address.searchParams.delete("kept");
    history.replaceState(null, "", address);
    const kept = await ask("readonly", (store) => store.get(id));
    if (kept?.planner === planner) return kept;
  }

  async function begin() {
    if (planner) {
      document.addEventListener("change", ({ target }) => target.matches?.("input[type=file][data-test]") && note(target.dataset.test, [...target.files]), true);
      document.addEventListener("drop", ({ dataTransfer }) => note("drop", [...(dataTransfer?.files ?? [])]), true);
      // Programs of the page give what was learnt in it.
      slicewiseBuild.keep = (input, name, card, weights, isUsed) =>
        note(input, [new File([card], `${name}.json`, { type: "application/json" }), new File([weights], `${name}.safetensors`)], isUsed);
      find("export-menu")?.parentElement.querySelector(".menu-items")?.append(button("save-one-file", "Save this page as one file", save));
      const own = await carried();
      if (own) {
        visit = { ...visit, ...own };
        await restore(own);
      }
    }
    if (inside) return;
    document.querySelector("body > footer").append(" ", place);
    try {
      const kept = planner && (await asked());
      await shown();
      if (kept) {
        visit = kept;
        await restore(kept);
      }
    } catch (error) {
      return cannot(error);
    }
    // The address follows the controls without an event: it is looked at when they rest.
    let state = location.hash;
    const look = () => {
      if (location.hash !== state) writeSoon();
      state = location.hash;
    };
    if (planner) setInterval(look, WRITE_MS);
  }

  begin().catch((error) => console.error(error));
})();
