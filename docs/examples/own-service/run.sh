#!/bin/sh
# Two services of your own, in Node and in Python, behind Banyan's front door: it checks who calls and tells them, signed. What did not come
# through the door is refused. It runs as a test on both engines, so what stands here works.
#
#   cargo build --package banyan-server                       # or any other way to the program
#   docs/examples/own-service/run.sh [path of the program]    default: banyan in the search path, else target/debug/banyan
#
# It needs curl, node and python3. All of it listens on free ports of 127.0.0.1 and goes away at the end.

set -eu

banyan=${1:-$(command -v banyan || echo target/debug/banyan)}
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
processes=
trap 'for process in $processes; do kill -9 "$process" 2>/dev/null || true; done; rm -rf "$folder"' EXIT

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

# call STATUS [curl's arguments …] ADDRESS: asks, shows the answer, and insists on the status.
call() {
    wanted=$1
    shift
    for asked; do :; done
    got=$(curl -sS -o "$folder/answer" -w '%{http_code}' -H 'Content-Type: application/json' "$@")
    printf '%s %s\n%s' "$got" "$asked" "$(cat "$folder/answer")"
    echo
    [ "$got" = "$wanted" ] || fail "expected $wanted"
}

# expect TEXT: insists that the last answer contains it.
expect() { grep -qF -- "$1" "$folder/answer" || fail "the answer does not contain $1"; }

# --- The walk ----------------------------------------------------------------------------------------------------------------

say 'The installation has a key; each upstream gets one that is made from it, and is good for this upstream alone.'
"$banyan" migrate --data "$folder/data" >/dev/null
notes_key=$("$banyan" routes key notes --data "$folder/data")
greeting_key=$("$banyan" routes key greeting --data "$folder/data")

say 'Start the two services. They know their own key and nothing else of Banyan.'
BANYAN_CALLER_KEYS=$notes_key node "$here/notes.mjs" >"$folder/notes" 2>"$folder/notes.log" &
processes="$processes $!"
started "$folder/notes" $! "$folder/notes.log"
BANYAN_CALLER_KEYS=$greeting_key PYTHONDONTWRITEBYTECODE=1 python3 "$here/greeting.py" >"$folder/greeting" 2>"$folder/greeting.log" &
processes="$processes $!"
started "$folder/greeting" $! "$folder/greeting.log"
notes=$(cat "$folder/notes") greeting=$(cat "$folder/greeting")
echo "notes: $notes   greeting: $greeting"

say 'The door needs two routes. Notes are for who is signed in; the greeting is for everybody.'
cat >"$folder/banyan.toml" <<END
[upstreams.notes]
endpoints = ["$notes"]

[upstreams.greeting]
endpoints = ["$greeting"]

[[routes]]
name = "notes"
path = "/notes/{*rest}"
upstream = "notes"

[[routes]]
name = "greeting"
path = "/greeting"
upstream = "greeting"
auth = "optional"
END
cat "$folder/banyan.toml"
"$banyan" serve --config "$folder/banyan.toml" --data "$folder/data" --listen 127.0.0.1:0 --admin-listen off >"$folder/log" 2>&1 &
processes="$processes $!"
started "$folder/data/banyan.addr" $! "$folder/log"
door=$(sed 's/.*"listen":"\([^"]*\)".*/\1/' "$folder/data/banyan.addr")

say 'Ana registers at Banyan, and writes a note by the service in Node.'
call 201 -d '{"email":"ana@example.org","name":"Ana","password":"eleven green lanterns"}' "$door/api/v1/auth/register"
ana=$(sed -n 's/.*"accessToken":"\([^"]*\)".*/\1/p' "$folder/answer")
id=$(sed -n 's/.*"id":"\([^"]*\)".*/\1/p' "$folder/answer")
call 201 -H "Authorization: Bearer $ana" -d '{"text":"Ran five kilometres."}' "$door/notes/"
expect "\"for\":\"$id\""

say 'Budi sees his own notes: none.'
call 201 -d '{"email":"budi@example.org","name":"Budi","password":"twelve paper kites"}' "$door/api/v1/auth/register"
budi=$(sed -n 's/.*"accessToken":"\([^"]*\)".*/\1/p' "$folder/answer")
call 200 -H "Authorization: Bearer $budi" "$door/notes/?page=1"
expect '"notes":[]'
call 403 -H "Authorization: Bearer $budi" "$door/notes/all"

say 'The service in Python greets everybody, in the language that the door negotiated.'
call 200 -H 'Accept-Language: id' "$door/greeting"
expect '"for": "a guest"'
call 200 -H "Authorization: Bearer $ana" -H 'Accept-Language: id' "$door/greeting"
expect "\"Selamat siang\", \"for\": \"$id\""

say 'Without a token the door lets nobody to the notes.'
call 401 "$door/notes/"

say 'A forged call: somebody inside the network says that he is Ana, past the door. Both services refuse him.'
forged=$(printf '{"subject":"%s","tenant":null,"roles":["admin"]}' "$id" | base64 | tr -d '=\n' | tr '/+' '_-')
now=$(date +%s)
for service in "$notes/notes/" "$greeting/greeting"; do
    call 401 "$service"
    call 401 -H "Banyan-Caller: $forged" \
        -H "Signature-Input: banyan=(\"@method\" \"@path\" \"@query\" \"banyan-caller\");created=$now;expires=$((now + 60));nonce=\"n\";keyid=\"00000000\";alg=\"hmac-sha256\"" \
        -H 'Signature: banyan=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:' "$service"
done

say 'Through the door it helps no more: what comes from outside under these names is taken out, and Budi stays Budi.'
call 200 -H "Authorization: Bearer $budi" -H "Banyan-Caller: $forged" -H 'Signature: banyan=:AAAA:' "$door/notes/"
expect '"notes":[]'
call 403 -H "Authorization: Bearer $budi" -H "Banyan-Caller: $forged" "$door/notes/all"

say 'Done.'
