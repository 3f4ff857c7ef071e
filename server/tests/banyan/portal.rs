//! The code that `/docs` shows for each call: it compiles, and it does what it says, whatever stands in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Place, Ran, client};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs a program in the folder with the key at hand.
#[track_caller]
fn run(folder: &Path, key: &str, program: &str, arguments: &[&str]) -> Ran {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env("BANYAN_KEY", key).env("PYTHONDONTWRITEBYTECODE", "1");
    Ran::from(command.output().unwrap_or_else(|error| panic!("`{program}` is needed for this test: {error}")))
}

#[test]
fn the_code_of_the_page_compiles_and_does_what_it_says() {
    let place = Place::sqlite();
    let server = place.serve();
    let token = server.register("ann@example.org");
    let (status, made) = server.post("/api/v1/keys", Some(&token), &json!({ "name": "page" }));
    assert_eq!(status, 201, "{made}");
    let key = made["secret"].as_str().unwrap();

    // The page's own scripts, which import one another by their names.
    let folder = place.folder().join("code");
    fs::create_dir(&folder).unwrap();
    for script in ["schema", "snippets"] {
        let source = repository().join(format!("platform/http/src/pages/assets/{script}.js"));
        fs::copy(source, folder.join(format!("{script}.mjs"))).unwrap();
    }
    let writer = repository().join("server/tests/banyan/snippets.mjs");
    let written = run(&folder, key, "node", &[writer.to_str().unwrap(), &server.url, folder.to_str().unwrap()]).good();
    let written: Value = serde_json::from_str(&written).unwrap();
    assert!(written["count"].as_u64().unwrap() > 80, "{written}");

    run(&folder, key, "sh", &["-c", "for file in *.sh; do sh -n \"$file\" || exit 1; done"]).good();
    run(
        &folder,
        key,
        "python3",
        &["-c", "import ast, glob\nfor f in glob.glob('*.py'): ast.parse(open(f, encoding='utf-8').read(), f)"],
    )
    .good();
    compile(&folder, key);

    for language in [["sh", "sh"], ["python3", "py"], ["node", "js"]] {
        let does = |name: &str| run(&folder, key, language[0], &[&format!("{name}.{}", language[1])]).good();
        does("run-1-make");
        assert!(does("run-2-list").contains("evil & co"), "{language:?}");
        assert!(does("run-3-export").contains("average_millis"), "{language:?}");
        assert!(!does("run-4-landing").trim().is_empty(), "{language:?}");
    }
    let (_, goals) = server.get("/api/v1/goals", Some(&token));
    let titles: Vec<&Value> = goals["data"].as_array().unwrap().iter().map(|goal| &goal["title"]).collect();
    assert_eq!(titles, [&written["evil"]; 3], "each language sets the same goal, letter by letter");
    assert!(!folder.join("evil").exists(), "nothing of a text is run");
}

#[test]
fn the_page_comes_whole_through_the_door_and_runs_nothing_but_its_own() {
    let place = Place::sqlite();
    let server = place.serve();
    for part in [
        "",
        "/assets/page.css",
        "/assets/page.js",
        "/assets/dom.js",
        "/assets/keys.js",
        "/assets/schema.js",
        "/assets/session.js",
        "/assets/snippets.js",
        "/assets/usage.js",
    ] {
        let answer = client().get(format!("{}/docs{part}", server.url)).call().unwrap();
        assert_eq!(answer.status(), 200, "{part}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("script-src 'self';") && policy.contains("style-src 'self';"), "{part}: {policy}");
    }
    let page = client().get(format!("{}/docs", server.url)).call().unwrap().body_mut().read_to_string().unwrap();
    let inline = ["<style", " style=", "onclick=", "<script>"].iter().find(|inline| page.contains(**inline));
    assert_eq!(inline, None, "the policy would not let it run");
}

/// Compiles all TypeScript against the client of this repository, strictly, so that its answers can be run.
fn compile(folder: &Path, key: &str) {
    let client = repository().join("clients/typescript");
    let compiler = client.join("node_modules/typescript/bin/tsc");
    assert!(client.join("dist/src/index.js").exists(), "run `cargo xtask client` first (`cargo xtask test` does it by itself)");
    fs::create_dir_all(folder.join("node_modules/@types")).unwrap();
    std::os::unix::fs::symlink(fs::canonicalize(&client).unwrap(), folder.join("node_modules/banyan-client")).unwrap();
    let node_types = fs::canonicalize(client.join("node_modules/@types/node")).unwrap();
    std::os::unix::fs::symlink(node_types, folder.join("node_modules/@types/node")).unwrap();
    fs::write(folder.join("package.json"), "{ \"type\": \"module\" }").unwrap();
    let settings = json!({
        "compilerOptions": { "target": "es2022", "module": "nodenext", "strict": true, "types": ["node"], "lib": ["es2022", "dom"], "skipLibCheck": true },
        "include": ["*.ts"],
    });
    fs::write(folder.join("tsconfig.json"), settings.to_string()).unwrap();
    let ran = run(folder, key, "node", &[compiler.to_str().unwrap(), "--project", "tsconfig.json"]);
    assert!(ran.status.success(), "{}", ran.output);
}
