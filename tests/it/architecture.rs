//! The walls of the house: who may use whom, where each outside library lives, how long a file may be.
//! Read from `cargo metadata`, so that nobody has to remember.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::house::project;

/// Crate → the crates of ours that it may use. A crate below never learns of one above.
const MAY_USE: &[(&str, &[&str])] = &[
    (
        "handbill",
        &[
            "api",
            "worker",
            "pipeline",
            "providers",
            "net",
            "store",
            "queue",
            "media",
            "checks",
            "provenance",
            "domain",
        ],
    ),
    ("worker", &["pipeline", "providers", "store", "queue", "net", "domain"]),
    ("pipeline", &["providers", "media", "checks", "provenance", "domain"]),
    ("api", &["store", "queue", "checks", "domain"]),
    // `rehearsal` draws and speaks with media.
    ("providers", &["net", "media", "domain"]),
    ("net", &["domain"]),
    ("store", &["migrations", "domain"]),
    ("queue", &["domain"]),
    ("media", &["domain"]),
    ("checks", &["domain"]),
    ("provenance", &["domain"]),
    ("domain", &[]),
    ("migrations", &[]),
];

/// Outside library → the crates that speak it. Everyone else meets it through them.
const HOMES: &[(&str, &[&str])] = &[
    ("actix-web", &["api"]),
    ("crc32fast", &["api"]),
    ("rust-embed", &["api"]),
    ("reqwest", &["net"]),
    ("httpdate", &["net"]),
    ("url", &["net", "providers", "store"]),
    ("sea-orm", &["store"]),
    ("object_store", &["store"]),
    ("getrandom", &["store"]),
    ("sea-orm-migration", &["migrations"]),
    ("redis", &["queue"]),
    ("image", &["media"]),
    ("fast_image_resize", &["media"]),
    ("ffmpeg-next", &["media"]),
    ("parley", &["media"]),
    ("swash", &["media"]),
    ("png", &["media"]),
    ("tiny-skia", &["media"]),
    ("resvg", &["media"]),
    ("moxcms", &["media"]),
    ("libwebp-sys", &["media"]),
    ("turbojpeg", &["media"]),
    ("ebur128", &["media"]),
    ("qrcodegen", &["media"]),
    ("yuv", &["media"]),
    ("regex", &["checks"]),
    ("unicode-normalization", &["checks"]),
    ("unicode-segmentation", &["checks"]),
    ("unicode-width", &["checks"]),
    ("c2pa", &["provenance"]),
    ("jsonschema", &["providers", "pipeline", "api"]),
    ("base64", &["providers"]),
    ("minijinja", &["pipeline"]),
    // A film is written to a file before its bytes are kept.
    ("tempfile", &["pipeline"]),
    ("croner", &["worker"]),
    ("granit-parser", &["domain"]),
    ("strsim", &["domain"]),
    ("anyhow", &["handbill"]),
    ("clap", &["handbill"]),
    ("figment", &["handbill"]),
    ("indicatif", &["handbill"]),
    // Limits and ends of processes, without `unsafe`.
    ("rustix", &["handbill"]),
    ("tracing-subscriber", &["handbill"]),
    // Pure crates have no runtime: what waits is above them.
    ("tokio", &["handbill", "worker", "pipeline", "api", "providers", "net", "store", "queue"]),
    ("futures-util", &["worker", "api", "providers", "net", "store", "queue"]),
];

/// Libraries that are at home everywhere.
const EVERYWHERE: &[&str] = &[
    "async-trait",
    "blake3",
    "bytes",
    "schemars",
    "serde",
    "serde-saphyr",
    "serde_json",
    "thiserror",
    "toml",
    "tracing",
];

/// No file of a crate is longer.
const LONGEST_FILE: usize = 500;

/// Crate → what it depends on, tests left out.
type Dependencies = BTreeMap<String, BTreeSet<String>>;

#[test]
fn no_crate_uses_a_room_above_it() {
    assert_eq!(against_the_floors(&dependencies()), Vec::<String>::new());
}

