//! A dataset on object storage: the same objects as the files of one on disk, and the same promise to its readers.
//!
//! Object storage has no rename. A run is uploaded object by object, `manifest.json` last, and nothing points at it until `CURRENT` does. `CURRENT`
//! is put on the condition that it is what this run began with (If-Match), or is not there yet (If-None-Match), so of two runs that end
//! at once one is told that it lost.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use object_store::path::Path as Key;
use object_store::{ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion};

use super::super::manifest::Manifest;
use super::super::publish::{CURRENT, MANIFEST, RUNS, is_run_id};
use super::{Fault, Kind, Objects, Place};
use crate::error::{Error, Result};

/// A file larger than this is uploaded in parts of this size.
const PART: usize = 32 << 20;

/// A dataset on object storage, as it was when a run began.
pub struct RemoteDataset<'a> {
    objects: &'a Objects,
    place: Place,
    local: PathBuf,
    before: Option<Before>,
}

/// What `CURRENT` said.
struct Before {
    run_id: String,
    version: UpdateVersion,
}

impl<'a> RemoteDataset<'a> {
    /// The dataset whose copy is to be at `local`: its current run is fetched, so that an unchanged run is recognised and compared as
    /// on a disk.
    ///
    /// # Errors
    /// [`Error::Publish`] if the bucket cannot be read, or `CURRENT` names no whole run.
    pub fn open(objects: &'a Objects, local: &Path) -> Result<Self> {
        let url = objects.places.stated(local);
        let place = Place::of(&url).map_err(into_publish)?;
        let mut dataset = Self { objects, place, local: local.to_owned(), before: None };
        let Some((text, version)) = dataset.read(&dataset.key(&[CURRENT]))? else { return Ok(dataset) };
        let run_id = text.trim().to_owned();
        let whole = is_run_id(&run_id) && dataset.read(&dataset.key(&[RUNS, &run_id, MANIFEST]))?.is_some();
        if !whole {
            let found = format!("it names \"{}\", which is not a whole run", run_id.chars().take(80).collect::<String>());
            let remedy = "remove it, and publish again";
            return Err(Error::publish(dataset.place.with(&dataset.key(&[CURRENT])), found, remedy));
        }
        dataset.fetch_folder(&dataset.key(&[RUNS, &run_id]))?;
        fs::write(dataset.local.join(CURRENT), format!("{run_id}\n"))
            .map_err(|error| Error::publish(&dataset.local, error, "set TMPDIR to a folder with room"))?;
        dataset.before = Some(Before { run_id, version });
        Ok(dataset)
    }

    /// Where the dataset is.
    pub fn url(&self) -> PathBuf {
        PathBuf::from(&self.place.url)
    }

    /// Uploads a run that was published in the copy, and points `CURRENT` at it.
    ///
    /// # Errors
    /// [`Error::Publish`]: `CURRENT` is as it was, or as somebody else has put it meanwhile. [`Error::Interrupted`] likewise.
    pub fn publish(&self, run: &Path, manifest: &Manifest) -> Result<()> {
        let run_id = manifest.run_id.as_str();
        if self.before.as_ref().is_some_and(|before| before.run_id == run_id) {
            return Ok(());
        }
        self.upload(run, manifest)?;
        let key = self.key(&[CURRENT]);
        let mode = match &self.before {
            Some(before) => PutMode::Update(before.version.clone()),
            None => PutMode::Create,
        };
        // From here on a signal waits: whether CURRENT has moved would not be known.
        let commit = self.objects.interrupt.commit()?;
        let put = self.place.store.put_opts(&key, PutPayload::from(format!("{run_id}\n")), PutOptions::from(mode));
        match self.objects.runtime.block_on(put).map_err(|error| Fault::of(&self.place.with(&key), &error)) {
            Ok(_) => {
                commit.done();
                Ok(())
            }
            Err(fault) if fault.kind == Kind::Raced => {
                drop(commit);
                let now = self.read(&key).ok().flatten().map_or_else(|| "gone".to_owned(), |(text, _)| text.trim().to_owned());
                if now == run_id {
                    // The same inputs, config and program: the other run was this one, or an answer to this one was lost on its way.
                    return Ok(());
                }
                let was = self.before.as_ref().map_or("not there", |before| before.run_id.as_str());
                let found = format!("another run was published meanwhile: CURRENT was {was} when this one began, and is {now}");
                Err(Error::publish(&fault.url, found, format!("run again; run {run_id} is uploaded, and nothing points at it")))
            }
            Err(fault) => Err(fault.into_publish()),
        }
    }

