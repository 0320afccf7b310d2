//! Chromium and its driver: found, installed where that can be done, or asked for.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::commands;

/// What Debian calls a browser that can be driven and has letters to draw.
const DEBIAN_PACKAGES: [&str; 3] = ["chromium", "chromium-driver", "fonts-liberation"];
/// Names under which the browser is installed.
const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Where Chromium's packages put its software Vulkan driver: the program on PATH may be a script.
const VULKAN_FOLDERS: [&str; 3] =
    ["/usr/lib/chromium", "/usr/lib/chromium-browser", "/opt/google/chrome"];

/// A browser and the program that drives it.
#[derive(Clone, Debug)]
pub struct Chromium {
    /// The browser.
    pub browser: PathBuf,
    /// Its driver.
    pub driver: PathBuf,
}

impl Chromium {
    /// Looks in `CHROME` and `CHROMEDRIVER`, then along PATH.
    pub fn find() -> Option<Self> {
        let browser = from_environment("CHROME").or_else(|| BROWSERS.iter().find_map(on_path))?;
        let driver = from_environment("CHROMEDRIVER").or_else(|| on_path(&"chromedriver"))?;
        Some(Self { browser, driver })
    }

    /// Finds both, or installs them as root on Debian.
    ///
    /// # Errors
    /// Says what to type where they are missing.
    pub fn ensure() -> Result<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        if distribution().as_deref() != Some("debian") || !is_root() {
            bail!("Chromium or chromedriver is missing; type: {}", install_command());
        }
        install_on_debian()?;
        Self::find().context("Chromium is installed and still not found on PATH")
    }

    /// Arguments that give pages WebGPU by Chromium's own software adapter.
    pub fn software_graphics_arguments() -> Vec<&'static str> {
        vec![
            "--enable-unsafe-webgpu",
            "--use-webgpu-adapter=swiftshader",
            "--enable-unsafe-swiftshader",
        ]
    }

    /// What lets native programs compute on Chromium's software adapter through Vulkan: variables and
    /// their values, none where the browser brings no such driver.
    pub fn software_vulkan(&self) -> Vec<(&'static str, PathBuf)> {
        let real = self.browser.canonicalize().unwrap_or_else(|_| self.browser.clone());
        let beside = real.parent().map(Path::to_path_buf);
        let folders = beside.into_iter().chain(VULKAN_FOLDERS.map(PathBuf::from));
        for folder in folders {
            let driver = folder.join("vk_swiftshader_icd.json");
            if driver.is_file() {
                return vec![("VK_DRIVER_FILES", driver), ("LD_LIBRARY_PATH", folder)];
            }
        }
        Vec::new()
    }

    /// Arguments under which Chromium runs unattended, keeps to itself and starts from nothing.
    pub fn headless_arguments() -> Vec<&'static str> {
        vec![
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ]
    }
}

fn install_on_debian() -> Result<()> {
    println!("installing {}", DEBIAN_PACKAGES.join(", "));
    commands::run(Command::new("apt-get").arg("update"))?;
    commands::run(
        Command::new("apt-get")
            .args(["install", "--yes", "--no-install-recommends"])
            .args(DEBIAN_PACKAGES)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

/// The command that installs both here.
fn install_command() -> String {
    let debian = DEBIAN_PACKAGES.join(" ");
    match distribution().as_deref() {
        Some("debian") => {
            format!("sudo apt-get update && sudo apt-get install --yes {debian}")
        }
        Some("ubuntu") => {
            "sudo apt-get install --yes chromium-browser chromium-chromedriver".to_owned()
        }
        Some("fedora") => "sudo dnf install --assumeyes chromium chromedriver".to_owned(),
        Some("arch") => "sudo pacman --sync --noconfirm chromium".to_owned(),
        _ if cfg!(target_os = "macos") => {
            "brew install --cask google-chrome chromedriver && export CHROME=\"/Applications/\
             Google Chrome.app/Contents/MacOS/Google Chrome\""
                .to_owned()
        }
        _ => "export CHROME=<path of Chromium> CHROMEDRIVER=<path of its driver> (after \
              installing both)"
            .to_owned(),
    }
}

/// The `ID` of /etc/os-release.
fn distribution() -> Option<String> {
    let release = std::fs::read_to_string("/etc/os-release").ok()?;
    let id = release.lines().find_map(|line| line.strip_prefix("ID="))?;
    Some(id.trim_matches('"').to_owned())
}

fn is_root() -> bool {
    commands::output(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0")
}

fn from_environment(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_file())
}

fn on_path(name: &&str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_is_a_command() {
        assert!(!install_command().is_empty());
    }

    #[test]
    fn programs_are_looked_up_along_the_path() {
        assert!(on_path(&"cargo").is_some());
        assert!(on_path(&"slicewise-no-such-program").is_none());
    }
}
