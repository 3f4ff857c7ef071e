//! What happens elsewhere and concerns a person: it becomes a notification, once, in the transaction that says that it was heard.

use banyan_contracts::Event as _;
use banyan_contracts::goals::GoalCompleted;
use banyan_contracts::identity::{PasswordChanged, UserDisabled, UserRegistered, UserRolesChanged};
use banyan_events::log::Start;
use banyan_events::{Consumer, ConsumerError, Delivery};
use banyan_kernel::Uuid;
use serde_json::json;

use crate::store::make::{New, make};
use crate::topic::Topic;

const TYPES: &[&str] =
    &[UserRegistered::TYPE, UserRolesChanged::TYPE, UserDisabled::TYPE, PasswordChanged::TYPE, GoalCompleted::TYPE];

/// From now on: nobody wants to hear of what happened before there were notifications.
pub(crate) fn all() -> Vec<Consumer> {
    vec![Consumer::new("notify", TYPES, notify).start(Start::Now)]
}

async fn notify(delivery: Delivery) -> Result<(), ConsumerError> {
    let new = notification_of(&delivery)?;
    make(&delivery.tx, new).await?;
    Ok(())
}

fn notification_of(delivery: &Delivery) -> Result<New, ConsumerError> {
    let event = &delivery.event;
    // A goal that is taken back and reached again is told of once.
    let once = |what: &str, id: Uuid| Some(format!("{what}:{id}"));
    Ok(match event.kind.as_str() {
        UserRegistered::TYPE => {
            let user = event.decode::<UserRegistered>()?.user_id;
            New { dedupe_key: once("welcome", user), ..about(user, Topic::Account, "welcome") }
        }
        UserRolesChanged::TYPE => about(event.decode::<UserRolesChanged>()?.user_id, Topic::Security, "roles-changed"),
        UserDisabled::TYPE => about(event.decode::<UserDisabled>()?.user_id, Topic::Account, "account-disabled"),
        PasswordChanged::TYPE => about(event.decode::<PasswordChanged>()?.user_id, Topic::Security, "password-changed"),
        GoalCompleted::TYPE => {
            let goal = event.decode::<GoalCompleted>()?;
            let new = about(goal.user_id, Topic::Goals, "goal-completed");
            // A client that knows goals leads there.
            New { arguments: json!({ "goalId": goal.goal_id }), dedupe_key: once("goal-completed", goal.goal_id), ..new }
        }
        other => return Err(ConsumerError::Poison(format!("nobody is told of {other}"))),
    })
}

fn about(user: Uuid, topic: Topic, template: &str) -> New {
    New {
        user,
        topic,
        template: template.to_owned(),
        arguments: json!({}),
        link: None,
        urgent: false,
        dedupe_key: None,
        escalate_after: None,
    }
}
