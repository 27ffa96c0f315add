#!/bin/sh
# SPDX-License-Identifier: MIT
# What QUIC and the rate search find on a link whose answer is known, and when datagrams do not fit.
. "$(dirname "$0")/lib.sh"

# within FILE POINTER LOW HIGH: the number in `data` lies between.
within() {
	python3 - "$tree" "$@" <<-'EOF'
		import glob, json, sys
		root, name, pointer, low, high = sys.argv[1:]
		files = glob.glob(f"{glob.escape(root)}/Internal/*/0_lom/{name}")
		value = json.load(open(files[0]))["data"]
		for key in pointer.split("/"):
		    value = value[int(key) if key.isdigit() else key]
		print(f"{pointer} is {value}", file=sys.stderr)
		sys.exit(not float(low) <= value <= float(high))
	EOF
}

cat >"$scratch/plan.yml" <<'EOF'
title: Known answers
hosts: [lom, yuki]
vpns: [none]
workloads: [quic, rate]
profiles: ["unshaped:rate=100mbit,model=calibrated,delay=20ms,loss=1%"]
engine: wire
congestion: reno
seconds: 4
attempts: 1
EOF

tree=$scratch/tree
meshbench run "$scratch/plan.yml" --out "$tree"
check "a link of 100 Mbit/s, 20 ms and 1 % loss is measured" exits 0
check "the tree is what its schema says" tree_is_sound
# Not less; how much more, a busy machine decides.
check "the handshake takes the round trip of 40 ms" within qperf.json conn_time_ms/min 40 400
check "the first byte takes another one" within qperf.json ttfb_ms/min 80 600
# Reno under loss p: sqrt(3 / 2p) datagrams of 1416 bytes a round trip; 3.47 Mbit/s a connection for 1 % and 40 ms. In
# four seconds it depends on when the first packet is lost, until which the rate doubles.
cores=$(getconf _NPROCESSORS_ONLN)
check "one connection per core carries what Reno does" within qperf.json total_bandwidth_mbps/average \
	"$(echo "$cores" | awk '{print $1 * 1.9}')" "$(echo "$cores" | awk '{print $1 * 8}')"
check "and likewise the other way" within qperf.json upload_bandwidth_mbps/average \
	"$(echo "$cores" | awk '{print $1 * 1.9}')" "$(echo "$cores" | awk '{print $1 * 8}')"
check "the senders count the loss" within qperf.json lost_percent 0.5 1.8
check "datagrams have grown to the MTU" within qperf.json datagram_bytes 1444 1444
check "the plan's congestion control was QUIC's" grep -q '"congestion": "reno"' "$tree"/Internal/*/0_lom/qperf.json
check "datagrams of 1280 bytes would do" grep -q '"datagram_of_1280": "arrived"' "$tree"/Internal/*/0_lom/qperf.json
check "the MTU is found" within rate.json mtu_bytes 1500 1500
# A line carries 1472 bytes of payload in 1538, of which 1 % is lost: 94.7. A busy machine may not come to it.
check "the rate at the MTU is that of the line" within rate.json sizes/2/payload_mbps 40 97
check "small packets are not faster than the line" within rate.json sizes/0/packets_per_s 2000 97000
# 14 bytes of Ethernet, 28 of IP and UDP, and what is said in addition.
check "a packet carries its headers and little else" within rate.json sizes/0/overhead_bytes_per_packet 42 44
check "its share of a byte follows from the size" within rate.json sizes/0/overhead_bytes_per_payload_byte 0.65 0.69
meshbench report "$tree" --json
check "the report has the QUIC figures" prints '"qperf"'
check "nothing is left behind" nothing_is_left
finish
