// In a frame whose address has `frame=`, a word that the page around it made up: tells that page how
// high the content is, what was answered and what went wrong, each message with the word, and takes a
// theme from it. slicewise-embed.js is the other end.
(() => {
  // How long changes are gathered: the address follows the controls a little later.
  const GATHER_MS = 300;
  const frame = new URL(location.href).searchParams.get("frame");
  const page = document.getElementById("page");
  const find = (name) => page.querySelector(`[data-test="${name}"]`);
  const told = {};
  let timer, settling;

  /** Sends `value` as `kind`, unless it was sent last. */
  function tell(kind, value) {
    const text = JSON.stringify(value);
    if (told[kind] === text) return;
    told[kind] = text;
    parent.postMessage({ slicewise: frame, kind, value }, "*");
  }

  /** All numbers that the page carries for programs, by their names. */
  function figures(status) {
    const named = [...page.querySelectorAll("[data-test][data-value]")].map((at) => [at.dataset.test, at.dataset.value]);
    const own = [...status.attributes].map(({ name, value }) => [name.replace("data-", ""), value]);
    const numbers = [...own, ...named].filter(([, text]) => text).map(([name, text]) => [name, Number(text)]);
    return Object.fromEntries(numbers.filter(([, number]) => Number.isFinite(number)));
  }

  function look() {
    timer = undefined;
    tell("height", Math.ceil(document.body.getBoundingClientRect().height));
    const [status, answer, alert] = [find("status"), find("answer"), page.querySelector("[role=alert]")];
    tell("error", alert?.textContent ?? "");
    if (!status || !answer) return;
    const { state, source } = status.dataset;
    const isDone = state ? state === "done" : source === "engine" && !find("busy");
    const plan = {
      planner: slicewiseBuild.planner,
      state: location.hash.slice(1),
      status: status.dataset.status ?? state,
      sentence: answer.textContent,
    };
    if (!isDone) {
      settling = undefined;
      return tell("progress", plan);
    }
    // The address follows the controls later than a quick answer does: it is of this answer once neither
    // has changed since the last look.
    const answered = { ...plan, figures: figures(status) };
    const text = JSON.stringify(answered);
    if (settling === text) return tell("plan", answered);
    settling = text;
    lookSoon();
  }

  // The height must not follow from the frame's own.
  document.documentElement.dataset.framed = "";
  // A scroll bar would take width, of which the height follows, and stay where it is not needed.
  document.documentElement.style.scrollbarWidth = "none";
  const lookSoon = () => (timer ??= setTimeout(look, GATHER_MS));
  new ResizeObserver(lookSoon).observe(document.body);
  new MutationObserver(lookSoon).observe(page, { subtree: true, childList: true, characterData: true, attributes: true });
  addEventListener("message", ({ source, data }) => {
    if (source !== parent || data?.slicewise !== frame) return;
    if (["auto", "light", "dark"].includes(data.theme)) document.documentElement.dataset.theme = data.theme;
  });
  lookSoon();
})();
