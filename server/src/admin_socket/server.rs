//! The server's end.

use std::convert::Infallible;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{UnixListener, UnixStream};

use super::path::ShortPath;
use super::{Failure, LARGEST, VERSION_HEADER};
use crate::acts::Act;
use crate::data::DataDirectory;
use crate::house::House;

/// The open socket. Its file goes with it.
pub(crate) struct AdminSocket {
    listener: UnixListener,
    file: PathBuf,
    inode: u64,
}

impl AdminSocket {
    /// Opens the socket. The caller holds the directory's lock, or takes the place of who does, so a socket that lies there
    /// belongs to nobody who needs it.
    pub(crate) fn open(data: &DataDirectory) -> Result<Self> {
        let file = data.socket();
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", file.display()));
            }
            _ => {}
        }
        let short = ShortPath::of(&file)?;
        let listener =
            UnixListener::bind(short.as_path()).with_context(|| format!("cannot open the socket {}", file.display()))?;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))?;
        let inode = file.metadata()?.ino();
        Ok(Self { listener, file, inode })
    }

    /// Answers until it is dropped.
    pub(crate) async fn serve(self, house: Arc<House>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    tokio::spawn(connection(stream, house.clone()));
                }
                Err(error) => {
                    tracing::error!(%error, "the socket for the command line does not accept");
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                }
            }
        }
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        // A process that took our place has put its own there.
        if self.file.metadata().is_ok_and(|file| file.ino() == self.inode) {
            let _gone_already = std::fs::remove_file(&self.file);
        }
    }
}

async fn connection(stream: UnixStream, house: Arc<House>) {
    // The file's mode keeps others out; this also where a directory was opened to them by mistake.
    let ours = rustix::process::geteuid().as_raw();
    let allowed = stream.peer_cred().is_ok_and(|peer| peer.uid() == ours || peer.uid() == 0);
    if !allowed {
        tracing::warn!("a stranger knocked at the socket for the command line");
        return;
    }
    let service = service_fn(move |request| {
        let house = house.clone();
        async move { Ok::<_, Infallible>(answer(request, &house).await) }
    });
    if let Err(error) = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "the command line left early");
    }
}

async fn answer(request: Request<Incoming>, house: &House) -> Response<Full<Bytes>> {
    if request.method() != Method::POST || request.uri().path() != "/acts" {
        return json(StatusCode::NOT_FOUND, &Failure { error: "POST /acts is all there is here".to_owned() });
    }
    let act: Act = match read(request).await {
        Ok(act) => act,
        Err(error) => return json(StatusCode::BAD_REQUEST, &Failure { error: format!("{error:#}") }),
    };
    match house.perform(&act).await {
        Ok(answer) => json(StatusCode::OK, &answer),
        Err(error) => json(StatusCode::UNPROCESSABLE_ENTITY, &Failure { error: format!("{error:#}") }),
    }
}

async fn read(request: Request<Incoming>) -> Result<Act> {
    let body = Limited::new(request.into_body(), LARGEST).collect().await.map_err(|error| anyhow::anyhow!(error))?;
    serde_json::from_slice(&body.to_bytes()).with_context(|| {
        format!("the running server is Banyan {} and does not understand this: use the same version", crate::VERSION)
    })
}

fn json(status: StatusCode, value: &impl serde::Serialize) -> Response<Full<Bytes>> {
    let body = serde_json::to_vec(value).unwrap_or_default();
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(VERSION_HEADER, http::HeaderValue::from_static(crate::VERSION));
    response
}
