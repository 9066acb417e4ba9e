//! Files that are there whole or not at all, even when the power fails.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, SyncSender};
use std::thread::{self, Scope, ScopedJoinHandle};

use super::Hashing;
use super::interrupt::Interrupt;
use crate::error::{Error, Result};

/// Size and hash of a file just written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 of the content, hexadecimal; empty where nobody asked for it ([`Batch::without_hashes`]).
    pub blake3: String,
}

/// What a disk is asked to do while a dataset is written. The one there is, [`Real`], asks the system; tests put another in its place that
/// fails when they want it to.
pub trait Disk: Debug + Send + Sync {
    /// Opens a file to write; none may be there, not even a link.
    fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(path)
    }

    /// Writes some of the data and says how much.
    fn write(&self, file: &mut File, data: &[u8]) -> io::Result<usize> {
        file.write(data)
    }

    /// Makes a file's content durable.
    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    /// Makes durable what a file has so far.
    fn sync_data(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    /// Makes the names in a folder durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // Only Unix opens a folder as a file; elsewhere renames are made durable by the file system itself.
        if !cfg!(unix) {
            return Ok(());
        }
        match File::open(folder).and_then(|folder| folder.sync_all()) {
            // Some network file systems know no sync of folders; they keep names their own way.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
            other => other,
        }
    }

    /// Gives a file or folder another name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    /// Makes one folder.
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    /// Removes a file, or a link without what it points to.
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    /// Removes a folder with all in it; links in it are removed, not followed.
    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }
}

/// The disk there is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Real;

impl Disk for Real {}

/// A file on a disk.
struct Open<'a> {
    disk: &'a dyn Disk,
    file: File,
}

impl Write for Open<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.disk.write(&mut self.file, data)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Bytes after which a file's content is begun to be made durable while more of it comes.
const AHEAD: u64 = 4 << 20;

/// A file being written: counts what goes through it, and hashes it if somebody asks for the hash. Of a large one the disk has most by the time the last byte comes.
pub struct Sink<'scope, 'env> {
    file: BufWriter<Open<'env>>,
    hasher: Option<blake3::Hasher>,
    bytes: u64,
    /// Where the threads that sync ahead belong.
    scope: &'scope Scope<'scope, 'env>,
    /// The thread, once there is something to do for it.
    ahead: Option<Ahead<'scope>>,
    /// Bytes at which it is told to sync again.
    next: u64,
}

/// A thread that syncs a file as often as it is told.
struct Ahead<'scope> {
    tell: SyncSender<()>,
    thread: ScopedJoinHandle<'scope, io::Result<()>>,
}

impl Ahead<'_> {
    /// Ends it. What it met counts: an error of a disk is told once, and a later sync may not hear of it.
    fn end(self) -> io::Result<()> {
        drop(self.tell);
        self.thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that syncs the file ended")))
    }
}

impl<'scope, 'env> Sink<'scope, 'env> {
    fn new(disk: &'env dyn Disk, file: File, hashing: Hashing, scope: &'scope Scope<'scope, 'env>) -> Self {
        let file = BufWriter::with_capacity(1 << 18, Open { disk, file });
        Self { file, hasher: hashing.hasher(), bytes: 0, scope, ahead: None, next: AHEAD }
    }

    /// Has a thread of its own sync what is written so far.
    fn sync_ahead(&mut self) -> io::Result<()> {
        let Open { disk, file } = self.file.get_ref();
        let ahead = match &mut self.ahead {
            Some(ahead) => ahead,
            none => {
                let (disk, file) = (*disk, file.try_clone()?);
                let (tell, told) = mpsc::sync_channel(1);
                let thread = self.scope.spawn(move || told.into_iter().try_for_each(|()| disk.sync_data(&file)));
                none.insert(Ahead { tell, thread })
            }
        };
        // Told already, it will sync this too. Gone, it has met an error, which the end of the file asks for.
        let _ = ahead.tell.try_send(());
        Ok(())
    }

    /// Makes all of it durable.
    fn end(mut self) -> io::Result<Written> {
        self.file.flush()?;
        if let Some(ahead) = self.ahead.take() {
            ahead.end()?;
        }
        let Open { disk, file } = self.file.get_ref();
        disk.sync(file)?;
        let blake3 = self.hasher.map_or_else(String::new, |hasher| hasher.finalize().to_hex().to_string());
        Ok(Written { bytes: self.bytes, blake3 })
    }
}

