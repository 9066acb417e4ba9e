//! Object storage (`s3://`, `az://`, `gs://`): inputs are fetched into a private folder and read there; a dataset is published there as anywhere
//! else, and then uploaded, the run first and `CURRENT` last.
//!
//! Only in builds with the feature `object-storage`. Keys and regions come from the environment, by the names that the clouds' own tools
//! use (`AWS_ACCESS_KEY_ID`, `AZURE_STORAGE_ACCOUNT_NAME`, `GOOGLE_SERVICE_ACCOUNT`, ...); nothing of them is logged or published.

mod dataset;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path as Key;
use object_store::{GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, RetryConfig};
use tokio::runtime::Runtime;

use super::interrupt::Interrupt;
use crate::config::{Limits, Places};
use crate::error::{Error, InputProblem, Result};

pub use dataset::RemoteDataset;

/// Bytes that are asked for at a time.
const PIECE: u64 = 8 << 20;
/// How often a request that failed for a reason that may pass is tried again, and for how long.
const TRIES: usize = 4;
const PATIENCE: Duration = Duration::from_secs(60);

/// The way to object storage, and the private folder with the copies. The folder goes when this does, or when a signal ends the process.
#[derive(Debug)]
pub struct Objects {
    runtime: Runtime,
    places: Places,
    interrupt: Interrupt,
}

impl Objects {
    /// Makes the private folder, which nobody else can read.
    ///
    /// # Errors
    /// [`Error::Publish`] if it cannot be made, or is there already.
    pub fn open(places: &Places, interrupt: &Interrupt) -> Result<Self> {
        let Some(root) = places.root() else {
            return Err(Error::publish("object storage", "there is no folder for copies", "please report this"));
        };
        let failed = |error: std::io::Error| Error::publish(root, error, "set TMPDIR to a folder that can be written to");
        interrupt.begin(root, || private_folder(root))?.map_err(failed)?;
        // Whoever was faster chose the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        Ok(Self { runtime, places: places.clone(), interrupt: interrupt.clone() })
    }

    /// Fetches the objects that files are copies of; other files are left alone. Of a .shp everything beside it that belongs to it is fetched,
    /// of `archive.zip/layer.shp` the archive.
    ///
    /// # Errors
    /// [`Error::Input`] with the object: it is not there, may not be read, is larger than `limits.expanded_bytes`, or changed while it was
    /// fetched.
    pub fn fetch(&self, files: &[PathBuf], limits: &Limits) -> Result<()> {
        for file in files {
            let url = self.places.stated(file);
            if url == *file {
                continue;
            }
            let place = Place::of(&url)?;
            for key in self.parts_of(&place)? {
                self.interrupt.check()?;
                let url = place.with(&key);
                let local = self.places.local(Path::new(&url)).map_err(|found| unreadable(&url, found))?;
                if !local.exists() {
                    self.download(&place, &key, &local, Some(limits)).map_err(Fault::into_input)?;
                }
            }
        }
        Ok(())
    }

    /// Keys of the objects that a path needs.
    fn parts_of(&self, place: &Place) -> Result<Vec<Key>> {
        let parts: Vec<&str> = place.key.as_ref().split('/').collect();
        let is = |name: &str, extension: &str| name.rsplit_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(extension));
        let joined = |parts: &[&str]| Key::parse(parts.join("/")).map_err(|error| unreadable(&place.url, error.to_string()));
        if let Some(archive) = parts.iter().position(|part| is(part, "zip")) {
            return Ok(vec![joined(parts.get(..=archive).unwrap_or(&parts))?]);
        }
        let Some((name, folder)) = parts.split_last().filter(|(name, _)| is(name, "shp")) else { return Ok(vec![place.key.clone()]) };
        let folder = joined(folder)?;
        let listed = self.runtime.block_on(place.store.list_with_delimiter(Some(&folder)));
        let listed = listed.map_err(|error| Fault::of(&place.url, &error).into_input())?;
        let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase();
        let belongs = |found: &str| stem(found) == stem(name) && ["shp", "dbf", "prj", "shx", "cpg"].iter().any(|kind| is(found, kind));
        let mut keys: Vec<Key> =
            listed.objects.into_iter().map(|object| object.location).filter(|key| key.filename().is_some_and(belongs)).collect();
        // The .shp itself is asked for by its name, so that the message is about it where it is not there.
        if !keys.contains(&place.key) {
            keys.push(place.key.clone());
        }
        keys.sort();
        Ok(keys)
    }

    /// Writes an object to a file of the private folder, piece by piece, all of one version.
    fn download(&self, place: &Place, key: &Key, local: &Path, limits: Option<&Limits>) -> std::result::Result<(), Fault> {
        let url = place.with(key);
        let meta = self.runtime.block_on(place.store.head(key)).map_err(|error| Fault::of(&url, &error))?;
        if let Some(limits) = limits.filter(|limits| meta.size > limits.expanded_bytes) {
            let found = format!("is {} bytes, more than {}", meta.size, limits.expanded_bytes);
            return Err(Fault { url, found, remedy: limits.raise("expanded_bytes"), kind: Kind::Other });
        }
        let failed = |error: std::io::Error| Fault {
            url: url.clone(),
            found: format!("its copy cannot be written: {error}"),
            remedy: "set TMPDIR to a folder with room".to_owned(),
            kind: Kind::Other,
        };
        fs::create_dir_all(local.parent().unwrap_or(local)).map_err(failed)?;
        let mut file = fs::File::create(local).map_err(failed)?;
        let mut from = 0u64;
        while from < meta.size {
            self.interrupt.check().map_err(|error| Fault {
                url: url.clone(),
                found: error.to_string(),
                remedy: String::new(),
                kind: Kind::Stopped,
            })?;
            let to = from.saturating_add(PIECE).min(meta.size);
            let piece = self.runtime.block_on(self.piece(place, key, &meta, from..to)).map_err(|error| match error {
                object_store::Error::Precondition { .. } | object_store::Error::NotModified { .. } => Fault {
                    url: url.clone(),
                    found: "the object changed while it was fetched".to_owned(),
                    remedy: "run again when nothing writes to it".to_owned(),
                    kind: Kind::Other,
                },
                error => Fault::of(&url, &error),
            })?;
            file.write_all(&piece).map_err(failed)?;
            from = to;
        }
        file.flush().map_err(failed)
    }

    async fn piece(&self, place: &Place, key: &Key, meta: &ObjectMeta, range: std::ops::Range<u64>) -> object_store::Result<bytes::Bytes> {
        let options = GetOptions { range: Some(range.into()), if_match: meta.e_tag.clone(), ..GetOptions::default() };
        place.store.get_opts(key, options).await?.bytes().await
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        if let Some(root) = self.places.root() {
            // What stays is in the system's folder for what is passing.
            let _ = fs::remove_dir_all(root);
            self.interrupt.forget(root);
        }
    }
}

