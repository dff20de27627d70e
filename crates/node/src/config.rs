//! The file `escale.toml`: read once, all problems reported together.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use seal::{Jwk, PublicKey};
use toml::{Table, Value};
use wire::EntityId;
use wire::trust::NodeRole;

/// The configuration of a node. Paths are absolute or relative to its folder.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// The node's folder.
    pub(crate) dir: PathBuf,
    /// This node.
    pub(crate) entity: EntityId,
    /// Space or coordinator.
    pub(crate) role: NodeRole,
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// The label's coordinator.
    pub(crate) coordinator: EntityId,
    /// The label's root key, pinned.
    pub(crate) root_key: PublicKey,
    /// The private `fed` key.
    pub(crate) fed_key: PathBuf,
    /// The private `ops` key.
    pub(crate) ops_key: PathBuf,
    /// The store's folder.
    pub(crate) store: PathBuf,
    /// The store's cache in bytes.
    pub(crate) store_cache_bytes: u64,
    /// Whether nodes on loopback addresses may be asked.
    pub(crate) allow_loopback: bool,
    /// Peers that may be on a private network.
    pub(crate) allow_private: Vec<EntityId>,
    /// Root certificates beside those of the machine.
    pub(crate) extra_roots: Option<PathBuf>,
    /// Seconds from one pull of a feed to the next.
    pub(crate) pull_every_seconds: u64,
    /// The log.
    pub(crate) log: LogConfig,
}

/// How the log is written.
#[derive(Debug, Clone)]
pub(crate) struct LogConfig {
    /// What is logged, such as `info` or `info,client=debug`.
    pub(crate) level: String,
    /// In which form.
    pub(crate) format: LogFormat,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// The name of the file in a node's folder.
pub(crate) const CONFIG_FILE: &str = "escale.toml";

/// Why a configuration is not used: everything that is wrong with it.
#[derive(Debug)]
pub(crate) struct ConfigProblems {
    path: PathBuf,
    problems: Vec<String>,
}

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be used:", self.path.display())?;
        self.problems
            .iter()
            .try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}

impl std::error::Error for ConfigProblems {}

impl Config {
    /// Reads the configuration of the node in `dir`.
    pub(crate) fn load(dir: &Path) -> Result<Self, ConfigProblems> {
        let path = dir.join(CONFIG_FILE);
        let fail = |problem: String| ConfigProblems {
            path: path.clone(),
            problems: vec![problem],
        };
        let text = std::fs::read_to_string(&path).map_err(|error| fail(error.to_string()))?;
        Self::parse(dir, &text).map_err(|problems| ConfigProblems { path, problems })
    }