impl Write for Sink<'_, '_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let written = self.file.write(data)?;
        if let (Some(hasher), Some(part)) = (&mut self.hasher, data.get(..written)) {
            hasher.update(part);
        }
        self.bytes = self.bytes.saturating_add(u64::try_from(written).unwrap_or(u64::MAX));
        if self.bytes >= self.next {
            self.next = self.bytes.saturating_add(AHEAD);
            self.sync_ahead()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes `path` through `fill`: aside under a name of its own, fsynced, renamed into place, and the folder fsynced. Until the rename
/// an old file of that name is untouched; when anything fails the part written is removed.
///
/// # Errors
/// [`Error::Publish`], or whatever `fill` answers.
pub fn replace(path: &Path, fill: impl FnOnce(&mut Sink<'_, '_>) -> Result<()>) -> Result<Written> {
    replace_on(&Real, path, fill)
}

/// As [`replace`], on this disk.
///
/// # Errors
/// As [`replace`].
pub fn replace_on(disk: &dyn Disk, path: &Path, fill: impl FnOnce(&mut Sink<'_, '_>) -> Result<()>) -> Result<Written> {
    let interrupt = Interrupt::default();
    let mut batch = Batch::new(disk, &interrupt);
    let written = batch.add(path, fill)?;
    batch.commit()?;
    Ok(written)
}

/// Files that are replaced together: each is written aside and fsynced as it is added, and [`Batch::commit`] renames them all. Until then
/// every file of these names is as it was; a batch that is dropped, or whose process is asked to stop, leaves nothing behind.
#[derive(Debug)]
pub struct Batch<'a> {
    disk: &'a dyn Disk,
    interrupt: &'a Interrupt,
    hashing: Hashing,
    /// Where each file is, and where it belongs.
    files: Vec<(PathBuf, PathBuf)>,
}

impl<'a> Batch<'a> {
    /// No files yet.
    pub fn new(disk: &'a dyn Disk, interrupt: &'a Interrupt) -> Self {
        Self { disk, interrupt, hashing: Hashing::Blake3, files: Vec::new() }
    }

    /// The same without hashes of what is written, for files that no manifest names.
    pub fn without_hashes(mut self) -> Self {
        self.hashing = Hashing::None;
        self
    }

    /// Writes a file aside through `fill`.
    ///
    /// # Errors
    /// [`Error::Interrupted`], [`Error::Publish`], also where the path names no file or a folder, or whatever `fill` answers.
    pub fn add(&mut self, path: &Path, fill: impl FnOnce(&mut Sink<'_, '_>) -> Result<()>) -> Result<Written> {
        let Some(aside) = aside(path) else {
            return Err(Error::publish(path, "it names no file", "give the path of a file to write"));
        };
        if path.is_dir() {
            return Err(Error::publish(path, "there is a folder where a file should be written", "remove it, or choose another path"));
        }
        self.files.push((aside.clone(), path.to_owned()));
        let file = self.interrupt.begin(&aside, || create_aside(self.disk, &aside))?;
        fill_aside(self.disk, &aside, file.map_err(|error| problem(path, &error))?, self.hashing, fill)
    }

    /// Renames every file into place, in the order in which they were added, and makes the names durable.
    ///
    /// # Errors
    /// [`Error::Interrupted`] before the first is renamed; [`Error::Publish`] where one cannot be renamed: those before it are in place then.
    pub fn commit(mut self) -> Result<()> {
        let commit = self.interrupt.commit()?;
        let mut renamed = 0usize;
        for (aside, path) in &self.files {
            if let Err(error) = self.disk.rename(aside, path) {
                // A signal that waits meanwhile would say that nothing was published.
                if renamed > 0 {
                    commit.done();
                }
                return Err(problem(path, &error));
            }
            renamed = renamed.saturating_add(1);
        }
        let folders: BTreeSet<&Path> = self.files.iter().map(|(_, path)| parent(path)).collect();
        let synced = folders.into_iter().try_for_each(|folder| self.disk.sync_folder(folder).map_err(|error| problem(folder, &error)));
        commit.done();
        self.files.clear();
        synced
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        for (aside, _) in &self.files {
            // The error that led here is the one to tell; what is left aside is hidden and harmless.
            let _ = self.disk.remove_file(aside);
            self.interrupt.forget(aside);
        }
    }
}

/// The hidden name beside `path` under which this process writes it; `None` where `path` names no file.
fn aside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_string_lossy();
    Some(path.with_file_name(format!(".{name}.{}.partial", std::process::id())))
}

fn create_aside(disk: &dyn Disk, aside: &Path) -> io::Result<File> {
    match disk.create(aside) {
        // Left by a process of this number that was killed, or a link laid there: it is removed, never followed.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => disk.remove_file(aside).and_then(|()| disk.create(aside)),
        other => other,
    }
}

fn fill_aside(
    disk: &dyn Disk,
    aside: &Path,
    file: File,
    hashing: Hashing,
    fill: impl FnOnce(&mut Sink<'_, '_>) -> Result<()>,
) -> Result<Written> {
    thread::scope(|scope| {
        let mut sink = Sink::new(disk, file, hashing, scope);
        fill(&mut sink)?;
        sink.end().map_err(|error| problem(aside, &error))
    })
}

/// Writes the bytes as [`replace`] does.
///
/// # Errors
/// [`Error::Publish`].
pub fn replace_bytes(path: &Path, bytes: &[u8]) -> Result<Written> {
    replace_bytes_on(&Real, path, bytes)
}

