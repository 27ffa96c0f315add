#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that fail in the middle of a run, through a whole run: the cell ends with a cause, and the next one is measured. Then
# surroundings that no run should meet: closed streams, a tree that goes, and state that does not want to.
. "$(dirname "$0")/lib.sh"

# iperf3 as it is, but for the first link, where a server or a client does this first; shell, with "$real" for the program
# and "$port" for what follows -p.
iperf3_with() { # AS-SERVER AS-CLIENT
	instead iperf3 "real=$(command -v iperf3)
		role= port= word=
		for argument; do
			[ \"\$word\" = -p ] && port=\$argument
			case \$argument in -s) role=server ;; -c) role=client ;; esac
			word=\$argument
		done
		case \$role:\$port in
		server:520[12]) $1 ;;
		client:520[12]) $2 ;;
		esac
		exec \"\$real\" \"\$@\""
}
sed -i 's/^attempts:.*/attempts: 1/' "$fast"
tree=$scratch/tree
cell_has() { grep -qE -e "$2" "$tree/Internal/baseline/$1/tcp_iperf3.json"; }
judge() { # WHAT CAUSE EVIDENCE
	rm -rf "$tree"
	meshbench_instead run "$fast" --vpn none --workload tcp --out "$tree"
	check "$1: the run is incomplete" exits 1
	check "$1: the cause is $2" cell_has 0_lom "\"cause\": ?\"$2\""
	check "$1: the evidence says it" cell_has 0_lom "\"evidence\": ?\".*$3"
	check "$1: the next cell is measured" cell_has 1_yuki '"status": ?"success"'
	check "$1: the tree is what its schema says" tree_is_sound
	check "$1: nothing is left behind" nothing_is_left
}

# shellcheck disable=SC2016 # for the shell of the program
iperf3_with '"$real" -s -1 -p "$port" >/dev/null & sleep 0.3' :
judge "a port in use" tool '[Aa]ddress already in use'

# shellcheck disable=SC2016
iperf3_with : '(sleep 0.5; kill -9 $$) &'
judge "a client that dies" tool 'signal 9'

