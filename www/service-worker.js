// Keeps the site's files, so that Slicewise opens without a network. A name with a hash tells the file's
// content, so that a kept file is never stale; only the page itself changes. It comes from the network,
// and without one from the newest build whose files are all kept. The build writes a line above this
// one: `slicewisePages`, the pages that differ from it in their heads alone.
const STORE = "slicewise";
const HASHED = /-[0-9a-f]{12}\.\w+$/;
const home = new URL("./", self.location).href;
// The page of a build whose files are not all kept yet.
const next = `${home}?next`;

/** Whether a file came, and no page in its place, as from a network to sign in to. */
function isFile({ ok, type, headers }) {
  return ok && type === "basic" && !headers.get("content-type")?.startsWith("text/html");
}

async function keepFile(store, url) {
  const response = await fetch(url);
  if (!isFile(response)) throw new Error(`${url} did not arrive`);
  await store.put(url, response);
}

async function keepPage(html) {
  const store = await caches.open(STORE);
  await store.put(next, new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } }));
}

/** The page of the build `id`, if that is the newest: a visitor of a planner's own page never asks for it. */
async function pageOf(id, store) {
  const isOf = async (page) => page && (await page.clone().text()).includes(id);
  let page = await store.match(next);
  if (await isOf(page)) return page;
  page = await fetch(home, { cache: "no-store" });
  if (!page.ok || !(await isOf(page))) return;
  await keepPage(await page.text());
  return store.match(next);
}

/** Keeps what a page of the newest build needs; then files of older builds are forgotten. */
async function keep({ id, needed, build }) {
  const store = await caches.open(STORE);
  const page = await pageOf(id, store);
  if (!page) return;
  const kept = new Set((await store.keys()).map((request) => request.url));
  // A file that cannot be fetched is asked for again when the page is next opened.
  await Promise.all(needed.filter((url) => !kept.has(url)).map((url) => keepFile(store, url)));
  await store.put(home, page);
  const wanted = new Set([home, next, ...build]);
  await Promise.all([...kept].filter((url) => !wanted.has(url)).map((url) => store.delete(url)));
}

async function answerFile(event) {
  const store = await caches.open(STORE);
  const kept = await store.match(event.request.url);
  if (kept) return kept;
  const response = await fetch(event.request);
  if (isFile(response)) {
    event.waitUntil(store.put(event.request.url, response.clone()));
  }
  return response;
}

async function answerPage(event, isHome) {
  try {
    const response = await fetch(event.request);
    if (isHome && response.ok && response.type === "basic") {
      event.waitUntil(response.clone().text().then(keepPage));
    }
    return response;
  } catch (error) {
    const store = await caches.open(STORE);
    const kept = await store.match(home);
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("install", (event) => {
  event.waitUntil(fetch(home).then((page) => page.text()).then(keepPage).then(() => self.skipWaiting()));
});

self.addEventListener("message", (event) => {
  event.waitUntil(keep(event.data));
});

self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const [address] = url.split(/[?#]/);
  if (method !== "GET" || !url.startsWith(home)) return;
  if (HASHED.test(address)) event.respondWith(answerFile(event));
  else if (mode === "navigate") {
    const isHome = [home, `${home}index.html`].includes(address);
    if (isHome || slicewisePages.some((page) => address === home + page)) event.respondWith(answerPage(event, isHome));
  }
});
