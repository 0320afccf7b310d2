// With `demo=1` in the address the page shows itself: it goes from stop to stop of a list until somebody
// touches it, and goes on once it has been left alone. `stops=` names another list than this one, a JSON
// file of the site's own origin.
(async () => {
  const STOPS = [
    { planner: "slice", state: "", seconds: 25 },
    { planner: "cells", state: "", seconds: 25 },
    { planner: "forecast", state: "", seconds: 25 },
    { planner: "twin", state: "", seconds: 25 },
  ];
  // How long the page is left alone before it goes on, and how long an engine may be out of order.
  const REST_S = 120;
  const BROKEN_S = 30;
  const LARGE_TYPE = "18px";
  const page = document.getElementById("page");
  const flags = new URL(location.href).searchParams;
  const list = flags.get("stops");
  const stops = list ? await (await fetch(new URL(list, document.baseURI))).json() : STOPS;
  const reachable = stops.filter(({ planner }) => Object.hasOwn(slicewisePlanners, planner));
  let stop = Math.max(0, Number(flags.get("stop")) || 0) % reachable.length;
  let [left, broken] = [reachable[stop]?.seconds ?? 0, 0];

  /** Opens stop number `next`. */
  function go(next) {
    stop = next % reachable.length;
    const { planner, state, seconds } = reachable[stop];
    left = seconds;
    flags.set("planner", planner);
    flags.set("stop", stop);
    if (planner === slicewiseBuild.planner && state) location.hash = state;
    // A state that opens the page is shown by opening it anew, which also begins with fresh memory.
    else location.replace(`?${flags}#${state}`);
  }

  /** Whether the page says that its engine is out of order. */
  const isBroken = () => Boolean(page.querySelector("[data-test=engine-message], .loading[role=alert]"));

  function tick() {
    broken = isBroken() ? broken + 1 : 0;
    if (broken === BROKEN_S) location.reload();
    left -= 1;
    if (left <= 0) go(stop + 1);
  }

  /** Keeps the screen on, where the browser can. */
  const stayAwake = () => document.hidden || navigator.wakeLock?.request("screen").catch(() => {});

  if (!reachable.length) return;
  document.documentElement.style.fontSize = LARGE_TYPE;
  for (const touch of ["pointerdown", "keydown", "wheel"]) addEventListener(touch, () => (left = REST_S), { passive: true, capture: true });
  document.addEventListener("visibilitychange", stayAwake);
  stayAwake();
  setInterval(tick, 1000);
})();