    /// Reads a configuration for a node in `dir`.
    pub(crate) fn parse(dir: &Path, text: &str) -> Result<Self, Vec<String>> {
        let table: Table = text
            .parse()
            .map_err(|error| vec![format!("not TOML: {error}")])?;
        let mut reader = Reader {
            table,
            section: String::new(),
            problems: Vec::new(),
        };
        let entity = reader.entity("entity");
        let role = reader.choice(
            "role",
            None,
            &[
                ("space", NodeRole::Space),
                ("coordinator", NodeRole::Coordinator),
            ],
        );
        let listen = reader.parsed::<SocketAddr>("listen", None, "an address and a port");
        let (coordinator, root_key) = reader.section("label", |label| {
            (label.entity("coordinator"), label.key("root_key"))
        });
        let (fed_key, ops_key) = reader.section("keys", |keys| {
            (keys.path("fed", dir), keys.path("ops", dir))
        });
        let (store, cache_mib) = reader.section("store", |store| {
            (
                store.path("dir", dir),
                store.number("cache_mib", 32, 1..=4096),
            )
        });
        let (allow_loopback, allow_private, extra_roots, pull_every_seconds) =
            reader.section("network", |network| {
                (
                    network.flag("allow_loopback"),
                    network.entities("allow_private"),
                    network.optional_path("extra_roots", dir),
                    network.number("pull_every_seconds", 30, 1..=3600),
                )
            });
        let (level, format) = reader.section("log", |log| {
            let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
            (
                log.text("level", Some("info")),
                log.choice("format", Some("text"), &formats),
            )
        });
        reader.leftovers();
        for (name, entity) in [("entity", &entity), ("label.coordinator", &coordinator)] {
            let is_loopback = entity.as_ref().is_some_and(EntityId::is_loopback);
            if is_loopback && allow_loopback != Some(true) {
                let problem = format!("{name}: a loopback address needs network.allow_loopback");
                reader.problems.push(problem);
            }
        }
        if role == Some(NodeRole::Coordinator) && entity != coordinator {
            reader
                .problems
                .push("label.coordinator: a coordinator's own is itself".to_owned());
        }
        let problems = std::mem::take(&mut reader.problems);
        let build = || {
            Some(Self {
                dir: dir.to_owned(),
                entity: entity?,
                role: role?,
                listen: listen?,
                coordinator: coordinator?,
                root_key: root_key?,
                fed_key: fed_key?,
                ops_key: ops_key?,
                store: store?,
                store_cache_bytes: cache_mib? * 1024 * 1024,
                allow_loopback: allow_loopback?,
                allow_private: allow_private?,
                extra_roots: extra_roots?,
                pull_every_seconds: pull_every_seconds?,
                log: LogConfig {
                    level: level?,
                    format: format?,
                },
            })
        };
        if problems.is_empty() {
            build().ok_or_else(Vec::new)
        } else {
            Err(problems)
        }
    }
}

/// Takes keys out of a table, and notes what is wrong with each.
struct Reader {
    table: Table,
    section: String,
    problems: Vec<String>,
}

