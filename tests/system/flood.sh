#!/bin/sh
# SPDX-License-Identifier: MIT
# The UDP flood by our own program: a known loss on a bare link, a VPN beyond what it carries, and iperf3 in its place.
. "$(dirname "$0")/lib.sh"

tree=$scratch/tree
cat >"$scratch/lossy.yml" <<-END
	name: lossy
	folder: lossy
	title: One in twenty is lost
	source: a known answer
	model: calibrated
	line_rate: 100mbit
	loss: 5%
END

# number FILE EXPRESSION: whether the Python expression is true of the document d and its end e.
number() {
	/usr/bin/python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))["data"]
e = d["end"]
sys.exit(not eval(sys.argv[2]))' "$1" "$2"
}

meshbench run "$fast" --vpn none,nebula --workload udp --profile "$scratch/lossy.yml" --out "$tree"
check "both are measured" exits 0
for way in "" _bidir_reverse; do
	bare=$tree/Internal/lossy/0_lom/udp_iperf3.json
	check "one in twenty of what was sent over the bare link is lost$way" \
		number "$bare" "4 < e['sum_received$way']['lost_percent'] < 6"
	check "what was sent is what arrived and what was lost$way" \
		number "$bare" "e['sum_sent$way']['bytes'] - e['sum_received$way']['bytes'] == e['sum_received$way']['lost_packets'] * d['start']['test_start']['blksize']"
	check "the line carries its rate less headers and loss$way" \
		number "$bare" "85e6 < e['sum_received$way']['bits_per_second'] < 95e6"
	check "a VPN has a figure$way" \
		number "$tree/Nebula/lossy/0_lom/udp_iperf3.json" "e['sum_received$way']['bits_per_second'] > 1e6"
done
check "datagrams are as large as the segments of TCP" number "$bare" "d['start']['test_start']['blksize'] == 1448"
check "the tree says which tool measured" number "$bare" "d['tool'] == 'meshbench'"
check "the tree is what its schema says" tree_is_sound

tree=$scratch/iperf3
meshbench run "$fast" --vpn none --workload udp --profile baseline --udp-tool iperf3 --out "$tree"
check "iperf3 can be chosen" exits 0
check "its version is in the tree" number "$tree/Internal/baseline/0_lom/udp_iperf3.json" "d['start']['version'].startswith('iperf 3')"
check "no other tool is named" number "$tree/Internal/baseline/0_lom/udp_iperf3.json" "'tool' not in d"
check "nothing is left behind" nothing_is_left
finish
