#!/bin/sh
# SPDX-License-Identifier: MIT
# What wrong words and files get: the place, the reason, exit 2, and nothing started.
. "$(dirname "$0")/lib.sh"

tree="$scratch/tree"
refused() { exits 2 && says "$1" && [ ! -e "$tree" ]; }

meshbench
check "no command is wrong input" exits 2
meshbench frobnicate
check "an unknown command is named" refused "unknown command 'frobnicate'"
meshbench rum
check "a command that was misspelt is guessed" refused "unknown command 'rum'; did you mean 'run'?"
meshbench run --workload pingg --out "$tree"
check "and a workload" refused "unknown workload 'pingg'; did you mean 'ping'?"
meshbench shell yuky
check "and a host" refused "unknown host 'yuky'; did you mean 'yuki'?"
meshbench help frobnicate
check "help on an unknown command names it" refused "unknown command 'frobnicate'"
meshbench help compare
check "help on a command is its --help" exits 0
check "and explains it" prints 'Usage: meshbench compare BEFORE AFTER'
script -qec "stty cols 60; '$MESHBENCH' run --help; '$MESHBENCH' rum" /dev/null </dev/null | tr -d '\r' >"$scratch/out"
check "on a terminal no line is wider than it" sh -c "grep -q 'churn-seconds' '$scratch/out' && ! grep -q '.\{61\}' '$scratch/out'"
meshbench run --frobnicate
check "an unknown option is named" refused "unknown option '--frobnicate'"
meshbench run --seconds never --out "$tree"
check "seconds that are not a number are refused" refused "'never'"
meshbench run --repeat 0 --out "$tree"
check "zero repetitions are refused" refused "--repeat"
meshbench run --vpn nosuch --out "$tree"
check "an unknown VPN is named" refused "nosuch"
meshbench run --workload nosuch --out "$tree"
check "an unknown workload is named" refused "nosuch"
meshbench run --profile nosuch --out "$tree"
check "an unknown profile is named" refused "nosuch"
meshbench run --profile baseline:colour=red --out "$tree"
check "an unknown change of a profile is named" refused "colour"
meshbench run --vpn none,none --out "$tree"
check "a VPN named twice is refused" refused "twice"
meshbench run --cpus 0 --out "$tree"
check "a host without a processor is refused" refused "'0' is not a number of processors of a host: use 1 to 1024, or all"
meshbench run --cpus 1,1 --out "$tree"
check "a number of processors named twice is refused" refused "cpus '1' is listed twice"
meshbench run --cpus 1,1024 --vpn none --out "$tree"
check "more processors than there are: this machine cannot" exits 3
check "and the error says how many it has" says "give each host 1024 processors: meshbench may use only [0-9]* of this machine"
meshbench run --virtual --cpus 1 --out "$tree"
check "a guest has no processors to share out" refused "a guest has one processor for all hosts"
meshbench ab none none --cpus 1,all --out "$tree"
check "ab takes one number of processors" refused "2 numbers of processors are given"
printf 'workloads: [tcp]\ncpus: [1, 0]\n' >"$scratch/cpus.yml"
meshbench check "$scratch/cpus.yml"
check "a wrong number of processors is refused at its place" refused "cpus.yml:2:11: '0'"
meshbench run --topology pair,nosuch --out "$tree"
check "an unknown topology among several is named" refused "'nosuch'"
meshbench run --topology pair,pair --out "$tree"
check "a topology named twice is refused" refused "topology 'pair' is listed twice"
meshbench run --topology pair:left.nat=linux,pair:left-nat=linux --out "$tree"
check "a wrong change of one of them is refused" refused "'left-nat=linux' is not SITE.KEY=VALUE"
meshbench run --topology pair,lan --vpn none --workload ping --out "$tree"
check "a VPN that cannot work in one of them is refused for that one" refused 'topology pair: none: packets without a VPN'
meshbench run --topology pair,lan --host a,b --out "$tree"
check "hosts are named by each topology" refused 'topology pair has hosts of its own'
printf 'title: T\nsites:\n  a: { hosts: [x] }\n  b: { hosts: [y] }\n' >"$scratch/private.yml"
meshbench run --topology "$scratch/private.yml" --vpn nebula --workload ping --out "$tree"
check "a lighthouse without a public host is refused" refused 'nebula needs a host that all others can reach'
meshbench run --topology ipv6 --vpn nebula --workload ping --out "$tree"
check "so is a driver that cannot write IPv6 addresses, where hosts have no others" refused 'nebula: its driver writes IPv4 addresses'
meshbench shell home --topology home-office
check "a router has no shell" refused "'home' is a router of topology home-office, which is a part of the wire; its hosts are alice"
meshbench run --virtual --topology pair,lan --out "$tree"
check "a guest has one topology" refused '2 topologies are given; a guest has one'
meshbench ab none none --plan quick --topology pair,lan --out "$tree"
check "ab compares in one topology" refused '2 topologies are given; ab compares in one'
meshbench run --tuning nosuch --out "$tree"
check "an unknown tuning is named" refused "'nosuch'"
meshbench run --tuning bbr,bbr --out "$tree"
check "a tuning named twice is refused" refused "twice"
printf 'title: T\nsysctls:\n  - { set: kernel.panic=1 }\n' >"$scratch/t.yml"
meshbench check "$scratch/t.yml"
check "a tuning of the machine instead of a host is refused at its place" refused "t.yml:3:5: 'kernel.panic'"
sed 's/^name: .*/name: copied/' "$SOURCE_ROOT/profiles/dsl.yml" >"$scratch/copied.yml"
meshbench run --profile "dsl,$scratch/copied.yml" --vpn none --out "$tree"
check "a second profile with the same folder is refused" refused "profiles dsl and copied have the same 'folder'"
sed 's/^name: .*/name: general/; s/^folder: .*/folder: General/' "$SOURCE_ROOT/profiles/dsl.yml" >"$scratch/general.yml"
meshbench check "$scratch/general.yml"
check "a folder that trees use themselves is refused" refused "general.yml: result trees use the folder 'General'"
mkdir "$scratch/nova" && sed 's/^name: .*/name: nova/; s/^title: .*/&\nfolder: 0_lom/' "$SOURCE_ROOT/drivers/tinc/driver.yml" >"$scratch/nova/driver.yml"
cp "$SOURCE_ROOT"/drivers/tinc/[!d]* "$SOURCE_ROOT"/drivers/tinc/description "$scratch/nova" 2>/dev/null
meshbench check "$scratch/nova"
check "so is the folder of a host" refused "result trees use the folder '0_lom'"
mkdir "$scratch/sly" && sed 's/^name: .*/name: sly/; s/^title: .*/title: "Sly \\e[2K\\r\\u202e friend \\x9b1m"/' "$SOURCE_ROOT/drivers/tinc/driver.yml" >"$scratch/sly/driver.yml"
cp "$SOURCE_ROOT"/drivers/tinc/[!d]* "$SOURCE_ROOT"/drivers/tinc/description "$scratch/sly" 2>/dev/null
"$MESHBENCH" run --dry-run --vpn "$scratch/sly" >"$scratch/out" 2>"$scratch/err"
check "what a driver hides from its reader is shown" prints 'Sly ?\[2K?? friend ?1m'
check "and no control character reaches the terminal" sh -c "! tr -d '\n\t' <'$scratch/out' | LC_ALL=C grep -q '[[:cntrl:]]'"
"$MESHBENCH" list vpns >/dev/full 2>"$scratch/err"
status=$?
check "a full disk behind standard output is named" says "write standard output, which is incomplete: No space left"
check "and this machine cannot" exits 3
meshbench run --engine ether --out "$tree"
check "an unknown engine is named" refused "'ether'"
mkdir "$scratch/damaged"
echo '{"plan": {"hosts": ["lom"]}}' >"$scratch/damaged/environment.json"
meshbench run --resume "$scratch/damaged"
check "a tree whose plan is damaged is refused" exits 2
check "and says what is wrong with it" says 'damaged: the plan in its environment.json cannot be carried out: .*start a new run'
meshbench run --resume "$scratch/nowhere"
check "resuming what is not there is refused" refused "does not exist"
mkdir "$scratch/foreign" && echo hello >"$scratch/foreign/file"
meshbench run --out "$scratch/foreign"
check "a folder that is not a result tree is left alone" refused "foreign"
mkdir -p "$scratch/docs/General/state" "$scratch/docs/samples" && echo '{"mine": 1}' >"$scratch/docs/environment.json"
echo hello >"$scratch/docs/General/state/diary"
cp -a "$scratch/docs" "$scratch/docs.before"
meshbench run --out "$scratch/docs"
check "so is one that has names of ours by chance" refused "docs for results: it contains other files and is not a result tree"
check "and nothing in it is made or removed" diff -r "$scratch/docs" "$scratch/docs.before"
echo hello >"$scratch/plain"
meshbench run --out "$scratch/plain"
check "a file in place of the result tree is left alone" refused "plain"
check "and keeps its content" grep -q hello "$scratch/plain"

