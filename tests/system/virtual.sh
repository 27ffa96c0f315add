#!/bin/sh
# SPDX-License-Identifier: MIT
# A lab in a machine whose clock counts instructions: same seed, same bits, whatever else this machine does.
. "$(dirname "$0")/lib.sh"

cat >"$scratch/plan.yml" <<-EOF2
	title: For virtual time
	hosts: [lom, yuki]
	vpns: [none, wireguard]
	workloads: [ping]
	profiles: [low]
	engine: netem
	ping_count: 5
	ping_runs: 1
EOF2
cd "$scratch" || exit 1

# Two repetitions are two guests, as many at once as there are processors: here two, if this machine has them.
meshbench run ./plan.yml --vpn wireguard --repeat 2 --virtual --out "$scratch/first/tree"
check "a run in virtual time ends as one in real time does" exits 0
check "it says what kind of machine measures" says '1000 million instructions a second, Linux '
check "repetitions have a guest each" says '^meshbench: 2 repetitions, each in a guest of its own .* side by side$'
check "and lines of their own" says '^repetition 2:  *2/2  wireguard, low: ping'
check "all of them are in the tree" test -s first/tree/Wireguard/low_impairment/0_lom/ping.json -a -s first/tree/Wireguard/low_impairment/0_lom/repetitions/1/ping.json
check "and have packets of their own" sh -c "! cmp -s first/tree/Wireguard/low_impairment/0_lom/samples/ping.json first/tree/Wireguard/low_impairment/0_lom/repetitions/1/samples/ping.json"
check "its summary is here, and a report of its tree" prints 'Report: *'"$scratch"'/first/tree/report.html'
tree=$scratch/first/tree
check "the tree is sound" tree_is_sound
place() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["place"][sys.argv[2]])' "$tree/environment.json" "$1"; }
check "the tree says where it was measured" test "$(place kind) $(place mips)" = "virtual 1000"
check "and what the guest was made of" test "$(place seed)" = 1 -a "$(place guest_sha256 | wc -c)" = 65 -a -n "$(place kernel)$(place qemu)$(place not_modelled)"
meshbench report "$tree" --markdown
check "the report says it" prints 'Measured in virtual time, on one processor of 1000 million'

# One after the other on one processor, next to two busy loops, which would move every figure of real time, and with QEMU awake at any time.
for _ in 1 2; do (while :; do :; done) & loops="${loops:-} $!"; done
"$SOURCE_ROOT/tests/system/disturb" &
loops="$loops $!"
processors=$(taskset -cp $$ | sed 's/.*: //')
taskset -cp "${processors##*[,-]}" $$ >/dev/null
meshbench run ./plan.yml --vpn wireguard --repeat 2 --virtual --out "$scratch/second/tree"
taskset -cp "$processors" $$ >/dev/null
# shellcheck disable=SC2086 # three numbers
kill $loops
check "they ran one after the other" says ', 1 side by side$'
check "the same command measures the same to the last bit, one after the other on a busy machine, too" diff -rq "$scratch/first" "$scratch/second"
# begins ARGUMENT...: in the background; until_it_says TEXT; then ends, with its status.
begins() {
	mkfifo said
	"$MESHBENCH" "$@" >"$scratch/out" 2>said </dev/null &
	run=$!
	exec 3<said
	rm said "$scratch/err"
}
until_it_says() {
	while IFS= read -r line <&3; do
		printf '%s\n' "$line" >>"$scratch/err"
		case $line in *"$1"*) return ;; esac
	done
}
ends() {
	cat <&3 >>"$scratch/err"
	exec 3<&-
	wait $run 2>/dev/null
	status=$?
}
# Ctrl-C when the first cell is there: on one processor, so that the second repetition has not begun.
taskset -cp "${processors##*[,-]}" $$ >/dev/null
begins run ./plan.yml --vpn wireguard --repeat 2 --virtual=cpu=500mips --seed 2 --out "$scratch/cut"
taskset -cp "$processors" $$ >/dev/null
until_it_says ' 1/2 '
kill -INT $run
ends
check "Ctrl-C ends the run inside" exits 1
check "and keeps what it measured" sh -c "find cut -name ping.json | grep -q ."
check "the way to go on is named" says 'continue with: meshbench run --resume'
meshbench run --resume "$scratch/cut"
check "--resume boots such a machine again and measures the rest" exits 0
check "all of it" test -s cut/Wireguard/low_impairment/1_yuki/ping.json -a -s cut/Wireguard/low_impairment/1_yuki/repetitions/1/ping.json
check "another seed is another network" sh -c "! cmp -s first/tree/Wireguard/low_impairment/0_lom/ping.json cut/Wireguard/low_impairment/0_lom/ping.json"
meshbench compare "$scratch/first/tree" "$scratch/cut"
check "what two kinds of machine measured is not compared" says 'of 1000 million .*of 500 million .*cannot be compared'
check "and that is the user's mistake" exits 2

# At 125 million instructions a second a processor carries less than the line.
meshbench run ./plan.yml --vpn none --workload tcp --seconds 0.3 --profile baseline:rate=100mbit --virtual=cpu=125mips,1000mips --out speeds
check "one run at several speeds of the processor" exits 0
check "shows the fastest first, and where the processor limits" prints '^none .* at 125 MIPS and slower$'
check "and makes a tree of each" test -f speeds/1000mips/environment.json -a -f speeds/125mips/environment.json

