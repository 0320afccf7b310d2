// Keeps the page's own files, so that Slicewise opens without a network. The network comes first:
// a kept file is only used where none can be fetched, so that a new build is never hidden.
const STORE = "slicewise";
const ENGINE = ["slicewise-engine_loader.js", "slicewise-engine.js", "slicewise-engine_bg.wasm"];
// Engines that are fetched only when they are wanted; once they were, they are kept as well.
const ON_DEMAND = /slicewise-(learning|gpu)/;
const home = new URL("./", self.location).href;

/** Keeps every file that the page's HTML names, and the engines'; forgets all others. */
async function keep(html) {
  const named = [...html.matchAll(/(?:href|src|data-module|data-wasm)="(\.\/[^"]+)"/g)];
  const files = [...named.map((match) => match[1]), ...ENGINE].map((file) => new URL(file, home).href);
  const wanted = new Set([home, ...files]);
  const store = await caches.open(STORE);
  const kept = new Set((await store.keys()).map((request) => request.url));
  await store.put(home, new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } }));
  const stale = [...kept].filter((url) => !wanted.has(url) && !ON_DEMAND.test(url));
  await Promise.all(stale.map((url) => store.delete(url)));
  const missing = [...wanted].filter((url) => !kept.has(url) && url !== home);
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
          ? copy.text().then(keep)
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
  event.waitUntil(fetch(home).then((page) => page.text()).then(keep).then(() => self.skipWaiting()));
});

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(home)) event.respondWith(answer(event));
});