impl Reader {
    fn section<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let table = match self.table.remove(name) {
            Some(Value::Table(table)) => table,
            None => Table::new(),
            Some(_) => {
                self.problems
                    .push(format!("{name}: a section, [{name}], is expected"));
                Table::new()
            }
        };
        let mut inner = Self {
            table,
            section: format!("{name}."),
            problems: Vec::new(),
        };
        let value = read(&mut inner);
        inner.leftovers();
        self.problems.append(&mut inner.problems);
        value
    }

    fn leftovers(&mut self) {
        for name in self.table.keys() {
            self.problems
                .push(format!("{}{name}: no such key", self.section));
        }
        self.table.clear();
    }

    fn problem<T>(&mut self, name: &str, what: impl fmt::Display) -> Option<T> {
        self.problems
            .push(format!("{}{name}: {what}", self.section));
        None
    }

    fn text(&mut self, name: &str, default: Option<&str>) -> Option<String> {
        match (self.table.remove(name), default) {
            (Some(Value::String(text)), _) => Some(text),
            (Some(_), _) => self.problem(name, "a text is expected"),
            (None, Some(default)) => Some(default.to_owned()),
            (None, None) => self.problem(name, "missing"),
        }
    }

    fn parsed<T: std::str::FromStr>(
        &mut self,
        name: &str,
        default: Option<&str>,
        what: &str,
    ) -> Option<T> {
        let text = self.text(name, default)?;
        text.parse()
            .ok()
            .or_else(|| self.problem(name, format!("{what} is expected")))
    }

    fn choice<T: Copy>(
        &mut self,
        name: &str,
        default: Option<&str>,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(name, default)?;
        let chosen = choices
            .iter()
            .find(|(choice, _)| *choice == text)
            .map(|(_, value)| *value);
        let names: Vec<_> = choices.iter().map(|(choice, _)| *choice).collect();
        chosen.or_else(|| self.problem(name, format!("one of {} is expected", names.join(", "))))
    }

    fn entity(&mut self, name: &str) -> Option<EntityId> {
        let text = self.text(name, None)?;
        EntityId::parse(&text)
            .map_err(|refusal| self.problem::<()>(name, refusal))
            .ok()
    }

    fn entities(&mut self, name: &str) -> Option<Vec<EntityId>> {
        let Some(value) = self.table.remove(name) else {
            return Some(Vec::new());
        };
        let read = |value: &Value| value.as_str().and_then(|text| EntityId::parse(text).ok());
        let entities = value
            .as_array()
            .and_then(|all| all.iter().map(read).collect());
        entities.or_else(|| self.problem(name, "a list of node addresses is expected"))
    }

    fn key(&mut self, name: &str) -> Option<PublicKey> {
        let x = self.text(name, None)?;
        let jwk = Jwk {
            kty: "OKP".to_owned(),
            crv: Some("Ed25519".to_owned()),
            x: Some(x),
            kid: None,
            key_use: None,
            alg: None,
            d: None,
        };
        PublicKey::try_from(&jwk)
            .map_err(|refusal| self.problem::<()>(name, refusal))
            .ok()
    }

    fn path(&mut self, name: &str, dir: &Path) -> Option<PathBuf> {
        self.text(name, None).map(|path| dir.join(path))
    }

    fn optional_path(&mut self, name: &str, dir: &Path) -> Option<Option<PathBuf>> {
        if self.table.contains_key(name) {
            self.path(name, dir).map(Some)
        } else {
            Some(None)
        }
    }

    fn flag(&mut self, name: &str) -> Option<bool> {
        match self.table.remove(name) {
            None => Some(false),
            Some(Value::Boolean(flag)) => Some(flag),
            Some(_) => self.problem(name, "true or false is expected"),
        }
    }

    fn number(
        &mut self,
        name: &str,
        default: u64,
        range: std::ops::RangeInclusive<u64>,
    ) -> Option<u64> {
        let Some(value) = self.table.remove(name) else {
            return Some(default);
        };
        let number = value
            .as_integer()
            .and_then(|number| u64::try_from(number).ok());
        number.filter(|number| range.contains(number)).or_else(|| {
            let (from, to) = (range.start(), range.end());
            self.problem(name, format!("a number from {from} to {to} is expected"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../deploy/escale.sample.toml");

    #[test]
    fn the_sample_is_a_configuration() {
        let config = Config::parse(Path::new("/node"), SAMPLE).unwrap();
        assert_eq!(config.store, Path::new("/node/store"));
        assert_eq!(config.role, NodeRole::Space);
    }

    #[test]
    fn the_sample_names_every_key() {
        for key in [
            "entity",
            "role",
            "listen",
            "coordinator",
            "root_key",
            "fed",
            "ops",
            "dir",
            "cache_mib",
            "allow_loopback",
            "allow_private",
            "extra_roots",
            "pull_every_seconds",
            "level",
            "format",
        ] {
            let is_named = |line: &str| {
                line.trim_start_matches("# ")
                    .split_once(" = ")
                    .is_some_and(|(name, _)| name == key)
            };
            assert!(SAMPLE.lines().any(is_named), "{key}");
        }
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let text = SAMPLE
            .replace("role = \"space\"", "role = \"king\"\ncolour = 1")
            .replace("cache_mib = 32", "cache_mib = 0")
            .replace(
                "pull_every_seconds = 30",
                "pull_every_seconds = \"often\"\nspeed = 3",
            )
            .replace(
                "entity = \"https://le-mug.example\"",
                "entity = \"http://127.0.0.1:7800\"",
            );
        let problems = Config::parse(Path::new("/node"), &text).unwrap_err();
        for part in [
            "role: one of",
            "colour: no such key",
            "store.cache_mib: a number from 1",
            "network.pull_every_seconds: a number",
            "network.speed: no such key",
            "entity: a loopback address needs",
        ] {
            assert!(
                problems.iter().any(|it| it.starts_with(part)),
                "{part}: {problems:?}"
            );
        }
        assert_eq!(problems.len(), 6, "{problems:?}");
    }

    #[test]
    fn an_empty_file_is_told_what_is_missing() {
        let problems = Config::parse(Path::new("/node"), "").unwrap_err();
        for key in [
            "entity",
            "role",
            "listen",
            "label.coordinator",
            "label.root_key",
            "keys.fed",
            "keys.ops",
            "store.dir",
        ] {
            assert!(
                problems.contains(&format!("{key}: missing")),
                "{key}: {problems:?}"
            );
        }
    }
}