# shellcheck disable=SC2016
iperf3_with 'exec python3 -c "
import socket, sys, time
server = socket.create_server((str(), int(sys.argv[1])))
print(str().join([chr(45)] * 60), flush=True)
print(\"Server listening on\", sys.argv[1], flush=True)
time.sleep(100)" "$port"' :
judge "a server that never answers" timeout .

# What the first connection says comes after the second, as where packets overtake each other.
# shellcheck disable=SC2016
iperf3_with 'nft "add table inet t; add chain inet t in { type filter hook input priority 0; }"
	nft add rule inet t in tcp sport 6000 tcp flags \& syn == 0 quota until 200 bytes drop' '[ "$port" = 5202 ] || set -- "$@" --cport 6000'
judge_overtaken() { # CLIENTS EXIT-STATUS CAUSE
	rm -rf "$tree"
	meshbench_instead run "$fast" --vpn none --workload tcp --host lom,yuki --tcp-clients "$1" --out "$tree"
	check "overtaken, clients: $1: the run ends with $2" exits "$2"
	check "overtaken, clients: $1: the cause is $3" cell_has 0_lom "\"cause\": ?\"$3\""
}
judge_overtaken one 1 tool
check "overtaken, clients: one: it is not blamed on the VPN" cell_has 0_lom 'iperf3 confused its two connections'
judge_overtaken two 0 success
check "overtaken, clients: two: the form is that of one" cell_has 0_lom '"sum_received_bidir_reverse"'
check "overtaken: the tree is what its schema says" tree_is_sound

# A client that is gone cannot wait for what it left in a queue of three seconds; the next cell must not meet it.
cat >"$scratch/slow.yml" <<'EOF'
name: slow
folder: slow
title: A slow path with a long queue
model: calibrated
bottleneck_rate: 1mbit
bottleneck_buffer: 400kb
EOF
sed -i 's/^hosts:.*/hosts: [lom, yuki]/' "$fast"
# shellcheck disable=SC2016
iperf3_with : '(sleep 0.8; kill -9 $$) &'
meshbench_instead run "$fast" --vpn none --workload udp --udp-tool iperf3 --profile "$scratch/slow.yml" --out "$scratch/queue"
check "the queue that a flood left drains before anything else is measured" \
	says 'what udp left in queues let pings through again after [2-9] s'
check "nothing is left behind" nothing_is_left

# Neither closed standard streams nor a TMPDIR that hosts do not have: what is printed goes nowhere, and iperf3 finds a place.
tree=$scratch/closed
sed -i 's/^hosts:.*/hosts: [lom, yuki]/' "$fast"
TMPDIR=$scratch/nowhere "$MESHBENCH" run "$fast" --vpn none --workload tcp --out "$tree" <&- >&- 2>&-
status=$?
check "a run without standard streams and with a TMPDIR of its user's own succeeds" exits 0
check "what it would have printed is in none of its files" /usr/bin/python3 -c '
import json, sys
for line in open(sys.argv[1]):
    json.loads(line)["kind"]' "$tree/events.jsonl"
check "its tree is what its schema says" tree_is_sound

# A tree that goes while it is written.
has_cell() { test -e "$tree/Internal/baseline/0_lom/ping.json"; }
without_tree() { # WHAT-HAPPENS: to the tree after its first cell
	tree=$scratch/vanishing
	"$MESHBENCH" run "$fast" --vpn none --workload ping --out "$tree" >"$scratch/out" 2>"$scratch/err" </dev/null &
	running=$!
	await has_cell
	kill -STOP $running
	"$@"
	kill -CONT $running
	wait $running
	status=$?
}
without_tree rm -rf "$scratch/vanishing"
check "a run whose tree was removed ends with an error" exits 1
check "and says what happened" says 'the folder of the results was removed'
check "it does not begin a second tree there" test ! -e "$tree"
without_tree mv "$scratch/vanishing" "$scratch/moved"
check "a run whose tree was moved goes on" exits 0
check "and says that it is somewhere else" says 'was moved to .*moved while meshbench ran'
tree=$scratch/moved
check "the moved tree is whole" tree_is_sound
check "with what was measured afterwards" test -s "$tree/Internal/baseline/1_yuki/ping.json"

# Deep folders, a link that leads out and, where the kernel lets it, a file that cannot be changed; with few descriptors.
tree=$scratch/burrows
(
	ulimit -n 256
	meshbench run "$fast" --vpn "$SOURCE_ROOT/tests/system/drivers/burrows" --profile baseline,unshaped --workload ping --out "$tree"
	exit $status
)
status=$?
check "a VPN that digs in is measured, under a second profile as well" exits 0
check "nothing of what it dug stays" nothing_is_left

# Only root can make a file immutable, and not on every file system; an ordinary user is not asked.
mkdir -p "$tree/General/state" && touch "$tree/General/state/stone"
if chattr +i "$tree/General/state/stone" 2>/dev/null; then
	meshbench run --resume "$tree"
	check "a file that cannot be removed is named, with the way out" says "remove what an earlier run left: .*'stone' in it may not be changed.*chattr -R -i"
	check "and nothing is measured" exits 1
	cp -r "$tree" "$scratch/copied"
	chattr -i "$tree/General/state/stone"
	tree=$scratch/copied
elif [ "$(id -u)" = 0 ]; then
	skip "a file that cannot be removed is named, with the way out" "no file of this file system can be immutable"
fi
meshbench run --resume "$tree" --vpn "$SOURCE_ROOT/tests/system/drivers/burrows"
check "the tree, or a copy of it elsewhere, can be resumed" exits 0
check "and what was in the way is gone" test ! -e "$tree/General/state"
# A program that reads a file of 60 MB in a control group of 20 MB waits for memory most of the time, and the kernel counts that.
# Ending it is left to `timeout`, whose child dies with it.
group=
make_group() {
	for folder in /sys/fs/cgroup/memory /sys/fs/cgroup; do
		group=$folder/meshbench-test.$$
		mkdir "$group" 2>/dev/null || continue
		echo 20M 2>/dev/null >"$group/memory.limit_in_bytes" || echo 20M 2>/dev/null >"$group/memory.max" || { rmdir "$group"; continue; }
		return 0
	done
	return 1
}
waits_for_memory() { [ "$(sed -n 's/^some .*total=//p' /proc/pressure/memory)" -gt "$before" ]; }
if [ "$(id -u)" = 0 ] && before=$(sed -n 's/^some .*total=//p' /proc/pressure/memory 2>/dev/null) && [ -n "$before" ] && make_group; then
	cat >"$scratch/thrash" <<-END
		import mmap, random
		open("/proc/self/oom_score_adj", "w").write("1000")
		with open("$scratch/big", "wb") as file:
		    for _ in range(60):
		        file.write(bytes(1 << 20))
		with open("$scratch/big", "rb") as file:
		    seen = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
		    while True:
		        seen[random.randrange(len(seen) // 4096) * 4096]
	END
	# shellcheck disable=SC2016
	sh -c 'echo $$ >"$1/cgroup.procs" && exec timeout 120 /usr/bin/python3 "$2"' sh "$group" "$scratch/thrash" &
	thrash=$!
	await waits_for_memory
	tree=$scratch/memory
	meshbench run "$fast" --vpn none --workload ping --profile baseline --attempts 1 --out "$tree"
	kill $thrash
	wait $thrash 2>/dev/null
	check "a cell next to a program that waits for memory is marked" \
		grep -q '"reason": *"programs waited for memory in ' "$tree/Internal/baseline/0_lom/ping.json"
	check "and the summary says so" prints 'programs waited for memory in'
	await rmdir "$group"
elif [ "$(id -u)" = 0 ]; then
	skip "a cell next to a program that waits for memory is marked" "no control group with a limit of memory, or no account of what waits"
fi
check "nothing is left behind in the end" nothing_is_left
finish
