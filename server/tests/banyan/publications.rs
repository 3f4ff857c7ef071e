//! Texts go out to translators, come back, are approved and published: seen by the running server without a restart, and by the next one.

use serde_json::json;

use crate::harness::{PASSWORD, Place, Server, eventually, get, on_both_engines};
use crate::wire::{Request, Wire};

const MESSAGE: &str = "/api/v1/admin/translations/messages/id-ID/landing-title";

fn title(server: &Server) -> String {
    let request = Request::get("/api/v1/content/landing").header("accept-language", "id");
    let landing = Wire::to(&server.url).ask(&request);
    landing.text("title").to_owned()
}

fn becomes(server: &Server, wanted: &str) {
    eventually(&format!("the landing page says `{wanted}`"), || (title(server) == wanted).then_some(()));
}

on_both_engines! {
    fn what_is_published_is_seen_without_a_restart_and_after_one(place: Place) {
        let server = place.serve();
        assert_eq!(title(&server), "Selamat Datang di UpCoach");
        let who = ["user", "create", "--tenant", "operators", "--email", "owner@example.org", "--name", "Owner", "--role", "owner"];
        place.run_with_input(&who, PASSWORD).good();
        for (ending, format) in [("xlf", "xliff"), ("po", "po")] {
            let file = place.folder().join(format!("upcoach.{ending}"));
            let path = file.to_str().unwrap();
            let export = ["locale", "export", "id-ID", "--application", "upcoach", "--format", format, "--output", path];
            place.run(&export).good();
            let text = std::fs::read_to_string(&file).unwrap();
            let now = if format == "xliff" { "Selamat Datang di UpCoach" } else { "Halo xliff" };
            assert!(text.contains(now), "{text}");
            std::fs::write(&file, text.replace(now, &format!("Halo {format}"))).unwrap();
            let import = ["locale", "import", "id-ID", path, "--application", "upcoach"];
            let told = place.run(&[&import[..], &["--dry-run"]].concat()).good();
            assert!(told.contains(", 0 refused"), "{told}");
            place.run(&import).good();
            let mut wire = Wire::to(&server.url);
            let who = json!({ "email": "owner@example.org", "password": PASSWORD });
            let welcome = wire.ask(&Request::post("/api/v1/auth/login", &who).header("x-tenant", "operators"));
            let approve = Request::new("POST", &format!("{MESSAGE}/approve?application=upcoach"));
            let approve = approve.header("x-tenant", "operators").header("if-match", "*").token(welcome.text("accessToken"));
            let approved = wire.ask(&approve);
            assert_eq!((approved.status, approved.text("state")), (200, "approved"), "{approved:?}");
            let told = place.run(&["locale", "publish", "id-ID", "--application", "upcoach", "--why", "a test"]).good();
            assert!(told.contains("1 texts"), "{told}");
            becomes(&server, &format!("Halo {format}"));
        }
        let report = place.run(&["locale", "report"]).good();
        assert!(report.contains("upcoach") && report.contains("100 %"), "{report}");
        assert!(place.run(&["locale", "publish", "id-ID", "--application", "upcoach"]).failed(1).contains("approved"));
        assert!(place.run(&["locale", "export", "xx", "--application", "upcoach"]).failed(1).contains("locale"));
        let (_, metrics) = get(&format!("{}/metrics", server.admin), None);
        let wanted = "banyan_translations_complete_ratio{application=\"upcoach\",locale=\"id-ID\"} 1.0";
        assert!(metrics.as_str().unwrap().contains(wanted), "{metrics}");
        server.stop();
        let server = place.serve();
        assert_eq!(title(&server), "Halo po", "the first answer is as it was published");
        place.run(&["locale", "rollback", "id-ID", "--application", "upcoach", "--to", "1"]).good();
        becomes(&server, "Halo xliff");
        place.run(&["locale", "rollback", "id-ID", "--application", "upcoach", "--to", "0"]).good();
        becomes(&server, "Selamat Datang di UpCoach");
        assert!(place.run(&["audit", "verify"]).good().contains("translations"));
    }
}
