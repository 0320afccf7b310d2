// What an address shows of a page, for those who embed or present it: `show=landscape` one chart alone,
// `controls=qos,degradation` these controls alone, `scale=1.5` everything larger. What a name stands for
// is what tests find by it: the chart `chart-NAME`, and the controls `NAME`, `number-NAME`, `slider-NAME`.
(() => {
  // The tab that each chart lies in.
  const CHARTS = {
    slice: {
      landscape: "why",
      distribution: "why",
      "qos-curve": "why",
      "degradation-curve": "why",
      bounds: "why",
      shares: "why",
      surface: "what-if",
      "day-resources": "day",
      "day-traffic": "day",
      "day-lengths": "day",
      "race-seconds": "rivals",
      "race-rows": "rivals",
      "race-map": "rivals",
    },
    cells: {
      map: "network",
      "day-shares": "network",
      "day-satisfaction": "network",
      split: "cell",
      utilities: "cell",
      schemes: "schemes",
      "city-gaps": "city",
      "city-satisfaction": "city",
    },
    forecast: {
      test: "reservation",
      day: "reservation",
      costs: "methods",
      "loss-low": "loss",
      "loss-high": "loss",
      "loss-surface": "loss",
      admissions: "admission",
      "admitted-day": "admission",
    },
    twin: { delays: "what-if", hops: "flows" },
  };
  const [LEAST_SCALE, LARGEST_SCALE] = [0.5, 4];
  // What belongs to one view of a page and not to the whole.
  const OF_VIEW = ["embed", "show", "controls", "scale", "frame"];
  const flags = new URL(location.href).searchParams;
  const page = document.getElementById("page");
  const charts = CHARTS[slicewiseBuild.planner] ?? {};
  const rules = new CSSStyleSheet();

  /** Says in the page that a flag's value is none that is `allowed`. */
  function refuse(name, value, allowed) {
    const told = Object.assign(document.createElement("div"), { className: "message", role: "alert" });
    const text = Object.assign(document.createElement("p"), { textContent: `${name} is ${value}; allowed: ${allowed}.` });
    text.dataset.test = "view-refused";
    told.append(text);
    page.prepend(told);
  }

  /** Calls `act` until it returns true, whenever the page has changed. */
  function once(act) {
    if (act()) return;
    const observer = new MutationObserver(() => act() && observer.disconnect());
    observer.observe(page, { subtree: true, childList: true });
  }

  /** A selector of what tests find by one of `names`. */
  const found = (names) => `:is(${names.map((name) => `[data-test="${CSS.escape(name)}"]`).join(",")})`;

  /** Shows one chart, once it is there, with a link to the whole page. */
  function showChart(name) {
    const chart = found([`chart-${name}`]);
    rules.insertRule(`main:has(${chart}) *:not(:has(${chart}), ${chart}, ${chart} *) { display: none }`);
    rules.insertRule("main { min-height: 0; border-left: 0 }");
    rules.insertRule(`main :has(${chart}) { display: block; max-width: none }`);
    rules.insertRule(`${chart} { max-width: 40rem }`);
    once(() => {
      const tab = page.querySelector(`[data-test="tab-${charts[name]}"]`);
      if (tab?.getAttribute("aria-selected") === "false") tab.click();
      return Boolean(tab);
    });
    const link = Object.assign(document.createElement("a"), { textContent: "Open the whole page", target: "_blank", rel: "noopener" });
    link.dataset.test = "whole";
    // The state is that of the moment at which the link is followed.
    const lead = () => {
      const whole = new URL(location.href);
      OF_VIEW.forEach((flag) => whole.searchParams.delete(flag));
      whole.searchParams.set("planner", slicewiseBuild.planner);
      link.href = whole.href;
    };
    for (const kind of ["pointerdown", "focus", "click"]) link.addEventListener(kind, lead, { capture: true });
    lead();
    document.querySelector("body > footer")?.prepend(link, " ");
  }

  /** Leaves of the controls those of `names`, and says which of them are none. */
  function showControls(names) {
    const kept = found(names.flatMap((name) => [name, `number-${name}`, `slider-${name}`]));
    const whole = `:is(.field, .field-head, label):has(${kept})`;
    rules.insertRule(
      `.controls *:not(:has(${kept}), ${kept}, ${whole}, ${whole} *, fieldset:has(${kept}) > legend) { display: none }`,
    );
    once(() => {
      const form = page.querySelector(".controls");
      // A planner's controls may follow its model.
      if (!form?.querySelector("input")) return false;
      form.querySelectorAll(`details:has(${kept})`).forEach((details) => (details.open = true));
      const all = [...form.querySelectorAll("input[data-test], select[data-test]")].filter(({ type }) => type !== "file");
      const known = new Set(all.map(({ dataset }) => dataset.test.replace(/^(number|slider)-/, "")));
      const unknown = names.filter((name) => !known.has(name));
      if (unknown.length) refuse("controls", unknown.join(","), `0, ${[...known].join(", ")}`);
      return true;
    });
  }

  /** Enlarges everything. */
  function enlarge(scale) {
    const factor = Number(scale);
    if (factor >= LEAST_SCALE && factor <= LARGEST_SCALE) document.documentElement.style.zoom = factor;
    else once(() => page.querySelector("main") && (refuse("scale", scale, `${LEAST_SCALE} to ${LARGEST_SCALE}`), true));
  }

  const [show, scale] = [flags.get("show"), flags.get("scale")];
  const controls = flags.get("controls") ?? (show ? "" : null);
  if (scale !== null) enlarge(scale);
  if (show !== null && Object.hasOwn(charts, show)) showChart(show);
  else if (show !== null) once(() => page.querySelector("main") && (refuse("show", show, Object.keys(charts).join(", ")), true));
  if (controls === "" && Object.hasOwn(charts, show)) {
    rules.insertRule(".controls { display: none }");
    rules.insertRule(".columns { grid-template-columns: minmax(0, 1fr) }");
  } else if (controls && controls !== "0") showControls(controls.split(",").map((name) => name.trim()));
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, rules];
})();
