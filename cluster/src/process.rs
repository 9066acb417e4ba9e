//! What schedulers and executors have in common: a runtime, an address, a beginning and an end.

use std::io::Write;
use std::net::{IpAddr, SocketAddr, TcpListener};

use coterminous::{Error, Result};
use tokio::runtime::{Builder, Runtime};

/// Stack of a thread: plans are read by functions that call themselves.
const STACK: usize = 16 << 20;

/// The runtime of a process, with this many threads (`None` = one a core).
///
/// # Errors
/// [`Error::Config`] where the system gives no threads.
pub fn runtime(threads: Option<usize>) -> Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    builder.enable_all().thread_stack_size(STACK);
    if let Some(threads) = threads {
        builder.worker_threads(threads.max(1));
    }
    builder.build().map_err(|error| Error::usage(format!("cannot start the threads: {error}; check the limits of the system")))
}

/// An address as it stands before a port.
pub fn host(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// By what name others reach this machine where it listens: what was said, else the address, else, for every address, the machine's own name.
pub fn advertised(said: Option<&str>, listen: IpAddr) -> String {
    match said {
        Some(said) => said.to_owned(),
        None if listen.is_unspecified() => std::fs::read_to_string("/proc/sys/kernel/hostname")
            .ok()
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "localhost".to_owned()),
        None => host(listen),
    }
}

/// `port`, or a free one for 0.
///
/// # Errors
/// [`Error::Publish`] where there is none, or somebody has it.
pub fn port(listen: IpAddr, port: u16) -> Result<u16> {
    let address = SocketAddr::new(listen, port);
    let bound = TcpListener::bind(address).and_then(|listener| listener.local_addr());
    bound
        .map(|address| address.port())
        .map_err(|error| Error::publish(address.to_string(), error, "see who else listens there, or give another port"))
}

/// Says on stdout where the process can be reached; whoever started it may wait for the line.
pub fn ready(address: &str) {
    let mut stdout = std::io::stdout().lock();
    // Nobody need listen.
    let _ = writeln!(stdout, "{address}").and_then(|()| stdout.flush());
}

/// Returns when stdin ends.
pub async fn stdin_ended() {
    let (told, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // Whatever is written there is let go of; an error is an end too.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = told.send(());
    });
    let _ = end.await;
}

/// Returns when SIGINT or SIGTERM comes, or, if asked, when stdin ends.
pub async fn told_to_stop(with_stdin: bool) {
    let ended = async {
        if with_stdin {
            stdin_ended().await;
        } else {
            std::future::pending().await
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
        () = ended => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}
