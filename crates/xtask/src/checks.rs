//! `test`: everything that must hold before a change is handed in, cheapest checks first.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::chromium::Chromium;
use crate::commands::{output, run_tests, try_tests};
use crate::one_file::Choice;
use crate::sizes::Sizes;
use crate::steps::{Note, Steps};
use crate::toolchain::{self, SiteTools, WASM_TARGET};
use crate::workspace::Workspace;
use crate::{commands, one_file, site};

/// Packages that are compiled for the browser.
const WASM_PACKAGES: [&str; 4] = ["-p", "slicewise-app", "-p", "slicewise-engine"];
/// The package whose tests run in the browser.
const WASM_TESTED: &str = "slicewise-engine";
/// What its tests and lints for the browser add: without burn nothing can be trained.
const WASM_FEATURES: [&str; 2] = ["--features", "slicewise-engine/burn"];
/// Browser tests at a time: each has a browser and a server of its own.
const BROWSERS_AT_A_TIME: &str = "2";
/// Browser tests that need the machine to themselves: those of graphics in software, and those that
/// say how soon something happens.
const ALONE: [&str; 2] = ["graphics::", "replanning::"];
/// So many browser tests may fail and pass on a second try, one at a time: a browser on a busy machine
/// now and then loses a step. Those are named in the summary.
const MOST_SECOND_TRIES: usize = 3;
/// Seconds that one file of wasm tests may take.
const WASM_TEST_SECONDS: &str = "300";

/// Runs every check, or for `quick` those that need neither the site nor a browser.
///
/// # Errors
/// Names the first step that failed; its output is on the terminal.
pub fn run(workspace: &Workspace, quick: bool) -> Result<()> {
    let checks = Checks { workspace };
    let mut steps = Steps::default();
    steps.step("Rust components", || checks.rust_components())?;
    if !quick {
        steps.step("browser and driver", || checks.browser())?;
    }
    steps.step("format", || checks.format())?;
    steps.step("lints", || checks.lints())?;
    steps.step("lints for wasm", || checks.wasm_lints())?;
    steps.step("docs", || checks.docs())?;
    steps.step("licences, advisories", || checks.deny())?;
    steps.step("native tests", || checks.native_tests())?;
    if !quick {
        steps.step("site tools", || checks.site_tools())?;
        steps.step("wasm tests", || checks.wasm_tests())?;
        steps.step("site", || checks.site())?;
        steps.step("browser tests", || checks.browser_tests())?;
    }
    steps.sum_up();
    Ok(())
}

struct Checks<'a> {
    workspace: &'a Workspace,
}

