#!/bin/sh
# SPDX-License-Identifier: MIT
# The UDP flood by our own program: a known loss on a bare link, VPNs beyond what they carry, iperf3 in its place, and that no flood goes on
# after its time, its receiver's death or Ctrl-C.
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

meshbench run "$fast" --vpn none,nebula,yggdrasil --host lom,yuki --workload udp --profile "$scratch/lossy.yml" --out "$tree"
check "all are measured" exits 0
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
	check "a VPN over TCP, whose queues hold seconds of a flood, has one, too$way" \
		number "$tree/Yggdrasil/lossy/0_lom/udp_iperf3.json" "e['sum_received$way']['bits_per_second'] > 1e5"
done
check "datagrams are as large as the segments of TCP" number "$bare" "d['start']['test_start']['blksize'] == 1448"
check "the tree says which tool measured" number "$bare" "d['tool'] == 'meshbench'"
check "the tree is what its schema says" tree_is_sound

# Nothing gets through at first, then everything, and then no packet of that size: the flood that counts has the size that fits.
mkdir "$scratch/path"
"$SOURCE_ROOT/tests/system/flood_path.sh" "$MESHBENCH_LIBEXEC/meshbench-probe" "$scratch/path" >"$scratch/out" 2>"$scratch/err"
status=$?
of_path() { /usr/bin/python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
sent, came = d["sent"], d["came"]
sys.exit(not eval(sys.argv[2]))' "$scratch/out" "$1"; }
check "a flood over a path that changes ends" exits 0
check "it waited until a datagram was answered, and until none was refused" of_path "sent['is_open'] and 5 < sent['opening_s'] < 12"
check "its datagrams have the size that the path carries in the end" of_path "sent['bytes'] == 1400 - 52"
check "only those of that size count" of_path "sent['refused_packets'] == 0 and 0.5 * sent['sent_packets'] < came['received_packets'] <= sent['sent_packets']"
check "and none of them was cut" of_path "d['pieces'] < 0.01 * sent['sent_packets']"

tree=$scratch/iperf3
meshbench run "$fast" --vpn none --host lom,yuki --workload udp --profile baseline --udp-tool iperf3 --out "$tree"
check "iperf3 can be chosen" exits 0
check "its version is in the tree" number "$tree/Internal/baseline/0_lom/udp_iperf3.json" "d['start']['version'].startswith('iperf 3')"
check "no other tool is named" number "$tree/Internal/baseline/0_lom/udp_iperf3.json" "'tool' not in d"

tree=$scratch/ended
begun() { grep -s '"kind":"start","what":"'"$1"'"' "$tree/events.jsonl"; }
has_begun() { begun "$1" >/dev/null; }
pid_of() { begun "$1" | tail -n 1 | sed 's/.*"pid":\([0-9]*\).*/\1/'; }
start() {
	"$MESHBENCH" run "$fast" --vpn none --workload udp,ping --profile baseline --engine wire --host lom,yuki --attempts 1 --out "$tree" \
		"$@" >"$scratch/out" 2>"$scratch/err" </dev/null &
	running=$!
	await has_begun "flood from lom"
}
# No flood lasts for longer than its 3 seconds, 2 for what is under way, and 5 for a busy machine; nothing else starts meanwhile.
floods_end_in_time() {
	python3 - "$tree/events.jsonl" <<-'EOF'
		import json, sys
		flood, count = None, 0
		for event in map(json.loads, open(sys.argv[1])):
		    if event["kind"] == "end" and flood and event["pid"] == flood["pid"]:
		        print(f"# {event['what']} took {event['t'] - flood['t']:.1f} s", file=sys.stderr)
		        assert event["t"] - flood["t"] < 10
		        flood = None
		    elif event["kind"] == "start" and event["what"].startswith("flood from"):
		        assert not flood, event
		        flood, count = event, count + 1
		    elif event["kind"] == "start":
		        assert not flood, event
		assert not flood and count >= 3, count
	EOF
}
start --seconds 3
kill -KILL "$(pid_of "flood receiver on yuki")"
wait $running
status=$?
check "a flood whose receiver was killed has failed" exits 1
check "and the others are measured" prints ' (1 of 2)'
check "every flood ends in time, and nothing is measured next to one" floods_end_in_time

tree=$scratch/interrupted
start --seconds 60
kill -INT $running
wait $running
check "nobody floods on after Ctrl-C, and nothing is left behind" nothing_is_left
finish
