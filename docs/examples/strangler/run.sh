#!/bin/sh
# A system of before moves to Banyan, one feature at a time, while a client goes on calling and counts its failures: there must be none.
# It runs as a test on both engines, so what stands here works.
#
#   cargo build --package banyan-server                       # or any other way to the program
#   docs/examples/strangler/run.sh [path of the program]      default: banyan in the search path, else target/debug/banyan
#
# It needs curl and python3. All of it listens on free ports of 127.0.0.1 and goes away at the end; what is in a PostgreSQL of
# DATABASE_URL stays.

set -eu

banyan=${1:-$(command -v banyan || echo target/debug/banyan)}
case $banyan in */*) banyan=$(cd "$(dirname "$banyan")" && pwd)/$(basename "$banyan") ;; esac
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
processes=
trap 'for process in $processes; do kill -9 "$process" 2>/dev/null || true; done; rm -rf "$folder"' EXIT
# The client of this walk asks as often as hundreds would.
export BANYAN_RATE_LIMITS=off PYTHONDONTWRITEBYTECODE=1

# --- Helpers -----------------------------------------------------------------------------------------------------------------

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

# started FILE PROCESS LOG: waits until the process has written its address.
started() {
    until [ -s "$1" ]; do
        kill -0 "$2" 2>/dev/null || fail "$(cat "$3")"
        sleep 0.05
    done
}

# call STATUS TOKEN [curl's arguments …] ADDRESS: asks, and insists on the status. `-` stands for no token.
call() {
    wanted=$1 token=$2
    shift 2
    [ "$token" = - ] || set -- -H "Authorization: Bearer $token" "$@"
    for asked; do :; done
    got=$(curl -sS -o "$folder/answer" -w '%{http_code}' -H 'Content-Type: application/json' "$@")
    [ "$got" = "$wanted" ] || fail "$asked: expected $wanted, got $got: $(cat "$folder/answer")"
}

# strangle ARGUMENTS …: shows the command and what it says.
strangle() {
    printf '$ banyan strangle'
    for word; do case $word in *[!a-zA-Z0-9:/._-]*) printf " '%s'" "$word" ;; *) printf ' %s' "$word" ;; esac; done
    echo
    "$banyan" strangle "$@" --data "$folder/data"
}

# until_report NAME CONDITION: waits until the report of a migration fulfils a condition in Python, in which it is `report`.
until_report() {
    tries=0
    until "$banyan" strangle report "$1" --json --data "$folder/data" |
        python3 -c "import json, sys; report = json.load(sys.stdin); sys.exit(not ($2))" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || fail "$2 did not come true: $("$banyan" strangle report "$1" --data "$folder/data")"
        sleep 0.1
    done
}

# --- The walk ----------------------------------------------------------------------------------------------------------------

say 'The system of before starts. It gets a key, so that it can tell whether the door says who asks.'
"$banyan" migrate --data "$folder/data" >/dev/null
BANYAN_CALLER_KEYS=$("$banyan" routes key strangler-legacy --data "$folder/data") \
    python3 "$here/legacy.py" >"$folder/legacy" 2>"$folder/legacy.log" &
processes="$processes $!"
started "$folder/legacy" $! "$folder/legacy.log"
legacy=$(cat "$folder/legacy")
call 401 - "$legacy/api/v1/goals"
echo "$legacy refuses who comes past the door"

say 'Banyan starts in front of it. One route lets the copying of data reach the goals of Banyan while the others still go to the old ones.'
cat >"$folder/banyan.toml" <<END
[[routes]]
name = "new-goals"
path = "/new/goals"
service = "goals"
rewrite = "/api/v1/goals"

[[routes]]
name = "new-goal"
path = "/new/goals/{id}"
service = "goals"
rewrite = "/api/v1/goals/{id}"
END
cat "$folder/banyan.toml"
"$banyan" serve --config "$folder/banyan.toml" --data "$folder/data" --listen 127.0.0.1:0 --admin-listen off >"$folder/log" 2>&1 &
processes="$processes $!"
started "$folder/data/banyan.addr" $! "$folder/log"
door=$(sed 's/.*"listen":"\([^"]*\)".*/\1/' "$folder/data/banyan.addr")
strangle start "$legacy" --auth optional --yes --reason 'Banyan goes in front'