    /// Removes all runs but the `keep` last published (at least one), the current one and the one that was current before, and answers their
    /// ids. What is no whole run of ours stays: it may be one that is being uploaded.
    ///
    /// # Errors
    /// [`Error::Publish`].
    pub fn prune(&self, keep: usize, current: &str) -> Result<Vec<String>> {
        let mut runs: Vec<(String, String)> = Vec::new();
        for folder in self.list(&self.key(&[RUNS]))?.common_prefixes {
            let Some(run_id) = folder.filename().filter(|name| is_run_id(name)).map(str::to_owned) else { continue };
            let Some((text, _)) = self.read(&self.key(&[RUNS, &run_id, MANIFEST]))? else { continue };
            if let Ok(manifest) = serde_json::from_str::<Manifest>(&text)
                && manifest.run_id == run_id
            {
                runs.push((manifest.finished_at, run_id));
            }
        }
        runs.sort();
        runs.reverse();
        let spared = |run_id: &str| run_id == current || self.before.as_ref().is_some_and(|before| before.run_id == run_id);
        let mut removed = Vec::new();
        for (_, run_id) in runs.into_iter().skip(keep.max(1)).filter(|(_, run_id)| !spared(run_id)) {
            // Without its manifest it is no run, whatever comes between here and its end.
            self.delete(&self.key(&[RUNS, &run_id, MANIFEST]))?;
            self.delete_folder(&self.key(&[RUNS, &run_id]))?;
            removed.push(run_id);
        }
        removed.sort();
        Ok(removed)
    }

    fn upload(&self, run: &Path, manifest: &Manifest) -> Result<()> {
        let run_id = manifest.run_id.as_str();
        let at = |file: &str| {
            let parts: Vec<&str> = [RUNS, run_id].into_iter().chain(file.split('/')).collect();
            self.key(&parts)
        };
        if let Some((text, _)) = self.read(&at(MANIFEST))? {
            let there: Option<Manifest> = serde_json::from_str(&text).ok();
            let tables = |manifest: &Manifest| {
                manifest.tables.iter().map(|table| (table.file.clone(), table.blake3.clone())).collect::<BTreeSet<_>>()
            };
            if there.is_none_or(|there| tables(&there) != tables(manifest)) {
                let found = "a run of this id is there, with other tables";
                let remedy =
                    "the same inputs and config gave other bytes than before: please report this, or remove that folder to publish anew";
                return Err(Error::publish(self.place.with(&self.key(&[RUNS, run_id])), found, remedy));
            }
            // A run never changes once it is there; what of it has been lost is put back.
            if self.is_whole(&text, run_id)? {
                return Ok(());
            }
        }
        let files = manifest.tables.iter().map(|table| &table.file).chain(manifest.files.iter().map(|file| &file.file));
        for file in files.map(String::as_str).chain([MANIFEST]) {
            self.objects.interrupt.check()?;
            let path = run.join(file);
            let bytes = fs::read(&path).map_err(|error| Error::publish(&path, error, "run again"))?;
            self.put(&at(file), bytes)?;
        }
        Ok(())
    }