# Two guests side by side. The slower one goes through the same shim as the other, so that they differ in nothing else.
meshbench ab none none --workload ping --ping-count 2 --ping-runs 1 --repeat 5 --virtual --out aa --history history
check "a version is not worse than itself" exits 0
check "the history has what the guests measured, in their time" grep -q '"place":"virtual time, .*"key":"ping"' history
check "and does not differ from itself by a bit" diff -r aa/old-1 aa/new-1
# A guest takes longer to make a key pair than to measure, so they share one that is made here.
tincd=$(PATH=$PATH:/usr/sbin command -v tincd)
mkdir -p keys/hosts
echo Name = one >keys/tinc.conf
"$tincd" --config="$scratch/keys" --generate-keys </dev/null 2>"$scratch/err"
for side in 0 20; do
	mkdir slower-$side
	cp "$SLOWER" slower-$side/slower.so
	cp "$tincd" slower-$side/tincd.real
	cp keys/rsa_key.priv slower-$side/
	cp keys/hosts/one slower-$side/rsa_key.pub
	cat >slower-$side/tincd <<-EOF2
		#!/bin/sh
		folder=\${1#--config=}
		case \$* in *--generate-keys*)
			install -m 600 /programs/rsa_key.priv "\$folder/rsa_key.priv"
			exec cat /programs/rsa_key.pub >>"\$folder/hosts/\$(sed -n 's/^Name = //p' "\$folder/tinc.conf")" ;;
		esac
		export LD_PRELOAD=/programs/slower.so SLOWER_PERCENT=$side
		exec /programs/tincd.real "\$@"
	EOF2
	chmod 755 slower-$side/*
done
# tinc looks for the MTU in its first seconds, which pings let pass.
meshbench ab slower-0 slower-20 --vpn tinc --workload ping,tcp --ping-count 25 --seconds 0.5 --profile baseline:rate=8mbit --repeat 5 --virtual --out ab
# Chance differs with every byte of the programs in the guest, so the test asks for a difference that stands out in any case.
check "a fifth more work for each packet is worse" exits 1
check "by what the processor does for the payload" prints 'one_core_mbps .* worse$'
check "both trees are there, with the verdict" test -f ab/ab.json -a -f ab/old-1/Tinc@system/layout.json -a -f ab/new-1/Tinc@system/layout.json
meshbench ab none none --virtual --out aa
check "a folder with the results of another comparison is refused" exits 2
meshbench ab none none --workload video --virtual --out "$scratch/none"
check "a comparison of nothing but what makes no sense there is refused" exits 3

# Killed while the guest runs, which need not have booted to outlive us: its end is checked below.
has_guest() {
	for pid in $(survivors); do
		grep -q '^qemu-system' "/proc/$pid/comm" 2>/dev/null && return
	done
	return 1
}
begins run ./plan.yml --virtual --out "$scratch/killed"
check "a killed run was one whose guest had begun" await has_guest
kill -KILL $run
ends

meshbench run ./plan.yml --virtual=cpu=700mips --out "$scratch/none"
check "a processor that cannot be is refused" says 'cpu=700mips: .*1000mips, 500mips'
check "as wrong input" exits 2
meshbench run ./plan.yml --virtual=kernel=1.0 --out "$scratch/none"
check "a kernel that is not here is refused with those that are" says 'kernel=1.0 is not here; here are: '
mkdir -p kernels/boot kernels/lib/modules/9-fake
touch kernels/boot/vmlinuz-9-fake kernels/lib/modules/9-fake/modules.builtin
printf 'kernel/net/%s.ko:\n' veth tun bridge sch_tbf >kernels/lib/modules/9-fake/modules.dep
MESHBENCH_KERNELS=$scratch/kernels meshbench run ./plan.yml --virtual --out "$scratch/none"
check "a kernel without what the engine needs is refused before it boots" says 'Linux 9-fake has no module sch_netem'
check "as what this machine lacks" exits 3
cp -r "$SOURCE_ROOT/tests/system/drivers/second" "$scratch/"
truncate -s 200M "$scratch/second/file"
meshbench run ./plan.yml --vpn ./second --virtual=memory=512m --out "$scratch/none"
check "a machine too small for its files is refused before it boots" says 'memory=512m is too small'
meshbench run ./plan.yml --virtual --workload video --out "$scratch/none"
check "a workload without sense there is left out with the reason" says 'video is left out in virtual time: '
check "and nothing else is left to do" exits 3
# One that only says that it has begun, and ends well when Ctrl-C reaches it.
instead qemu-system-x86_64 'case $1 in --version) echo QEMU 0; exit ;; esac
for word; do case $word in *,id=cons,path=*) console=${word#*path=} ;; *,id=erro,path=*) errors=${word#*path=} ;; esac; done
echo begun >$errors.out
read -r byte <$errors.in
echo meshbench-guest: ended with 0 >$console'
taskset -cp "${processors##*[,-]}" $$ >/dev/null
saved=$PATH PATH=$scratch/instead:$PATH
begins run ./plan.yml --repeat 2 --virtual --out "$scratch/left"
PATH=$saved
taskset -cp "$processors" $$ >/dev/null
until_it_says begun
kill -INT $run
ends
check "a repetition that Ctrl-C left out is missing, although the one before ended well" exits 1
instead qemu-system-x86_64 'case $1 in --version) echo QEMU 0;; *) exit 7;; esac'
meshbench_instead run ./plan.yml --virtual --out "$scratch/none"
check "a QEMU that does not start is named" says 'guest did not start: .*exited with 7'
check "nothing is left behind" nothing_is_left
finish