#[test]
fn every_outside_library_stays_in_its_home() {
    assert_eq!(away_from_home(&dependencies()), Vec::<String>::new());
}

#[test]
fn no_file_is_too_long_to_read() {
    let mut long = Vec::new();
    for file in sources(&project().join("crates")) {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        if lines > LONGEST_FILE {
            let name = file.strip_prefix(project()).unwrap_or(&file).display();
            long.push(format!("{name} has {lines} lines: split it"));
        }
    }
    assert_eq!(long, Vec::<String>::new());
}

#[test]
fn the_map_names_every_crate() {
    let map = std::fs::read_to_string(project().join("crates/README.md")).unwrap();
    for name in dependencies().keys().filter(|name| *name != "migrations") {
        let shown = if name == "handbill" { "app" } else { name };
        assert!(map.contains(&format!("| `{shown}`")), "crates/README.md does not name {shown}");
    }
}

/// The rules are worth nothing if they cannot fail.
#[test]
fn a_broken_house_is_noticed() {
    let house = |name: &str, uses: &[&str]| {
        Dependencies::from([(name.to_owned(), uses.iter().map(|used| (*used).to_owned()).collect())])
    };
    assert_eq!(against_the_floors(&house("media", &["handbill-net"])), ["media must not use net"]);
    assert_eq!(against_the_floors(&house("api", &["handbill-worker"])), ["api must not use worker"]);
    assert_eq!(
        against_the_floors(&house("attic", &[])),
        ["attic has no floor: add it to this table and to crates/README.md"]
    );
    assert_eq!(
        away_from_home(&house("worker", &["sea-orm"])),
        ["sea-orm belongs into store, not into worker"]
    );
    assert_eq!(away_from_home(&house("domain", &["tokio"])).len(), 1);
    assert_eq!(
        away_from_home(&house("net", &["left-pad"])),
        ["left-pad (in net) has no home: add it to this table"]
    );
    assert!(away_from_home(&house("net", &["reqwest", "serde", "handbill-domain"])).is_empty());
}

fn against_the_floors(dependencies: &Dependencies) -> Vec<String> {
    let mut found = Vec::new();
    for (name, uses) in dependencies {
        let Some((_, may_use)) = MAY_USE.iter().find(|(known, _)| known == name) else {
            found.push(format!("{name} has no floor: add it to this table and to crates/README.md"));
            continue;
        };
        let ours = uses.iter().filter_map(|used| used.strip_prefix("handbill-"));
        found.extend(
            ours.filter(|used| !may_use.contains(used)).map(|used| format!("{name} must not use {used}")),
        );
    }
    found
}

fn away_from_home(dependencies: &Dependencies) -> Vec<String> {
    let mut found = Vec::new();
    for (name, uses) in dependencies {
        for library in
            uses.iter().filter(|used| !used.starts_with("handbill-") && !EVERYWHERE.contains(&used.as_str()))
        {
            match HOMES.iter().find(|(known, _)| known == library) {
                None => found.push(format!("{library} (in {name}) has no home: add it to this table")),
                Some((_, homes)) if !homes.contains(&name.as_str()) => {
                    found.push(format!("{library} belongs into {}, not into {name}", homes.join(" or ")));
                }
                Some(_) => {}
            }
        }
    }
    found
}

/// What every crate of the workspace depends on, as cargo sees it.
fn dependencies() -> Dependencies {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(project())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() >= 13, "cargo metadata names {} packages", packages.len());
    packages.iter().map(|package| (short(&package["name"]), uses(package))).collect()
}

fn short(name: &Value) -> String {
    let name = name.as_str().unwrap();
    name.strip_prefix("handbill-").unwrap_or(name).to_owned()
}

fn uses(package: &Value) -> BTreeSet<String> {
    let all = package["dependencies"].as_array().unwrap().iter();
    all.filter(|used| used["kind"] != "dev").map(|used| used["name"].as_str().unwrap().to_owned()).collect()
}

/// Every Rust file below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
    found
}
