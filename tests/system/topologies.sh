#!/bin/sh
# SPDX-License-Identifier: MIT
# Several topologies in one run: a tree for each, with hosts of its own.
. "$(dirname "$0")/lib.sh"

tree=$scratch/two
meshbench run "$fast" --topology uplink,uplink:home.mtu=1400,home.udp_fresh=20s --vpn none --workload ping --ping-count 2 --attempts 1 --out "$tree"
second=$tree/uplink-home.mtu-1400-home.udp_fresh-20s
check "two topologies are measured, one with two changes" exits 0
check "their time is estimated together" says '2 topologies, about'
check "each has a tree" test -f "$tree/uplink/Internal/baseline/1_laptop/ping.json" -a -f "$second/Internal/baseline/1_laptop/ping.json"
meshbench compare "$tree/uplink" "$second"
check "their figures are not compared" exits 2
check "... because hosts were elsewhere" says 'hosts of .* were in topology'
rm -r "$second"
meshbench run "$fast" --topology uplink,lan --out "$tree"
check "a folder that has such a run is not begun again" exits 2
meshbench run --resume "$tree"
check "such a run is continued where it was not begun" test -f "$second/Internal/baseline/1_laptop/ping.json"
check "... and nothing is measured again elsewhere" prints '^== Topology uplink$'
check "nothing is left behind" nothing_is_left
finish
