//! The planner's page in a headless browser, read and worked through its `data-test` attributes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use slicewise_xtask::chromium::Chromium;
use tempfile::TempDir;

use crate::chromedriver::Chromedriver;
use crate::contrast::Colour;
use crate::memory;

/// How long anything on the page may take: only what never comes is to fail.
pub const PATIENCE: Duration = Duration::from_secs(240);
/// How often the page is looked at meanwhile.
const GLANCE: Duration = Duration::from_millis(50);
/// The page is at rest when it was idle for so many glances in a row.
const IDLE_GLANCES: usize = 8;

/// Keeps what the page would otherwise only complain about in passing.
const RECORD_COMPLAINTS: &str = "
    window.slicewiseComplaints = [];
    const note = text => window.slicewiseComplaints.push(text);
    addEventListener('securitypolicyviolation', event =>
        note(`policy ${event.violatedDirective} against ${event.blockedURI}`));
    addEventListener('error', event => note(`error ${event.message}`));
    addEventListener('unhandledrejection', event => note(`rejection ${event.reason}`));";

/// How the page is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Width in CSS pixels.
    pub width: u32,
    /// Height in CSS pixels.
    pub height: u32,
    /// Whether the visitor prefers dark colours.
    pub dark: bool,
    /// Whether there is a graphics processor: Chromium's own, in software.
    pub graphics: bool,
}

impl Screen {
    /// A laptop's window.
    pub const LAPTOP: Self = Self { width: 1400, height: 900, dark: false, graphics: false };
    /// A phone held upright.
    pub const PHONE: Self = Self { width: 390, height: 844, dark: false, graphics: false };

    /// The same screen for a visitor who prefers dark colours.
    pub const fn in_the_dark(self) -> Self {
        Self { dark: true, ..self }
    }

    /// The same screen in a browser with WebGPU.
    pub const fn with_graphics(self) -> Self {
        Self { graphics: true, ..self }
    }
}

/// One tab of a browser that started from nothing.
pub struct Page {
    client: Client,
    // Fields are dropped in this order: the driver closes the browser before its folder goes.
    driver: Chromedriver,
    folder: TempDir,
}

/// The plan as the page shows it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ShownPlan {
    /// `solved`, `feasible-not-proven`, `infeasible` or `stopped`.
    pub status: String,
    /// Cost of all slices.
    pub cost: f64,
    /// CPU and bandwidth of each slice.
    pub allocations: Vec<[f64; 2]>,
}

impl ShownPlan {
    /// Whether every number is that of `other` to `relative`.
    pub fn is_near(&self, other: &Self, relative: f64) -> bool {
        self.status == other.status
            && near(self.cost, other.cost, relative)
            && self.allocations.len() == other.allocations.len()
            && self
                .allocations
                .iter()
                .flatten()
                .zip(other.allocations.iter().flatten())
                .all(|(a, b)| near(*a, *b, relative))
    }
}

/// Whether two numbers agree to `relative`.
pub fn near(a: f64, b: f64, relative: f64) -> bool {
    (a - b).abs() <= relative * a.abs().max(b.abs())
}

/// Text of the page with its colours as drawn.
#[derive(Clone, Debug, Deserialize)]
pub struct DrawnText {
    /// The text, or its beginning.
    pub text: String,
    /// Colour of the letters.
    pub ink: Colour,
    /// Colour behind them.
    pub paper: Colour,
}

impl Page {
    /// Opens `url` in a fresh browser on a laptop's screen.
    ///
    /// # Errors
    /// Says what is missing: the browser, its driver or the page.
    pub async fn open(url: &str) -> Result<Self> {
        Self::open_on(url, Screen::LAPTOP).await
    }