/// As [`replace_bytes`], on this disk.
///
/// # Errors
/// [`Error::Publish`].
pub fn replace_bytes_on(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<Written> {
    replace_on(disk, path, |sink| sink.write_all(bytes).map_err(|error| problem(path, &error)))
}

/// Makes a folder and those above it, durably.
///
/// # Errors
/// [`Error::Publish`], also when a file stands in the way.
pub fn make_folder(disk: &dyn Disk, folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = parent(folder);
    if above != folder {
        make_folder(disk, above)?;
    }
    match disk.create_folder(folder) {
        Ok(()) => disk.sync_folder(above).map_err(|error| {
            // A folder that may not be there after a power cut is not left for others to find.
            let _ = fs::remove_dir(folder);
            problem(above, &error)
        }),
        // Another process was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(Error::publish(folder, "there is a file where a folder should be", "remove it, or choose another folder with --out"))
        }
        Err(error) => Err(problem(folder, &error)),
    }
}

/// The folder a path is in; "." for a bare name.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// What went wrong with a file, and what to do about it.
pub fn problem(path: impl Into<PathBuf>, error: &io::Error) -> Error {
    use io::ErrorKind as Kind;
    let remedy = match error.kind() {
        Kind::StorageFull | Kind::QuotaExceeded => "free some space there, or choose another disk with --out",
        Kind::ReadOnlyFilesystem => "choose a folder that can be written to with --out",
        Kind::PermissionDenied => "get permission to write there, or choose another folder with --out",
        Kind::NotADirectory => "there is a file where a folder should be: remove it, or choose another folder with --out",
        Kind::IsADirectory => "there is a folder where a file should be: remove it, or choose another folder with --out",
        Kind::CrossesDevices => "keep the whole dataset folder on one disk",
        Kind::FileTooLarge => {
            "raise the limit of the system on file sizes (ulimit -f), or choose a disk that takes files of this size with --out"
        }
        Kind::NotFound => "check that the folder still exists and that nothing else removes files from it",
        Kind::InvalidFilename => "choose a name that this file system takes",
        _ => "check the disk and the folder, or choose another with --out",
    };
    Error::publish(path, error, remedy)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn what_is_counted_is_what_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let written = replace_bytes(&path, b"twelve bytes").unwrap();
        assert_eq!(written.bytes, 12);
        assert_eq!(written.blake3, blake3::hash(b"twelve bytes").to_hex().to_string());
        assert_eq!(fs::read(&path).unwrap(), b"twelve bytes");
        // Where nobody asks for the hash, the same bytes.
        let interrupt = Interrupt::default();
        let mut batch = Batch::new(&Real, &interrupt).without_hashes();
        let unhashed = batch.add(&path, |sink| sink.write_all(b"thirteen byte").map_err(|error| problem(&path, &error))).unwrap();
        batch.commit().unwrap();
        assert_eq!((unhashed.bytes, unhashed.blake3.as_str()), (13, ""));
        assert_eq!(fs::read(&path).unwrap(), b"thirteen byte");
    }

    /// A disk that counts the syncs of what comes before the end of a file, and fails the first if it is to.
    #[derive(Debug, Default)]
    struct Counting {
        ahead: AtomicU64,
        fails: bool,
    }

    impl Disk for Counting {
        fn sync_data(&self, file: &File) -> io::Result<()> {
            let first = self.ahead.fetch_add(1, Ordering::SeqCst) == 0;
            if self.fails && first { Err(io::Error::other("the disk lost a page")) } else { Real.sync_data(file) }
        }
    }

    #[test]
    fn of_a_large_file_the_disk_has_most_before_it_ends_and_what_it_loses_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        let write = |disk: &Counting, megabytes: usize| {
            let part: Vec<u8> = (0..1u32 << 18).flat_map(u32::to_le_bytes).collect();
            let written = replace_on(disk, &path, |sink| {
                (0..megabytes).try_for_each(|_| sink.write_all(&part)).map_err(|error| problem(&path, &error))
            });
            (written, part.repeat(megabytes))
        };
        let disk = Counting::default();
        let (written, content) = write(&disk, 3);
        assert_eq!(written.unwrap().bytes, content.len() as u64);
        assert_eq!(disk.ahead.load(Ordering::SeqCst), 0, "a small file is synced once, at its end");
        let (written, content) = write(&disk, 19);
        assert_eq!(written.unwrap().blake3, blake3::hash(&content).to_hex().to_string());
        assert!((1..=4).contains(&disk.ahead.load(Ordering::SeqCst)));
        assert_eq!(fs::read(&path).unwrap(), content);
        // The sync at the end does not fail: only the thread has heard of it. Whenever it does, while the file is written or after.
        for megabytes in [4, 5, 30] {
            let (written, _) = write(&Counting { fails: true, ..Counting::default() }, megabytes);
            let message = written.unwrap_err().to_string();
            assert!(message.contains("the disk lost a page"), "{message}");
            assert_eq!(fs::read(&path).unwrap(), content, "the old file stays");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        replace_bytes(&path, b"old").unwrap();
        let failed = replace(&path, |sink| {
            sink.write_all(b"new").unwrap();
            Err(Error::publish("x", "stopped", "try again"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_in_the_way_of_a_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("out");
        fs::write(&file, "").unwrap();
        let message = make_folder(&Real, &file.join("runs")).unwrap_err().to_string();
        assert!(message.contains("there is a file where a folder should be"), "{message}");
        assert!(message.contains("--out"), "{message}");
    }
}
