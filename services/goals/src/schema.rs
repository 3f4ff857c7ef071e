//! The tables of the service, each with who may see and change its rows.

use banyan_store::migrate::Schema;
use banyan_store::policy::{Policy, Rule};
use banyan_store::schema::{ColumnType, OnDelete, Table};

/// The service's name: its database file or schema, and the actor of its own acts.
pub const SERVICE: &str = "goals";

/// A grant of this kind opens goals and tasks.
pub const GOALS: &str = "goals";
/// A grant of this kind opens habits and check-ins.
pub const HABITS: &str = "habits";

pub fn schema() -> Schema {
    Schema::new(SERVICE, vec![goals(), tasks(), habits(), check_ins()])
        // Policies are made anew with each version. From here on tasks and check-ins hang on what belongs to their owner, or on nothing.
        .migration("tasks and check-ins belong to their owner's goals and habits", Vec::new())
}

/// Rows of a person, which a person with a grant reads, and which the service itself removes when they were deleted long ago.
fn owned(kind: &'static str) -> Policy {
    let policy = Policy::owned_by("user_id").also_read(Rule::Granted { owner: "user_id", kind }).also_read(Rule::System);
    let delete = policy.delete.clone().or(Rule::System);
    policy.delete(delete)
}

/// The row hangs on one of the same person. A row that a grant shows is not enough: it would be out of reach when the grant ends.
fn own(column: &'static str, table: &'static str) -> Rule {
    Rule::OwnParent { column, table, owner: "user_id" }
}

fn goals() -> Table {
    Table::new("goals", owned(GOALS))
        .column("user_id", ColumnType::Uuid)
        .column("title", ColumnType::Text)
        .optional("description", ColumnType::Text)
        .optional("category", ColumnType::Text)
        .column("status", ColumnType::Text)
        .optional("target_value", ColumnType::Real)
        .optional("target_unit", ColumnType::Text)
        .column("current_value", ColumnType::Real)
        .optional("target_date", ColumnType::Text)
        .column("milestones", ColumnType::Json)
        .optional("completed_at", ColumnType::Timestamp)
        .optional("archived_at", ColumnType::Timestamp)
        .optional("deleted_at", ColumnType::Timestamp)
        .column("version", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .index(&["user_id"])
        .index(&["status"])
        .index(&["user_id", "status", "target_date"])
        // The plain list and its count: see `store::owned`.
        .index(&["user_id", "deleted_at", "archived_at", "created_at"])
}

/// On a goal of the same person, or on none.
fn tasks() -> Table {
    let own_goal = || Rule::Null("goal_id").or(own("goal_id", "goals"));
    Table::new(
        "tasks",
        owned(GOALS).insert(own_goal().and(Rule::Owner("user_id"))).update(own_goal().and(Rule::Owner("user_id"))),
    )
    .column("user_id", ColumnType::Uuid)
    .optional("goal_id", ColumnType::Uuid)
    .column("title", ColumnType::Text)
    .optional("notes", ColumnType::Text)
    .optional("due_date", ColumnType::Text)
    .column("priority", ColumnType::Integer)
    .column("status", ColumnType::Text)
    .column("position", ColumnType::Integer)
    .optional("completed_at", ColumnType::Timestamp)
    .optional("archived_at", ColumnType::Timestamp)
    .optional("deleted_at", ColumnType::Timestamp)
    .column("version", ColumnType::Integer)
    .column("created_at", ColumnType::Timestamp)
    .column("updated_at", ColumnType::Timestamp)
    .reference("goal_id", "goals", OnDelete::SetNull)
    .index(&["user_id", "status"])
    .index(&["user_id", "deleted_at", "archived_at", "created_at"])
    .index(&["goal_id"])
}

fn habits() -> Table {
    Table::new("habits", owned(HABITS))
        .column("user_id", ColumnType::Uuid)
        .column("title", ColumnType::Text)
        .optional("description", ColumnType::Text)
        .column("schedule", ColumnType::Json)
        .column("time_zone", ColumnType::Text)
        .column("target_value", ColumnType::Real)
        .optional("target_unit", ColumnType::Text)
        .column("start_date", ColumnType::Text)
        .optional("archived_at", ColumnType::Timestamp)
        .optional("deleted_at", ColumnType::Timestamp)
        .column("version", ColumnType::Integer)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .index(&["user_id", "deleted_at", "archived_at", "created_at"])
}

/// One row a habit and day. The owner leads the unique index, so that nobody else's row can stand in the way of hers.
fn check_ins() -> Table {
    let own_habit = || Rule::Owner("user_id").and(own("habit_id", "habits"));
    Table::new("check_ins", owned(HABITS).insert(own_habit()).update(own_habit()))
        .column("user_id", ColumnType::Uuid)
        .column("habit_id", ColumnType::Uuid)
        .column("date", ColumnType::Text)
        .column("amount", ColumnType::Real)
        .optional("note", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .column("updated_at", ColumnType::Timestamp)
        .reference("habit_id", "habits", OnDelete::Cascade)
        .unique(&["user_id", "habit_id", "date"])
        .index(&["habit_id"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_indexes_that_operators_know_are_there() {
        let schema = schema();
        let names = |table: &str| -> Vec<String> {
            schema.table(table).into_iter().flat_map(|table| table.indexes.iter().map(|index| index.name(table.name))).collect()
        };
        for name in ["idx_goals_user_id", "idx_goals_status", "idx_goals_user_id_status_target_date"] {
            assert!(names("goals").iter().any(|known| known == name), "{name}");
        }
        assert!(names("tasks").iter().any(|known| known == "idx_tasks_user_id_status"));
    }
}
