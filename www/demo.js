// With `demo=1` in the address the page shows itself: it goes from stop to stop of a list until somebody
// touches it, and goes on once it has been left alone. `stops=` names another list than all planners one
// after the other, a JSON file of the site's own origin. It is there before the planner's page, so that
// one that does not start is opened anew as well.
(async () => {
  const SECONDS = 25;
  // How long the page is left alone before it goes on, and how long it may be out of order.
  const REST_S = 120;
  const BROKEN_S = 30;
  const LARGE_TYPE = "18px";
  const page = document.getElementById("page");
  const flags = new URL(location.href).searchParams;

  /** The list that the address names, or nothing where it names none or one that is not there. */
  async function listed() {
    const list = flags.get("stops");
    if (!list) return;
    try {
      const stops = await (await fetch(new URL(list, document.baseURI))).json();
      return stops.filter((stop) => Object.hasOwn(slicewisePlanners, stop?.planner));
    } catch (error) {
      console.warn(`stops is ${list}, which is no JSON list here: all planners are shown instead`, error);
    }
  }

  const given = await listed();
  const stops = given?.length ? given : Object.keys(slicewisePlanners).map((planner) => ({ planner }));
  const reachable = stops.map(({ planner, state, seconds }) => ({
    planner,
    state: typeof state === "string" ? state : "",
    seconds: seconds > 0 ? Number(seconds) : SECONDS,
  }));
  let stop = Math.floor(Math.max(0, Number(flags.get("stop")) || 0)) % reachable.length;
  let [left, broken] = [reachable[stop].seconds, 0];

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

  /** Whether the page says that it or its engine is out of order. */
  const isBroken = () => Boolean(page.querySelector("[data-test=engine-message], .loading[role=alert]"));

  function tick() {
    broken = isBroken() ? broken + 1 : 0;
    // The newest build has all of its files.
    if (page.querySelector("[data-test=updated]") || broken === BROKEN_S) return location.reload();
    left -= 1;
    if (left <= 0) go(stop + 1);
  }

  /** Keeps the screen on, where the browser can. */
  const stayAwake = () => document.hidden || navigator.wakeLock?.request("screen").catch(() => {});

  document.documentElement.style.fontSize = LARGE_TYPE;
  for (const touch of ["pointerdown", "keydown", "wheel"]) addEventListener(touch, () => (left = REST_S), { passive: true, capture: true });
  document.addEventListener("visibilitychange", stayAwake);
  stayAwake();
  setInterval(tick, 1000);
})();
