//! Parameters of query and path.

use axum::Router;
use axum::routing::get;
use banyan_http::paging::Order;
use banyan_http::{Check, Json, Paged, Paging, Path, Query, Reason, Validate};
use banyan_kernel::Uuid;
use http::Method;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::support::{get as get_request, request, send};

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Filters {
    status: Option<Status>,
    min_priority: Option<i64>,
    archived: Option<bool>,
    owner: Option<Uuid>,
    q: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Open,
    Done,
}

impl Validate for Filters {
    fn validate(&self, check: &mut Check) {
        check.line("q", &self.q).length(1, 20).any();
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Needed {
    key: String,
    count: u32,
}

impl Validate for Needed {}

#[derive(Deserialize)]
struct Two {
    id: Uuid,
    day: u8,
}

fn router() -> Router {
    Router::new()
        .route(
            "/goals",
            get(|paging: Paging, Query(filters): Query<Filters>| async move {
                Json(json!({"page": paging.page, "filters": filters}))
            }),
        )
        .route("/needed", get(|Query(needed): Query<Needed>| async { Json(needed) }))
        .route("/list", get(|paging: Paging| async move { paging.cut((0..45).collect::<Vec<_>>().into_iter()) }))
        .route("/one/{id}", get(|Path(id): Path<Uuid>| async move { id.to_string() }))
        .route("/word/{word}", get(|Path(word): Path<String>| async move { word }))
        .route("/tuple/{id}/{day}", get(|Path((id, day)): Path<(Uuid, u8)>| async move { format!("{id} {day}") }))
        .route("/struct/{id}/{day}", get(|Path(two): Path<Two>| async move { format!("{} {}", two.id, two.day) }))
        .route("/reason", get(|reason: Reason| async move { reason.0.unwrap_or_else(|| "none".to_owned()) }))
}

async fn fields(path: &str) -> Vec<String> {
    send(router(), get_request(path)).await.bad_fields()
}

async fn text(path: &str) -> String {
    let answer = send(router(), get_request(path)).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text().to_owned()
}

#[tokio::test]
async fn filters_and_paging_share_a_query() {
    let answer = send(router(), get_request("/goals?page=2&status=done&minPriority=-3&archived=true&q=a%20b+c&order=ASC")).await;
    let expected = json!({"status": "Done", "minPriority": -3, "archived": true, "owner": null, "q": "a b c"});
    let expected = {
        let mut e = expected;
        e["status"] = "done".into();
        e
    };
    assert_eq!(answer.json(), json!({"page": 2, "filters": expected}));
}

#[tokio::test]
async fn empty_values_count_as_left_out() {
    let answer = send(router(), get_request("/goals?status=&minPriority=&q=")).await;
    assert_eq!(
        answer.json()["filters"],
        json!({"status": null, "minPriority": null, "archived": null, "owner": null, "q": null})
    );
}

#[tokio::test]
async fn every_bad_filter_is_named() {
    let found = fields("/goals?status=paused&minPriority=high&archived=1&owner=me&colour=red").await;
    let expected = ["status not-one-of", "minPriority wrong-type", "archived wrong-type", "owner invalid-uuid", "colour unknown"];
    assert_eq!(found, expected);
    assert_eq!(fields("/goals?status=open&status=done").await, ["status duplicate"]);
    assert_eq!(fields("/goals?q=a%00").await, ["q control-characters"]);
    assert_eq!(fields(&format!("/goals?q={}", "a".repeat(21))).await, ["q too-long"]);
    assert_eq!(fields("/needed?count=-1").await, ["count wrong-type", "key required"]);
    assert_eq!(fields("/needed").await, ["key required"]);
    assert_eq!(fields("/needed?key=a&count=99999999999").await, ["count wrong-type"]);
}

#[tokio::test]
async fn broken_encodings_are_bad_requests() {
    for path in ["/goals?q=%", "/goals?q=%zz", "/goals?q=%ff", "/list?page=%ff"] {
        assert_eq!(send(router(), get_request(path)).await.problem(), "400 malformed-request", "{path}");
    }
}

#[tokio::test]
async fn pages() {
    let page = |path: &'static str| async move {
        let answer = send(router(), get_request(path)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    };
    let first = page("/list").await;
    let expected = json!({"page": 1, "limit": 20, "total": 45, "totalPages": 3, "hasNext": true, "hasPrev": false});
    assert_eq!(first["pagination"], expected);
    assert_eq!(first["data"].as_array().unwrap().len(), 20);
    let last = page("/list?page=3&limit=20").await;
    let expected = json!({"page": 3, "limit": 20, "total": 45, "totalPages": 3, "hasNext": false, "hasPrev": true});
    assert_eq!(last["pagination"], expected);
    assert_eq!(last["data"].as_array().unwrap().len(), 5);
    for far in ["/list?page=1000000000", "/list?page=9007199254740991&limit=100"] {
        let far = page(far).await;
        assert_eq!(far["data"], json!([]));
        assert_eq!(far["pagination"]["hasNext"], false);
    }
}

#[tokio::test]
async fn bad_pages_are_named() {
    for (query, expected) in [
        ("page=0", "page out-of-range"),
        ("page=-1", "page out-of-range"),
        ("page=abc", "page wrong-type"),
        ("page=", "page wrong-type"),
        ("page=1.5", "page wrong-type"),
        ("page=%2B1", "page wrong-type"),
        ("page=99999999999999999999999999", "page out-of-range"),
        ("page=9007199254740992", "page out-of-range"),
        ("limit=0", "limit out-of-range"),
        ("limit=-1", "limit out-of-range"),
        ("limit=101", "limit out-of-range"),
        ("limit=1000000000", "limit out-of-range"),
        ("order=up", "order not-one-of"),
        ("page=1&page=2", "page duplicate"),
    ] {
        assert_eq!(fields(&format!("/list?{query}")).await, [expected], "{query}");
    }
    assert_eq!(fields("/list?page=0&limit=0&order=x").await, ["page out-of-range", "limit out-of-range", "order not-one-of"]);
}

#[test]
fn only_listed_columns_order() {
    let allowed = [("createdAt", 1), ("title", 2)];
    let of = |query| Paging::of(query).unwrap();
    assert_eq!(of("").ordered_by(&allowed).unwrap(), Some(&1));
    assert_eq!(of("orderBy=title").ordered_by(&allowed).unwrap(), Some(&2));
    assert_eq!(of("order=asc").order, Order::Ascending);
    let problem = of("orderBy=password").ordered_by(&allowed).unwrap_err();
    assert_eq!(problem.errors()[0].0, "orderBy");
}

#[test]
fn a_page_is_mapped() {
    let paging = Paging { page: 1, limit: 2, ..Paging::default() };
    let paged = Paged::new(&paging, 3, vec![1, 2]).map(|number| number * 10);
    assert_eq!(paged.data, [10, 20]);
    assert!(paged.pagination.has_next);
    assert_eq!(paged.try_map(|_| Err::<(), _>("no")), Err("no"));
}

#[tokio::test]
async fn path_parameters() {
    let id = Uuid::from_u128(9);
    assert_eq!(text(&format!("/one/{id}")).await, id.to_string());
    assert_eq!(text(&format!("/tuple/{id}/7")).await, format!("{id} 7"));
    assert_eq!(text(&format!("/struct/{id}/7")).await, format!("{id} 7"));
    assert_eq!(text("/word/a%20b").await, "a b");
    assert_eq!(fields("/one/abc").await, ["id invalid-uuid"]);
    assert_eq!(fields("/tuple/abc/7").await, ["id invalid-uuid"]);
    assert_eq!(fields(&format!("/tuple/{id}/x")).await, ["day wrong-type"]);
    assert_eq!(fields(&format!("/struct/{id}/300")).await, ["day wrong-type"]);
    assert_eq!(fields("/struct/abc/3").await, ["id invalid-uuid"]);
    for path in ["/word/%ff", "/word/a%00b"] {
        assert_eq!(send(router(), get_request(path)).await.problem(), "400 malformed-request", "{path}");
    }
}

#[tokio::test]
async fn reasons_are_text() {
    let with = |value: &[u8]| {
        let value = http::HeaderValue::from_bytes(value).unwrap();
        request(Method::GET, "/reason").header("x-reason", value).body(axum::body::Body::empty()).unwrap()
    };
    assert_eq!(text("/reason").await, "none");
    for (sent, read) in [
        ("support case 17", "support case 17"),
        ("  ", "none"),
        ("d%C3%A9l%C3%A9gu%C3%A9", "délégué"),
        ("100 % sure", "100 % sure"),
        ("a+b%20c", "a+b c"),
        ("élan", "élan"),
    ] {
        assert_eq!(send(router(), with(sent.as_bytes())).await.text(), read, "{sent}");
    }
    assert_eq!(send(router(), with(b"\xff")).await.bad_fields(), ["x-reason invalid-pattern"]);
    assert_eq!(send(router(), with(b"a%00")).await.bad_fields(), ["x-reason control-characters"]);
    assert_eq!(send(router(), with("r".repeat(501).as_bytes())).await.bad_fields(), ["x-reason too-long"]);
}

proptest! {
    #[test]
    fn any_query_gives_a_page_or_a_problem(query in "[ -~]{0,60}") {
        match Paging::of(&query) {
            Ok(paging) => {
                prop_assert!(paging.page >= 1 && (1..=100).contains(&paging.limit));
                prop_assert!(i64::try_from(paging.offset()).is_ok());
            }
            Err(problem) => prop_assert!(problem.code().status() < 500),
        }
    }

    #[test]
    fn pages_cut_a_list_without_gap_or_overlap(total in 0_usize..300, limit in 1_u64..=100) {
        let mut seen = Vec::new();
        let mut paging = Paging { limit, ..Paging::default() };
        loop {
            let page = paging.cut((0..total).collect::<Vec<_>>().into_iter());
            seen.extend(page.data);
            if !page.pagination.has_next {
                break;
            }
            paging.page += 1;
        }
        prop_assert_eq!(seen, (0..total).collect::<Vec<_>>());
    }
}
