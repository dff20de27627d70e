//! A label for a scenario: a coordinator, and spaces that join it.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::command::{Done, escale};
use crate::node::{Node, standing};
use crate::wait;

/// A coordinator, and the folder in which everything of the scenario lies.
#[derive(Debug)]
pub struct Network {
    folder: TempDir,
    /// The coordinator's node.
    pub coordinator: Node,
    /// The label's root key.
    pub root_key: PathBuf,
}

/// The label's name.
pub const LABEL: &str = "Réseau d’essai";

/// A path as a word of a command.
#[track_caller]
pub fn word(path: &Path) -> &str {
    path.to_str()
        .expect("folders of scenarios have plain names")
}

/// An empty folder that is removed with the scenario.
pub fn temporary_folder() -> TempDir {
    let mut builder = tempfile::Builder::new();
    let made = builder.prefix("escale-scenario-").tempdir();
    made.expect("a folder for temporary files")
}

/// A file in which a space describes itself, with a price of its day.
pub fn space_file(name: &str, day_cents: i64) -> String {
    format!(
        "[profile]\nname = \"{name}\"\nvillage = \"Chambéry\"\n\
         about = {{ fr = \"Un lieu d’essai.\", en = \"A space on trial.\" }}\n\
         amenities = [{{ fr = \"café\", en = \"coffee\" }}]\n\n\
         [opening_hours]\ntime_zone = \"Europe/Paris\"\n\
         weekly = [{{ day = \"monday\", from = \"09:00\", to = \"18:00\" }}]\n\n\
         [formula.day]\nunit = \"day\"\nprice_cents = {day_cents}\n\n\
         [formula.month]\nunit = \"month\"\nprice_cents = 19000\n"
    )
}

/// Looks at each partner's feed every second: scenarios do not wait half a minute.
pub fn look_often(node: &Node) {
    node.reconfigure(|text| text.replace("pull_every_seconds = 30", "pull_every_seconds = 1"));
}

/// Types what makes a coordinator of this node.
#[track_caller]
pub fn init_coordinator(node: &Node, root_key: &Path) -> Done {
    escale([
        "init",
        "coordinator",
        "--entity",
        &node.entity,
        "--label-name",
        LABEL,
        "--label-name-en",
        "Network on trial",
        "--root-key",
        word(root_key),
        "--listen",
        &node.listen(),
        "--dir",
        word(&node.dir),
    ])
}

/// Types what makes a space of this node.
#[track_caller]
pub fn init_space(node: &Node, name: &str, code: &str) -> Done {
    escale([
        "init",
        "space",
        "--invitation",
        code,
        "--name",
        name,
        "--village",
        "Chambéry",
        "--listen",
        &node.listen(),
        "--dir",
        word(&node.dir),
    ])
}

impl Network {
    /// A coordinator that was made and does not run.
    #[track_caller]
    pub fn made() -> Self {
        Self::made_where(|_| {})
    }

    /// The same, of a node that was changed before it was made.
    #[track_caller]
    pub fn made_where(change: impl FnOnce(&mut Node)) -> Self {
        let folder = temporary_folder();
        let mut coordinator = Node::planned(folder.path().join("coordinator"));
        change(&mut coordinator);
        let root_key = folder.path().join("root-key.jwk");
        init_coordinator(&coordinator, &root_key).ok();
        look_often(&coordinator);
        Self {
            folder,
            coordinator,
            root_key,
        }
    }

    /// A coordinator that runs.
    #[track_caller]
    pub fn running() -> Self {
        let mut network = Self::made();
        network.coordinator.start();
        network
    }

    /// A path in the folder of the scenario.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A code for a space of that name on the network.
    #[track_caller]
    pub fn invite(&self, entity: &str) -> String {
        let admitted = self.coordinator.json(&["label", "admit", entity]);
        assert_eq!(admitted["space"], entity);
        let code = admitted["invitation"].as_str();
        code.expect("an invitation has a code").to_owned()
    }

    /// A space that was invited and made, has said who it is, and does not run.
    #[track_caller]
    pub fn invited(&self, name: &str) -> Node {
        self.invited_where(name, |_| {})
    }

    /// The same, of a node that was changed before it was invited.
    #[track_caller]
    pub fn invited_where(&self, name: &str, change: impl FnOnce(&mut Node)) -> Node {
        let mut node = Node::planned(self.path(name));
        change(&mut node);
        let code = self.invite(&node.entity);
        init_space(&node, name, &code).ok();
        look_often(&node);
        node.edit("space.toml", |_| space_file(name, 1500));
        node.json(&["publish"]);
        node
    }

    /// A space that runs and bears the label. The coordinator must run.
    #[track_caller]
    pub fn labelled(&self, name: &str) -> Node {
        let mut node = self.invited(name);
        node.start();
        self.grant(&node);
        node
    }

    /// Waits until a space has joined, grants it the label, and waits until it knows.
    #[track_caller]
    pub fn grant(&self, node: &Node) {
        self.joined(node);
        wait::until("the coordinator has heard the space", || {
            let row = self.row_of(&node.entity);
            let is_heard = row["feed"]["seq"].as_u64() > Some(0);
            wait::ensure(is_heard && row["feed"]["refusal"].is_null(), || {
                row.to_string()
            })
        });
        self.grant_again(node);
    }

    /// Grants the label to a space that has joined, and waits until it knows.
    #[track_caller]
    pub fn grant_again(&self, node: &Node) {
        let granted = self.coordinator.json(&["label", "grant", &node.entity]);
        assert_eq!(granted["state"], "labelled", "{granted}");
        node.until("the space bears the label", |home| {
            standing(home, &node.entity) == "labelled"
        });
    }

    /// Waits until a space has joined.
    #[track_caller]
    pub fn joined(&self, node: &Node) {
        wait::until("the space joins", || {
            let state = self.state_of(&node.entity);
            wait::ensure(state == "admitted", || format!("it is {state:?}"))
        });
    }

    /// How the coordinator's list has a space; empty where it is not on it.
    #[track_caller]
    pub fn state_of(&self, entity: &str) -> String {
        let state = self.row_of(entity)["state"].as_str().map(str::to_owned);
        state.unwrap_or_default()
    }

    /// The coordinator's line about a space; nothing where it is not on its list.
    #[track_caller]
    pub fn row_of(&self, entity: &str) -> Value {
        let rows = self.coordinator.json(&["label", "list"]);
        let mut rows = rows
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter();
        let row = rows.find(|row| row["space"] == entity);
        row.cloned().unwrap_or_default()
    }
}
