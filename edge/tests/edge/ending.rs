//! How the door closes.

use std::time::Duration;

use banyan_edge::{Drained, Listen, Running};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fixture::{door, door_with, read_to_end, status};

const SLOW: &[u8] = b"GET /api/v1/slow HTTP/1.1\r\nhost: localhost\r\n\r\n";

async fn connect(running: &Running, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

#[tokio::test]
async fn draining_finishes_what_was_begun_and_takes_nothing_new() {
    let door = door();
    let running = door.serve();
    let address = running.local_addr();
    let mut busy = connect(&running, SLOW).await;
    door.begun.notified().await;
    let mut idle = connect(&running, b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let mut buffer = [0; 1024];
    assert!(idle.read(&mut buffer).await.unwrap() > 0);
    let draining = tokio::spawn(running.drain());
    assert_eq!(read_to_end(&mut idle).await, "", "an idle connection is closed");
    assert!(!door.edge.health().is_ready().await);
    assert!(!draining.is_finished());
    door.release.notify_one();
    let answer = read_to_end(&mut busy).await;
    assert_eq!(status(&answer), 200);
    assert!(answer.ends_with("at last"), "{answer}");
    assert_eq!(draining.await.unwrap(), Drained::Finished);
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn draining_does_not_wait_for_ever() {
    let door = door_with(|settings| settings.drain.deadline = Duration::from_millis(20));
    let running = door.serve();
    let mut busy = connect(&running, SLOW).await;
    door.begun.notified().await;
    assert_eq!(running.drain().await, Drained::Cut);
    assert_eq!(read_to_end(&mut busy).await, "");
}

#[tokio::test]
async fn a_second_thought_ends_at_once() {
    let door = door();
    let running = door.serve();
    let stopper = running.stopper();
    let mut busy = connect(&running, SLOW).await;
    door.begun.notified().await;
    let draining = tokio::spawn(running.drain());
    stopper.end();
    assert_eq!(draining.await.unwrap(), Drained::Cut);
    assert_eq!(read_to_end(&mut busy).await, "");
}

#[tokio::test]
async fn a_dropped_door_is_closed() {
    let door = door();
    let running = door.serve();
    let mut idle = connect(&running, b"").await;
    drop(running);
    assert_eq!(read_to_end(&mut idle).await, "");
}

#[tokio::test]
async fn an_address_in_use_is_said_in_words() {
    let door = door();
    let running = door.serve();
    let error = door.edge.serve(Listen { public: running.local_addr(), tls: None, admin: None }).unwrap_err().to_string();
    assert!(error.contains(&running.local_addr().to_string()) && error.contains("Another program listens there"), "{error}");
}
