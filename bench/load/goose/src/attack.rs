//! The scripts in Goose's words.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use goose::GooseAttack;
use goose::config::{GooseConfiguration, GooseDefault, GooseDefaultType as _};
use goose::goose::{GooseRequest, GooseUser, Scenario, Transaction, TransactionFunction, TransactionResult};

use crate::length::Length;
use crate::people::People;
use crate::script::{self, Call};

/// A call that takes longer has failed.
const TIMEOUT: &str = "30";

/// So many a second arrive, whether those before have their answers or not; each does one thing and goes.
pub(crate) fn arrivals(script: script::Arrivals, length: Length, url: &str, people: People) -> Result<GooseAttack> {
    let (people, (count, per_second)) = (Arc::new(people), length.arrivals(script.seconds, script.per_second));
    let mut configuration = configuration(url);
    configuration.users = Some(usize::try_from(count)?);
    configuration.hatch_rate = Some(per_second.to_string());
    configuration.iterations = 1;
    let mut attack = GooseAttack::initialize_with_config(configuration)?;
    for kind in script.scenarios {
        let mut scenario = Scenario::new(&kind.name).set_weight(kind.weight)?;
        for call in kind.calls {
            scenario = scenario.register_transaction(transaction(vec![call], &people));
        }
        attack = attack.register_scenario(scenario);
    }
    Ok(attack)
}

/// So many at once, who make all calls, pause, and begin again.
pub(crate) fn stages(script: script::Stages, length: Length, url: &str, people: People) -> Result<GooseAttack> {
    let steps: Vec<String> = length.steps(&script.steps).iter().map(|step| format!("{},{}s", step.users, step.seconds)).collect();
    let attack = GooseAttack::initialize_with_config(configuration(url))?;
    let attack = *attack.set_default(GooseDefault::TestPlan, &*steps.join(";"))?;
    let pause = Duration::from_millis(script.pause_milliseconds);
    let round = transaction(script.calls, &Arc::new(people));
    Ok(attack.register_scenario(Scenario::new("stages").register_transaction(round).set_wait_time(pause, pause)?))
}

fn configuration(url: &str) -> GooseConfiguration {
    let mut configuration = GooseConfiguration::default();
    configuration.host = url.to_owned();
    configuration.timeout = Some(TIMEOUT.to_owned());
    // The summary is our own; nobody speaks to the tool while it works.
    configuration.no_print_metrics = true;
    configuration.quiet = 1;
    configuration.no_telnet = true;
    configuration.no_websocket = true;
    configuration
}

/// Makes the calls in turn, and stops at one that fails.
fn transaction(calls: Vec<Call>, people: &Arc<People>) -> Transaction {
    let (calls, people) = (Arc::new(calls), people.clone());
    let function: TransactionFunction = Arc::new(move |user| {
        let (calls, people) = (calls.clone(), people.clone());
        Box::pin(async move {
            for call in calls.iter() {
                make(user, call, &people).await?;
            }
            Ok(())
        })
    });
    Transaction::new(function)
}

async fn make(user: &mut GooseUser, call: &Call, people: &People) -> TransactionResult {
    let token = people.token(user).await;
    let method = call.method.into();
    let mut request = user.get_request_builder(&method, &call.path)?.bearer_auth(token);
    if let Some(body) = &call.body {
        request = request.json(body);
    }
    let request = GooseRequest::builder()
        .method(call.method.into())
        .path(&*call.path)
        .name(&*call.path)
        .set_request_builder(request)
        .expect_status_code(call.status)
        .build();
    let answer = user.request(request).await?;
    if let Ok(response) = answer.response {
        // A body that is not read would cost the connection.
        response.bytes().await?;
    }
    Ok(())
}
