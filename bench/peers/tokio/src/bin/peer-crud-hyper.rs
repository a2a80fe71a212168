// SPDX-License-Identifier: MIT
//! `peer-crud-hyper HOST:PORT`: the notes of bench/edo-bench-crud.c by hyper and serde_json, routed by hand.

use hyper::body::HttpBody;
use hyper::header::{HeaderValue, CONTENT_TYPE, LOCATION};
use hyper::server::conn::Http;
use hyper::service::service_fn;
use hyper::{Body, Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::process::exit;
use std::sync::{Arc, Mutex};
use tokio::signal::unix::{signal, SignalKind};

const PAGE_MAX: usize = 100;
const BODY_MAX: u64 = 2 << 20;

#[derive(Clone, Deserialize, Serialize)]
struct Note {
    #[serde(default)]
    id: i64,
    title: String,
    #[serde(default)]
    text: String,
}

#[derive(Serialize)]
struct Page<'a> {
    notes: &'a [Note],
}

#[derive(Serialize)]
struct Problem<'a> {
    title: &'a str,
    status: u16,
    detail: &'a str,
}

/// In the order of their ids, which only grow.
#[derive(Default)]
struct Store {
    all: Vec<Note>,
    last_id: i64,
}

type Reply = Response<Body>;

fn json(status: StatusCode, kind: &'static str, value: &impl Serialize) -> Reply {
    let mut reply = Response::new(serde_json::to_vec(value).expect("it has no map").into());
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}

fn found(value: &impl Serialize) -> Reply {
    json(StatusCode::OK, "application/json", value)
}

fn problem(status: StatusCode, detail: &str) -> Reply {
    let title = status.canonical_reason().unwrap_or("");
    let problem = Problem { title, status: status.as_u16(), detail };
    json(status, "application/problem+json", &problem)
}

fn no_note(id: i64) -> Reply {
    problem(StatusCode::NOT_FOUND, &format!("no note {id}"))
}

async fn decode(req: Request<Body>) -> Result<Note, Reply> {
    let kind = req.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        let what = "the content type is not application/json";
        return Err(problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, what));
    }
    let body = req.into_body();
    if body.size_hint().upper().map_or(true, |n| n > BODY_MAX) {
        return Err(problem(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long"));
    }
    let bytes = hyper::body::to_bytes(body).await;
    let bytes = bytes.map_err(|e| problem(StatusCode::BAD_REQUEST, &e.to_string()))?;
    let note: Note = serde_json::from_slice(&bytes).map_err(|e| {
        let is_data = e.is_data();
        let status =
            if is_data { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
        problem(status, &e.to_string())
    })?;
    let wrong = match (note.title.len(), note.text.len()) {
        (1..=200, 0..=10000) => return Ok(note),
        (1..=200, _) => "text must have at most 10000 bytes",
        _ => "title must have 1 to 200 bytes",
    };
    Err(problem(StatusCode::UNPROCESSABLE_ENTITY, wrong))
}

fn number(query: &str, name: &str, preset: i64, least: i64, most: i64) -> Result<i64, Reply> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let value = match pairs.find(|(key, _)| *key == name) {
        Some((_, value)) => value,
        None => return Ok(preset),
    };
    match value.parse() {
        Ok(n) if (least..=most).contains(&n) => Ok(n),
        _ => {
            let what = format!("{name} must be an integer of {least} to {most}");
            Err(problem(StatusCode::BAD_REQUEST, &what))
        }
    }
}

fn list(req: &Request<Body>, store: &Mutex<Store>) -> Result<Reply, Reply> {
    let query = req.uri().query().unwrap_or("");
    let after = number(query, "after", 0, 0, i64::MAX)?;
    let limit = number(query, "limit", 20, 1, PAGE_MAX as i64)?;
    let store = store.lock().unwrap();
    let at = store.all.partition_point(|n| n.id <= after);
    let notes = &store.all[at..store.all.len().min(at + limit as usize)];
    Ok(found(&Page { notes }))
}

async fn add(req: Request<Body>, store: &Mutex<Store>) -> Result<Reply, Reply> {
    let mut note = decode(req).await?;
    let mut store = store.lock().unwrap();
    store.last_id += 1;
    note.id = store.last_id;
    let mut reply = json(StatusCode::CREATED, "application/json", &note);
    let at = HeaderValue::from_str(&format!("/notes/{}", note.id)).expect("it is ASCII");
    reply.headers_mut().insert(LOCATION, at);
    store.all.push(note);
    Ok(reply)
}

async fn one(req: Request<Body>, id: i64, store: &Mutex<Store>) -> Result<Reply, Reply> {
    let method = req.method().clone();
    let given = if method == Method::PUT { Some(decode(req).await?) } else { None };
    let mut store = store.lock().unwrap();
    let at = store.all.binary_search_by_key(&id, |n| n.id).map_err(|_| no_note(id))?;
    if let Some(note) = given {
        store.all[at] = Note { id, ..note };
    }
    if method == Method::DELETE {
        return Ok(found(&store.all.remove(at)));
    }
    Ok(found(&store.all[at]))
}

async fn route(req: Request<Body>, store: &Mutex<Store>) -> Result<Reply, Reply> {
    let rest = match req.uri().path().strip_prefix("/notes") {
        Some(rest) => rest,
        None => return Err(problem(StatusCode::NOT_FOUND, "")),
    };
    let id = rest.strip_prefix('/').map(|text| text.parse::<i64>().ok().filter(|id| *id > 0));
    match (rest.is_empty(), id, req.method()) {
        (true, _, &Method::GET) => list(&req, store),
        (true, _, &Method::POST) => add(req, store).await,
        (_, Some(Some(id)), &Method::GET | &Method::PUT | &Method::DELETE) => {
            one(req, id, store).await
        }
        (_, Some(None), _) => {
            Err(problem(StatusCode::BAD_REQUEST, "id must be an integer of at least 1"))
        }
        (true, _, _) | (_, Some(_), _) => Err(problem(StatusCode::METHOD_NOT_ALLOWED, "")),
        _ => Err(problem(StatusCode::NOT_FOUND, "")),
    }
}

async fn accept(addr: &str) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(addr).await?;
    println!("http://{}/", listener.local_addr()?);
    let store = Arc::new(Mutex::new(Store::default()));
    let mut http = Http::new();
    http.http1_only(true).pipeline_flush(true);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let store = store.clone();
        let service = service_fn(move |req| {
            let store = store.clone();
            async move { Ok::<_, Infallible>(route(req, &store).await.unwrap_or_else(|r| r)) }
        });
        tokio::spawn(http.serve_connection(stream, service));
    }
}

fn main() -> std::io::Result<()> {
    let addr = std::env::args().nth(1).unwrap_or_else(|| {
        eprintln!("usage: peer-crud-hyper HOST:PORT");
        exit(2)
    });
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    rt.block_on(async move {
        let mut term = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = term.recv() => Ok(()),
            failed = accept(&addr) => failed,
        }
    })
}
