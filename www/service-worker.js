// Keeps the pages' own files, so that Slicewise opens without a network. The network comes first:
// a kept file is only used where none can be fetched, so that a new build is never hidden.
const STORE = "slicewise";
// Engines and pages whose names no build changes. They are kept once they were used, or once the open
// page asks for them; their names are never stale.
const FIXED = /slicewise-(engine|cells|forecast|learning|gpu)/;
const home = new URL("./", self.location).href;

/** The files that `html` names in attributes that `names` matches. */
function named(html, names) {
  const found = html.matchAll(new RegExp(`(?:${names})="(\\./[^"]+)"`, "g"));
  return [...found].map((match) => new URL(match[1], home).href);
}

/** Keeps the page's HTML and what every page needs of what it names; forgets files of older builds. */
async function keepPage(html) {
  const store = await caches.open(STORE);
  await store.put(home, new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } }));
  const wanted = new Set([home, ...named(html, "href|src|data-module|data-wasm")]);
  const kept = (await store.keys()).map((request) => request.url);
  const stale = kept.filter((url) => !wanted.has(url) && !FIXED.test(url));
  await Promise.all(stale.map((url) => store.delete(url)));
  await keep(named(html, "href|src"));
}

/** Keeps those of `urls` that are not kept yet. */
async function keep(urls) {
  const store = await caches.open(STORE);
  const kept = new Set((await store.keys()).map((request) => request.url));
  const missing = urls.filter((url) => !kept.has(url));
  // A file that cannot be fetched now is kept when the page next asks for it.
  await Promise.allSettled(missing.map((url) => store.add(url)));
}

async function answer(event) {
  const isPage = event.request.mode === "navigate";
  try {
    const response = await fetch(event.request);
    if (response.ok && response.type === "basic") {
      const copy = response.clone();
      event.waitUntil(
        isPage
          ? copy.text().then(keepPage)
          : caches.open(STORE).then((store) => store.put(event.request, copy)),
      );
    }
    return response;
  } catch (error) {
    const kept = await caches.match(isPage ? home : event.request);
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("install", (event) => {
  event.waitUntil(fetch(home).then((page) => page.text()).then(keepPage).then(() => self.skipWaiting()));
});

self.addEventListener("message", (event) => {
  event.waitUntil(keep(event.data.filter((url) => url.startsWith(home))));
});

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(home)) event.respondWith(answer(event));
});