    /// Opens `url` in a fresh browser.
    ///
    /// # Errors
    /// Says what is missing: the browser, its driver or the page.
    pub async fn open_on(url: &str, screen: Screen) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("downloads"))?;
        Self::start(url, screen, folder).await
    }

    /// Closes the browser and opens `url` in a new one that kept the profile, as on the next day.
    ///
    /// # Errors
    /// Says what is missing: the browser, its driver or the page.
    pub async fn open_again(self, url: &str) -> Result<Self> {
        let Self { client, driver, folder } = self;
        client.close().await?;
        drop(driver);
        Self::start(url, Screen::LAPTOP, folder).await
    }

    async fn start(url: &str, screen: Screen, folder: TempDir) -> Result<Self> {
        let chromium =
            Chromium::find().context("Chromium or chromedriver is missing: cargo xtask test")?;
        let driver = Chromedriver::start(&chromium.driver)?;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&chromium, folder.path(), screen))
            .connect(&driver.url())
            .await
            .context("cannot start Chromium")?;
        let page = Self { client, driver, folder };
        page.prepare(screen).await?;
        page.go(url).await?;
        Ok(page)
    }

    async fn prepare(&self, screen: Screen) -> Result<()> {
        let metrics = json!({
            "width": screen.width, "height": screen.height, "deviceScaleFactor": 1, "mobile": false,
        });
        let scheme = if screen.dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        let downloads = json!({
            "behavior": "allow", "downloadPath": self.downloads(), "eventsEnabled": false,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await?;
        self.devtools("Emulation.setEmulatedMedia", media).await?;
        self.devtools("Browser.setDownloadBehavior", downloads).await?;
        let script = json!({ "source": RECORD_COMPLAINTS });
        self.devtools("Page.addScriptToEvaluateOnNewDocument", script).await?;
        Ok(())
    }

    /// Loads `url` as if it were typed into the address bar, even if only its hash is new.
    ///
    /// # Errors
    /// Says so if the page cannot be loaded.
    pub async fn go(&self, url: &str) -> Result<()> {
        self.client.goto("about:blank").await?;
        self.client.goto(url).await.with_context(|| format!("cannot open {url}"))
    }

    /// Bytes of memory that the browser's processes hold, where the system tells.
    pub fn resident(&self) -> Option<f64> {
        memory::resident_below(self.driver.process())
    }

    /// From now on works within the frame that `selector` finds.
    ///
    /// # Errors
    /// Says so if there is no such frame.
    pub async fn enter_frame(&self, selector: &str) -> Result<()> {
        let found = self.client.find(Locator::Css(selector)).await;
        let frame = found.with_context(|| format!("the page has no frame {selector}"))?;
        frame.enter_frame().await.with_context(|| format!("{selector} is no frame"))
    }

    /// From now on works with the page itself again.
    ///
    /// # Errors
    /// Says so if the browser is gone.
    pub async fn leave_frame(&self) -> Result<()> {
        self.client.clone().enter_parent_frame().await.context("the browser is gone")
    }

    /// The address with the page's state in its hash.
    ///
    /// # Errors
    /// Says so if the browser is gone.
    pub async fn address(&self) -> Result<String> {
        Ok(self.client.current_url().await?.to_string())
    }

    /// Runs the body of a function with `arguments` and returns what it returns.
    ///
    /// # Errors
    /// Repeats what the script threw, or says that its result has another type.
    pub async fn evaluate<T: DeserializeOwned>(
        &self,
        script: &str,
        arguments: Vec<Value>,
    ) -> Result<T> {
        let value = self.client.execute(script, arguments).await?;
        serde_json::from_value(value.clone())
            .with_context(|| format!("the page answered {value} to: {script}"))
    }

    /// Whether the element is on the page.
    ///
    /// # Errors
    /// Says so if the browser is gone.
    pub async fn has(&self, name: &str) -> Result<bool> {
        let script = "return document.querySelector(`[data-test=\"${arguments[0]}\"]`) !== null";
        self.evaluate(script, vec![json!(name)]).await
    }

    /// Whether a visitor can see the element without folding anything out.
    ///
    /// # Errors
    /// Says so if the browser is gone.
    pub async fn shows(&self, name: &str) -> Result<bool> {
        let script = "return document.querySelector(`[data-test=\"${arguments[0]}\"]`)
            ?.checkVisibility({ visibilityProperty: true }) ?? false";
        self.evaluate(script, vec![json!(name)]).await
    }

    /// An attribute of an element, absent where either is missing.
    ///
    /// # Errors
    /// Says so if the browser is gone.
    pub async fn attribute(&self, name: &str, attribute: &str) -> Result<Option<String>> {
        let script = "return document.querySelector(`[data-test=\"${arguments[0]}\"]`)
            ?.getAttribute(arguments[1]) ?? null";
        self.evaluate(script, vec![json!(name), json!(attribute)]).await
    }

    /// The text of an element as a visitor reads it.
    ///
    /// # Errors
    /// Says so if there is no such element.
    pub async fn text(&self, name: &str) -> Result<String> {
        let script =
            "return document.querySelector(`[data-test=\"${arguments[0]}\"]`)?.innerText ?? null";
        let text: Option<String> = self.evaluate(script, vec![json!(name)]).await?;
        text.with_context(|| format!("the page has no {name}"))
    }

    /// The value of a control.
    ///
    /// # Errors
    /// Says so if there is no such control.
    pub async fn value(&self, name: &str) -> Result<String> {
        let script =
            "return document.querySelector(`[data-test=\"${arguments[0]}\"]`)?.value ?? null";
        let value: Option<String> = self.evaluate(script, vec![json!(name)]).await?;
        value.with_context(|| format!("the page has no control {name}"))
    }

    /// The values of all controls that a visitor can set.
    ///
    /// # Errors
    /// Says so if the browser is gone.
    pub async fn control_values(&self) -> Result<Vec<(String, String)>> {
        let script = "return [...document.querySelectorAll('input, select')]
            .filter(control => control.dataset.test && control.type !== 'file')
            .map(control => [control.dataset.test, control.value])";
        self.evaluate(script, Vec::new()).await
    }

    /// Clicks an element; a closed `<details>` around it is opened for as long as that takes.
    ///
    /// # Errors
    /// Says so if there is no such element or it cannot be clicked.
    pub async fn click(&self, name: &str) -> Result<()> {
        let element = self.reveal(name).await?;
        element.click().await.with_context(|| format!("cannot click {name}"))?;
        // An open menu would cover what is clicked next. A click on a link leaves another page behind.
        let script = "window.slicewiseOpened?.forEach(details => { details.open = false; })";
        self.client.execute(script, Vec::new()).await?;
        Ok(())
    }

    /// Focuses an element and presses `key` so many times.
    ///
    /// # Errors
    /// Says so if there is no such element or it takes no focus.
    pub async fn press(&self, name: &str, key: char, times: usize) -> Result<()> {
        self.reveal(name).await?;
        let script = "const element = document.querySelector(`[data-test=\"${arguments[0]}\"]`);
            element.focus();
            return document.activeElement === element";
        let focused: bool = self.evaluate(script, vec![json!(name)]).await?;
        ensure!(focused, "{name} takes no focus");
        self.type_key(key, times).await
    }

    /// Presses `key` so many times wherever the focus is.
    ///
    /// # Errors
    /// Says so if the browser is gone.
    pub async fn type_key(&self, key: char, times: usize) -> Result<()> {
        let mut keys = KeyActions::new("keyboard".to_owned());
        for _ in 0..times {
            keys = keys.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
        }
        Ok(self.client.perform_actions(keys).await?)
    }

    /// Replaces the text of a field, as pasting would, and leaves the field.
    ///
    /// # Errors
    /// Says so if there is no such field.
    pub async fn fill(&self, name: &str, text: &str) -> Result<()> {
        self.reveal(name).await?;
        let script = "const field = document.querySelector(`[data-test=\"${arguments[0]}\"]`);
            field.focus();
            field.value = arguments[1];
            field.dispatchEvent(new Event('input', { bubbles: true }));
            field.dispatchEvent(new Event('change', { bubbles: true }));
            return true";
        self.evaluate::<bool>(script, vec![json!(name), json!(text)]).await?;
        Ok(())
    }

    /// Chooses the option with `value`.
    ///
    /// # Errors
    /// Says so if there is no such option.
    pub async fn choose(&self, name: &str, value: &str) -> Result<()> {
        let element = self.reveal(name).await?;
        element
            .select_by_value(value)
            .await
            .with_context(|| format!("{name} does not offer {value}"))
    }

    /// Hands a file to a file field, which may be hidden behind a button.
    ///
    /// # Errors
    /// Says so if there is no such field.
    pub async fn upload(&self, name: &str, file: &Path) -> Result<()> {
        self.upload_all(name, &[file]).await
    }

    /// Chooses several files at once in a file field.
    ///
    /// # Errors
    /// As [`Self::upload`].
    pub async fn upload_all(&self, name: &str, files: &[&Path]) -> Result<()> {
        let element = self.element(name).await?;
        let paths: Option<Vec<&str>> = files.iter().map(|file| file.to_str()).collect();
        let paths = paths.context("a file's name is not Unicode")?.join("\n");
        element.send_keys(&paths).await.with_context(|| format!("{name} takes no file"))
    }

    /// Clicks an element and waits for the file that the browser saves.
    ///
    /// # Errors
    /// Says so if no file whose name ends in `ending` arrives in time.
    pub async fn download(&self, name: &str, ending: &str) -> Result<PathBuf> {
        let before = self.downloaded(ending)?;
        self.click(name).await?;
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(file) = self.downloaded(ending)?.into_iter().find(|f| !before.contains(f)) {
                return self.put_aside(&file);
            }
            tokio::time::sleep(GLANCE).await;
        }
        bail!("{name} saved no file that ends in {ending}")
    }

    /// Waits until `name` is on the page.
    ///
    /// # Errors
    /// Says what the page shows instead after [`PATIENCE`].
    pub async fn wait_for(&self, name: &str) -> Result<()> {
        self.wait_until(&format!("{name} to appear"), async || self.has(name).await).await
    }

    /// Waits until `name` is gone.
    ///
    /// # Errors
    /// Says what the page shows after [`PATIENCE`].
    pub async fn wait_for_end_of(&self, name: &str) -> Result<()> {
        self.wait_until(&format!("{name} to go"), async || Ok(!self.has(name).await?)).await
    }

    /// Waits until the plan on the page is the engine's and nothing is being computed.
    ///
    /// # Errors
    /// Says what the page shows after [`PATIENCE`].
    pub async fn wait_for_rest(&self) -> Result<()> {
        let mut idle = 0;
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let engine =
                self.attribute("status", "data-source").await?.as_deref() == Some("engine");
            idle = if engine && !self.has("busy").await? { idle + 1 } else { 0 };
            if idle == IDLE_GLANCES {
                return Ok(());
            }
            tokio::time::sleep(GLANCE).await;
        }
        Err(self.disappointment("the engine's plan and rest").await)
    }

    /// Waits until `condition` holds.
    ///
    /// # Errors
    /// Says what the page shows after [`PATIENCE`], or repeats the condition's own error.
    pub async fn wait_until(
        &self,
        what: &str,
        condition: impl AsyncFn() -> Result<bool>,
    ) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if condition().await? {
                return Ok(());
            }
            tokio::time::sleep(GLANCE).await;
        }
        Err(self.disappointment(what).await)
    }

    /// The plan on the page, whoever computed it.
    ///
    /// # Errors
    /// Says which part of the plan the page does not show.
    pub async fn plan(&self) -> Result<ShownPlan> {
        let script = "const value = name => {
                const element = document.querySelector(`[data-test=\"${name}\"]`);
                return element === null ? null : Number(element.dataset.value);
            };
            const allocations = [];
            for (let slice = 0; value(`allocation-cpu-${slice}`) !== null; slice += 1)
                allocations.push(['cpu', 'bandwidth']
                    .map(resource => value(`allocation-${resource}-${slice}`)));
            const status = document.querySelector('[data-test=status]');
            return { status: status?.dataset.status, cost: value('cost'), allocations }";
        self.evaluate(script, Vec::new()).await
    }

    /// The colours of the first element that each selector finds, drawn over everything behind it.
    ///
    /// # Errors
    /// Says so if the browser is gone.
    pub async fn drawn_texts(&self, selectors: &[&str]) -> Result<Vec<DrawnText>> {
        // A canvas blends and converts any CSS colour as the page itself does.
        let script = "const context = document.createElement('canvas')
                .getContext('2d', { willReadFrequently: true });
            const paint = colour => {
                context.fillStyle = colour;
                context.fillRect(0, 0, 1, 1);
                return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
            };
            const drawn = element => {
                let paper = paint('white');
                const line = [];
                for (let at = element; at !== null; at = at.parentElement) line.unshift(at);
                for (const at of line) paper = paint(getComputedStyle(at).backgroundColor);
                const ink = paint(getComputedStyle(element).color);
                return { text: element.textContent.trim().slice(0, 40), ink, paper };
            };
            return arguments[0]
                .map(selector => [...document.querySelectorAll(selector)]
                    .find(element => element.checkVisibility() && element.textContent.trim()))
                .filter(element => element !== undefined)
                .map(drawn)";
        self.evaluate(script, vec![json!(selectors)]).await
    }

    /// Policy violations, uncaught errors and the console's errors since the last call.
    ///
    /// # Errors
    /// Says so if the browser is gone.
    pub async fn complaints(&self) -> Result<Vec<String>> {
        let script = "return (window.slicewiseComplaints ?? []).splice(0)";
        let mut complaints: Vec<String> = self.evaluate(script, Vec::new()).await?;
        for entry in self.log("browser").await? {
            if entry["level"] == "SEVERE" {
                complaints.push(entry["message"].as_str().unwrap_or_default().to_owned());
            }
        }
        Ok(complaints)
    }

    /// Every address that the tab has asked the network for since the last call.
    ///
    /// # Errors
    /// Says so if the browser is gone.
    pub async fn requested_addresses(&self) -> Result<Vec<String>> {
        let mut addresses = Vec::new();
        for entry in self.log("performance").await? {
            let message: Value =
                serde_json::from_str(entry["message"].as_str().unwrap_or_default())?;
            let event = &message["message"];
            if event["method"] == "Network.requestWillBeSent"
                && let Some(address) = event["params"]["request"]["url"].as_str()
            {
                addresses.push(address.to_owned());
            }
        }
        Ok(addresses)
    }

    /// The visible part of the page as PNG.
    ///
    /// # Errors
    /// Says so if the browser is gone.
    pub async fn screenshot(&self) -> Result<Vec<u8>> {
        Ok(self.client.screenshot().await?)
    }

    /// Calls a method of Chromium's DevTools protocol.
    ///
    /// # Errors
    /// Repeats what the browser refuses.
    pub async fn devtools(&self, method: &str, parameters: Value) -> Result<Value> {
        let body = json!({ "cmd": method, "params": parameters });
        self.chromium("goog/cdp/execute", body).await
    }

    async fn log(&self, kind: &str) -> Result<Vec<Value>> {
        let entries = self.chromium("se/log", json!({ "type": kind })).await?;
        serde_json::from_value(entries).context("chromedriver's log is no list")
    }

    async fn chromium(&self, endpoint: &'static str, body: Value) -> Result<Value> {
        let command = ChromiumCommand { endpoint, body: body.to_string() };
        let answer = self.client.issue_cmd(command).await;
        answer.with_context(|| format!("{endpoint} failed for {body}"))
    }

    async fn element(&self, name: &str) -> Result<fantoccini::elements::Element> {
        let selector = format!("[data-test=\"{name}\"]");
        let found = self.client.find(Locator::Css(&selector)).await;
        found.with_context(|| format!("the page has no {name}"))
    }

    /// The element, with every `<details>` around it folded out but the one that it folds itself.
    async fn reveal(&self, name: &str) -> Result<fantoccini::elements::Element> {
        let script = "window.slicewiseOpened = [];
            let at = document.querySelector(`[data-test=\"${arguments[0]}\"]`);
            const own = at?.closest('summary')?.parentElement;
            for (; at; at = at.parentElement)
                if (at.localName === 'details' && !at.open && at !== own) {
                    at.open = true;
                    window.slicewiseOpened.push(at);
                }";
        self.client.execute(script, vec![json!(name)]).await?;
        self.element(name).await
    }

    fn downloads(&self) -> PathBuf {
        self.folder.path().join("downloads")
    }

    /// Moves a download to a folder of its own, where the next one of the same name leaves it alone.
    fn put_aside(&self, file: &Path) -> Result<PathBuf> {
        let name = file.file_name().context("a download has a name")?;
        let folder = tempfile::Builder::new().tempdir_in(self.folder.path())?.keep();
        let kept = folder.join(name);
        std::fs::rename(file, &kept)?;
        Ok(kept)
    }

    /// Complete downloads; unfinished ones have another ending.
    fn downloaded(&self, ending: &str) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(self.downloads())? {
            let path = entry?.path();
            if path.to_string_lossy().ends_with(ending) {
                files.push(path);
            }
        }
        Ok(files)
    }

    /// The error of a wait that was in vain, with what the page shows.
    async fn disappointment(&self, what: &str) -> anyhow::Error {
        let body = self.client.execute("return document.body?.innerText ?? ''", Vec::new()).await;
        let body = body.ok().and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default();
        let body: String = body.chars().take(2000).collect();
        let complaints = self.complaints().await.unwrap_or_default();
        anyhow!("waited in vain for {what}; complaints: {complaints:?}; the page shows:\n{body}")
    }
}

/// What the browser is started with.
fn capabilities(chromium: &Chromium, folder: &Path, screen: Screen) -> Capabilities {
    let mut arguments: Vec<String> =
        Chromium::headless_arguments().into_iter().map(str::to_owned).collect();
    if screen.graphics {
        arguments.retain(|argument| argument != "--disable-gpu");
        let graphics = Chromium::software_graphics_arguments();
        arguments.extend(graphics.into_iter().map(str::to_owned));
    }
    arguments.push(format!("--user-data-dir={}", folder.join("profile").display()));
    let mut capabilities = Capabilities::new();
    capabilities.insert(
        "goog:chromeOptions".to_owned(),
        json!({ "binary": chromium.browser, "args": arguments }),
    );
    capabilities
        .insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL", "performance": "ALL" }));
    capabilities
}

/// A command that only chromedriver knows.
#[derive(Debug)]
struct ChromiumCommand {
    endpoint: &'static str,
    body: String,
}

impl WebDriverCompatibleCommand for ChromiumCommand {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.endpoint))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.clone()))
    }
}
