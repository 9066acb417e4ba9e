//! Object storage in paths: which paths name objects, and where the copies lie that a command works with.

use std::path::{Component, Path, PathBuf};

/// Schemes of object storage: S3 and what speaks its language, Azure Blob Storage, Google Cloud Storage.
const SCHEMES: [&str; 3] = ["s3", "az", "gs"];

/// Whether a path names an object or a folder of objects: `s3://bucket/key`, `az://container/key`, `gs://bucket/key`.
pub fn is_remote(path: &Path) -> bool {
    path.to_str().and_then(|text| text.split_once("://")).is_some_and(|(scheme, _)| SCHEMES.contains(&scheme))
}

/// Where objects lie while a command works with them: `s3://bucket/a/b.zip` is `<root>/s3/bucket/a/b.zip`. Without a root there is no place,
/// and a config that names an object is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    root: Option<PathBuf>,
}

impl Places {
    /// Places below a folder.
    pub fn below(root: impl Into<PathBuf>) -> Self {
        Self { root: Some(root.into()) }
    }

    /// The folder that all of them are below.
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// Where the copy of an object is or will be.
    ///
    /// # Errors
    /// One sentence: there is no root, or the path is not a bucket and a key of plain names.
    pub fn local(&self, url: &Path) -> Result<PathBuf, String> {
        let text = url.to_string_lossy();
        let Some(root) = &self.root else {
            let remedy = if cfg!(feature = "object-storage") {
                "name a local copy, or use `coterminous run` or `check`, which do"
            } else {
                "build it with `cargo build --features object-storage`, or name a local copy"
            };
            let who = if cfg!(feature = "object-storage") { "command" } else { "build of the program" };
            return Err(format!("{text} is on object storage, which this {who} does not read; {remedy}"));
        };
        let (scheme, rest) = text.split_once("://").unwrap_or(("", &text));
        let is_plain = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', '\0', '?', '#']);
        let parts: Vec<&str> = rest.trim_end_matches('/').split('/').collect();
        if parts.len() < 2 || !parts.iter().all(|part| is_plain(part)) {
            return Err(format!(
                "\"{text}\" is not an address on object storage; write {scheme}://bucket/folder/file without empty parts, `..` or `?`"
            ));
        }
        Ok(parts.iter().fold(root.join(scheme), |path, part| path.join(part)))
    }

    /// What a path stands for: the object whose copy it is, or itself.
    pub fn stated(&self, path: &Path) -> PathBuf {
        let inside = self.root.as_deref().and_then(|root| path.strip_prefix(root).ok());
        let Some(inside) = inside else { return path.to_owned() };
        let parts: Vec<String> = inside
            .components()
            .filter_map(|part| match part {
                Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
                _ => None,
            })
            .collect();
        match parts.split_first() {
            Some((scheme, rest)) if !rest.is_empty() => PathBuf::from(format!("{scheme}://{}", rest.join("/"))),
            _ => path.to_owned(),
        }
    }

    /// A message in which copies are named by their objects.
    pub fn told(&self, message: &str) -> String {
        let Some(root) = &self.root else { return message.to_owned() };
        let root = root.to_string_lossy();
        SCHEMES.iter().fold(message.to_owned(), |message, scheme| message.replace(&format!("{root}/{scheme}/"), &format!("{scheme}://")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let places = Places::below("/tmp/x");
        let url = Path::new("s3://bucket/a/b.zip/c.shp");
        assert!(is_remote(url) && !is_remote(Path::new("/s3/bucket")) && !is_remote(Path::new("https://x/y")));
        let local = places.local(url).unwrap();
        assert_eq!(local, Path::new("/tmp/x/s3/bucket/a/b.zip/c.shp"));
        assert_eq!(places.stated(&local), url);
        assert_eq!(places.stated(Path::new("/tmp/y/s3")), Path::new("/tmp/y/s3"));
        assert_eq!(places.told("/tmp/x/s3/bucket/a.csv, record 3: no"), "s3://bucket/a.csv, record 3: no");
    }

    #[test]
    fn a_key_leads_nowhere_else() {
        let places = Places::below("/tmp/x");
        for url in [
            "s3://bucket",
            "s3://bucket/",
            "s3://bucket/../../etc/passwd",
            "s3://bucket//a",
            "s3:///a",
            "s3://bucket/a?b",
            "s3://bucket/./a",
        ] {
            assert!(places.local(Path::new(url)).is_err(), "{url}");
        }
        let refused = Places::default().local(Path::new("gs://bucket/a.csv")).unwrap_err();
        assert!(refused.contains("gs://bucket/a.csv is on object storage"), "{refused}");
    }
}
