//! Where tiles are on their way from the run to the executors: a folder that all of them see, or a folder of a bucket.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use coterminous::config::is_remote;
use coterminous::io::interrupt::Interrupt;
use coterminous::{Error, Result};
use futures::TryStreamExt;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::runtime::Handle;
use url::Url;

use crate::objects;
use crate::stage::Folder;

/// What the names of a run's folders begin with.
const STAGE: &str = ".coterminous-cluster-";
/// Age at which what a run has left in a bucket is removed by another: no lock tells there whether it lives, and none takes a week.
const FORGOTTEN: Duration = Duration::from_secs(7 * 24 * 3600);

/// The place of a run, empty when it is made; what is there goes when it is dropped.
#[derive(Debug)]
pub enum Place {
    /// A folder of a file system.
    Folder(Folder),
    /// A folder of a bucket.
    Bucket(Bucket),
}

/// A folder of a bucket.
#[derive(Debug)]
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    url: Url,
    key: Key,
    handle: Handle,
}

impl Place {
    /// Makes a place of this run's own in `dir`, and removes what dead runs left there.
    ///
    /// # Errors
    /// [`Error::Publish`] where it cannot be used; [`Error::Config`] for an address that is none.
    pub fn make(dir: &Path, interrupt: &Interrupt, handle: &Handle) -> Result<Self> {
        if !is_remote(dir) {
            return Folder::make(dir, STAGE, interrupt).map(Self::Folder);
        }
        let parent = objects::address(dir)?;
        let unusable =
            |error: &dyn std::fmt::Display| Error::publish(dir, error, "see the keys and the region in the environment (docs/scale.md)");
        let store = objects::open(&parent).map_err(|error| unusable(&error))?.ok_or_else(|| unusable(&"its scheme is not known"))?;
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
        let url = parent.join(&format!("{STAGE}{nanos:016x}{:08x}/", std::process::id())).map_err(|error| unusable(&error))?;
        let key = Key::from_url_path(url.path()).map_err(|error| unusable(&error))?;
        let above = Key::from_url_path(parent.path()).map_err(|error| unusable(&error))?;
        handle.block_on(sweep(store.as_ref(), &above, FORGOTTEN)).map_err(|error| unusable(&error))?;
        Ok(Self::Bucket(Bucket { store, url, key, handle: handle.clone() }))
    }

    /// A folder for a job in it, as the engine of queries finds it.
    ///
    /// # Errors
    /// [`Error::Publish`] where it cannot be made.
    pub fn job(&self, number: usize) -> Result<Job<'_>> {
        let name = format!("job-{number}");
        match self {
            Self::Folder(folder) => {
                let path = folder.path().join(name);
                std::fs::create_dir(&path).map_err(|error| Error::publish(&path, error, "see who else writes there"))?;
                Ok(Job::Folder(path))
            }
            Self::Bucket(bucket) => Ok(Job::Bucket { bucket, name }),
        }
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        // What cannot be removed now is when it is a week old.
        let _ = self.handle.block_on(clear(self.store.as_ref(), &self.key, None));
    }
}

/// A folder for the files of a job.
#[derive(Debug)]
pub enum Job<'a> {
    /// In a file system.
    Folder(PathBuf),
    /// In a bucket.
    Bucket {
        /// Which.
        bucket: &'a Bucket,
        /// Its name.
        name: String,
    },
}

impl Job<'_> {
    /// Its address.
    ///
    /// # Errors
    /// [`Error::Publish`] for a folder whose name no address can hold.
    pub fn address(&self) -> Result<String> {
        match self {
            Self::Folder(path) => {
                let url = Url::from_directory_path(path).ok();
                url.map(String::from)
                    .ok_or_else(|| Error::publish(path, "its name is no address", "give another folder with --cluster-dir"))
            }
            Self::Bucket { bucket, name } => Ok(format!("{}{name}/", bucket.url)),
        }
    }

    /// Writes a file.
    ///
    /// # Errors
    /// [`Error::Publish`] where it cannot.
    pub fn put(&self, name: &str, bytes: Vec<u8>) -> Result<()> {
        const REMEDY: &str = "make room there, or give another folder with --cluster-dir";
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                std::fs::write(&path, bytes).map_err(|error| Error::publish(&path, error, REMEDY))
            }
            Self::Bucket { bucket, name: job } => {
                let key = bucket.key.clone().join(job.as_str()).join(name);
                let put = bucket.handle.block_on(bucket.store.put(&key, bytes.into()));
                put.map(drop).map_err(|error| Error::publish(format!("{}{job}/{name}", bucket.url), error, REMEDY))
            }
        }
    }

    /// Removes it. What cannot be removed now is removed with the whole place.
    pub fn remove(self) {
        match self {
            Self::Folder(path) => drop(std::fs::remove_dir_all(path)),
            Self::Bucket { bucket, name } => {
                drop(bucket.handle.block_on(clear(bucket.store.as_ref(), &bucket.key.clone().join(name), None)));
            }
        }
    }
}

/// Removes the objects below a key; with an age only those that are older.
async fn clear(store: &dyn ObjectStore, key: &Key, age: Option<Duration>) -> object_store::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let is_old = |modified: i64| {
        let written = u64::try_from(modified).unwrap_or(0);
        age.is_none_or(|age| now.saturating_sub(written) > age.as_secs())
    };
    let objects: Vec<_> = store.list(Some(key)).try_collect().await?;
    for object in objects.into_iter().filter(|object| is_old(object.last_modified.timestamp())) {
        match store.delete(&object.location).await {
            // Somebody else has.
            Err(object_store::Error::NotFound { .. }) => {}
            other => other?,
        }
    }
    Ok(())
}

/// Removes what runs have forgotten below a key, which is older than this; nothing else.
async fn sweep(store: &dyn ObjectStore, above: &Key, age: Duration) -> object_store::Result<()> {
    let below = store.list_with_delimiter(Some(above)).await?;
    for folder in below.common_prefixes {
        if folder.filename().is_some_and(|name| name.starts_with(STAGE)) {
            clear(store, &folder, Some(age)).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use object_store::memory::InMemory;

    #[test]
    fn what_runs_have_forgotten_is_swept_and_nothing_else() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = InMemory::new();
            let keys = ["out/.coterminous-cluster-1/job-0/part-0.parquet", "out/CURRENT", "out/.other/x", ".coterminous-cluster-2/y"];
            for key in keys {
                store.put(&Key::from(key), b"x".to_vec().into()).await.unwrap();
            }
            let left = async || {
                let objects: Vec<_> = store.list(None).try_collect().await.unwrap();
                let mut keys: Vec<String> = objects.into_iter().map(|object| object.location.to_string()).collect();
                keys.sort();
                keys
            };
            sweep(&store, &Key::from("out"), FORGOTTEN).await.unwrap();
            assert_eq!(left().await.len(), 4, "a run of today may live");
            tokio::time::sleep(Duration::from_millis(2100)).await;
            sweep(&store, &Key::from("out"), Duration::ZERO).await.unwrap();
            assert_eq!(left().await, [".coterminous-cluster-2/y", "out/.other/x", "out/CURRENT"]);
            clear(&store, &Key::from("out"), None).await.unwrap();
            assert_eq!(left().await, [".coterminous-cluster-2/y"]);
        });
    }
}
