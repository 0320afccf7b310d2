// <slicewise-planner planner="cells" state="cells1=..." theme="auto" load="click"> puts a planner into a
// page: docs/embed tells all. What stands inside the element is what is left without JavaScript.
(() => {
  if (customElements.get("slicewise-planner")) return;
  // The build puts the names of all planners here.
  const PLANNERS = ["slicewise-planners"];
  const THEMES = ["auto", "light", "dark"];
  const KINDS = ["plan", "progress", "error"];
  // A page in a frame tells its height a few times a second at most. One that has grown so often in a row
  // may grow with its frame: then only the height at which it rests counts.
  const MOST_GROWTHS = 20;
  const REST_MS = 2000;
  const home = new URL("./", document.currentScript?.src ?? location.href).href;

  class SlicewisePlanner extends HTMLElement {
    static observedAttributes = ["planner", "state", "theme", "src"];
    #frame;
    #word;
    #height = 0;
    #growths = 0;
    #resting;
    #hear = (event) => this.#receive(event);

    get planner() {
      const planner = this.getAttribute("planner");
      return PLANNERS.includes(planner) ? planner : PLANNERS[0];
    }
    set planner(planner) {
      this.setAttribute("planner", planner);
    }
    get state() {
      return (this.getAttribute("state") ?? "").replace(/^#/, "");
    }
    set state(state) {
      this.setAttribute("state", state);
    }
    get theme() {
      const theme = this.getAttribute("theme");
      return THEMES.includes(theme) ? theme : THEMES[0];
    }
    set theme(theme) {
      this.setAttribute("theme", theme);
    }

    /** Where the page lies. What is within a sandboxed page starts no worker of a site, and a site on a disk none at all. */
    #address() {
      const isAlone = home.startsWith("file:") || (self.origin === "null" && location.protocol !== "file:");
      const file = isAlone ? `slicewise-${this.planner}.html` : "";
      const url = new URL(this.getAttribute("src") ?? file, home);
      const { searchParams } = url;
      searchParams.set("planner", this.planner);
      searchParams.set("embed", "1");
      searchParams.set("theme", this.theme);
      searchParams.set("frame", this.#word);
      for (const name of ["controls", "show"]) if (this.hasAttribute(name)) searchParams.set(name, this.getAttribute(name));
      url.hash = this.state;
      return url.href;
    }

    connectedCallback() {
      addEventListener("message", this.#hear);
      if (!this.shadowRoot) this.attachShadow({ mode: "open" });
      this.style.display ||= "block";
      const load = this.getAttribute("load");
      if (load === "click") return this.#offer();
      if (load === "now") return this.open();
      const near = new IntersectionObserver(
        (seen) => {
          if (!seen.some((entry) => entry.isIntersecting)) return;
          near.disconnect();
          if (this.isConnected) this.open();
        },
        { rootMargin: "300px" },
      );
      this.#offer();
      near.observe(this);
    }

    disconnectedCallback() {
      removeEventListener("message", this.#hear);
      this.#frame = undefined;
      this.shadowRoot.replaceChildren();
    }

    attributeChangedCallback(name, before, now) {
      if (!this.#frame || before === now) return;
      if (name === "theme") this.#frame.contentWindow?.postMessage({ slicewise: this.#word, theme: this.theme }, "*");
      // The open page's address with a new state alone opens no new page; the opening question does.
      else if (name === "state" && this.state) this.#frame.src = `${this.#frame.src.split("#")[0]}#${this.state}`;
      else this.#frame.src = this.#address();
    }

    /** Shows a picture in the planner's place, which a click replaces by the planner. */
    #offer() {
      const button = document.createElement("button");
      const picture = this.getAttribute("picture");
      const title = `Open the planner ${this.planner}`;
      const inside = document.createElement(picture ? "img" : "span");
      Object.assign(inside, picture ? { src: new URL(picture, document.baseURI).href, alt: title } : { textContent: title });
      inside.style.cssText = "max-width:100%";
      button.style.cssText = "width:100%;min-height:8rem;font:inherit;cursor:pointer";
      button.onclick = () => this.open();
      button.append(inside);
      this.shadowRoot.replaceChildren(button);
    }

    /** Opens the planner now. */
    open() {
      if (this.#frame) return;
      this.#word = [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("");
      const frame = document.createElement("iframe");
      frame.style.cssText = "display:block;width:100%;height:600px;border:0";
      frame.title = this.getAttribute("title") ?? `Slicewise: ${this.planner}`;
      frame.allow = "clipboard-write";
      frame.src = this.#address();
      this.#frame = frame;
      this.shadowRoot.replaceChildren(frame);
    }

    #receive({ source, data }) {
      if (!this.#frame || source !== this.#frame.contentWindow || data?.slicewise !== this.#word) return;
      const { kind, value } = data;
      if (kind === "height") this.#grow(Number(value));
      else if (KINDS.includes(kind) && value) this.dispatchEvent(new CustomEvent(kind, { detail: value }));
    }

    #grow(height) {
      if (!(height > 0)) return;
      this.#growths = height > this.#height ? this.#growths + 1 : 0;
      this.#height = height;
      clearTimeout(this.#resting);
      const grow = () => (this.#frame.style.height = `${Math.min(height, 10000)}px`);
      if (this.#growths < MOST_GROWTHS) grow();
      else this.#resting = setTimeout(() => this.#frame && grow(), REST_MS);
    }
  }

  customElements.define("slicewise-planner", SlicewisePlanner);
})();
