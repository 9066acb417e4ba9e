//! The run's side: tiles out as Parquet, a plan to the scheduler, sums back.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use ballista::prelude::SessionContextExt;
use ballista_core::config::{
    BALLISTA_ADAPTIVE_PLANNER_ENABLED, BALLISTA_CLIENT_GRPC_CONNECT_TIMEOUT_SECONDS, BALLISTA_CLIENT_GRPC_MAX_MESSAGE_SIZE,
    BALLISTA_CLIENT_IO_RETRIES_TIMES, BALLISTA_CLIENT_IO_RETRY_WAIT_TIME_MS, BALLISTA_CLIENT_PULL,
    BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK,
};
use ballista_core::extension::SessionConfigExt;
use coterminous::domain::{Layer, Point, Rings};
use coterminous::io::interrupt::Interrupt;
use coterminous::overlay::tiles::{Portion, Sums, split};
use coterminous::weights::Tally;
use coterminous::{Error, Result};
use datafusion::arrow::array::{ArrayRef, BinaryArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::DataFusionError;
use datafusion::datasource::file_format::options::ReadOptions;
use datafusion::execution::SessionStateBuilder;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use rayon::prelude::*;
use tokio::runtime::Runtime;

use crate::logs::{self, Told};
use crate::place::{Job, Place};
use crate::scheduler::MESSAGE;
use crate::{answer, failure, function, process, tile, url};

/// Longest time in which a scheduler, and then one executor, must answer before a run begins to work.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longest time in which an executor must answer when something was lost on the way.
const ALONE: Duration = Duration::from_secs(20);
/// Longest time for a connection, seconds.
const CONNECT: &str = "10";
/// Times that a job is asked for whose answer was lost with an executor or that nobody worked on, and the pause between them.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(2);
/// Times that an answer is fetched from an executor, and milliseconds between them, before it counts as lost.
const FETCHES: (&str, &str) = ("3", "1000");
/// Files that are written side by side.
const SIDE_BY_SIDE: usize = 8;
/// Tiles of a job, about, where nobody says how large they are.
const TILES: u64 = 64;
/// Fewest and most edges of a tile then: below, handing it out is more work than counting it, so that a small overlay is one task; above, few
/// executors get all of it.
const EDGES: (u64, u64) = (50_000, 500_000);
/// Most tasks of a job. As many add up as count, and each of those fetches a piece from each of these: pieces are the square of it.
const TASKS: usize = 1024;

/// A cluster that a run is connected to.
pub struct Driver {
    url: String,
    dir: PathBuf,
    /// Edges of a tile, at most; `None` = as the layers have it.
    most: Option<u64>,
    interrupt: Interrupt,
    /// Goes before the runtime does, with which it is emptied.
    place: Mutex<Option<Arc<Place>>>,
    runtime: Runtime,
    jobs: AtomicUsize,
    /// Where the tile is that was counted when the run connected.
    hello: OnceLock<String>,
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("url", &self.url).field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl Tally for Driver {
    fn sums(&self, layers: &[&Layer]) -> Result<Option<Sums>> {
        let rings: Vec<&Rings> = layers.iter().map(|layer| &layer.rings).collect();
        let edges: u64 = rings.iter().map(|rings| rings.points().len() as u64).fold(0, u64::saturating_add);
        let most = self.most.unwrap_or_else(|| edges.div_ceil(TILES).clamp(EDGES.0, EDGES.1));
        self.count(&rings, most)
    }
}

/// Files of tiles as they are written.
#[derive(Debug, Default)]
struct Sent {
    tiles: u64,
    files: usize,
    vertices: u64,
    bytes: u64,
}

impl Driver {
    /// Connects to the scheduler of an address and has one tile counted, so that whatever does not work is known before a run begins: `dir` is
    /// made if it is not there, and must be reached by scheduler and executors under the same path. Tiles have at most `most` edges.
    ///
    /// # Errors
    /// [`Error::Config`] for an address that is none; [`Error::Publish`] (exit code 4: try again later) where no scheduler answers, no
    /// executor does within a minute, the executors are of another build, or the folder cannot be used.
    pub fn connect(address: &str, dir: &Path, most: Option<u64>, interrupt: &Interrupt) -> Result<Self> {
        logs::forward(Told::Nothing);
        let (host, port) = url::parse(address, "--cluster")?;
        let driver = Self {
            url: format!("df://{host}:{port}"),
            dir: dir.to_owned(),
            most,
            interrupt: interrupt.clone(),
            place: Mutex::new(None),
            runtime: process::runtime(Some(2))?,
            jobs: AtomicUsize::new(0),
            hello: OnceLock::new(),
        };
        let reach = tokio::net::TcpStream::connect((host.trim_matches(['[', ']']), port));
        // A timer wants the runtime that it is made in.
        let reached = driver.runtime.block_on(async { tokio::time::timeout(PATIENCE, reach).await });
        match reached {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(failure::of(&driver.url, format!("no scheduler answers: {error}"))),
            Err(_) => return Err(failure::of(&driver.url, "no scheduler answers within a minute")),
        }
        let mut square = Rings::new();
        square.push_ring([(0, 0), (3, 0), (3, 2), (0, 2)].map(|(x, y)| Point { x, y }));
        square.end_unit();
        let sums = driver.tally(&[&square], 100, true)?.unwrap_or_default();
        // Three by two, doubled.
        match sums.faces.get(&vec![vec![0]]) {
            Some(extent) if extent.doubled_area == 12 && extent.boundary == 10 => Ok(driver),
            other => Err(failure::of(&driver.url, format!("an executor counts a rectangle of 3 by 2 as {other:?}"))),
        }
    }

    /// The sums of layers by tiles of at most `most` edges; `None` if a tile's arrangement contradicts itself.
    ///
    /// # Errors
    /// [`Error::Publish`] for whatever the cluster does not do.
    pub fn count(&self, layers: &[&Rings], most: u64) -> Result<Option<Sums>> {
        self.tally(layers, most, false)
    }

    /// [`Driver::count`], or a tile that tells whether somebody is there, and stays where it is for when that is asked again.
    fn tally(&self, layers: &[&Rings], most: u64, is_hello: bool) -> Result<Option<Sums>> {
        let number = self.jobs.fetch_add(1, Ordering::Relaxed);
        let place = self.place()?;
        let job = place.job(number)?;
        let began = Instant::now();
        let sent = self.send(layers, most, &job)?;
        let sending = began.elapsed();
        if sent.tiles == 0 {
            return Ok(Some(Sums::default()));
        }
        let address = job.address()?;
        let ask = || {
            let answer = async {
                if is_hello {
                    self.answered(self.hello.get_or_init(|| address.clone()), PATIENCE).await
                } else {
                    self.asked(&address, sent.files, number).await
                }
            };
            self.runtime.block_on(async {
                tokio::select! {
                    batches = answer => batches.map_err(|problem| failure::of(&self.url, problem)),
                    interrupted = interrupted(&self.interrupt) => Err(interrupted),
                }
            })
        };
        let (sums, labels) = answer::whole(sent.tiles, layers.len(), ask)?.map_err(|problem| failure::of(&self.url, problem))?;
        let counting = began.elapsed().saturating_sub(sending);
        if !is_hello {
            job.remove();
            let Sent { tiles, files, vertices, bytes } = sent;
            let reading = began.elapsed().saturating_sub(sending).saturating_sub(counting);
            tracing::info!(
                "counted {tiles} tiles in {files} files, {vertices} vertices in them, on the cluster: {bytes} bytes sent, {labels} labels \
                 (sent in {:.3} s, counted in {:.3} s, read in {:.3} s)",
                sending.as_secs_f64(),
                counting.as_secs_f64(),
                reading.as_secs_f64()
            );
        }
        Ok(sums)
    }

    /// The sums of a folder of tiles. An executor that dies when the job is done but its answer is not fetched takes that with it, and no scheduler
    /// counts a finished job again: it is asked for once more then, as is a job that the scheduler gave up since nobody worked on it. Counting
    /// twice changes nothing.
    async fn asked(&self, folder: &str, files: usize, job: usize) -> std::result::Result<Vec<RecordBatch>, String> {
        for _ in 1..TRIES {
            match sums(&self.url, folder, files, job).await.map_err(|error| told(&error)) {
                Err(problem) if is_lost(&problem) && self.has_scheduler().await => {
                    tracing::warn!("what was counted is lost with an executor, and is counted again: {problem}");
                    tokio::time::sleep(PAUSE).await;
                    // A job may take as long as it likes, but not wait for ever where nobody is left.
                    if let Some(hello) = self.hello.get() {
                        self.answered(hello, ALONE).await?;
                    }
                }
                answer => return answer,
            }
        }
        sums(&self.url, folder, files, job).await.map_err(|error| told(&error))
    }

    /// The sums of the tile that tells whether somebody is there, as soon as somebody is.
    async fn answered(&self, folder: &str, patience: Duration) -> std::result::Result<Vec<RecordBatch>, String> {
        let asked = async {
            loop {
                match sums(&self.url, folder, 1, 0).await.map_err(|error| told(&error)) {
                    Err(problem) if is_lost(&problem) && self.has_scheduler().await => tokio::time::sleep(PAUSE).await,
                    answer => return answer,
                }
            }
        };
        let nobody = |_| Err(format!("no executor has answered within {} seconds", patience.as_secs()));
        tokio::time::timeout(patience, asked).await.unwrap_or_else(nobody)
    }

    /// Whether somebody listens where the scheduler was.
    async fn has_scheduler(&self) -> bool {
        let address = self.url.trim_start_matches("df://").to_owned();
        matches!(tokio::time::timeout(PAUSE, tokio::net::TcpStream::connect(address)).await, Ok(Ok(_)))
    }

    /// Writes tiles into a folder: a file holds tiles that follow each other, of at most `most` edges together, so that files are alike in work.
    fn send(&self, layers: &[&Rings], most: u64, job: &Job<'_>) -> Result<Sent> {
        let mut sent = Sent::default();
        let mut files: Vec<Vec<Portion>> = Vec::new();
        let mut edges = 0u64;
        let flush = |files: &mut Vec<Vec<Portion>>, sent: &mut Sent| -> Result<()> {
            self.interrupt.check()?;
            let first = sent.files;
            let written: Vec<Result<u64>> =
                files.par_iter().enumerate().map(|(at, tiles)| write(job, first.saturating_add(at), tiles)).collect();
            for bytes in written {
                sent.bytes = sent.bytes.saturating_add(bytes?);
            }
            sent.files = sent.files.saturating_add(files.len());
            files.clear();
            Ok(())
        };
        split(layers, most, &mut |portion: Portion| -> Result<()> {
            let points = portion.layers.iter().flatten().map(|ring| ring.points.len() as u64).fold(0, u64::saturating_add);
            (sent.tiles, sent.vertices) = (sent.tiles.saturating_add(1), sent.vertices.saturating_add(points));
            match files.last_mut() {
                Some(file) if edges.saturating_add(portion.edges) <= most => {
                    edges = edges.saturating_add(portion.edges);
                    file.push(portion);
                }
                _ => {
                    if files.len() >= SIDE_BY_SIDE {
                        flush(&mut files, &mut sent)?;
                    }
                    edges = portion.edges;
                    files.push(vec![portion]);
                }
            }
            Ok(())
        })?;
        flush(&mut files, &mut sent)?;
        Ok(sent)
    }

    /// The run's place among those that all see; made when it is needed first.
    fn place(&self) -> Result<Arc<Place>> {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = &*place {
            return Ok(Arc::clone(place));
        }
        let made = Arc::new(Place::make(&self.dir, &self.interrupt, self.runtime.handle())?);
        *place = Some(Arc::clone(&made));
        Ok(made)
    }
}

/// Waits for somebody to ask the run to stop.
async fn interrupted(interrupt: &Interrupt) -> Error {
    loop {
        if let Err(error) = interrupt.check() {
            return error;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether a connection has broken, to an executor if the scheduler is there; or the scheduler has given the job up.
fn is_lost(problem: &str) -> bool {
    [
        "GrpcConnectionError",
        "GrpcActionError",
        "transport error",
        "FetchFailed",
        "connection error",
        "Connection refused",
        // In the middle of an answer.
        "h2 protocol error",
        "error reading a body from connection",
        "failed: Cancelled",
    ]
    .iter()
    .any(|sign| problem.contains(sign))
}

/// What went wrong, for whom it concerns.
fn told(error: &DataFusionError) -> String {
    let text = error.to_string();
    // The scheduler says the first, an executor the second.
    if text.contains("coterminous_sums_") && (text.contains("no UDF named") || text.contains("is not provided for scalar function")) {
        return format!(
            "a scheduler or an executor of another build of the program than this run has refused the work, since it might count otherwise (it knows \
             no function {}); start them all from the same program",
            function::name()
        );
    }
    text
}

/// The sums of the tiles in a folder, added by label on the cluster.
async fn sums(url: &str, folder: &str, files: usize, job: usize) -> datafusion::common::Result<Vec<RecordBatch>> {
    let config = SessionConfig::new_with_ballista()
        .with_ballista_job_name(&format!("coterminous {}: {files} files of tiles", std::process::id()))
        // A file is a task: the heaviest tiles are not bundled with others on one executor while the rest of them wait.
        .with_target_partitions(files.clamp(1, TASKS))
        .with_repartition_file_scans(false)
        .set_str(BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK, "1")
        .set_str(BALLISTA_CLIENT_GRPC_MAX_MESSAGE_SIZE, &MESSAGE.to_string())
        .set_str(BALLISTA_CLIENT_GRPC_CONNECT_TIMEOUT_SECONDS, CONNECT)
        .set_str(BALLISTA_CLIENT_IO_RETRIES_TIMES, FETCHES.0)
        .set_str(BALLISTA_CLIENT_IO_RETRY_WAIT_TIME_MS, FETCHES.1)
        // Asked again and again, a scheduler that has died is noticed at once.
        .set_bool(BALLISTA_CLIENT_PULL, true)
        // Under the adaptive planner a job that has lost an executor between two stages is rolled back and never begun again.
        .set_bool(BALLISTA_ADAPTIVE_PLANNER_ENABLED, false);
    let state = SessionStateBuilder::new().with_default_features().with_config(config).build();
    let context = SessionContext::remote_with_state(url, state).await?;
    // The third of the three places, and after connecting, which replaces all functions.
    let mut state = context.state();
    function::register(&mut state)?;
    let context = SessionContext::new_with_state(state);
    let table = format!("tiles_{job}");
    // The scheduler lists the files; this side knows their only column.
    let state = context.state();
    let options = ParquetReadOptions::default().to_listing_options(state.config(), state.default_table_options());
    context.register_listing_table(&table, folder, options, Some(schema()), None).await?;
    let function = function::name();
    let query = format!(
        "SELECT label, sum(area_high) AS area_high, sum(area_low) AS area_low, sum(boundary_high) AS boundary_high, \
         sum(boundary_low) AS boundary_low FROM (SELECT part['label'] AS label, part['area_high'] AS area_high, part['area_low'] AS area_low, \
         part['boundary_high'] AS boundary_high, part['boundary_low'] AS boundary_low FROM (SELECT unnest({function}(tile)) AS part FROM {table})) \
         GROUP BY label"
    );
    context.sql(&query).await?.collect().await
}

/// The only column of a file of tiles.
fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("tile", DataType::Binary, false)]))
}

/// Writes a file of tiles, a row and a row group each; answers its bytes. Files with more edges come first by name, as they are begun.
fn write(job: &Job<'_>, number: usize, tiles: &[Portion]) -> Result<u64> {
    let edges = tiles.iter().map(|tile| tile.edges).fold(0, u64::saturating_add);
    let name = format!("part-{:016x}-{number:08}.parquet", u64::MAX.saturating_sub(edges));
    let problem = |error: &dyn fmt::Display| Error::publish(&name, error, "please report this");
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema(), Some(properties)).map_err(|error| problem(&error))?;
    for tile in tiles {
        let bytes = tile::bytes(tile);
        let column: ArrayRef = Arc::new(BinaryArray::from_vec(vec![&bytes]));
        let batch = RecordBatch::try_new(schema(), vec![column]).map_err(|error| problem(&error))?;
        writer.write(&batch).and_then(|()| writer.flush()).map_err(|error| problem(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| problem(&error))?;
    let length = bytes.len() as u64;
    job.put(&name, bytes)?;
    Ok(length)
}