fn private_folder(root: &Path) -> std::io::Result<()> {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(root)
}

/// A bucket, and a key in it.
struct Place {
    store: Arc<dyn ObjectStore>,
    /// `s3://bucket`.
    bucket: String,
    key: Key,
    url: String,
}

impl Place {
    /// # Errors
    /// [`Error::Input`] if the environment says nothing of how to get there.
    fn of(url: &Path) -> Result<Self> {
        let url = url.to_string_lossy().into_owned();
        let (scheme, rest) = url.split_once("://").unwrap_or(("", &url));
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let retry = RetryConfig { max_retries: TRIES, retry_timeout: PATIENCE, ..RetryConfig::default() };
        let bucket_url = format!("{scheme}://{bucket}");
        let store: object_store::Result<Arc<dyn ObjectStore>> = match scheme {
            "s3" => AmazonS3Builder::from_env().with_url(&bucket_url).with_retry(retry).build().map(|store| Arc::new(store) as _),
            "az" => MicrosoftAzureBuilder::from_env().with_url(&bucket_url).with_retry(retry).build().map(|store| Arc::new(store) as _),
            _ => GoogleCloudStorageBuilder::from_env().with_url(&bucket_url).with_retry(retry).build().map(|store| Arc::new(store) as _),
        };
        let store = store.map_err(|error| Fault::of(&url, &error).into_input())?;
        let key = Key::parse(key).map_err(|error| unreadable(&url, error.to_string()))?;
        Ok(Self { store, bucket: bucket_url, key, url })
    }

    fn with(&self, key: &Key) -> String {
        format!("{}/{key}", self.bucket)
    }
}

/// Why a request came to nothing.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    NotThere,
    /// Somebody else was faster.
    Raced,
    Stopped,
    Other,
}

/// What is wrong with an object.
#[derive(Debug)]
struct Fault {
    url: String,
    found: String,
    remedy: String,
    kind: Kind,
}

impl Fault {
    fn of(url: &str, error: &object_store::Error) -> Self {
        use object_store::Error as E;
        let answer = one_line(&error.to_string());
        let no_bucket = ["NoSuchBucket", "ContainerNotFound", "bucket does not exist"].iter().any(|sign| answer.contains(sign));
        let (found, remedy, kind) = match error {
            E::NotFound { .. } if no_bucket => {
                ("there is no such bucket".to_owned(), "check its name, its region and AWS_ENDPOINT, or make it", Kind::Other)
            }
            E::NotFound { .. } => ("there is no such object".to_owned(), "check the bucket and the key", Kind::NotThere),
            E::PermissionDenied { .. } => (format!("access is denied: {answer}"), "give these credentials the right to it", Kind::Other),
            E::Unauthenticated { .. } => {
                (format!("the credentials are not accepted: {answer}"), "set those of the cloud in the environment", Kind::Other)
            }
            E::Precondition { .. } | E::AlreadyExists { .. } => (answer, "run again", Kind::Raced),
            _ => (answer, "check the network, the region and the credentials in the environment, and run again", Kind::Other),
        };
        Self { url: url.to_owned(), found, remedy: remedy.to_owned(), kind }
    }

    /// As what is wrong with an input, exit code 3.
    fn into_input(self) -> Error {
        match self.kind {
            Kind::Stopped => Error::Interrupted,
            _ => InputProblem::new(self.url, self.found, "", self.remedy).into(),
        }
    }

    /// As what kept a run from being published, exit code 4.
    fn into_publish(self) -> Error {
        match self.kind {
            Kind::Stopped => Error::Interrupted,
            _ => Error::publish(self.url, self.found, self.remedy),
        }
    }
}

/// Answers of servers are pages; the beginning says what it is.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(400).collect()
}

fn unreadable(url: &str, found: String) -> Error {
    InputProblem::new(url, found, "a bucket and a key", "correct it in the config").into()
}
