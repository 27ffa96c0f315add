#!/bin/sh
# SPDX-License-Identifier: MIT
# One command behind an emulated link, and what a profile does compared with what it says.
. "$(dirname "$0")/lib.sh"

meshbench link lossy-50 -- sh -c 'ping -q -c 60 -i 0.02 peer; exit 7'
check "the exit status is the command's" exits 7
check "the link loses" sh -c "! grep -q ' 0% packet loss' '$scratch/out'"
check "and not all" sh -c "! grep -q ' 100% packet loss' '$scratch/out'"
meshbench link intercontinental -- sh -c 'echo at $MESHBENCH_PEER; ping -q -c 2 -i 0.02 $MESHBENCH_PEER'
check "the other end's address is shown" prints "at 10.77.0.2"
check "a round trip takes two delays" prints "= 1[45][0-9]\."
meshbench link baseline --serve 'iperf3 -s' -- sh -c 'for i in 1 2 3 4 5 6 7 8 9; do iperf3 -t 1 -c peer && exit; sleep 0.1; done; exit 1'
check "a server runs at the other end" exits 0
meshbench link low:loss=10% -- true
check "a changed profile is fine" exits 0
check "what surprises is said" says "correlation 25 %"
meshbench link low
check "a missing command is wrong input" exits 2
meshbench link low -- /no/such/program
check "a missing program is this machine's lack" exits 3
meshbench link baseline --rule 'drop protocol=icmp from=peer every=2','repeat from=here protocol=icmp copies=2 delay=10ms' -- ping -c 10 -i 0.02 -W 1 peer
check "a rule drops one of two answers" prints "(DUP!)"
check "and it is said how often each was applied" says "rule 'repeat from=here protocol=icmp copies=2 delay=10ms' was applied to 10 packets"
meshbench link baseline --rule 'drop colour=red' -- true
check "a wrong rule is wrong input" exits 2
check "what would be right is said" says "'colour' is not known; from, to"
meshbench link baseline --engine bridge --rule drop -- true
check "an engine without rules says so" says "engine bridge has no rules; --engine wire has"
meshbench calibrate lossy-10 --engine wire --seconds 2 --json
check "calibration succeeds" exits 0
loss=$(sed -n 's/.*"loss_percent": \([0-9.]*\).*/\1/p' "$scratch/out" | tail -n 1)
check "and finds the loss that the profile says: $loss" sh -c "echo '$loss' | awk '{ exit !(\$1 > 8 && \$1 < 12) }'"
meshbench calibrate low --engine bridge
check "an engine that cannot carry it is named" says "engine bridge"
check "nothing is left behind" nothing_is_left
# Closed standard streams: the command finds all three, and none of them is a file of ours.
link_closed() { "$MESHBENCH" link baseline -- sh -c 'for fd in 0 1 2; do [ /proc/self/fd/$fd -ef /dev/null ] || exit 9; done' \
	<&- >&- 2>&-; }
check "closed standard streams become /dev/null" link_closed
finish
