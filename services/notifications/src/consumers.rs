//! What happens elsewhere and concerns a person: it becomes a notification, once, in the transaction that says that it was heard.

use banyan_contracts::Event as _;
use banyan_contracts::goals::GoalCompleted;
use banyan_contracts::identity::{PasswordChanged, UserDisabled, UserRolesChanged, UserVerified};
use banyan_contracts::support::{TicketAnswered, TicketAssigned, TicketEscalated, TicketOpened, TicketReplied, TicketSolved};
use banyan_events::log::Start;
use banyan_events::{Consumer, ConsumerError, Delivery};
use banyan_kernel::Uuid;
use serde_json::json;

use crate::store::destinations;
use crate::store::make::{Made, New, make};
use crate::topic::Topic;

const TYPES: &[&str] = &[
    UserVerified::TYPE,
    UserRolesChanged::TYPE,
    UserDisabled::TYPE,
    PasswordChanged::TYPE,
    GoalCompleted::TYPE,
    TicketOpened::TYPE,
    TicketAnswered::TYPE,
    TicketReplied::TYPE,
    TicketAssigned::TYPE,
    TicketEscalated::TYPE,
    TicketSolved::TYPE,
];

/// From now on: nobody wants to hear of what happened before there were notifications.
pub(crate) fn all() -> Vec<Consumer> {
    vec![Consumer::new("notify", TYPES, notify).start(Start::Now)]
}

async fn notify(delivery: Delivery) -> Result<(), ConsumerError> {
    let mut is_first = true;
    for new in notifications_of(&delivery)? {
        let topic = new.topic;
        if let Made::New(id) = make(&delivery.tx, new).await?
            && std::mem::take(&mut is_first)
        {
            // The tenant's own destinations hear once of what several people are told.
            destinations::spread(&delivery.tx, id, topic).await?;
        }
    }
    Ok(())
}

fn notifications_of(delivery: &Delivery) -> Result<Vec<New>, ConsumerError> {
    match delivery.event.kind.as_str() {
        kind if kind.starts_with("support.") => of_ticket(delivery),
        _ => Ok(vec![notification_of(delivery)?]),
    }
}

/// Those who asked hear of answers; those who answer, of what needs them.
fn of_ticket(delivery: &Delivery) -> Result<Vec<New>, ConsumerError> {
    let event = &delivery.event;
    let told = |user: Uuid, template: &str, ticket: Uuid, reference: &str| New {
        // A client that knows tickets leads there.
        arguments: json!({ "ticketId": ticket, "reference": reference }),
        // One for each event, to each person, however often it is heard.
        dedupe_key: Some(format!("{template}:{}", event.id)),
        ..about(user, Topic::Messages, template)
    };
    Ok(match event.kind.as_str() {
        TicketOpened::TYPE => {
            let ticket = event.decode::<TicketOpened>()?;
            let template = if ticket.data_request { "data-request-opened" } else { "ticket-opened" };
            vec![told(ticket.user_id, template, ticket.ticket_id, &ticket.reference)]
        }
        TicketAnswered::TYPE => {
            let ticket = event.decode::<TicketAnswered>()?;
            let template = if ticket.waits_for_person { "ticket-waiting" } else { "ticket-answered" };
            vec![told(ticket.user_id, template, ticket.ticket_id, &ticket.reference)]
        }
        TicketSolved::TYPE => {
            let ticket = event.decode::<TicketSolved>()?;
            vec![told(ticket.user_id, "ticket-solved", ticket.ticket_id, &ticket.reference)]
        }
        TicketReplied::TYPE => {
            let ticket = event.decode::<TicketReplied>()?;
            let told = |agent| told(agent, "ticket-replied", ticket.ticket_id, &ticket.reference);
            ticket.assignee_id.map(told).into_iter().collect()
        }
        TicketAssigned::TYPE => {
            let ticket = event.decode::<TicketAssigned>()?;
            let told = told(ticket.assignee_id, "ticket-assigned", ticket.ticket_id, &ticket.reference);
            // Who took it knows.
            if ticket.assignee_id == ticket.assigned_by { Vec::new() } else { vec![told] }
        }
        TicketEscalated::TYPE => {
            let ticket = event.decode::<TicketEscalated>()?;
            let template = match ticket.reason.as_str() {
                "new" => "ticket-new",
                "due-soon" => "ticket-due-soon",
                "overdue" => "ticket-overdue",
                _ => "ticket-escalated",
            };
            let is_urgent = ticket.reason != "new";
            let told = |agent: &Uuid| New { urgent: is_urgent, ..told(*agent, template, ticket.ticket_id, &ticket.reference) };
            ticket.agent_ids.iter().map(told).collect()
        }
        other => return Err(ConsumerError::Poison(format!("nobody is told of {other}"))),
    })
}

fn notification_of(delivery: &Delivery) -> Result<New, ConsumerError> {
    let event = &delivery.event;
    // A goal that is taken back and reached again is told of once.
    let once = |what: &str, id: Uuid| Some(format!("{what}:{id}"));
    Ok(match event.kind.as_str() {
        // Not at registration: then comes the mail that asks to confirm the address, and two at once are one too many.
        UserVerified::TYPE => {
            let user = event.decode::<UserVerified>()?.user_id;
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
