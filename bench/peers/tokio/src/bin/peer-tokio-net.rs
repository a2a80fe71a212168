// SPDX-License-Identifier: MIT
//! `peer-tokio-net udp HOST:PORT | proxy HOST:PORT HOST:PORT`: servers on the current-thread runtime.
//!
//! udp sends each datagram back; proxy forwards the connections of the first address to the second by
//! `copy_bidirectional`.

use std::net::SocketAddr;
use std::process::exit;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::signal::unix::{signal, SignalKind};

fn usage() -> ! {
    eprintln!("usage: peer-tokio-net udp HOST:PORT | proxy HOST:PORT HOST:PORT");
    exit(2)
}

async fn serve_udp(addr: SocketAddr) -> std::io::Result<()> {
    let socket = UdpSocket::bind(addr).await?;
    let mut buf = [0; 2048];
    loop {
        let (n, from) = socket.recv_from(&mut buf).await?;
        socket.send_to(&buf[..n], from).await?;
    }
}

async fn forward(mut client: TcpStream, to: SocketAddr) -> std::io::Result<()> {
    let mut server = TcpStream::connect(to).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

async fn serve_proxy(addr: SocketAddr, to: SocketAddr) -> std::io::Result<()> {
    let listener = TcpListener::bind(addr).await?;
    loop {
        let (client, _) = listener.accept().await?;
        tokio::spawn(forward(client, to));
    }
}

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let addrs: Vec<SocketAddr> =
        args.iter().skip(1).map(|a| a.parse().unwrap_or_else(|_| usage())).collect();
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    rt.block_on(async move {
        let mut term = signal(SignalKind::terminate())?;
        let server = match (args.first().map(String::as_str), &addrs[..]) {
            (Some("udp"), &[addr]) => tokio::spawn(serve_udp(addr)),
            (Some("proxy"), &[addr, to]) => tokio::spawn(serve_proxy(addr, to)),
            _ => usage(),
        };
        tokio::select! {
            _ = term.recv() => Ok(()),
            failed = server => failed.unwrap_or(Ok(())),
        }
    })
}
