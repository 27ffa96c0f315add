#!/bin/sh
# SPDX-License-Identifier: MIT
# Several topologies in one run: a tree for each, with hosts of its own.
. "$(dirname "$0")/lib.sh"

tree=$scratch/two
second=$tree/uplink-home.mtu-1400-home.udp_fresh-20s
mkdir -p "$second"
echo mine >"$second/notes"
meshbench run "$fast" --topology uplink,uplink:home.mtu=1400,home.udp_fresh=20s --vpn none --workload ping --ping-count 2 --attempts 1 --out "$tree"
check "a folder of others in place of the second tree ends the run" exits 2
check "the time of both is estimated together" says '2 topologies, about'
check "the first has a tree" test -f "$tree/uplink/Internal/baseline/1_laptop/ping.json"
rm -r "$second"
meshbench report "$tree"
check "a report says which tree is not there yet" prints "^$second: nothing was measured there yet$"
meshbench run "$fast" --topology uplink,lan --out "$tree"
check "a folder that has such a run is not begun again" exits 2
meshbench run --resume "$tree"
check "such a run is continued" exits 0
check "... where nothing was measured yet" test -f "$second/Internal/baseline/1_laptop/ping.json"
meshbench report "$tree"
check "a report of both says what was asked, and where each tree is" prints "meshbench report $second"
meshbench report "$tree" --json
check "... and is of one tree only in other formats" exits 2
cp "$tree/plan.json" "$tree/uplink/"
meshbench report "$tree/uplink" --markdown
check "a plan of a user's in a tree does not make it several" exits 0
meshbench compare "$tree/uplink" "$second"
check "figures of two topologies are not compared" exits 2
check "... because hosts were elsewhere" says 'hosts of .* were in topology'
check "nothing is left behind" nothing_is_left
finish
