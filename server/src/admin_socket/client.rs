//! The command line's end.

use std::io::ErrorKind;

use anyhow::{Context as _, Result, anyhow, bail};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;

use super::path::ShortPath;
use super::{Failure, LARGEST, VERSION_HEADER};
use crate::acts::{Act, Answer};
use crate::data::DataDirectory;

/// Has the running server do the act; none where no server runs on the directory.
pub(crate) async fn send(data: &DataDirectory, act: &Act) -> Result<Option<Answer>> {
    let file = data.socket();
    let short = ShortPath::of(&file)?;
    let stream = match UnixStream::connect(short.as_path()).await {
        Ok(stream) => stream,
        // Nobody listens: there is no server, or it was killed and left the file behind.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            bail!("{} belongs to another user: run this command as the user that the server runs as", file.display())
        }
        Err(error) => return Err(error).with_context(|| format!("cannot talk to the server at {}", file.display())),
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let body = Full::new(Bytes::from(serde_json::to_vec(act)?));
    let request = Request::builder().method(Method::POST).uri("/acts").header("host", "localhost").body(body)?;
    let response = sender.send_request(request).await.context("the running server did not answer")?;
    let status = response.status();
    let version =
        response.headers().get(VERSION_HEADER).and_then(|value| value.to_str().ok()).unwrap_or("of another version").to_owned();
    let body = Limited::new(response.into_body(), LARGEST).collect().await.map_err(|error| anyhow!(error))?.to_bytes();
    if status == StatusCode::OK {
        let answer = serde_json::from_slice(&body);
        return answer
            .map(Some)
            .with_context(|| format!("the running server is Banyan {version}: use that version of this command"));
    }
    let failure: Failure = serde_json::from_slice(&body).unwrap_or_else(|_| Failure { error: format!("it answered {status}") });
    bail!("{}", failure.error)
}
