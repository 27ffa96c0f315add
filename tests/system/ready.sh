#!/bin/sh
# SPDX-License-Identifier: MIT
# When a daemon is ready: a socket that nobody listens on is only a file.
. "$(dirname "$0")/lib.sh"

ready=$BUILD_ROOT/src/programs/meshbench-ready
# serve PATH FACT: binds the socket, listens once FACT exists, and goes on until it is ended.
cat >"$scratch/serve" <<'END'
import os, socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
while not os.path.exists(sys.argv[2]):
    time.sleep(0.01)
server.listen()
while True:
    server.accept()
END
/usr/bin/python3 "$scratch/serve" "$scratch/socket" "$scratch/listen" &
server=$!
timeout 10 "$ready" file "$scratch/serve"
check "a file is ready when it is there" test $? = 0
timeout 1 "$ready" file "$scratch/socket"
check "a socket is not ready while nobody listens" test $? = 124
: >"$scratch/listen"
timeout 10 "$ready" file "$scratch/socket"
check "and is when somebody does" test $? = 0
kill -9 $server
wait $server 2>/dev/null
timeout 1 "$ready" file "$scratch/socket"
check "nor is one whose server was killed" test $? = 124
check "nothing is left behind" nothing_is_left
finish
