// SPDX-License-Identifier: MIT
//! Starting a program and waiting for its end: CPU time of this process.

use crate::measure::{cpu_ns, Outcome};
use tokio::process::Command;

pub async fn spawn_true(n: u64) -> Outcome {
    let begin = cpu_ns();
    for _ in 0..n {
        let mut child = Command::new("/bin/true").spawn().unwrap();
        assert!(child.wait().await.unwrap().success());
    }
    Outcome { n, ns: (cpu_ns() - begin) as f64, rss_kb: None, extras: Vec::new() }
}
