//! A static file server for one folder, with the headers under which the site must work.
//!
//! It delivers what a plain static host delivers and nothing else: no fallback to index.html, no
//! listing, no compression. Tests can mount it below a path, delay files and see every request.

use std::convert::Infallible;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY as POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    LOCATION, X_CONTENT_TYPE_OPTIONS,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use tokio::runtime::{Builder, Runtime};

type Response = hyper::Response<Full<Bytes>>;

/// The policy that the site must work under.
pub const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";

/// How a server differs from a plain one.
#[derive(Clone, Debug)]
pub struct SiteOptions {
    /// Path below which the folder is served, with a slash at both ends.
    pub mount: String,
    /// Files whose names contain the text are delivered that much later.
    pub delays: Vec<(String, Duration)>,
    /// Scripts whose names contain the text begin with that code: what a broken browser would do.
    pub prologues: Vec<(String, String)>,
    /// Files whose names contain the text are answered with a page and that status: what a broken host
    /// or a network to sign in to would do.
    pub pages_instead: Vec<(String, u16)>,
    /// The content security policy that everything is sent with.
    pub policy: String,
}

impl Default for SiteOptions {
    fn default() -> Self {
        Self {
            mount: "/".to_owned(),
            delays: Vec::new(),
            prologues: Vec::new(),
            pages_instead: Vec::new(),
            policy: CONTENT_SECURITY_POLICY.to_owned(),
        }
    }
}

/// A running server; dropping it ends it.
pub struct SiteServer {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
    runtime: Option<Runtime>,
}

/// What one request needs to know.
struct Site {
    root: PathBuf,
    options: SiteOptions,
    requests: Arc<Mutex<Vec<String>>>,
}

impl SiteServer {
    /// Serves `root` on 127.0.0.1 at `port`, or at any free port for 0.
    ///
    /// # Errors
    /// Says so if the folder does not exist or the port is taken.
    pub fn start(root: &Path, port: u16, options: SiteOptions) -> Result<Self> {
        let root = root
            .canonicalize()
            .with_context(|| format!("there is no site at {}", root.display()))?;
        let listener = TcpListener::bind(("127.0.0.1", port))
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .with_context(|| format!("cannot listen on 127.0.0.1:{port}"))?;
        let url = format!("http://{}{}", listener.local_addr()?, options.mount);
        let requests = Arc::new(Mutex::new(Vec::new()));
        let site = Arc::new(Site { root, options, requests: Arc::clone(&requests) });
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.spawn(accept(listener, site));
        Ok(Self { url, requests, runtime: Some(runtime) })
    }

    /// Address of the site's first page.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Path and query of every request so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Serves until the process ends.
    pub fn wait(self) -> ! {
        loop {
            std::thread::park();
        }
    }
}