    /// Whether every file that a manifest lists is there in its length.
    fn is_whole(&self, manifest: &str, run_id: &str) -> Result<bool> {
        let Ok(manifest) = serde_json::from_str::<Manifest>(manifest) else { return Ok(false) };
        let tables = manifest.tables.iter().map(|table| (&table.file, table.bytes));
        for (file, bytes) in tables.chain(manifest.files.iter().map(|file| (&file.file, file.bytes))) {
            let parts: Vec<&str> = [RUNS, run_id].into_iter().chain(file.split('/')).collect();
            let key = self.key(&parts);
            let head = self.objects.runtime.block_on(self.place.store.head(&key));
            match head.map_err(|error| Fault::of(&self.place.with(&key), &error)) {
                Ok(meta) if meta.size == bytes => {}
                Ok(_) => return Ok(false),
                Err(fault) if fault.kind == Kind::NotThere => return Ok(false),
                Err(fault) => return Err(fault.into_publish()),
            }
        }
        Ok(true)
    }

    fn put(&self, key: &Key, bytes: Vec<u8>) -> Result<()> {
        let bytes = bytes::Bytes::from(bytes);
        let store = &self.place.store;
        let put = async {
            if bytes.len() <= PART {
                return store.put(key, PutPayload::from(bytes)).await.map(|_| ());
            }
            let mut upload = store.put_multipart(key).await?;
            let mut rest = bytes;
            while !rest.is_empty() {
                let part = rest.split_to(rest.len().min(PART));
                if let Err(error) = upload.put_part(PutPayload::from(part)).await {
                    // The first error is the one to tell.
                    let _ = upload.abort().await;
                    return Err(error);
                }
            }
            upload.complete().await.map(|_| ())
        };
        self.objects.runtime.block_on(put).map_err(|error| Fault::of(&self.place.with(key), &error).into_publish())
    }

    /// Text and version of an object; `None` where there is none.
    fn read(&self, key: &Key) -> Result<Option<(String, UpdateVersion)>> {
        let url = self.place.with(key);
        let read = async {
            let found = self.place.store.get(key).await?;
            let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
            Ok((found.bytes().await?, version))
        };
        match self.objects.runtime.block_on(read).map_err(|error| Fault::of(&url, &error)) {
            Ok((bytes, version)) => match String::from_utf8(bytes.to_vec()) {
                Ok(text) => Ok(Some((text, version))),
                Err(_) => Err(Error::publish(url, "it is not UTF-8 text", "see what it is and remove it")),
            },
            Err(fault) if fault.kind == Kind::NotThere => Ok(None),
            Err(fault) => Err(fault.into_publish()),
        }
    }

    fn list(&self, folder: &Key) -> Result<object_store::ListResult> {
        let listed = self.objects.runtime.block_on(self.place.store.list_with_delimiter(Some(folder)));
        listed.map_err(|error| Fault::of(&self.place.with(folder), &error).into_publish())
    }

    fn fetch_folder(&self, folder: &Key) -> Result<()> {
        let listed = self.list(folder)?;
        for object in listed.objects {
            let url = self.place.with(&object.location);
            let local = self.objects.places.local(Path::new(&url)).map_err(|found| Error::publish(&url, found, "remove the object"))?;
            self.objects.download(&self.place, &object.location, &local, None).map_err(Fault::into_publish)?;
        }
        listed.common_prefixes.iter().try_for_each(|below| self.fetch_folder(below))
    }

    fn delete(&self, key: &Key) -> Result<()> {
        let deleted = self.objects.runtime.block_on(self.place.store.delete(key)).map_err(|error| Fault::of(&self.place.with(key), &error));
        match deleted {
            Err(fault) if fault.kind != Kind::NotThere => Err(fault.into_publish()),
            _ => Ok(()),
        }
    }

    fn delete_folder(&self, folder: &Key) -> Result<()> {
        let listed = self.list(folder)?;
        for object in &listed.objects {
            self.delete(&object.location)?;
        }
        listed.common_prefixes.iter().try_for_each(|below| self.delete_folder(below))
    }

    fn key(&self, parts: &[&str]) -> Key {
        parts.iter().fold(self.place.key.clone(), |key, part| key.join(*part))
    }
}

/// What is wrong with the way to a dataset is no fault of an input.
fn into_publish(error: Error) -> Error {
    match error {
        Error::Input(problem) => Error::publish(problem.path, problem.found, problem.remedy),
        other => other,
    }
}
