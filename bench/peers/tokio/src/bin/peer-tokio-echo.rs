// SPDX-License-Identifier: MIT
//! `peer-tokio-echo [-t threads] HOST:PORT|unix:PATH`: echo server, a read buffer of 16 KiB a connection.

use std::net::SocketAddr;
use std::process::exit;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, UnixListener};
use tokio::signal::unix::{signal, SignalKind};

fn usage() -> ! {
    eprintln!("usage: peer-tokio-echo [-t threads] HOST:PORT|unix:PATH");
    exit(2)
}

async fn echo<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> std::io::Result<()> {
    // read_buf fills spare capacity, so the pages of an idle connection's buffer stay untouched.
    let mut buf = Vec::with_capacity(16 * 1024);
    while stream.read_buf(&mut buf).await? > 0 {
        stream.write_all(&buf).await?;
        buf.clear();
    }
    Ok(())
}

async fn serve(addr: SocketAddr) -> std::io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    let listener = socket.listen(4096)?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) if stream.set_nodelay(true).is_ok() => drop(tokio::spawn(echo(stream))),
            Ok(_) => {}
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
        }
    }
}

async fn serve_unix(path: String) -> std::io::Result<()> {
    let listener = UnixListener::bind(path)?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(echo(stream));
    }
}

fn main() -> std::io::Result<()> {
    let (mut threads, mut addr) = (1usize, None::<String>);
    let mut it = std::env::args().skip(1);
    while let Some(arg) = it.next() {
        match arg.as_str() {
            "-t" => threads = it.next().and_then(|v| v.parse().ok()).unwrap_or_else(|| usage()),
            _ => addr = Some(arg),
        }
    }
    let addr = addr.unwrap_or_else(|| usage());
    let mut builder = match threads {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let rt = builder.worker_threads(threads.max(1)).enable_all().build()?;
    rt.block_on(async move {
        let mut term = signal(SignalKind::terminate())?;
        let server = match addr.strip_prefix("unix:") {
            Some(path) => tokio::spawn(serve_unix(path.to_owned())),
            None => tokio::spawn(serve(addr.parse().unwrap_or_else(|_| usage()))),
        };
        tokio::select! {
            _ = term.recv() => Ok(()),
            failed = server => failed.unwrap_or(Ok(())),
        }
    })
}
