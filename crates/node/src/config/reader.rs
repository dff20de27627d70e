//! Taking a configuration apart, key by key.

use std::fmt;
use std::path::{Path, PathBuf};

use seal::{Jwk, PublicKey};
use toml::{Table, Value};
use wire::EntityId;

/// Takes keys out of a table, and notes what is wrong with each.
pub(super) struct Reader {
    table: Table,
    section: String,
    problems: Vec<String>,
}

impl Reader {
    pub(super) fn new(table: Table) -> Self {
        Self {
            table,
            section: String::new(),
            problems: Vec::new(),
        }
    }

    /// All that was wrong, keys that nobody took included.
    pub(super) fn into_problems(mut self) -> Vec<String> {
        self.leftovers();
        self.problems
    }

    /// Notes a problem of a key by its whole name.
    pub(super) fn refuse(&mut self, name: &str, what: &str) {
        self.problems.push(format!("{name}: {what}"));
    }

    pub(super) fn section<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> T) -> T {
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
            section: format!("{name}."),
            ..Self::new(table)
        };
        let value = read(&mut inner);
        self.problems.append(&mut inner.into_problems());
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

    pub(super) fn text(&mut self, name: &str, default: Option<&str>) -> Option<String> {
        match (self.table.remove(name), default) {
            (Some(Value::String(text)), _) => Some(text),
            (Some(_), _) => self.problem(name, "a text is expected"),
            (None, Some(default)) => Some(default.to_owned()),
            (None, None) => self.problem(name, "missing"),
        }
    }

    pub(super) fn parsed<T: std::str::FromStr>(
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

    pub(super) fn optional_parsed<T: std::str::FromStr>(
        &mut self,
        name: &str,
        what: &str,
    ) -> Option<T> {
        let is_there = self.table.contains_key(name);
        is_there.then(|| self.parsed(name, None, what)).flatten()
    }

    pub(super) fn choice<T: Copy>(
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

    pub(super) fn entity(&mut self, name: &str) -> Option<EntityId> {
        let text = self.text(name, None)?;
        EntityId::parse(&text)
            .map_err(|refusal| self.problem::<()>(name, refusal))
            .ok()
    }

    pub(super) fn entities(&mut self, name: &str) -> Option<Vec<EntityId>> {
        let Some(value) = self.table.remove(name) else {
            return Some(Vec::new());
        };
        let read = |value: &Value| value.as_str().and_then(|text| EntityId::parse(text).ok());
        let entities = value
            .as_array()
            .and_then(|all| all.iter().map(read).collect());
        entities.or_else(|| self.problem(name, "a list of node addresses is expected"))
    }

    pub(super) fn key(&mut self, name: &str) -> Option<PublicKey> {
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

    pub(super) fn path(&mut self, name: &str, dir: &Path) -> Option<PathBuf> {
        self.text(name, None).map(|path| dir.join(path))
    }

    pub(super) fn optional_path(&mut self, name: &str, dir: &Path) -> Option<PathBuf> {
        let is_there = self.table.contains_key(name);
        is_there.then(|| self.path(name, dir)).flatten()
    }

    pub(super) fn flag(&mut self, name: &str, default: bool) -> Option<bool> {
        match self.table.remove(name) {
            None => Some(default),
            Some(Value::Boolean(flag)) => Some(flag),
            Some(_) => self.problem(name, "true or false is expected"),
        }
    }

    pub(super) fn number(
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
