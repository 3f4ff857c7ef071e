//! One of the processes: publishes, handles what all of them publish, and relays it to NATS and Redis. It is this test program, started as one.

use std::io::{BufRead as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use banyan_contracts::Event as _;
use banyan_events::{Consumer, ConsumerError, Consumers, Delivery, parts};
use banyan_kernel::{Clock, OsRandom, Secret, SystemClock, Timestamp, Uuid};
use banyan_relay::{RedisOptions, RedisSink};
use banyan_store::idempotency::Cipher;
use banyan_store::migrate::Schema;
use banyan_store::{ColumnType, Engine, Environment, Policy, PostgresOptions, Store, StoreError, Table, Tx};
use parking_lot::Mutex;
use sea_orm::{ConnectionTrait as _, FromQueryResult, Statement};
use tokio::sync::watch;

use crate::things::{Happened, STREAM};

pub(super) const TENANT: Uuid = Uuid::from_u128(7);
const KEYS: i64 = 16;
const PACE: Duration = Duration::from_millis(5);
const PLACES: [&str; 4] = ["TORTURE_POSTGRES", "TORTURE_NATS", "TORTURE_REDIS", "TORTURE_NAME"];

/// What one of the processes said; its keys are its own.
pub(super) type Acknowledged = Arc<Mutex<Vec<(String, i64)>>>;

pub(super) struct Node {
    child: Child,
    orders: ChildStdin,
}

impl Node {
    /// `places`: of PostgreSQL, NATS and Redis.
    pub(super) fn start(name: &str, places: &[String; 3], acknowledged: &Acknowledged) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["long_run::node::runs", "--exact", "--ignored", "--nocapture"]);
        command.envs(PLACES.iter().zip(places.iter().map(String::as_str).chain([name])));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let orders = child.stdin.take().unwrap();
        let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        let acknowledged = acknowledged.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // What a kill cut off was not said.
                if let ["ack", key, number, "."] = line.split(' ').collect::<Vec<_>>()[..] {
                    acknowledged.lock().push((key.to_owned(), number.parse().unwrap()));
                }
            }
        });
        Self { child, orders }
    }

    pub(super) fn tell(&mut self, order: &str) {
        // One that is about to be replaced hears nothing.
        let _heard = writeln!(self.orders, "{order}");
    }

    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

/// The machine's clock, set forward or back.
#[derive(Clone, Debug, Default)]
struct Jumping(Arc<AtomicI64>);

impl Clock for Jumping {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(SystemClock.now().micros() + self.0.load(Ordering::Relaxed) * Timestamp::MICROS_PER_SECOND)
    }
}

fn schema() -> Schema {
    let told = Table::new("told", Policy::system())
        .column("key", ColumnType::Text)
        .column("number", ColumnType::Integer)
        .column("turn", ColumnType::Integer)
        .index(&["key", "turn"]);
    parts().into_iter().fold(Schema::new("things", vec![told]), Schema::part)
}

pub(super) async fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Store, StoreError> {
    let random = Arc::new(OsRandom);
    let environment = Environment::new(clock, random.clone(), Cipher::new([7; 32], random));
    let engine = Engine::postgres(PostgresOptions::new(url.to_owned())).await?;
    Store::open(&engine, schema(), environment).await
}

fn statement(tx: &Tx, sql: &str, values: Vec<sea_orm::Value>) -> Statement {
    Statement::from_sql_and_values(tx.get_database_backend(), sql, values)
}

/// Writes down the event after those of its key that were written before.
async fn write_down(delivery: Delivery) -> Result<(), ConsumerError> {
    const SQL: &str = "INSERT INTO told (tenant_id, id, key, number, turn) \
        SELECT $1, $2, $3, $4, (SELECT COALESCE(MAX(turn) + 1, 0) FROM told WHERE key = $3)";
    let (tx, event): (&Tx, Happened) = (&delivery.tx, delivery.event.decode()?);
    let values = vec![delivery.event.tenant.into(), tx.new_id().into(), event.key.into(), event.number.into()];
    tx.execute_raw(statement(tx, SQL, values)).await.map_err(StoreError::from)?;
    Ok(())
}

/// Key and number of every effect, in the order in which they came about for each key.
pub(super) async fn effects(store: &Store) -> Vec<(String, i64)> {
    #[derive(FromQueryResult)]
    struct Row {
        key: String,
        number: i64,
    }
    let read = move |tx: Tx| async move {
        let rows = tx.query_all_raw(statement(&tx, "SELECT key, number FROM told ORDER BY key, turn", Vec::new())).await?;
        rows.iter().map(|row| Row::from_query_result(row, "").map_err(StoreError::from)).collect::<Result<Vec<_>, _>>()
    };
    let rows = store.system(TENANT).read(read).await.unwrap();
    rows.into_iter().map(|row| (row.key, row.number)).collect()
}

/// What handles and relays; to be run, or only to be asked.
pub(super) fn consumers(store: &Store, nats: &str, redis: &str) -> Consumers {
    let recorder = Consumer::new("recorder", &[Happened::TYPE], |delivery| async move { write_down(delivery).await });
    let nats = banyan_relay::NatsOptions::new(&Secret::new(nats.to_owned()), STREAM, "banyan").unwrap();
    let mut options = RedisOptions::new(&Secret::new(redis.to_owned()), "events:").unwrap();
    options.max_length = 10_000_000;
    let consumers = Consumers::new(store, vec![recorder], &[store.log()]).unwrap();
    consumers.relayed_to(Arc::new(banyan_relay::NatsSink::new(nats))).relayed_to(Arc::new(RedisSink::new(options)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "no test: the long run starts this program again, as one of its processes"]
#[expect(clippy::disallowed_methods, reason = "a process that is told by its environment, and answers")]
async fn runs() {
    let [postgres, nats, redis, name] = PLACES.map(|place| std::env::var(place).unwrap());
    let (clock, publishing) = (Jumping::default(), Arc::new(AtomicBool::new(true)));
    listen(clock.clone(), publishing.clone());
    let store = loop {
        match open(&postgres, Arc::new(clock.clone())).await {
            Ok(store) => break store,
            // PostgreSQL is about to start.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    let (_stop, heard) = watch::channel(false);
    tokio::spawn(consumers(&store, &nats, &redis).run(heard));
    for number in 0.. {
        for key in 0..KEYS {
            let event = &Happened { key: format!("{name}-{key}"), number };
            let published = store.system(TENANT).write(move |tx| async move { tx.publish(event).await }).await;
            if published.is_ok() {
                println!("ack {} {number} .", event.key);
            }
            tokio::time::sleep(PACE).await;
        }
        while !publishing.load(Ordering::Relaxed) {
            tokio::time::sleep(PACE).await;
        }
    }
}

/// `jump SECONDS`, `stop`. Without whoever started it, it ends.
fn listen(clock: Jumping, publishing: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            match line.split_once(' ') {
                Some(("jump", seconds)) => clock.0.store(seconds.parse().unwrap(), Ordering::Relaxed),
                _ => publishing.store(false, Ordering::Relaxed),
            }
        }
        std::process::exit(0);
    });
}