say 'Ana signs in at Banyan, and writes goals: the system of before keeps them.'
email="ana-$$-$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')@example.org"
call 201 - -d "{\"email\":\"$email\",\"name\":\"Ana\",\"password\":\"eleven green lanterns\"}" "$door/api/v1/auth/register"
ana=$(sed -n 's/.*"accessToken":"\([^"]*\)".*/\1/p' "$folder/answer")
call 201 "$ana" -d '{"title":"Run ten kilometres","description":"Without stopping."}' "$door/api/v1/goals"
call 201 "$ana" -d '{"title":"Read a book a month"}' "$door/api/v1/goals"
call 201 "$ana" -d '{"title":"Learn to swim","description":"In the sea."}' "$door/api/v1/goals"
call 401 - "$door/api/v1/goals"
call 401 no-such-token "$door/api/v1/goals"

say 'From here on a client goes on calling.'
python3 "$here/client.py" "$door" "$ana" 'Run ten kilometres' 'Read a book a month' 'Learn to swim' >"$folder/client" 2>&1 &
client=$!
processes="$processes $client"

say 'Observe: what is asked for, and by which migration it will move.'
strangle observe goals --path /api/v1/goals --service goals --reason 'the first feature'
until "$banyan" strangle routes --data "$folder/data" | grep -q /api/v1/notes; do sleep 0.1; done
strangle routes

say 'The goals are copied to Banyan. (The copying forgets something: the next step finds it.)'
python3 "$here/bring.py" "$door" "$ana" title

say 'Shadow: copies of what the client asks go to Banyan, and the answers are compared. Clients notice nothing.'
strangle shadow goals
until_report goals "report['now']['shadow']['sent'] >= 20"
strangle report goals

say 'Ids and times differ by their nature, and what Banyan alone has hurts nobody. But descriptions were forgotten. Copy them, and compare again.'
python3 "$here/bring.py" "$door" "$ana" title description
strangle shadow goals --additions allowed --ignore '/data/*/id' --ignore '/data/*/createdAt' --reason 'descriptions were copied'
until_report goals "report['now']['shadow']['sent'] >= 20"
strangle report goals
until_report goals "report['now']['shadow']['different'] == 0"

say 'Canary: first only for who asks for it …'
strangle canary goals --header 'x-canary: 1' --yes --reason 'the team tries it'
call 200 "$ana" -H 'x-canary: 1' -D "$folder/headers" "$door/api/v1/goals"
! grep -qi '^x-answered-by' "$folder/headers" || fail 'Banyan was asked for, and the system of before answered'
call 200 "$ana" -D "$folder/headers" "$door/api/v1/goals"
grep -qi '^x-answered-by' "$folder/headers" || fail 'nobody asked for Banyan, and it answered'

say '… then for half of the requests. (--sticky user, which is usual, would keep the only user of this walk on one side.)'
strangle canary goals --percent 50 --sticky request --yes --reason 'no differences'
until_report goals "min(side['requests'] for side in report['now']['sides']) >= 40"
strangle report goals

say 'Another feature moves to a new service outside Banyan. It has a mistake: every third of its answers is 500.'
MISTAKE=1 python3 "$here/quotes.py" >"$folder/quotes" 2>"$folder/quotes.log" &
processes="$processes $!"
started "$folder/quotes" $! "$folder/quotes.log"
strangle observe quotes --path /api/v1/quotes --url "$(cat "$folder/quotes")"
strangle canary quotes --percent 50 --sticky request --yes --reason 'it looks good'

say 'The door takes it back by itself, and keeps the evidence. Those of its failures that clients would have seen were answered by the old side.'
until_report quotes "report['before'] and report['before']['rolledBack']"
strangle status quotes
strangle report quotes

say 'Finish: Banyan answers for all goals, also what is new.'
strangle finish goals --yes --reason 'it is as good as the old one'
call 201 "$ana" -d '{"title":"Swim a mile"}' "$door/api/v1/goals"
call 200 "$ana" -D "$folder/headers" "$door/api/v1/goals"
! grep -qi '^x-answered-by' "$folder/headers" || fail 'the system of before answered'
grep -q 'Swim a mile' "$folder/answer" || fail 'the new goal is not there'
strangle status goals

say 'Undo: the system of before answers again. What was written to Banyan meanwhile stays there: the old one does not know it.'
strangle undo goals --yes --reason 'to show it'
call 200 "$ana" "$door/api/v1/goals"
! grep -q 'Swim a mile' "$folder/answer" || fail 'where does the old system know it from?'
strangle canary goals --percent 100 --yes --reason 'once more'

say 'All back: on a bad night one command is enough.'
strangle all-back --yes --reason 'a bad night'
call 200 "$ana" -D "$folder/headers" "$door/api/v1/goals"
grep -qi '^x-answered-by' "$folder/headers" || fail 'Banyan still answers'
strangle status

say 'The client stops, and says what failed.'
kill "$client"
wait "$client" || true
cat "$folder/client"
tail -n 1 "$folder/client" | grep -q ' 0 failures$' || fail 'the client was not served'

say 'Done.'
