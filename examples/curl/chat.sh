#!/usr/bin/env bash
# A chat client in bash and curl. The Connect protocol is plain HTTP and JSON.
#
#   chat.sh http://127.0.0.1:8080 ann "a long password" [ROOM]
set -euo pipefail
export LC_ALL=C
[ $# -ge 3 ] || { echo "usage: $0 SERVER USERNAME PASSWORD [ROOM]" >&2; exit 2; }
server=${1%/} username=$2 password=$3 room=${4:-}
auth=veza.auth.v1.AuthService chat=veza.chat.v1.ChatService
token=

# call METHOD JSON: prints the response. Fails when the call did, with what the service said.
call() {
  curl -sS --fail-with-body "$server/$1" -H "authorization: Bearer $token" -H "content-type: application/json" -d "$2"
}

# field NAME: the first value of that name in the JSON on standard input. jq does it better where there is one.
field() { grep -oE "\"$1\":\"([^\"\\\\]|\\\\.)*\"" | head -n 1 | sed 's/^[^:]*:"//; s/"$//'; }

# Who has no account yet gets one. A client that runs for long keeps the refresh token instead.
sign_in() {
  local answer
  if ! answer=$(call $auth/Register "{\"username\":\"$username\",\"email\":\"$username@example.org\",\"password\":\"$password\"}"); then
    answer=$(call $auth/Login "{\"login\":\"$username\",\"password\":\"$password\"}") || return
  fi
  token=$(field accessToken <<<"$answer")
}

# bytes HEX…: those bytes.
bytes() { printf "$(printf '\\x%s' "$@")"; }

# In a stream each message, also the request, has five bytes before it: flags and length.
envelope() { bytes 00 $(printf '%08x' ${#1} | fold -w 2) && printf '%s' "$1"; }

# frames: takes a stream apart; prints each message on a line of its own.
frames() {
  local flags a b c d
  while read -r flags a b c d < <(head -c 5 | od -A n -t u1) && [ -n "$d" ]; do
    head -c $((a << 24 | b << 16 | c << 8 | d)) && echo
  done
}

# follow: prints what is said after event number $seen, until the stream ends.
follow() {
  local frame
  while read -r frame; do
    case $frame in
      '{"event":'*)
        seen=$(field sequence <<<"$frame")
        [[ $frame != *'"messageSent":'* ]] || echo "$(field senderUsername <<<"$frame"): $(field content <<<"$frame")"
        ;;
      # The last frame says why the stream ends.
      '{"closing":'*) echo "closing: $(field reason <<<"$frame")" >&2 ;;
    esac
  done < <(envelope "{\"roomIds\":[\"$room\"],\"cursors\":[{\"roomId\":\"$room\",\"afterSequence\":\"$seen\"}]}" |
    curl -sSN "$server/$chat/SubscribeToChatEvents" -H "authorization: Bearer $token" \
      -H "content-type: application/connect+json" --data-binary @- | frames)
}

sign_in
if [ -z "$room" ]; then
  room=$(call $chat/CreateRoom '{"name":"curl"}' | field id)
else
  call $chat/JoinRoom "{\"roomId\":\"$room\"}" >/dev/null
fi
echo "room $room"
call $chat/SendMessage "{\"roomId\":\"$room\",\"content\":\"Hello from curl\"}" >/dev/null

seen=0
while true; do
  follow
  sleep 1
  sign_in 2>/dev/null || echo "not back yet" >&2
done
