#!/bin/sh
# A round trip with curl: an account, a login, a task, its result.
#   examples/round_trip.sh [http://localhost:8000]
set -eu

url=${1:-http://localhost:8000}
email="curl-$$-$(date +%s)@example.com"
password="correct horse battery"

post() { curl -sS --fail-with-body -H 'Content-Type: application/json' "$@"; }
# What a JSON answer says of one name; enough for flat answers with plain values.
field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }

post "$url/api/users/register/" -d "{\"email\": \"$email\", \"password\": \"$password\"}" > /dev/null
access=$(post "$url/api/users/login/" -d "{\"email\": \"$email\", \"password\": \"$password\"}" | field access)

task=$(post "$url/api/tasks/reverse_string/" -H "Authorization: Bearer $access" -d '{"text": "hello"}' | field task_id)
echo "submitted $task"

tries=0
while :; do
  result=$(curl -sS -H "Authorization: Bearer $access" "$url/api/tasks/results/$task/")
  case $(echo "$result" | field status) in
    done) echo "$result" | field reversed_text; exit 0 ;;
    failed | cancelled) echo "$result" >&2; exit 1 ;;
  esac
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { echo "no answer within 30 s" >&2; exit 1; }
  sleep 0.5
done
