//! What people see and mend over HTTP: their own tenant's alone, unless they are operators.

use banyan_events::jobs::{Cron, Enqueued, Job, JobHandler, Jobs, Schedule, enqueue};
use banyan_events::sagas::{Saga, Started, StepContext, start};
use banyan_events::{Consumer, ConsumerError};
use banyan_http::openapi::{Access, operations};
use banyan_http::{Service, background};
use banyan_kernel::{Caller, RequestId, Role, Roles, Uuid};
use banyan_store::{StoreError, Tx};
use banyan_testkit::{App, Bench, on_both_engines};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::things::{Happened, TYPES, bare_schema, publish, told, write_down};

const ROOT: &str = "/api/v1/admin/services/things";

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sweep {
    secret: String,
}

impl Job for Sweep {
    const KIND: &'static str = "things.sweep";
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Trip;

fn careful() -> Consumer {
    Consumer::new("careful", TYPES, |delivery| async move {
        let event: Happened = delivery.event.decode()?;
        if event.number < 0 {
            return Err(ConsumerError::Poison("below zero".to_owned()));
        }
        write_down(&delivery).await
    })
}

fn jobs() -> Jobs {
    let nightly = Schedule::new("nightly", Cron::new("0 2 * * *", "UTC").unwrap(), |_| Sweep { secret: "own".to_owned() });
    let nothing = |_: StepContext<Trip>| async { Ok(()) };
    Jobs::new()
        .handle(JobHandler::new(|_: Sweep, _| async { Ok(()) }))
        .schedule(nightly)
        .saga(Saga::new::<Trip>("trip").step("train", nothing, nothing).build())
}

async fn app(bench: &Bench) -> App {
    let service = Service::new("things", bare_schema("things")).consumers(|_| vec![careful()]).jobs(|_| jobs());
    bench.app(service).await
}

/// The same service as the operators' tenant meets it.
async fn operators_app(bench: &Bench) -> App {
    let mut app = app(bench).await;
    app.name_tenant("operators");
    app
}

async fn get(app: &App, caller: &Caller, path: &str) -> Value {
    let answer = app.get(caller, &format!("{ROOT}/{path}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{path} {answer:?}");
    answer.body
}

async fn status(app: &App, caller: &Caller, path: &str, body: Value) -> u16 {
    app.post(caller, &format!("{ROOT}/{path}"), body).await.status.as_u16()
}

fn why() -> Value {
    json!({ "reason": "ticket 7" })
}

fn id_of(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

async fn ask(app: &App, tenant: Uuid, secret: &str) -> Enqueued {
    let job = &Sweep { secret: secret.to_owned() };
    app.store.system(tenant).write(move |tx: Tx| async move { enqueue(&tx, job).await }).await.unwrap()
}

/// The actions in the audit log, with what they say.
async fn audited(app: &App, tenant: Uuid) -> Vec<(String, Value)> {
    use sea_orm::{ConnectionTrait, Statement};
    let read = move |tx: Tx| async move {
        let sql = "SELECT action, detail FROM audit WHERE tenant = $1 ORDER BY position";
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [tenant.into()]);
        let rows = tx.query_all_raw(statement).await?;
        let rows = rows.iter().map(|row| {
            Ok((row.try_get("", "action")?, serde_json::from_str(&row.try_get::<String>("", "detail")?).unwrap_or_default()))
        });
        rows.collect::<Result<Vec<_>, sea_orm::DbErr>>().map_err(StoreError::from)
    };
    let reviewer = Caller::user(tenant, Uuid::nil(), Roles::from_iter([Role::Admin]), RequestId(Uuid::nil()));
    app.store.bind(&reviewer).read(read).await.unwrap()
}

on_both_engines! {
    async fn nobody_gets_in_who_may_not(bench: Bench) {
        let app = app(&bench).await;
        let operations = operations(&background::document(&["things"]));
        assert!(operations.len() >= 20, "{}", operations.len());
        let refused = [
            (bench.anonymous(), StatusCode::UNAUTHORIZED),
            (bench.user(), StatusCode::FORBIDDEN),
            (bench.with_role(Role::Support), StatusCode::FORBIDDEN),
            (bench.with_role(Role::Analyst), StatusCode::FORBIDDEN),
            (bench.with_role(Role::Service), StatusCode::FORBIDDEN),
        ];
        for operation in operations {
            assert_eq!(operation.access, Access::SignedIn, "{operation:?}");
            let path = operation.example_path().replace("/services/x/", "/services/things/");
            for (caller, status) in &refused {
                let answer = app.call(caller, operation.method.clone(), &path).json(why()).send().await;
                assert_eq!(answer.status, *status, "{operation:?} {answer:?}");
            }
        }
    }

    async fn an_administrator_of_a_tenant_mends_its_dead_letters_and_no_others(bench: Bench) {
        let app = app(&bench).await;
        let (admin, stranger) = (bench.with_role(Role::Admin), bench.new_id());
        publish(&app.store, bench.tenant, "mine", -1).await;
        publish(&app.store, stranger, "theirs", -2).await;
        app.deliver().await;
        let page = get(&app, &admin, "dead-letters").await;
        assert_eq!((page["pagination"]["total"].as_u64(), page["data"][0]["subject"].as_str()), (Some(1), Some("mine")));
        assert_eq!(page["data"][0].get("data"), None, "lists leave it out");
        let id = id_of(&page["data"][0]);
        let theirs = banyan_events::log::DeadLetters::of(&app.store);
        let theirs = theirs.list(&banyan_events::log::Filter::default(), None, 10).await.unwrap();
        let theirs = theirs.into_iter().find(|letter| letter.tenant == stranger).unwrap().id;
        for path in [format!("dead-letters/{theirs}/redrive"), format!("dead-letters/{theirs}/drop")] {
            assert_eq!(status(&app, &admin, &path, why()).await, 403, "{path}");
        }
        assert_eq!(app.get(&admin, &format!("{ROOT}/dead-letters/{theirs}")).await.status, StatusCode::FORBIDDEN);
        assert_eq!(app.get(&admin, &format!("{ROOT}/dead-letters?tenantId={stranger}")).await.status, StatusCode::FORBIDDEN);
        let body = json!({ "tenantId": stranger, "reason": "x" });
        assert_eq!(status(&app, &admin, "dead-letters/redrive", body).await, 403);

        let one = get(&app, &admin, &format!("dead-letters/{id}")).await;
        assert_eq!((one["data"]["number"].as_i64(), one["history"][0]["error"].as_str()), (Some(-1), Some("the event cannot be handled: below zero")));
        let path = format!("{ROOT}/dead-letters/{id}");
        let bad = app.patch(&admin, &path, json!({ "data": "text", "reason": " " })).await;
        assert_eq!(bad.bad_fields(), ["data", "reason"]);
        let edited = app.patch(&admin, &path, json!({ "data": { "key": "mine", "number": 1 }, "reason": "ticket 7" })).await;
        assert_eq!((edited.status, edited.body["data"]["number"].as_i64()), (StatusCode::OK, Some(1)), "{edited:?}");
        assert_eq!(status(&app, &admin, &format!("dead-letters/{id}/redrive"), json!({})).await, 422, "why is not said");
        assert_eq!(status(&app, &admin, &format!("dead-letters/{id}/redrive"), why()).await, 204);
        assert_eq!(status(&app, &admin, &format!("dead-letters/{id}/redrive"), why()).await, 403, "it is none any more");
        app.deliver().await;
        assert_eq!(told(&app.store, bench.tenant).await["mine"], [1]);
        let actions = audited(&app, bench.tenant).await;
        let actions: Vec<_> = actions.iter().map(|(action, detail)| (action.as_str(), detail["by"].as_str())).collect();
        let by = admin.user_id().unwrap().to_string();
        let by = Some(by.as_str());
        assert_eq!(actions, [("dead-letter.shown", by), ("dead-letter.edited", by), ("dead-letter.redriven", by)]);
        assert!(audited(&app, stranger).await.is_empty());
    }

    async fn many_are_driven_again_by_choice_and_come_in_pages(bench: Bench) {
        let app = operators_app(&bench).await;
        let operator = bench.with_role(Role::Admin);
        for number in 1..=5 {
            publish(&app.store, bench.new_id(), &format!("key {number}"), -number).await;
        }
        app.deliver().await;
        let page = get(&app, &operator, "dead-letters?limit=2&page=3").await;
        assert_eq!((page["data"].as_array().unwrap().len(), page["pagination"]["total"].as_u64()), (1, Some(5)));
        assert_eq!(get(&app, &operator, "dead-letters?subject=key%203").await["data"].as_array().unwrap().len(), 1);
        let wrong = app.get(&operator, &format!("{ROOT}/dead-letters?orderBy=subject")).await;
        assert_eq!(wrong.bad_fields(), ["orderBy"]);
        let some = app.post(&operator, &format!("{ROOT}/dead-letters/redrive"), json!({ "subject": "key 3", "reason": "x" })).await;
        assert_eq!(some.body, json!({ "redriven": 1, "remaining": 0 }), "{some:?}");
        app.deliver().await;
        let all = app.post(&operator, &format!("{ROOT}/dead-letters/redrive"), json!({ "consumer": "careful", "reason": "x" })).await;
        assert_eq!(all.body, json!({ "redriven": 5, "remaining": 0 }), "it was as dead as before: {all:?}");
        let id = id_of(&{ app.deliver().await; get(&app, &operator, "dead-letters").await }["data"][0]);
        assert_eq!(status(&app, &operator, &format!("dead-letters/{id}/drop"), why()).await, 204);
        assert_eq!(get(&app, &operator, "dead-letters").await["pagination"]["total"], 4);
    }

    async fn what_belongs_to_no_tenant_is_the_operators(bench: Bench) {
        let mut app = app(&bench).await;
        let admin = bench.with_role(Role::Owner);
        for path in ["consumers", "log-readers", "schedules"] {
            assert_eq!(app.get(&admin, &format!("{ROOT}/{path}")).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        let again = json!({ "source": "things", "after": "0/0", "reason": "ticket 7" });
        assert_eq!(status(&app, &admin, "consumers/careful/replay", again.clone()).await, 403);
        assert_eq!(app.delete(&admin, &format!("{ROOT}/log-readers/things.careful")).await.status, StatusCode::FORBIDDEN);
        assert_eq!(status(&app, &admin, "schedules/nightly/run", why()).await, 403);

        app.name_tenant("operators");
        publish(&app.store, bench.tenant, "a", 1).await;
        app.deliver().await;
        let state = get(&app, &admin, "consumers").await["data"][0].clone();
        assert_eq!((state["consumer"].as_str(), state["lag"].as_u64()), (Some("careful"), Some(0)));
        assert_eq!(state["partitions"].as_array().unwrap().len(), 16);
        for (body, field) in [
            (json!({ "source": "things", "reason": "x" }), "time"),
            (json!({ "source": "things", "after": "x", "reason": "x" }), "after"),
            (json!({ "source": "things", "after": "0/0", "time": "2024-01-15T00:00:00Z", "reason": "x" }), "after"),
            (json!({ "source": "nobody", "after": "0/0", "reason": "x" }), "source"),
        ] {
            let answer = app.post(&admin, &format!("{ROOT}/consumers/careful/replay"), body).await;
            assert_eq!(answer.bad_fields(), [field], "{answer:?}");
        }
        assert_eq!(status(&app, &admin, "consumers/nobody/replay", again.clone()).await, 403);
        assert_eq!(status(&app, &admin, "consumers/careful/replay", again).await, 200);
        app.deliver().await;
        assert_eq!(told(&app.store, bench.tenant).await["a"], [1, 1], "heard again");
        let soon = json!({ "source": "things", "time": "2124-01-15T00:00:00Z", "reason": "x" });
        assert_eq!(status(&app, &admin, "consumers/careful/replay", soon).await, 200);
        app.deliver().await;
        assert_eq!(told(&app.store, bench.tenant).await["a"], [1, 1], "nothing stands there");
        assert_eq!(get(&app, &admin, "log-readers").await["data"][0]["reader"], "things.careful");
        assert_eq!(app.delete(&admin, &format!("{ROOT}/log-readers/nobody")).await.status, StatusCode::FORBIDDEN);
        assert_eq!(app.delete(&admin, &format!("{ROOT}/log-readers/things.careful")).await.status, StatusCode::NO_CONTENT);
        let ran = app.post(&admin, &format!("{ROOT}/schedules/nightly/run"), why()).await;
        assert_eq!((ran.status, ran.body["kind"].as_str()), (StatusCode::OK, Some("things.sweep")), "{ran:?}");
        assert_eq!(status(&app, &admin, "schedules/nobody/run", why()).await, 403);
    }

    async fn jobs_are_looked_at_cancelled_and_retried(bench: Bench) {
        let app = app(&bench).await;
        let (admin, stranger) = (bench.with_role(Role::Admin), bench.new_id());
        ask(&app, bench.tenant, "of mine").await;
        let Enqueued::New(theirs) = ask(&app, stranger, "of theirs").await else { panic!("there is none yet") };
        let page = get(&app, &admin, "jobs?state=ready&kind=things.sweep").await;
        assert_eq!(page["pagination"]["total"], 1, "{page}");
        assert!(!page.to_string().contains("of mine"), "lists leave out what jobs are about");
        let id = id_of(&page["data"][0]);
        assert_eq!(app.get(&admin, &format!("{ROOT}/jobs?state=odd")).await.bad_fields(), ["state"]);
        for path in [format!("jobs/{theirs}/cancel"), format!("jobs/{theirs}/retry")] {
            assert_eq!(status(&app, &admin, &path, why()).await, 403, "{path}");
        }
        assert_eq!(app.get(&admin, &format!("{ROOT}/jobs/{theirs}")).await.status, StatusCode::FORBIDDEN);
        assert_eq!(get(&app, &admin, &format!("jobs/{id}")).await["payload"]["secret"], "of mine");
        assert_eq!(status(&app, &admin, &format!("jobs/{id}/retry"), why()).await, 409, "it will run anyway");
        let cancelled = app.post(&admin, &format!("{ROOT}/jobs/{id}/cancel"), why()).await;
        assert_eq!((cancelled.status, cancelled.body["state"].as_str()), (StatusCode::OK, Some("cancelled")));
        let twice = app.call(&admin, http::Method::POST, &format!("{ROOT}/jobs/{id}/cancel")).header("accept-language", "id");
        let twice = twice.json(why()).send().await;
        assert_eq!((twice.status, twice.code()), (StatusCode::CONFLICT, "conflict"));
        assert!(twice.body["detail"].as_str().unwrap().contains("telah dibatalkan"), "{twice:?}");
        let again = app.post(&admin, &format!("{ROOT}/jobs/{id}/retry"), why()).await;
        assert_eq!(again.body["state"], "ready", "{again:?}");
        let log = audited(&app, bench.tenant).await;
        let said: Vec<_> = log.iter().map(|(action, detail)| (action.as_str(), detail["reason"].as_str())).collect();
        assert_eq!(said, [("job.shown", None), ("job.cancelled", Some("ticket 7")), ("job.retried", Some("ticket 7"))]);
    }

    async fn sagas_are_looked_at_and_undone(bench: Bench) {
        let app = app(&bench).await;
        let (admin, stranger) = (bench.with_role(Role::Admin), bench.in_other_tenant(&bench.with_role(Role::Admin)));
        let begin = |tx: Tx| async move { start(&tx, "trip", &Trip).await };
        let Started::New(id) = app.store.system(bench.tenant).write(begin).await.unwrap() else { panic!("it is new") };
        assert_eq!(get(&app, &admin, "sagas?name=trip&state=running").await["data"][0]["id"], id.to_string());
        assert_eq!(get(&app, &stranger, "sagas").await["pagination"]["total"], 0);
        for path in [format!("sagas/{id}/resume"), format!("sagas/{id}/compensate")] {
            assert_eq!(status(&app, &stranger, &path, why()).await, 403, "{path}");
        }
        assert_eq!(app.get(&stranger, &format!("{ROOT}/sagas/{id}")).await.status, StatusCode::FORBIDDEN);
        assert_eq!(get(&app, &admin, &format!("sagas/{id}")).await["state"], "running");
        assert_eq!(status(&app, &admin, &format!("sagas/{id}/resume"), why()).await, 200);
        let undone = app.post(&admin, &format!("{ROOT}/sagas/{id}/compensate"), why()).await;
        assert_eq!(undone.body["compensateAsked"], true, "{undone:?}");
        let driver = id_of(&get(&app, &admin, "jobs?kind=banyan.saga").await["data"][0]);
        let answer = app.post(&admin, &format!("{ROOT}/jobs/{driver}/cancel"), why()).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(answer.body["detail"].as_str().unwrap().contains("Compensate the saga"), "{answer:?}");
    }
}