impl Checks<'_> {
    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("cargo");
        command.args(arguments).current_dir(self.workspace.root());
        command
    }

    fn rust_components(&self) -> Result<Note> {
        toolchain::ensure_lint_tools()?;
        toolchain::ensure_wasm_target()?;
        Ok(String::new())
    }

    fn browser(&self) -> Result<Note> {
        let found = Chromium::ensure()?;
        let version = output(Command::new(&found.driver).arg("--version"))
            .with_context(|| format!("{} does not run", found.driver.display()))?;
        let note = version.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        println!("{} with {note}", found.browser.display());
        Ok(note)
    }

    fn format(&self) -> Result<Note> {
        commands::run(&mut self.cargo(&["fmt", "--all", "--check"]))?;
        Ok(String::new())
    }

    fn lints(&self) -> Result<Note> {
        let arguments = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
        commands::run(&mut self.cargo(&arguments))?;
        Ok(String::new())
    }

    fn wasm_lints(&self) -> Result<Note> {
        let mut command = self.cargo(&["clippy", "--all-targets", "--target", WASM_TARGET]);
        commands::run(
            command.args(WASM_PACKAGES).args(WASM_FEATURES).args(["--", "-D", "warnings"]),
        )?;
        Ok(String::new())
    }

    fn docs(&self) -> Result<Note> {
        let mut command = self.cargo(&["doc", "--no-deps", "--workspace"]);
        commands::run(command.env("RUSTDOCFLAGS", "-D warnings"))?;
        Ok(String::new())
    }

    fn deny(&self) -> Result<Note> {
        if output(&mut self.cargo(&["deny", "--version"])).is_none() {
            println!("left out: cargo-deny is not installed (cargo install --locked cargo-deny)");
            return Ok("left out: cargo-deny is not installed".to_owned());
        }
        commands::run(&mut self.cargo(&["deny", "--workspace", "check"]))?;
        Ok(String::new())
    }

    fn native_tests(&self) -> Result<Note> {
        let program = self.program()?;
        let mut command = self.cargo(&["test", "--workspace"]);
        command.env("SLICEWISE_BIN", program);
        // With the browser comes a graphics processor in software: then no kernel test is left out.
        let graphics = Chromium::find().map(|found| found.software_vulkan()).unwrap_or_default();
        if !graphics.is_empty() {
            command.envs(graphics).env("SLICEWISE_GPU", "required");
        }
        Ok(tests_passed(run_tests(&mut command)?))
    }

    fn site_tools(&self) -> Result<Note> {
        SiteTools::ensure(self.workspace)?;
        Ok(String::new())
    }

    fn wasm_tests(&self) -> Result<Note> {
        let tools = SiteTools::ensure(self.workspace)?;
        let chromium = Chromium::ensure()?;
        let arguments = ["test", "--tests", "--target", WASM_TARGET, "-p", WASM_TESTED];
        Ok(tests_passed(run_tests(
            self.cargo(&arguments)
                .args(WASM_FEATURES)
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", tools.wasm_test_runner())
                .env("CHROMEDRIVER", &chromium.driver)
                .env("WASM_BINDGEN_TEST_TIMEOUT", WASM_TEST_SECONDS)
                .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", self.write_capabilities(&chromium)?),
        )?))
    }

    /// What the wasm test runner asks of the browser.
    fn write_capabilities(&self, chromium: &Chromium) -> Result<PathBuf> {
        let quoted = |text: &str| format!("{text:?}");
        let arguments: Vec<String> =
            Chromium::headless_arguments().iter().map(|text| quoted(text)).collect();
        let browser = quoted(&chromium.browser.to_string_lossy());
        let options = format!(
            "{{\"goog:chromeOptions\": {{\"binary\": {browser}, \"args\": [{}]}}}}\n",
            arguments.join(", ")
        );
        let path = self.workspace.target().join("slicewise-webdriver.json");
        std::fs::create_dir_all(self.workspace.target())?;
        std::fs::write(&path, options)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    fn site(&self) -> Result<Note> {
        site::ensure(self.workspace)?;
        let sizes = Sizes::measure(&self.workspace.dist())?;
        println!("{}", sizes.table());
        sizes.check()?;
        // A build writes them too, but not one that was found up to date.
        one_file::run(self.workspace, None, Choice::every(), false)?;
        Ok(String::new())
    }

    fn browser_tests(&self) -> Result<Note> {
        let program = self.program()?;
        let command = |at_a_time: &str| {
            let mut command = self.cargo(&["test", "--workspace", "--test", "browser"]);
            command.env("SLICEWISE_BIN", &program).args(["--", "--ignored"]);
            command.args(["--test-threads", at_a_time]);
            command
        };
        let others = ALONE.iter().flat_map(|tests| ["--skip", tests]);
        let together = try_tests(command(BROWSERS_AT_A_TIME).args(others))?;
        let alone = try_tests(command("1").args(ALONE))?;
        let again: Vec<String> = [together.failed, alone.failed].concat();
        let mut passed = together.passed + alone.passed;
        if again.is_empty() {
            return Ok(tests_passed(passed));
        }
        if again.len() > MOST_SECOND_TRIES {
            bail!("{} browser tests failed: {}", again.len(), again.join(", "));
        }
        println!("once more, one at a time: {}", again.join(", "));
        passed += run_tests(command("1").arg("--exact").args(&again))?;
        Ok(format!("{}, on the second try only: {}", tests_passed(passed), again.join(", ")))
    }

    /// The command `slicewise`, built with the features of the whole workspace: for its package
    /// alone cargo would choose others for its dependencies and compile those again.
    fn program(&self) -> Result<PathBuf> {
        commands::run(&mut self.cargo(&["build", "--workspace", "--bin", "slicewise"]))?;
        let name = format!("debug/slicewise{}", std::env::consts::EXE_SUFFIX);
        Ok(self.workspace.target().join(name))
    }
}

fn tests_passed(tests: usize) -> Note {
    format!("{tests} tests passed")
}