impl Drop for SiteServer {
    fn drop(&mut self) {
        // Tests drop it where waiting for another runtime is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Serves every connection as a task of its own: browsers keep several open without a request.
async fn accept(listener: TcpListener, site: Arc<Site>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let site = Arc::clone(&site);
        tokio::spawn(async move {
            let answer = service_fn(|request| site.answer(request));
            // A visitor who left does not matter.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

impl Site {
    async fn answer(self: &Arc<Self>, request: Request<Incoming>) -> Result<Response, Infallible> {
        let url = request.uri().path_and_query().map_or("", |url| url.as_str()).to_owned();
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(url.clone());
        for (mark, delay) in &self.options.delays {
            if url.contains(mark.as_str()) {
                tokio::time::sleep(*delay).await;
            }
        }
        let response = match *request.method() {
            Method::GET | Method::HEAD => {
                self.page_instead(&url).unwrap_or_else(|| self.response_to(&url))
            }
            _ => plain(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD are answered here.\n"),
        };
        Ok(with_headers(response, &self.options.policy))
    }

    /// The page that comes in place of a file, if one does.
    fn page_instead(&self, url: &str) -> Option<Response> {
        let marked = |(mark, _): &&(String, u16)| url.contains(mark.as_str());
        let (_, status) = self.options.pages_instead.iter().find(marked)?;
        let mut response = plain(StatusCode::from_u16(*status).ok()?, "<title>Sign in</title>\n");
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
        Some(response)
    }

    fn response_to(&self, url: &str) -> Response {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let Some(relative) = path.strip_prefix(self.options.mount.as_str()) else {
            return match format!("{path}/") == self.options.mount {
                true => moved(&self.options.mount),
                false => not_found(),
            };
        };
        match self.file_for(relative) {
            Some(file) if file.is_dir() && !path.ends_with('/') => moved(&format!("{path}/")),
            Some(file) if file.is_dir() => deliver(&file.join("index.html")),
            Some(file) => self.deliver_script(&file).unwrap_or_else(|| deliver(&file)),
            None => not_found(),
        }
    }

    /// The file behind its prologues, if it has any.
    fn deliver_script(&self, path: &Path) -> Option<Response> {
        let name = path.file_name()?.to_str()?;
        let marked = self.options.prologues.iter().filter(|(mark, _)| name.contains(mark.as_str()));
        let prologue: String = marked.map(|(_, code)| format!("{code}\n")).collect();
        if prologue.is_empty() {
            return None;
        }
        let script = std::fs::read_to_string(path).ok()?;
        Some(file_of(path, prologue + &script))
    }

    /// The file or folder that `relative` names, unless it lies outside the site.
    fn file_for(&self, relative: &str) -> Option<PathBuf> {
        let decoded = percent_decode_str(relative).decode_utf8().ok()?;
        if decoded.contains(['\\', '\0', ':']) || decoded.split('/').any(|part| part == "..") {
            return None;
        }
        // Resolving links catches those that lead out of the site.
        let file = self.root.join(decoded.trim_start_matches('/')).canonicalize().ok()?;
        file.starts_with(&self.root).then_some(file)
    }
}

fn deliver(path: &Path) -> Response {
    match std::fs::read(path) {
        Ok(bytes) => file_of(path, bytes),
        Err(_) => not_found(),
    }
}

fn file_of(path: &Path, content: impl Into<Bytes>) -> Response {
    let response = Response::new(Full::new(content.into()));
    with(response, CONTENT_TYPE, &mime(path))
}

fn mime(path: &Path) -> String {
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    match mime.type_() == "text" || mime.subtype() == "json" {
        true => format!("{mime}; charset=utf-8"),
        false => mime.to_string(),
    }
}

fn not_found() -> Response {
    plain(StatusCode::NOT_FOUND, "There is no such file here.\n")
}

fn moved(location: &str) -> Response {
    with(plain(StatusCode::MOVED_PERMANENTLY, ""), LOCATION, location)
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    with(response, CONTENT_TYPE, "text/plain; charset=utf-8")
}

fn with_headers(response: Response, policy: &str) -> Response {
    let response = with(response, POLICY, policy);
    let response = with(response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    with(response, CACHE_CONTROL, "no-cache")
}

fn with(mut response: Response, name: HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::time::Instant;

    use super::*;

    /// A folder with a site in it and a secret beside it.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("site/nested")).unwrap();
        for (name, text) in [
            ("secret.txt", "secret"),
            ("site/index.html", "<p>first</p>"),
            ("site/nested/index.html", "<p>nested</p>"),
            ("site/engine_bg.wasm", "wasm"),
            ("site/start.js", "js"),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn start(folder: &tempfile::TempDir, options: SiteOptions) -> SiteServer {
        SiteServer::start(&folder.path().join("site"), 0, options).unwrap()
    }

    /// The whole answer to one request line, as a client that hides nothing sees it.
    fn answer(server: &SiteServer, method: &str, path: &str) -> String {
        let host = server.url().split('/').nth(2).unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn files_have_their_types_and_the_policy() {
        let folder = folder();
        let server = start(&folder, SiteOptions::default());
        for (path, mime) in [
            ("/", "text/html; charset=utf-8"),
            ("/start.js?v=1", "text/javascript; charset=utf-8"),
            ("/engine_bg.wasm", "application/wasm"),
            ("/nested/", "text/html; charset=utf-8"),
        ] {
            let text = answer(&server, "GET", path);
            assert!(text.starts_with("HTTP/1.1 200"), "{path}: {text}");
            assert!(text.contains(&format!("content-type: {mime}\r\n")), "{path}: {text}");
            assert!(text.contains(CONTENT_SECURITY_POLICY), "{path}: {text}");
            assert!(text.contains("cache-control: no-cache\r\n"), "{path}: {text}");
        }
        assert_eq!(server.requests()[1], "/start.js?v=1");
    }

    #[test]
    fn a_script_begins_with_its_prologue() {
        let folder = folder();
        let prologues = vec![("start.js".to_owned(), "broken = true;".to_owned())];
        let server = start(&folder, SiteOptions { prologues, ..SiteOptions::default() });
        let text = answer(&server, "GET", "/start.js");
        assert!(text.ends_with("\r\n\r\nbroken = true;\njs"), "{text}");
        assert!(text.contains("content-type: text/javascript"), "{text}");
        assert!(answer(&server, "GET", "/").ends_with("<p>first</p>"));
    }

    #[test]
    fn a_page_can_come_in_place_of_a_file() {
        let folder = folder();
        let pages_instead = vec![("engine".to_owned(), 200), ("start".to_owned(), 503)];
        let server = start(&folder, SiteOptions { pages_instead, ..SiteOptions::default() });
        for (path, status) in [("/engine_bg.wasm", "200"), ("/start.js", "503")] {
            let text = answer(&server, "GET", path);
            assert!(text.starts_with(&format!("HTTP/1.1 {status}")), "{text}");
            assert!(text.contains("content-type: text/html\r\n"), "{text}");
        }
        assert!(answer(&server, "GET", "/").ends_with("<p>first</p>"));
    }

    #[test]
    fn nothing_outside_the_site_is_delivered() {
        let folder = folder();
        let server = start(&folder, SiteOptions::default());
        for path in [
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/nested/../../secret.txt",
            "/..%5csecret.txt",
            "//etc/passwd",
            "/missing.js",
        ] {
            let text = answer(&server, "GET", path);
            assert!(text.starts_with("HTTP/1.1 404"), "{path}: {text}");
        }
        assert!(answer(&server, "POST", "/").starts_with("HTTP/1.1 405"));
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_site_are_not_followed() {
        let folder = folder();
        std::os::unix::fs::symlink("../secret.txt", folder.path().join("site/link.txt")).unwrap();
        let server = start(&folder, SiteOptions::default());
        assert!(answer(&server, "GET", "/link.txt").starts_with("HTTP/1.1 404"));
    }

    #[test]
    fn a_site_below_a_path_is_only_there() {
        let folder = folder();
        let options = SiteOptions { mount: "/docs/planner/".to_owned(), ..Default::default() };
        let server = start(&folder, options);
        assert!(server.url().ends_with("/docs/planner/"));
        assert!(answer(&server, "GET", "/docs/planner/start.js").starts_with("HTTP/1.1 200"));
        assert!(answer(&server, "GET", "/start.js").starts_with("HTTP/1.1 404"));
        let text = answer(&server, "GET", "/docs/planner");
        assert!(text.contains("location: /docs/planner/\r\n"), "{text}");
        let text = answer(&server, "GET", "/docs/planner/nested");
        assert!(text.contains("location: /docs/planner/nested/\r\n"), "{text}");
    }

    #[test]
    fn a_delayed_file_holds_up_no_other() {
        let folder = folder();
        let delay = Duration::from_millis(300);
        let options =
            SiteOptions { delays: vec![("engine".to_owned(), delay)], ..Default::default() };
        let server = start(&folder, options);
        let begin = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| answer(&server, "GET", "/engine_bg.wasm"));
            std::thread::sleep(Duration::from_millis(50));
            answer(&server, "GET", "/start.js");
            assert!(begin.elapsed() < delay);
        });
        assert!(begin.elapsed() >= delay);
    }

    /// Browsers open connections in bursts and keep them: none may wait for another one's end.
    #[test]
    fn connections_that_stay_open_are_all_answered() {
        let folder = folder();
        for _ in 0..100 {
            let server = start(&folder, SiteOptions::default());
            let host = server.url().split('/').nth(2).unwrap().to_owned();
            let mut streams: Vec<TcpStream> =
                (0..6).map(|_| TcpStream::connect(&host).unwrap()).collect();
            for stream in &mut streams {
                stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                write!(stream, "GET /start.js HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
            }
            for stream in &mut streams {
                let mut status = [0; 12];
                stream.read_exact(&mut status).unwrap();
                assert_eq!(&status, b"HTTP/1.1 200");
            }
        }
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error =
            SiteServer::start(Path::new("no/such/site"), 0, SiteOptions::default()).err().unwrap();
        assert!(error.to_string().contains("no/such/site"));
    }
}
