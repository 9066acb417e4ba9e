//! Buckets by the addresses that the engine of queries uses, for whoever reads or writes tiles there.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use coterminous::Error;
use datafusion::common::DataFusionError;
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreRegistry};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{ObjectStore, RetryConfig};
use url::Url;

/// How often a request that failed for a reason that may pass is tried again, and for how long.
const TRIES: usize = 4;
const PATIENCE: Duration = Duration::from_secs(60);

/// Opens the bucket of an address with the keys and the region of the environment, by the names that the clouds' own tools use; `None` if
/// the address is of no bucket.
///
/// # Errors
/// What is wrong with the environment.
pub fn open(url: &Url) -> object_store::Result<Option<Arc<dyn ObjectStore>>> {
    let retry = RetryConfig { max_retries: TRIES, retry_timeout: PATIENCE, ..RetryConfig::default() };
    let bucket = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    Ok(Some(match url.scheme() {
        "s3" => Arc::new(AmazonS3Builder::from_env().with_url(bucket).with_retry(retry).build()?),
        "az" => Arc::new(MicrosoftAzureBuilder::from_env().with_url(bucket).with_retry(retry).build()?),
        "gs" => Arc::new(GoogleCloudStorageBuilder::from_env().with_url(bucket).with_retry(retry).build()?),
        _ => return Ok(None),
    }))
}

/// The stores of a process: files, and buckets as they are asked for.
#[derive(Debug, Default)]
struct Stores(DefaultObjectStoreRegistry);

impl ObjectStoreRegistry for Stores {
    fn register_store(&self, url: &Url, store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        self.0.register_store(url, store)
    }

    fn deregister_store(&self, url: &Url) -> datafusion::common::Result<Arc<dyn ObjectStore>> {
        self.0.deregister_store(url)
    }

    fn get_store(&self, url: &Url) -> datafusion::common::Result<Arc<dyn ObjectStore>> {
        self.0.get_store(url).or_else(|unknown| {
            let store = open(url).map_err(|error| DataFusionError::ObjectStore(Box::new(error)))?.ok_or(unknown)?;
            self.0.register_store(url, Arc::clone(&store));
            Ok(store)
        })
    }
}

/// What plans are run with, in a scheduler or an executor: all stores; what does not fit in memory goes to `temporary`.
///
/// # Errors
/// Those of the engine of queries.
pub fn runtime(temporary: Option<&Path>) -> datafusion::common::Result<Arc<RuntimeEnv>> {
    let mut builder = RuntimeEnvBuilder::new().with_object_store_registry(Arc::new(Stores::default()));
    if let Some(temporary) = temporary {
        builder = builder.with_temp_file_path(temporary);
    }
    builder.build().map(Arc::new)
}

/// The address of a folder in a bucket.
///
/// # Errors
/// [`Error::Config`] where it is none.
pub fn address(dir: &Path) -> coterminous::Result<Url> {
    let text = dir.to_string_lossy();
    let url =
        Url::parse(&format!("{}/", text.trim_end_matches('/'))).ok().filter(|url| url.host_str().is_some_and(|bucket| !bucket.is_empty()));
    url.ok_or_else(|| Error::usage(format!("--cluster-dir is {text}, expected a folder or s3://BUCKET/FOLDER, az:// or gs://; correct it")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_and_other_schemes_are_not() {
        let stores = Stores::default();
        stores.get_store(&Url::parse("file:///tmp/x").unwrap()).unwrap();
        assert!(stores.get_store(&Url::parse("ftp://host/x").unwrap()).is_err());
    }

    #[test]
    fn addresses_of_folders() {
        assert_eq!(address(Path::new("s3://bucket/a/b")).unwrap().as_str(), "s3://bucket/a/b/");
        assert_eq!(address(Path::new("gs://bucket/")).unwrap().path(), "/");
        assert_eq!(address(Path::new("s3:///a")).unwrap_err().exit_code(), 2);
    }
}
