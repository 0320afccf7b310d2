//! What the page's files may know of one another, read from the files themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The folders that are no planner's.
const SHARED: [&str; 7] = ["annex", "bin", "charts", "controls", "engine", "house", "shell"];

/// The path of a module from the crate's root; empty for the root itself.
type Module = Vec<String>;

/// What each module imports.
type Imports = BTreeMap<Module, BTreeSet<Module>>;

fn source() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("src")
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Every module with its text, but for comments and tests.
fn modules() -> BTreeMap<Module, String> {
    let mut modules = BTreeMap::new();
    collect(&source(), &Vec::new(), &mut modules);
    modules
}

fn collect(folder: &Path, module: &Module, modules: &mut BTreeMap<Module, String>) {
    for name in names_in(folder) {
        let path = folder.join(&name);
        let child = |name: &str| module.iter().cloned().chain([name.to_owned()]).collect();
        let found: Module = match name.strip_suffix(".rs") {
            Some("lib" | "mod") => module.clone(),
            Some(name) => child(name),
            None => {
                if path.is_dir() {
                    collect(&path, &child(&name), modules);
                }
                continue;
            }
        };
        let text = fs::read_to_string(path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
        modules.insert(found, lines.collect::<Vec<_>>().join("\n"));
    }
}

/// The paths that `tree` names, the part of a `use` behind the keyword.
fn paths(tree: &str) -> Vec<String> {
    let Some((before, rest)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for character in inner.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(character);
    }
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.flat_map(paths).map(|path| format!("{}{path}", before.trim())).collect()
}

/// All paths in `text` that begin within the crate, in imports and elsewhere.
fn named(text: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), String::new());
    for (index, statement) in text.split(';').enumerate() {
        let start = statement.rfind("use ").filter(|start| {
            let before = statement[..*start].trim_end();
            before.is_empty() || before.ends_with("pub") || before.ends_with(['}', ']'])
        });
        match start {
            Some(start) => found.extend(paths(&statement[start + 4..])),
            None if index == 0 => rest.push_str(statement),
            None => {
                rest.push(';');
                rest.push_str(statement);
            }
        }
    }
    let is_path = |character: char| character.is_alphanumeric() || "_:".contains(character);
    let words = rest.split(|character| !is_path(character)).map(str::to_owned);
    found.extend(words.filter(|word| word.starts_with("crate::") || word.starts_with("super::")));
    found
}

/// The module that `path` leads to as `module` writes it.
fn target(module: &Module, path: &str, modules: &BTreeMap<Module, String>) -> Option<Module> {
    let mut segments = path.split("::").map(str::trim).peekable();
    let mut full = module.clone();
    match segments.peek().copied() {
        Some("crate") => full.clear(),
        Some("super") => {}
        Some(first) => {
            full.push(first.to_owned());
            if !modules.contains_key(&full) {
                return None;
            }
            full.pop();
        }
        None => return None,
    }
    for segment in segments {
        match segment {
            "crate" => {}
            "super" => drop(full.pop()),
            segment => full.push(segment.to_owned()),
        }
    }
    while !modules.contains_key(&full) {
        full.pop()?;
    }
    (full != *module).then_some(full)
}

fn imports() -> Imports {
    let modules = modules();
    let of = |module: &Module, text: &str| {
        let named = named(text);
        named.iter().filter_map(|path| target(module, path, &modules)).collect()
    };
    modules.iter().map(|(module, text)| (module.clone(), of(module, text))).collect()
}

/// Everything that `from` leads to.
fn reached(imports: &Imports, from: &Module) -> BTreeSet<Module> {
    let (mut seen, mut left) = (BTreeSet::new(), vec![from.clone()]);
    while let Some(module) = left.pop() {
        for next in imports.get(&module).into_iter().flatten() {
            if seen.insert(next.clone()) {
                left.push(next.clone());
            }
        }
    }
    seen
}

/// The folder of a module; empty for the root.
fn room(module: &Module) -> &str {
    module.first().map_or("", String::as_str)
}

#[test]
fn the_root_holds_no_file_but_the_library() {
    let mut files = names_in(&source());
    files.retain(|name| source().join(name).is_file());
    assert_eq!(files, ["lib.rs"]);
    assert!(SHARED.iter().all(|room| source().join(room).is_dir()));
}

#[test]
fn no_file_is_imported_by_what_it_imports() {
    let imports = imports();
    let circles: Vec<String> = imports
        .keys()
        .filter(|module| reached(&imports, module).contains(*module))
        .map(|module| module.join("::"))
        .collect();
    assert!(circles.is_empty(), "in a circle: {circles:?}");
}

#[test]
fn a_shared_room_knows_no_planner_and_no_planner_another_one() {
    let imports = imports();
    let edges = imports.iter().flat_map(|(from, all)| all.iter().map(move |to| (from, to)));
    let wrong: Vec<String> = edges
        .filter(|(from, to)| {
            let (from, to) = (room(from), room(to));
            !from.is_empty() && !to.is_empty() && from != to && !SHARED.contains(&to)
        })
        .map(|(from, to)| format!("{} imports {}", from.join("::"), to.join("::")))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn imports_are_read_as_they_are_written() {
    let tree = "crate::cells::{charts::{day, map}, words::clock}";
    let expected =
        ["crate::cells::charts::day", "crate::cells::charts::map", "crate::cells::words::clock"];
    assert_eq!(paths(tree), expected);
    let imports = imports();
    let module = |path: &str| path.split("::").map(str::to_owned).collect::<Module>();
    let page = &imports[&module("cells::page")];
    assert!(page.contains(&module("cells::handles")) && page.contains(&module("shell::frame")));
    assert!(imports[&module("cells::handles")].contains(&module("cells::handles::planner")));
    let city = &imports[&module("cells::handles::city")];
    assert!(city.contains(&module("cells::handles::planner")));
}
