#!/bin/sh
# Banyan as five processes on one PostgreSQL: the front door with its control plane, each service, and goals twice. It shows that they find one another, that a
# killed instance is not missed, and that a stopped service takes nothing else with it. It runs as a test, so what stands here works.
#
#   export DATABASE_URL=$(cargo xtask postgres start)         or any PostgreSQL on which you may make schemas
#   docs/split-run.sh [path of the program]                   default: banyan in the search path, else target/debug/banyan
#
# It needs curl. All processes listen on free ports of 127.0.0.1; they and their folders go away at the end, what is in the database stays.

set -eu

banyan=${1:-$(command -v banyan || echo target/debug/banyan)}
: "${DATABASE_URL:?say which PostgreSQL: export DATABASE_URL=\$(cargo xtask postgres start)}"
folder=$(mktemp -d)
processes=
trap 'for process in $processes; do kill -9 "$process" 2>/dev/null || true; done; rm -rf "$folder"' EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

# start NAME ROLES: starts a process with a data directory of its own, and waits until it is ready.
start() {
    "$banyan" serve --data "$folder/$1" --roles "$2" --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --mesh-listen 127.0.0.1:0 \
        >"$folder/$1.log" 2>&1 &
    process=$!
    processes="$processes $process"
    until [ -s "$folder/$1/banyan.addr" ]; do
        kill -0 "$process" 2>/dev/null || fail "$(cat "$folder/$1.log")"
        sleep 0.1
    done
    echo "$1: process $process"
}

# call STATUS TOKEN [curl's arguments …] PATH: asks, and insists on the status within ten seconds. `-` stands for no token.
call() {
    wanted=$1 token=$2
    shift 2
    [ "$token" = - ] || set -- -H "Authorization: Bearer $token" "$@"
    for path; do :; done
    tries=0
    while :; do
        got=$(curl -sS -o "$folder/answer" -w '%{http_code}' -H 'Content-Type: application/json' "$@")
        [ "$got" != "$wanted" ] || break
        tries=$((tries + 1))
        [ $tries -lt 100 ] || fail "$path: expected $wanted, got $got: $(cat "$folder/answer")"
        sleep 0.1
    done
    printf '%s %s\n' "$got" "${path#"$address"}"
}

say 'All processes have one key for what is secret in the database, and one secret by which they believe one another.'
BANYAN_MASTER_KEY=${BANYAN_MASTER_KEY:-$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')}
BANYAN_CLUSTER_SECRET=${BANYAN_CLUSTER_SECRET:-$("$banyan" cluster secret)}
# Small pools: so many processes share one PostgreSQL here.
BANYAN_DATABASE_POOL_MIN=0 BANYAN_DATABASE_POOL_MAX=4
export DATABASE_URL BANYAN_MASTER_KEY BANYAN_CLUSTER_SECRET BANYAN_DATABASE_POOL_MIN BANYAN_DATABASE_POOL_MAX

say 'Identity is a process, goals are two, one is the door, and one does the rest.'
start identity identity
start goals-1 goals
first=$process
start goals-2 goals
second=$process
# After the others: it follows their events.
start rest content,events,notifications,flags,translations,support,context,realtime
start edge edge,gateway
address=$(sed 's/.*"listen":"\([^"]*\)".*/\1/' "$folder/edge/banyan.addr")
api=$address/api/v1

say 'Somebody registers, and uses every service through the door.'
email="ana-$$-$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')@example.org"
call 201 - -d "{\"email\":\"$email\",\"name\":\"Ana\",\"password\":\"eleven green lanterns\"}" "$api/auth/register"
ana=$(sed -n 's/.*"accessToken":"\([^"]*\)".*/\1/p' "$folder/answer")
call 201 "$ana" -d '{"content":"Ran five kilometres."}' "$api/content/journal"
call 200 "$ana" "$api/goals"
call 200 "$ana" "$api/users/profile"

say 'Who is there.'
"$banyan" services --data "$folder/edge"

say 'One of two instances is killed: nobody notices.'
kill -9 "$first"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    got=$(curl -sS -o "$folder/answer" -w '%{http_code}' -H "Authorization: Bearer $ana" "$api/goals")
    [ "$got" = 200 ] || fail "$got $(cat "$folder/answer")"
done
echo '10 of 10 answered'

say 'The other one ends, too: goals are gone, the rest is not.'
kill "$second"
wait "$second" || fail "it ended with $?: $(cat "$folder/goals-2.log")"
call 503 "$ana" "$api/goals"
call 200 "$ana" "$api/content/journal"
call 200 "$ana" "$api/users/profile"

say 'A new one is found by itself.'
start goals-3 goals
call 200 "$ana" "$api/goals"

say 'Done.'
