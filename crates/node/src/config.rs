//! The file `escale.toml`: read once, all problems reported together.

mod reader;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use seal::PublicKey;
use toml::Table;
use wire::EntityId;
use wire::trust::NodeRole;

use self::reader::Reader;

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
    /// The way to other nodes.
    pub(crate) network: NetworkConfig,
    /// The log.
    pub(crate) log: LogConfig,
    /// Where metrics are given, if they are.
    pub(crate) metrics_listen: Option<SocketAddr>,
}

/// Whom the node asks, and how often.
#[derive(Debug, Clone)]
pub(crate) struct NetworkConfig {
    /// Whether nodes on loopback addresses may be asked.
    pub(crate) allow_loopback: bool,
    /// Peers that may be on a private network.
    pub(crate) allow_private: Vec<EntityId>,
    /// Root certificates beside those of the machine.
    pub(crate) extra_roots: Option<PathBuf>,
    /// Seconds from one pull of a feed to the next.
    pub(crate) pull_every_seconds: u64,
    /// Whether partners are told when the own feed grows, and what they tell is heeded.
    pub(crate) hints: bool,
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
        let mut reader = Reader::new(table);
        let config = Self::read(&mut reader, dir);
        match (config, reader.into_problems()) {
            (Some(config), problems) if problems.is_empty() => Ok(config),
            (_, problems) => Err(problems),
        }
    }

    /// Reads everything before anything is given up for, so that all problems show.
    fn read(reader: &mut Reader, dir: &Path) -> Option<Self> {
        let roles = [
            ("space", NodeRole::Space),
            ("coordinator", NodeRole::Coordinator),
        ];
        let entity = reader.entity("entity");
        let role = reader.choice("role", None, &roles);
        let listen = reader.parsed("listen", None, "an address and a port");
        let (coordinator, root_key) = reader.section("label", |label| {
            (label.entity("coordinator"), label.key("root_key"))
        });
        let (fed_key, ops_key) = reader.section("keys", |keys| {
            (keys.path("fed", dir), keys.path("ops", dir))
        });
        let (store, cache_mib) = reader.section("store", |store| {
            let cache_mib = store.number("cache_mib", 32, 1..=4096);
            (store.path("dir", dir), cache_mib)
        });
        let (allow_loopback, network) = reader.section("network", |network| {
            let allow_loopback = network.flag("allow_loopback", false);
            let rest = NetworkConfig::read(network, allow_loopback, dir);
            (allow_loopback, rest)
        });
        let log = reader.section("log", LogConfig::read);
        let metrics_listen = reader.section("metrics", |metrics| {
            metrics.optional_parsed("listen", "an address and a port")
        });
        if metrics_listen.is_some() && metrics_listen == listen {
            reader.refuse("metrics.listen", "others are answered there");
        }
        for (name, entity) in [("entity", &entity), ("label.coordinator", &coordinator)] {
            let is_loopback = entity.as_ref().is_some_and(EntityId::is_loopback);
            if is_loopback && allow_loopback == Some(false) {
                reader.refuse(name, "a loopback address needs network.allow_loopback");
            }
        }
        if role == Some(NodeRole::Coordinator) && entity != coordinator {
            reader.refuse("label.coordinator", "a coordinator's own is itself");
        }
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
            network: network?,
            log: log?,
            metrics_listen,
        })
    }
}

impl NetworkConfig {
    fn read(reader: &mut Reader, allow_loopback: Option<bool>, dir: &Path) -> Option<Self> {
        let allow_private = reader.entities("allow_private");
        let extra_roots = reader.optional_path("extra_roots", dir);
        let pull_every_seconds = reader.number("pull_every_seconds", 30, 1..=3600);
        let hints = reader.flag("hints", true);
        Some(Self {
            allow_loopback: allow_loopback?,
            allow_private: allow_private?,
            extra_roots,
            pull_every_seconds: pull_every_seconds?,
            hints: hints?,
        })
    }
}

impl LogConfig {
    fn read(reader: &mut Reader) -> Option<Self> {
        let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        let level = reader.text("level", Some("info"));
        if level.as_deref().is_some_and(|level| !is_level(level)) {
            reader.refuse(
                "log.level",
                "error, warn, info or debug is expected, or part=level,…",
            );
        }
        let format = reader.choice("format", Some("text"), &formats);
        Some(Self {
            level: level?,
            format: format?,
        })
    }
}

/// Whether the log understands this: a level, or levels of parts. A word that is no
/// level would otherwise be taken for a part, and silence all others.
fn is_level(text: &str) -> bool {
    let known =
        |level: &str| matches!(level, "off" | "error" | "warn" | "info" | "debug" | "trace");
    text.split(',').all(|part| match part.split_once('=') {
        Some((name, level)) => !name.is_empty() && known(level),
        None => known(part),
    })
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
            "hints",
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
    fn metrics_are_given_where_the_configuration_says_and_not_where_others_are_answered() {
        let listens = |text: &str| {
            let config = Config::parse(Path::new("/node"), text);
            config.map(|it| it.metrics_listen.map(|address| address.to_string()))
        };
        assert_eq!(listens(SAMPLE), Ok(None));
        let given = SAMPLE.replace("# listen = ", "listen = ");
        assert_eq!(listens(&given), Ok(Some("127.0.0.1:9464".to_owned())));
        let same = given.replace(":9464", ":7800");
        let refused = vec!["metrics.listen: others are answered there".to_owned()];
        assert_eq!(listens(&same), Err(refused));
        let wrong = given.replace(":9464", "");
        let refused = vec!["metrics.listen: an address and a port is expected".to_owned()];
        assert_eq!(listens(&wrong), Err(refused));
    }

    #[test]
    fn partners_are_told_unless_the_configuration_says_no() {
        let tells = |text: &str| {
            let config = Config::parse(Path::new("/node"), text);
            config.map(|it| it.network.hints)
        };
        assert_eq!(tells(SAMPLE), Ok(true));
        assert_eq!(tells(&SAMPLE.replace("\nhints = true", "")), Ok(true));
        let silent = SAMPLE.replace("hints = true", "hints = false");
        assert_eq!(tells(&silent), Ok(false));
        let wrong = SAMPLE.replace("hints = true", "hints = 1");
        let refused = vec!["network.hints: true or false is expected".to_owned()];
        assert_eq!(tells(&wrong), Err(refused));
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
    fn a_word_that_is_no_level_is_refused() {
        for (level, is_one) in [
            ("info", true),
            ("info,client=debug", true),
            ("loud", false),
            ("client=loud", false),
            ("", false),
            ("=info", false),
        ] {
            assert_eq!(is_level(level), is_one, "{level}");
        }
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
