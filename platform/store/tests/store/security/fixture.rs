//! Tables that use every rule, every reference and every reach of policies, and databases with them.

use std::sync::atomic::{AtomicU32, Ordering};

use banyan_kernel::Role;
use banyan_store::schema::{ColumnType, OnDelete, Table};
use banyan_store::testing::guard::Guard;
use banyan_store::testing::{Ground, PostgresGround, SqliteGround};
use banyan_store::{Policy, Rule};
use tempfile::TempDir;

pub(crate) fn tables() -> Vec<Table> {
    vec![
        goals(),
        tasks(),
        notices(),
        events(),
        journal(),
        drafts(),
        inbox(),
        settings(),
        secrets(),
        places(),
        pins(),
        boards(),
        grants(),
    ]
}

/// Owned, granted, a tree, with a unique column that clashes with hidden rows.
fn goals() -> Table {
    Table::new("goals", Policy::owned_by("user_id").also_read(Rule::Granted { owner: "user_id", kind: "goals" }))
        .column("user_id", ColumnType::Uuid)
        .column("title", ColumnType::Text)
        .column("n", ColumnType::Integer)
        .optional("slug", ColumnType::Text)
        .optional("parent_id", ColumnType::Uuid)
        .reference("parent_id", "goals", OnDelete::Cascade)
        .unique(&["slug"])
        .index(&["user_id", "n"])
}

/// Seen through the goal, changed by whoever sees the goal, deleted with it; a helper, one's own goal, that is let go.
fn tasks() -> Table {
    let goal = || Rule::Parent { column: "goal_id", table: "goals" };
    let helper = || Rule::Null("helper_id").or(Rule::OwnParent { column: "helper_id", table: "goals", owner: "user_id" });
    let policy = Policy::closed()
        .read(goal())
        .insert(goal().and(helper()))
        .update(goal().and(Rule::SignedIn).and(helper()))
        .delete(goal().and(Rule::Owner("user_id")));
    Table::new("tasks", policy)
        .column("user_id", ColumnType::Uuid)
        .column("goal_id", ColumnType::Uuid)
        .optional("helper_id", ColumnType::Uuid)
        .column("title", ColumnType::Text)
        .column("n", ColumnType::Integer)
        .reference("goal_id", "goals", OnDelete::Cascade)
        .reference("helper_id", "goals", OnDelete::SetNull)
        .index(&["goal_id"])
}

/// Of an organisation or public; written by admins and coaches of it.
fn notices() -> Table {
    let public = Rule::AllOf(vec![Rule::Equals("state", "public"), Rule::Anyone]);
    let writers = Rule::AllOf(vec![
        Rule::Organisation("org_id"),
        Rule::AnyOf(vec![Rule::HasRole(Role::Admin), Rule::HasRole(Role::Coach)]),
    ]);
    let policy = Policy::closed().read(public.or(Rule::Organisation("org_id")));
    Table::new("notices", policy.insert(writers.clone()).update(writers.clone()).delete(writers.or(Rule::Elevated)))
        .optional("org_id", ColumnType::Uuid)
        .column("state", ColumnType::Text)
        .column("n", ColumnType::Integer)
        .index(&["org_id"])
}

/// Write-only.
fn events() -> Table {
    Table::new("events", Policy::closed().insert(Rule::Anyone)).column("title", ColumnType::Text).column("n", ColumnType::Integer)
}

/// Append-only.
fn journal() -> Table {
    let policy = Policy::closed().read(Rule::SignedIn).insert(Rule::SignedIn.or(Rule::Platform)).delete(Rule::System);
    Table::new("journal", policy).column("title", ColumnType::Text).column("n", ColumnType::Integer)
}

/// Whoever changes them need not see them.
fn drafts() -> Table {
    let policy =
        Policy::closed().read(Rule::Owner("user_id")).insert(Rule::SignedIn).update(Rule::SignedIn).delete(Rule::SignedIn);
    Table::new("drafts", policy)
        .optional("user_id", ColumnType::Uuid)
        .column("title", ColumnType::Text)
        .column("n", ColumnType::Integer)
        .unique(&["title"])
}

/// Seen by more than change them.
fn inbox() -> Table {
    let policy = Policy::closed()
        .read(Rule::AnyOf(vec![Rule::Owner("to_id"), Rule::Owner("from_id"), Rule::HasRole(Role::Support)]))
        .insert(Rule::Owner("from_id"))
        .update(Rule::Owner("to_id"))
        .delete(Rule::Owner("to_id"));
    Table::new("inbox", policy)
        .column("from_id", ColumnType::Uuid)
        .column("to_id", ColumnType::Uuid)
        .column("title", ColumnType::Text)
        .optional("n", ColumnType::Integer)
        .index(&["to_id"])
}

