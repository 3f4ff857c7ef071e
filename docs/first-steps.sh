#!/bin/sh
# The first steps with Banyan, from nothing: start, two people, a journal that stays private, an administrator's look that leaves
# a record, another language, a habit, a goal that is reached and heard of. It runs as a test on both engines, so what stands here works.
#
#   docs/first-steps.sh [path of the program]          default: banyan in the search path, else target/debug/banyan
#   DATABASE_URL=postgres://… docs/first-steps.sh      on PostgreSQL instead of the embedded engine
#
# It needs curl. The server listens on a free port, its data is in a temporary folder, and both go away at the end.

set -eu

banyan=${1:-$(command -v banyan || echo target/debug/banyan)}
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null; rm -rf "$folder"' EXIT

# --- Helpers -----------------------------------------------------------------------------------------------------------------

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

# call STATUS TOKEN [curl's arguments …] PATH: asks, shows the answer, and insists on the status. `-` stands for no token.
call() {
    wanted=$1 token=$2
    shift 2
    [ "$token" = - ] || set -- -H "Authorization: Bearer $token" "$@"
    for path; do :; done
    got=$(curl -sS -o "$folder/answer" -w '%{http_code}' -H 'Content-Type: application/json' "$@")
    printf '%s %s\n%s\n' "$got" "${path#"$address"}" "$(cat "$folder/answer")"
    [ "$got" = "$wanted" ] || fail "expected $wanted"
}

# field NAME: the text of a field of the last answer.
field() { sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p' "$folder/answer"; }

# expect TEXT: insists that the last answer contains it.
expect() { grep -qF -- "$1" "$folder/answer" || fail "the answer does not contain $1"; }

# --- The walk ----------------------------------------------------------------------------------------------------------------

say 'Start a server. It makes its data directory, keys and databases by itself.'
"$banyan" serve --data "$folder/data" --listen 127.0.0.1:0 --admin-listen off >"$folder/log" 2>&1 &
server=$!
until [ -s "$folder/data/banyan.addr" ]; do
    kill -0 "$server" 2>/dev/null || fail "$(cat "$folder/log")"
    sleep 0.05
done
address=$(sed 's/.*"listen":"\([^"]*\)".*/\1/' "$folder/data/banyan.addr")
api=$address/api/v1
echo "$address"

say 'Two people register.'
call 201 - -d '{"email":"ana@example.org","name":"Ana","password":"eleven green lanterns"}' "$api/auth/register"
ana=$(field accessToken)
call 201 - -d '{"email":"budi@example.org","name":"Budi","password":"twelve paper kites"}' "$api/auth/register"
budi=$(field accessToken)

say 'Ana writes a journal, and reads it.'
call 201 "$ana" -d '{"content":"Ran five kilometres."}' "$api/content/journal"
journal=$(sed 's/.*{"id":"\([^"]*\)".*/\1/' "$folder/answer")
call 200 "$ana" "$api/content/journal/$journal"
expect 'Ran five kilometres.'

say 'Budi is refused, in the very words that he would read if there were no such journal.'
call 403 "$budi" "$api/content/journal/$journal"
call 403 "$budi" "$api/content/journal/0190a5b0-0000-7000-8000-000000000000"

say 'An administrator is made beside the running server; the password comes by standard input.'
echo 'thirteen brass buttons' |
    "$banyan" user create --data "$folder/data" --tenant upcoach --email rosa@example.org --name Rosa --role admin
call 200 - -d '{"email":"rosa@example.org","password":"thirteen brass buttons"}' "$api/auth/login"
rosa=$(field accessToken)

say 'She may look by an explicit override, with a reason …'
call 200 "$rosa" -H 'X-Reason: support case 7' "$api/admin/content/$journal"
expect '"adminAccess":true'

say '… which the audit log keeps: who, whose, what, why.'
call 200 "$rosa" "$api/admin/content/audit?limit=1"
expect '"action":"access.elevated"'
expect '"reason":"support case 7"'
"$banyan" audit verify --data "$folder/data"

say 'The landing page speaks the language that the reader asks for.'
call 200 - -H 'Accept-Language: en-US' "$api/content/landing"
expect 'Welcome to UpCoach'
call 200 - -H 'Accept-Language: id-ID' "$api/content/landing"
expect 'Selamat Datang di UpCoach'

say 'Ana switches to Indonesian; from now on her answers are in it, problems too.'
call 200 "$ana" -d '{"language":"id-ID"}' "$api/users/preferences"
call 200 "$ana" "$api/content/landing"
expect 'Selamat Datang di UpCoach'
call 422 "$ana" -d '{"transcription":"","mood":11}' "$api/content/voice-journal"
expect '"errors":['

say 'A habit, three times a week. Two check-ins on one day are one.'
call 201 "$ana" -d '{"title":"Stretch","schedule":{"type":"timesPerWeek","times":3}}' "$api/habits"
habit=$(sed 's/.*{"id":"\([^"]*\)".*/\1/' "$folder/answer")
call 201 "$ana" -d '{}' "$api/habits/$habit/check-ins"
call 200 "$ana" -d '{}' "$api/habits/$habit/check-ins"
call 200 "$ana" "$api/habits/$habit/streak"

say 'A goal that is reached is an event; the notifications hear of it a moment later, and speak her language.'
call 201 "$ana" -d '{"title":"Run ten kilometres"}' "$api/goals"
goal=$(sed 's/.*{"id":"\([^"]*\)".*/\1/' "$folder/answer")
call 200 "$ana" -X POST "$api/goals/$goal/complete"
tries=0
until grep -qF 'Anda mencapai sebuah tujuan' "$folder/answer"; do
    tries=$((tries + 1))
    [ "$tries" -lt 200 ] || fail 'the inbox says nothing of the goal'
    sleep 0.1
    call 200 "$ana" "$api/notifications" >/dev/null
done
cat "$folder/answer"

# A PostgreSQL for tests runs without fsync, which is wrong, and said.
if [ -z "${DATABASE_URL:-}" ]; then
    say 'Nothing is wrong with this installation.'
    "$banyan" doctor --data "$folder/data"
fi

say 'Everything is in the backup, and the server ends in good order.'
"$banyan" backup --data "$folder/data" --to "$folder/first.backup"
kill "$server"
wait "$server" || fail "the server ended with $?: $(cat "$folder/log")"
server=

say 'Done.'
