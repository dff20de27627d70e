//! The files of the repository: what is tracked, and what will be.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

/// One text file of the repository.
#[derive(Clone, Debug)]
pub(crate) struct TextFile {
    /// Its path from the root, with `/`.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

impl TextFile {
    /// Whether its name ends like this.
    pub(crate) fn is(&self, ending: &str) -> bool {
        self.path.ends_with(ending)
    }
}

/// The paths that git tracks or would track, without those that no longer exist.
pub(crate) fn paths(root: &Path) -> anyhow::Result<Vec<String>> {
    let output = Command::new("git")
        .current_dir(root)
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .output()
        .context("starting git")?;
    if !output.status.success() {
        bail!(
            "`git ls-files` failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let listed = String::from_utf8(output.stdout).context("a file's name is not UTF-8")?;
    let mut paths: Vec<String> = listed
        .split('\0')
        .filter(|path| !path.is_empty() && root.join(path).is_file())
        .map(str::to_owned)
        .collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// Those of `paths` that are text; pictures and fonts are left out.
pub(crate) fn texts(root: &Path, paths: &[String]) -> anyhow::Result<Vec<TextFile>> {
    let mut texts = Vec::new();
    for path in paths {
        let whole: PathBuf = root.join(path);
        let bytes = std::fs::read(&whole).with_context(|| format!("reading {path}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            texts.push(TextFile {
                path: path.clone(),
                text,
            });
        }
    }
    Ok(texts)
}

/// Whether a file, or a folder with a file in it, is among `paths`.
pub(crate) fn exists(paths: &[String], path: &str) -> bool {
    let is_in = |it: &String| {
        it.strip_prefix(path)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    paths.iter().any(|it| it == path || is_in(it))
}

/// A file made up by the test of a rule.
#[cfg(test)]
pub(crate) fn made_up(path: &str, text: &str) -> TextFile {
    TextFile {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_exists_if_a_file_is_in_it() {
        let paths = ["specs/seal.md".to_owned(), "README.md".to_owned()];
        assert!(
            ["README.md", "specs", "specs/seal.md"]
                .iter()
                .all(|it| exists(&paths, it))
        );
        assert!(
            !["READ", "spec", "specs/seal", "tests"]
                .iter()
                .any(|it| exists(&paths, it))
        );
    }

    #[test]
    fn what_is_ignored_and_what_is_gone_is_no_file_of_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let git = |words: &[&str]| {
            let status = Command::new("git")
                .current_dir(folder.path())
                .args(words)
                .status();
            assert!(status.unwrap().success());
        };
        let write = |name: &str| std::fs::write(folder.path().join(name), "x").unwrap();
        git(&["init", "--quiet"]);
        write("gone");
        write("tracked");
        git(&["add", "gone", "tracked"]);
        std::fs::remove_file(folder.path().join("gone")).unwrap();
        std::fs::write(folder.path().join(".gitignore"), "ignored\n").unwrap();
        write("ignored");
        write("new");
        assert_eq!(
            paths(folder.path()).unwrap(),
            [".gitignore", "new", "tracked"]
        );
        assert!(paths(&folder.path().join("tracked")).is_err());
    }

    #[test]
    fn a_picture_is_no_text() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("picture"), b"\x89PNG\xff").unwrap();
        std::fs::write(folder.path().join("text"), "x").unwrap();
        let paths = ["picture".to_owned(), "text".to_owned()];
        let texts = texts(folder.path(), &paths).unwrap();
        assert_eq!(
            texts.iter().map(|it| it.path.as_str()).collect::<Vec<_>>(),
            ["text"]
        );
    }
}