/// Of the installation, read by all.
fn settings() -> Table {
    Table::installation("settings", Policy::system().read(Rule::Anyone))
        .column("title", ColumnType::Text)
        .column("n", ColumnType::Integer)
        .unique(&["title"])
}

/// Of the installation, for the service alone.
fn secrets() -> Table {
    Table::installation("secrets", Policy::system()).column("title", ColumnType::Text).optional("n", ColumnType::Integer)
}

/// Of the installation, each row for the people of one tenant.
fn places() -> Table {
    let own = || Rule::Tenant("tenant");
    Table::installation(
        "places",
        Policy::closed().read(own()).insert(own().and(Rule::SignedIn)).update(own()).delete(Rule::System),
    )
    .column("tenant", ColumnType::Uuid)
    .column("title", ColumnType::Text)
    .column("n", ColumnType::Integer)
    .index(&["tenant"])
}

/// Hold on to their goals, whoever's they are.
fn pins() -> Table {
    Table::new("pins", Policy::owned_by("user_id").and_system())
        .column("user_id", ColumnType::Uuid)
        .column("goal_id", ColumnType::Uuid)
        .column("n", ColumnType::Integer)
        .reference("goal_id", "goals", OnDelete::Restrict)
}

/// Of whoever has pinned the goal.
fn boards() -> Table {
    let pinned = || Rule::Member { column: "goal_id", table: "pins", key: "goal_id", member: "user_id" };
    let policy = Policy::closed().read(pinned().or(Rule::System)).insert(Rule::SignedIn).update(pinned()).delete(pinned());
    Table::new("boards", policy)
        .column("goal_id", ColumnType::Uuid)
        .column("title", ColumnType::Text)
        .column("n", ColumnType::Integer)
}

fn grants() -> Table {
    let owner = || Rule::Owner("owner_id");
    let read = Rule::AnyOf(vec![owner(), Rule::Owner("grantee_id"), Rule::Elevated]);
    Table::new("grants", Policy::closed().read(read).insert(owner()).update(owner()))
        .column("owner_id", ColumnType::Uuid)
        .column("grantee_id", ColumnType::Uuid)
        .column("kind", ColumnType::Text)
        .column("created_at", ColumnType::Timestamp)
        .optional("revoked_at", ColumnType::Timestamp)
        .index(&["grantee_id", "kind", "owner_id"])
}

/// A ground, and the folder that it lives in.
pub(crate) struct Place {
    pub(crate) ground: Ground,
    _folder: TempDir,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self::guarded(&tables(), Guard::new(&tables()).unwrap())
    }

    pub(crate) fn guarded(tables: &[Table], guard: Guard) -> Self {
        let folder = TempDir::new().unwrap();
        let ground = SqliteGround::with_guard(&folder.path().join("store.db"), tables, guard).unwrap();
        // Nothing here outlives the test.
        ground.unguarded(|raw| raw.pragma_update(None, "synchronous", "OFF")).unwrap();
        Self { ground: Ground::Sqlite(ground), _folder: folder }
    }

    pub(crate) async fn postgres(tables: &[Table]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name: &'static str = format!("guard_{}_{number}", std::process::id()).leak();
        let ground = PostgresGround::create(&postgres_url(), name, tables).await.unwrap();
        Self { ground: Ground::Postgres(ground), _folder: TempDir::new().unwrap() }
    }

    pub(crate) fn as_sqlite(&mut self) -> &mut SqliteGround {
        match &mut self.ground {
            Ground::Sqlite(ground) => ground,
            Ground::Postgres(_) => panic!("this test is about SQLite"),
        }
    }

    pub(crate) async fn close(self) {
        if let Ground::Postgres(ground) = self.ground {
            ground.drop_all().await.unwrap();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one setting of the tests")]
fn postgres_url() -> String {
    std::env::var("BANYAN_TEST_POSTGRES_URL").expect(
        "BANYAN_TEST_POSTGRES_URL is not set: these tests need a PostgreSQL superuser's URL. \
         `cargo xtask test` starts a server; by hand: export BANYAN_TEST_POSTGRES_URL=$(cargo xtask postgres start)",
    )
}
