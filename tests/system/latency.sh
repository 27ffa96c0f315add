#!/bin/sh
# SPDX-License-Identifier: MIT
# load_latency and reorder on links whose answer is known. Bounds: a packet's way takes the profile's delay and at most
# 5 ms of this machine's own at the median; losses lie within five standard deviations of the binomial law.
. "$(dirname "$0")/lib.sh"

two=$scratch/two.yml
sed -e 's/^hosts:.*/hosts: [lom, yuki]/' -e 's/^seconds:.*/seconds: 2/' -e 's/^attempts:.*/attempts: 2/' \
	"$SOURCE_ROOT/plans/quick.yml" >"$two"

# holds EXPRESSION: of the result in $cell, in Python, where stage(name) and lost(name) are at hand.
holds() {
	/usr/bin/python3 - "$cell" "$1" <<'END' >&2
import json, math, sys
result = json.load(open(sys.argv[1]))
data = result["data"]
def stage(name):
    return next(s for s in data["stages"] if s["stage"] == name)
def ways(s):
    return [s[path][way] for path in ("tunnel", "wire") for way in ("there", "back")]
def idle_ms():
    return [w["delay_us"]["p50"] / 1e3 for w in ways(stage("idle"))]
def losses():
    return sum(w["lost_packets"] for s in data["stages"] for w in ways(s))
def sent():
    return sum(w["sent_packets"] for s in data["stages"] for w in ways(s))
def fullest_ms():
    ends = [("up", "there"), ("down", "back"), ("both", "there"), ("both", "back")]
    return max(stage(s)["tunnel"][way]["delay_us"]["p90"] / 1e3 for s, way in ends) - min(idle_ms())
def late_ms():
    return result["meta"]["wire"]["release_error_us"]["p99"] / 1e3
def is_binomial(k, n, p):
    return abs(k - n * p) <= 5 * math.sqrt(n * p * (1 - p))
value = eval(sys.argv[2])
print("#", sys.argv[2])
if not value and "stages" in data:
    print(f"# idle {idle_ms()} ms, fullest queue {fullest_ms():.1f} ms, wire late by {late_ms():.1f} ms, {losses()} of {sent()} lost")
sys.exit(not value)
END
}
# Streams slow enough for machines with other things to do: a starved wire loses packets before it sees them.
slow='[s for s in data["streams"] if s["packets_per_second"] < 2000]'
cell_of() { cell=$(echo "$tree"/Internal/*/0_lom/"$1".json); }

# 20 ms one way, and 1 % lost in every direction, of the tunnel as of the wire outside it.
tree=$scratch/lossy
meshbench run "$two" --vpn none --workload load_latency,reorder --out "$tree" \
	--profile 'baseline:model=calibrated,rate=100mbit,delay=20ms,loss=1%'
check "a link of 100 Mbit/s, 20 ms and 1 % loss is measured" exits 0
check "the tree is what its schema says" tree_is_sound
cell_of load_latency
check "idle, every way takes 20 ms" holds 'all(20 <= d <= 25 for d in idle_ms())'
check "1 % of the probes is lost" holds 'is_binomial(losses(), sent(), 0.01) and sent() == 6400'
check "a round trip is 40 ms, so there are less than 1500 a minute" \
	holds '1200 <= stage("idle")["rpm"] <= 1500'
check "without a VPN none of the added delay is the VPN's" \
	holds 'all(abs(a["vpn_ms"]) < 2 for a in stage("both")["added"].values())'
check "the instrument takes less than 5 % of a core" holds 'max(data["instrument"].values()) < 5'
cell_of reorder
check "the packets in the log of the wire are the probes" \
	holds "all(s['outer']['sent_packets'] == s['tunnel']['sent_packets'] for s in $slow)"
check "what was lost was lost on the wire" \
	holds "all(s['losses']['on_wire_packets'] == s['tunnel']['lost_packets'] for s in $slow)"
check "nothing is laid at the VPN's door" \
	holds "all(abs(s['added'][k]) < 1e-3 for s in $slow for k in ('loss_percent', 'reordered_percent'))"
check "nothing that fits on the line was left out" holds 'len(data["skipped"]) == 1'

# 150 kB are 12.2 ms of 100 Mbit/s: what a full queue adds. TCP has to keep it full for a tenth of a stage's time in one
# stage at least: from 70 % of that on, and up to 5 ms of this machine's own beyond and the lateness of the wire,
# which knows it.
tree=$scratch/buffer
meshbench run "$two" --vpn none --workload load_latency --out "$tree" \
	--profile 'baseline:model=calibrated,rate=100mbit,delay=5ms,line_buffer=150000'
check "a link of 100 Mbit/s with a buffer of 12 ms is measured" exits 0
cell_of load_latency
check "TCP fills the link" holds 'stage("up")["load_there_bps"] > 60e6 and stage("down")["load_back_bps"] > 60e6'
check "under load the added delay is the buffer's" \
	holds '8.5 <= fullest_ms() <= 17.2 + late_ms()'
check "the other direction has no queue" holds 'stage("up")["added"]["back"]["tunnel_ms"] < 3'
check "the queue is on the wire" holds 'abs(stage("up")["added"]["there"]["vpn_ms"]) < 2'
check "nothing is left behind" nothing_is_left
finish
