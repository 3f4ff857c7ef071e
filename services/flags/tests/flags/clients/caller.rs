//! What is on for who asks over Banyan's own interface.

use banyan_kernel::Role;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Door, flag};

#[tokio::test]
async fn a_flag_is_told_to_the_caller_and_to_nobody_in_particular() {
    let door = Door::open().await;
    let coaches = json!({ "contextName": "role", "operator": "IN", "values": ["coach"] });
    let variants = json!([{ "name": "blue", "weight": 1, "payload": { "type": "number", "value": "7" } }]);
    door.put(
        1,
        json!([
            flag("plain"),
            { "name": "coaches", "enabled": true, "strategies": [{ "name": "default", "constraints": [coaches] }], "variants": variants },
        ]),
        json!([]),
    );
    let (coach, user) = (door.bench.with_role(Role::Coach), door.bench.user());
    let coaches = "/api/v1/features/coaches";
    let blue = json!({ "name": "blue", "payload": { "type": "number", "value": "7" } });
    assert_eq!(door.app.get(&coach, coaches).await.body, json!({ "key": "coaches", "enabled": true, "variant": blue }));
    assert_eq!(door.app.get(&user, coaches).await.body, json!({ "key": "coaches", "enabled": false, "variant": Value::Null }));
    let plain = json!({ "key": "plain", "enabled": true, "variant": Value::Null });
    assert_eq!(door.app.get(&door.nobody(), "/api/v1/features/plain").await.body, plain);
    let missing = door.app.get(&user, "/api/v1/features/none").await;
    assert_eq!((missing.status, missing.code()), (StatusCode::NOT_FOUND, "not-found"));
    let elsewhere = door.bench.in_other_tenant(&user);
    assert_eq!(door.app.get(&elsewhere, "/api/v1/features/plain").await.status, StatusCode::NOT_FOUND);
    let all = door.app.get(&user, "/api/v1/features").await.body;
    assert_eq!(all["data"].as_array().unwrap().len(), 2);
    assert_eq!(door.app.get(&door.nobody(), "/api/v1/features").await.status, StatusCode::UNAUTHORIZED);
    let counts = door.features.take_counts();
    assert_eq!(counts.iter().map(|count| count.yes + count.no).sum::<u64>(), 3);
}
