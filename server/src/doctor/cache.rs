//! Where answers are kept, and whether all processes can reach it.

use banyan_cache::{ClusterStanding, RedisRemote, Standing};
use banyan_kernel::OsRandom;

use super::Finding;
use crate::settings::{DatabaseChoice, Loaded};

const CHECK: &str = "cache";

pub(super) fn examine(loaded: &Loaded, findings: &mut Vec<Finding>) {
    if matches!(loaded.database, DatabaseChoice::Sqlite) {
        findings.push(Finding::fine(CHECK, "answers are kept in the one process that owns the data"));
        return;
    }
    findings.push(match crate::house::cache_remote(loaded, &OsRandom) {
        Ok(None) => Finding::note(
            CHECK,
            "processes on PostgreSQL cannot hear one another without Redis, so each answer is read anew",
            "set `cache.redis_url`",
        ),
        Ok(Some(remote)) => look(&remote),
        Err(error) => Finding::wrong(CHECK, format!("{error:#}"), "docs/configuration.md says more: `cache`"),
    });
}

fn look(remote: &RedisRemote) -> Finding {
    match crate::cli::block_on(async { Ok(remote.standing().await?) }) {
        Ok(Standing::Server) => Finding::fine(CHECK, "Redis answers"),
        Ok(Standing::Cluster(standing)) => judge(standing),
        Err(error) => Finding::warning(
            CHECK,
            format!("Redis does not answer: {error:#}; every answer is read from the database meanwhile"),
            "start it, and look at its address, user and password: `banyan config`",
        ),
    }
}

fn judge(standing: ClusterStanding) -> Finding {
    let ClusterStanding { is_whole, primaries, replicas, without_replica } = standing;
    let found = format!("a Redis Cluster of {primaries} primaries and {replicas} replicas");
    if !is_whole {
        return Finding::warning(
            CHECK,
            format!("{found}, which does not serve all slots"),
            "`redis-cli --cluster check HOST:PORT` says what is missing, `--cluster fix` repairs what can be repaired",
        );
    }
    if without_replica > 0 {
        return Finding::warning(
            CHECK,
            format!("{found}; without a replica: {without_replica}. When one of these dies, nothing is kept until it is back"),
            "give each primary a replica: `redis-cli --cluster add-node NEW ANY --cluster-slave`",
        );
    }
    Finding::fine(CHECK, format!("{found} answers"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Severity;

    #[test]
    fn a_cluster_that_cannot_lose_a_server_is_warned_of() {
        let whole = ClusterStanding { is_whole: true, primaries: 3, replicas: 3, without_replica: 0 };
        assert_eq!(judge(whole).severity, Severity::Fine);
        assert_eq!(judge(ClusterStanding { without_replica: 1, ..whole }).severity, Severity::Warning);
        assert_eq!(judge(ClusterStanding { is_whole: false, ..whole }).severity, Severity::Warning);
    }
}
