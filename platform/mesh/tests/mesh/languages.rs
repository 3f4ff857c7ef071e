//! The checks of `docs/examples/signed-caller`, run against signatures of ours.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use banyan_kernel::{Caller, OsRandom, RequestId, Role, Roles, SystemClock, Uuid};
use banyan_mesh::caller::{ClusterSecret, SignedCaller, Signer};
use http::{Method, Request};
use serde_json::{Value, json};

const NODE: &str = "import { caller } from './check.mjs';
let text = ''; for await (const part of process.stdin) text += part;
const { key, keyid, cases } = JSON.parse(text);
const keys = { [keyid]: Buffer.from(key, 'hex') };
console.log(JSON.stringify(cases.map((one) => caller(keys, one.method, one.target, one.headers))));";

const PYTHON: &str = "import json, sys
from check import caller
sent = json.load(sys.stdin)
keys = {sent['keyid']: bytes.fromhex(sent['key'])}
print(json.dumps([caller(keys, one['method'], one['target'], one['headers']) for one in sent['cases']]))";

/// Good requests and forged ones; what the forged ones have in common is that nobody may believe them.
fn cases() -> (Value, Vec<Value>, usize) {
    let secret = ClusterSecret::new(b"0123456789abcdef0123456789abcdef").unwrap();
    let signer = Signer::new("legacy", &secret, Arc::new(SystemClock), Arc::new(OsRandom));
    let caller =
        Caller::user(Uuid::from_u128(1), Uuid::from_u128(2), Roles::from_iter([Role::Admin]), RequestId(Uuid::from_u128(3)));
    let caller = SignedCaller::of(&caller, None);
    let signed = |method: Method, target: &str| {
        let mut request = Request::builder().method(&method).uri(target).body(()).unwrap();
        signer.introduce(&mut request, &caller);
        let headers = request.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()));
        json!({ "method": method.as_str(), "target": target, "headers": headers.collect::<serde_json::Map<_, Value>>() })
    };
    let good = vec![signed(Method::GET, "/api/v1/goals"), signed(Method::POST, "/a%20b/?x=1&y=%2f?&z"), signed(Method::PUT, "/")];
    let mut cases = good.clone();
    for (pointer, value) in [
        ("/method", "DELETE".to_owned()),
        ("/target", "/api/v1/goals?admin=1".to_owned()),
        ("/target", "/api/v1/goals/7".to_owned()),
        ("/headers/banyan-caller", "eyJyb2xlcyI6WyJvd25lciJdfQ".to_owned()),
        ("/headers/signature", format!("banyan=:{}=:", "A".repeat(43))),
        ("/headers/signature", String::new()),
        ("/headers/signature-input", good[1]["headers"]["signature-input"].as_str().unwrap().to_owned()),
        ("/headers/signature-input", good[0]["headers"]["signature-input"].as_str().unwrap().replace("expires=", "expires=9")),
    ] {
        let mut forged = good[0].clone();
        *forged.pointer_mut(pointer).unwrap() = value.into();
        cases.push(forged);
    }
    let key: String = secret.upstream_key("legacy").iter().map(|byte| format!("{byte:02x}")).collect();
    let believed = serde_json::to_value(&caller).unwrap();
    let expected = cases.iter().enumerate().map(|(at, _)| if at < good.len() { believed.clone() } else { Value::Null }).collect();
    (json!({ "key": key, "keyid": secret.id(), "cases": cases }), expected, good.len())
}

fn run(program: &str, arguments: &[&str]) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/signed-caller");
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("`{program}` is needed for this test: {error}"));
    let (input, expected, good) = cases();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program}");
    let said: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said, expected, "{program}");
    said[..good].to_vec()
}

#[test]
fn node_believes_what_we_sign_and_nothing_else() {
    assert_eq!(run("node", &["--input-type=module", "-e", NODE])[0]["roles"], json!(["admin"]));
}

#[test]
fn python_believes_what_we_sign_and_nothing_else() {
    assert_eq!(run("python3", &["-c", PYTHON])[0]["roles"], json!(["admin"]));
}