# profile KEY-LINES: a calibrated profile with these lines; its first key stands in line 5.
profile() {
	printf 'name: p\nfolder: p\ntitle: P\nmodel: calibrated\n%b\n' "$1" >"$scratch/p.yml"
	meshbench check "$scratch/p.yml"
}
profile 'delay: 1ms\njitter: 2ms'
check "jitter beyond the delay is refused at its place" refused "p.yml:6:9: jitter: is larger than the delay"
profile 'bottleneck_rate: 1mbit\nbottleneck_buffer: 800'
check "a buffer smaller than one packet is refused" refused "p.yml:6:20: .*smaller than one packet"
profile 'loss_p13: 60%\nloss_p31: 1%\nloss_p14: 60%'
check "chances that sum to more than one are refused" refused "p.yml:7:11: .*more than 1"
profile 'netem: delay 1ms'
check "tc's words in a calibrated profile are refused" refused "p.yml:4:8: "
profile 'replay: missing.csv'
check "a recorded path that is not there is refused" refused "p.yml:5:9: .*missing.csv"
meshbench run --profile low:jitter=2ms,delay=0 --out "$tree"
check "a change that contradicts itself is refused" refused "low:jitter=2ms"

plan() { cp "$SOURCE_ROOT/plans/quick.yml" "$scratch/plan.yml" && sed -i "$1" "$scratch/plan.yml"; }
meshbench run observe --out "$tree"
check "a workload in place of a plan is refused with the command that measures it" refused "'observe' is a workload and not a plan: meshbench run --workload observe"
plan 's/^hosts:.*/hosts: [lom, yuki, lom]/'
meshbench run "$scratch/plan.yml" --out "$tree"
check "a host named twice is refused with its place" refused 'plan.yml:[0-9]*:[0-9]*: .*lom'
plan 's/^hosts:.*/hosts: []/'
meshbench run "$scratch/plan.yml" --out "$tree"
check "zero hosts are refused with their place" refused 'plan.yml:[0-9]*:[0-9]*: '
plan 's/^hosts:.*/hosts: [lom]/'
meshbench run "$scratch/plan.yml" --out "$tree"
check "one host is refused with its place" refused 'plan.yml:[0-9]*:[0-9]*: '
plan 's/^repeat:/repaet:/'
meshbench run "$scratch/plan.yml" --out "$tree"
check "a misspelt key is refused with its place" refused 'plan.yml:[0-9]*:[0-9]*: .*repaet'
plan 's/^hosts:.*/hosts: [lom, yuki/'
meshbench run "$scratch/plan.yml" --out "$tree"
check "broken YAML is refused with its place" refused 'plan.yml:[0-9]*:[0-9]*: '

