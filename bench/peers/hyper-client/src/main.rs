// SPDX-License-Identifier: MIT
//! peer-hyper-client URL REQUESTS IN_FLIGHT [2]: hyper's client with its pool, one thread; with "2" by
//! HTTP/2 with prior knowledge, over one connection.
use hyper::{Client, Uri};

fn cpu_us() -> f64 {
    let mut r: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut r) };
    (r.ru_utime.tv_sec + r.ru_stime.tv_sec) as f64 * 1e6
        + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) as f64
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let uri: Uri = args[1].parse().unwrap();
    let n: usize = args[2].parse().unwrap();
    let in_flight: usize = args[3].parse().unwrap();
    let http2 = args.get(4).map_or(false, |version| version == "2");
    let client = Client::builder().http2_only(http2).build_http::<hyper::Body>();
    let before = cpu_us();
    let mut all = Vec::new();
    for _ in 0..in_flight {
        let (client, uri) = (client.clone(), uri.clone());
        all.push(tokio::spawn(async move {
            for _ in 0..n / in_flight {
                let res = client.get(uri.clone()).await.unwrap();
                hyper::body::to_bytes(res.into_body()).await.unwrap();
            }
        }));
    }
    for task in all {
        task.await.unwrap();
    }
    println!("us_per_request {:.3}", (cpu_us() - before) / n as f64);
}
