//! The workspace as cargo sees it, in the few words that the rules need.
//!
//! **Invariant:** the rules of `tidy` read these values and never cargo itself, so
//! that each can be shown a workspace that breaks it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use cargo_metadata::{DependencyKind, Metadata, TargetKind};

use crate::programs;

/// What a dependency is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// By the crate itself, in every build.
    Normal,
    /// By its tests only.
    Tests,
    /// By its build script.
    Build,
}

/// One line in a member's list of dependencies.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    /// The package's own name, whatever it is called in the code.
    pub(crate) name: String,
    /// What it is needed for.
    pub(crate) need: Need,
    /// The features that are asked of it.
    pub(crate) features: Vec<String>,
}

/// One crate of the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Its name; also the name of its folder under `crates`.
    pub(crate) name: String,
    /// Its manifest, relative to the root of the workspace.
    pub(crate) manifest: String,
    /// What it names.
    pub(crate) dependencies: Vec<Dependency>,
    /// The files that begin a crate: library, binary, test binaries.
    pub(crate) roots: Vec<String>,
}

/// One package of the resolved graph, ours or a third party's.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// Whether it is a crate of this workspace.
    pub(crate) is_ours: bool,
    /// The licence expression that it states.
    pub(crate) licence: Option<String>,
    /// The packages that it needs to be built and run, by id.
    pub(crate) needs: Vec<String>,
}

/// The workspace.
#[derive(Debug)]
pub(crate) struct House {
    /// Where the workspace lies.
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    /// Its crates.
    pub(crate) members: Vec<Member>,
    /// The resolved graph, by package id.
    pub(crate) packages: BTreeMap<String, Package>,
}

impl House {
    /// Asks `cargo metadata`.
    pub(crate) fn read() -> anyhow::Result<Self> {
        let here = std::env::current_dir().context("the current folder")?;
        let mut command = programs::cargo(&here);
        command.args(["metadata", "--format-version", "1"]);
        if programs::is_ci() {
            command.arg("--locked");
        }
        let output = command.output().context("starting `cargo metadata`")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(anyhow!("`cargo metadata` failed: {}", said.trim()));
        }
        let metadata: Metadata =
            serde_json::from_slice(&output.stdout).context("what `cargo metadata` printed")?;
        Self::from_metadata(&metadata)
    }

    /// Keeps what the rules need.
    fn from_metadata(metadata: &Metadata) -> anyhow::Result<Self> {
        let root = metadata.workspace_root.as_std_path();
        let relative = |path: &cargo_metadata::camino::Utf8Path| {
            path.strip_prefix(&metadata.workspace_root)
                .unwrap_or(path)
                .to_string()
        };
        let mut members = Vec::new();
        for package in metadata.workspace_packages() {
            members.push(Member {
                name: package.name.to_string(),
                manifest: relative(&package.manifest_path),
                dependencies: package.dependencies.iter().map(dependency).collect(),
                roots: package
                    .targets
                    .iter()
                    .filter(|target| !target.kind.contains(&TargetKind::CustomBuild))
                    .map(|target| relative(&target.src_path))
                    .collect(),
            });
        }
        members.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            root: root.to_owned(),
            target: metadata.target_directory.clone().into_std_path_buf(),
            members,
            packages: packages(metadata)?,
        })
    }
}

/// In our words.
fn dependency(it: &cargo_metadata::Dependency) -> Dependency {
    Dependency {
        name: it.name.clone(),
        need: need(it.kind),
        features: it.features.clone(),
    }
}

/// The resolved graph without what only tests need.
fn packages(metadata: &Metadata) -> anyhow::Result<BTreeMap<String, Package>> {
    let resolve = metadata
        .resolve
        .as_ref()
        .context("`cargo metadata` resolved nothing")?;
    let mut needs: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for node in &resolve.nodes {
        let built_with = node.deps.iter().filter(|dependency| {
            dependency
                .dep_kinds
                .iter()
                .any(|kind| need(kind.kind) != Need::Tests)
        });
        let ids = built_with
            .map(|dependency| dependency.pkg.repr.clone())
            .collect();
        needs.insert(&node.id.repr, ids);
    }
    let package = |it: &cargo_metadata::Package| Package {
        name: it.name.to_string(),
        version: it.version.to_string(),
        is_ours: metadata.workspace_members.contains(&it.id),
        licence: it.license.clone(),
        needs: needs.get(it.id.repr.as_str()).cloned().unwrap_or_default(),
    };
    Ok(metadata
        .packages
        .iter()
        .map(|it| (it.id.repr.clone(), package(it)))
        .collect())
}

/// In our words. A kind that this program does not know counts as the strictest.
fn need(kind: DependencyKind) -> Need {
    if kind == DependencyKind::Development {
        Need::Tests
    } else if kind == DependencyKind::Build {
        Need::Build
    } else {
        Need::Normal
    }
}

/// Workspaces made up by the tests of the rules.
#[cfg(test)]
pub(crate) mod made_up {
    use super::{Dependency, Member, Need};

    /// A crate under `crates` that needs the named ones to be built.
    pub(crate) fn member(name: &str, normal: &[&str]) -> Member {
        Member {
            name: name.to_owned(),
            manifest: format!("crates/{name}/Cargo.toml"),
            dependencies: normal
                .iter()
                .map(|name| dependency(name, Need::Normal))
                .collect(),
            roots: vec![format!("crates/{name}/src/lib.rs")],
        }
    }

    /// The same with what its tests need.
    pub(crate) fn member_with_tests(name: &str, normal: &[&str], tests: &[&str]) -> Member {
        let mut member = member(name, normal);
        member
            .dependencies
            .extend(tests.iter().map(|name| dependency(name, Need::Tests)));
        member
    }

    fn dependency(name: &str, need: Need) -> Dependency {
        Dependency {
            name: name.to_owned(),
            need,
            features: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_can_be_read() {
        let house = House::read().unwrap();
        let xtask = house
            .members
            .iter()
            .find(|member| member.name == "xtask")
            .unwrap();
        assert_eq!(xtask.manifest, "crates/xtask/Cargo.toml");
        assert_eq!(xtask.roots, ["crates/xtask/src/main.rs"]);
        let needs = |name: &str, need: Need| {
            xtask
                .dependencies
                .iter()
                .any(|it| it.name == name && it.need == need)
        };
        assert!(needs("anyhow", Need::Normal));
        assert!(needs("tempfile", Need::Tests));

        let by_name = |name: &str| {
            house
                .packages
                .values()
                .find(|package| package.name == name)
                .unwrap()
                .clone()
        };
        let reached = |name: &str| {
            by_name("xtask")
                .needs
                .iter()
                .any(|id| house.packages.get(id).unwrap().name == name)
        };
        assert!(reached("anyhow"));
        assert!(
            !reached("tempfile"),
            "what only tests need is not in the graph"
        );
    }
}