plan 's/^congestion:.*/congestion: cubick/'
meshbench check "$scratch/plan.yml"
check "check refuses an unknown congestion control with its place" refused "plan.yml:[0-9]*:[0-9]*: 'cubick' is not a congestion control"
meshbench run "$scratch/plan.yml" --out "$tree"
check "and so does run" refused "plan.yml:[0-9]*:[0-9]*: 'cubick'"
printf 'title: T\ncongestion: bbr9\n' >"$scratch/t.yml"
meshbench check "$scratch/t.yml"
check "in a tuning as well" refused "t.yml:2:13: 'bbr9' is not a congestion control"

cp -r "$SOURCE_ROOT/drivers/nebula" "$scratch/broken" && sed -i 's/^\( *\)daemon:/\1deamon:/' "$scratch/broken/driver.yml"
meshbench run --vpn "$scratch/broken" --out "$tree"
check "a typo in a driver is refused with its place" refused 'driver.yml:[0-9]*:[0-9]*: .*deamon'
meshbench check "$scratch/broken"
check "check says the same" refused 'driver.yml:[0-9]*:[0-9]*: .*deamon'
meshbench check "$SOURCE_ROOT/drivers" "$SOURCE_ROOT"/profiles/*.yml "$SOURCE_ROOT"/plans/*.yml
check "everything we ship is well formed" exits 0
check "nothing is left behind" nothing_is_left
finish
