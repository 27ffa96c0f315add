#!/bin/sh
# SPDX-License-Identifier: MIT
# What a machine without a VPN, a tool or room gets.
. "$(dirname "$0")/lib.sh"

# A PATH with everything but the named programs.
path_without() {
	rm -rf "$scratch/bin" && mkdir "$scratch/bin"
	for dir in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
		for program in "$dir"/*; do
			[ -x "$program" ] && ln -s "$program" "$scratch/bin/" 2>/dev/null
		done
	done
	for program; do rm -f "$scratch/bin/$program"; done
}
with_path() {
	saved=$PATH
	PATH=$scratch/bin
	export PATH
	meshbench "$@"
	PATH=$saved
	export PATH
}

MESHBENCH_VPNS=$scratch/no-vpns # none installed by us either
export MESHBENCH_VPNS
path_without nebula
with_path run "$fast" --vpn none,nebula --workload ping --out "$scratch/tree"
check "a missing VPN names its package" says 'nebula is left out: .*apt install nebula'
check "the others are measured and the exit status tells" exits 1
check "their results are there" test -f "$scratch/tree/Internal/baseline/0_lom/ping.json"
with_path run "$fast" --vpn nebula --out "$scratch/none"
check "all missing: this machine cannot" exits 3
check "and nothing is made" test ! -e "$scratch/none"
path_without iperf3 boringtun-cli
with_path run "$fast" --vpn none --workload ping,tcp --out "$scratch/noiperf"
check "a missing tool names its package" says 'tcp is left out: .*apt install iperf3'
check "the other workloads are measured" exits 1
with_path run "$fast" --vpn none --workload tcp --out "$scratch/nothing"
check "no tool at all: this machine cannot" exits 3
with_path doctor
check "doctor names the package" prints 'tcp .*no .*iperf3'
check "and no package for a VPN that Debian does not have" prints 'boringtun .*no .*install it: meshbench install --vpn boringtun$'
check "and that only the bare link needs nothing" test "$(grep -c 'which needs nothing$' "$scratch/out")" = 1
check "and the next command" prints '^[0-9]* VPNs\{0,1\} can be measured here; next: meshbench run taste$'
# shellcheck disable=SC2016 # awk's own
said=$(awk '/^VPNs/ { inside = 1 } inside && $2 == "yes" && $1 != "none" { count++ } / can be measured here/ { print count == $1 }' "$scratch/out")
check "of which the bare link is none" test "$said" = 1
path_without qemu-system-x86_64
with_path doctor
check "doctor says what virtual time needs" prints 'virtual .*no .*apt install qemu-system-x86'
with_path run "$fast" --vpn none --workload ping --virtual --out "$scratch/no-qemu"
check "virtual time without QEMU names its package" says 'qemu-system-x86_64, which is not installed: apt install qemu-system-x86'
check "and this machine cannot have it" exits 3

# Those that administrators have are looked for in /usr/sbin, too, so they are covered where they lie.
if [ "$(id -u)" = 0 ]; then unshare=-m; else unshare=-rm; fi
# shellcheck disable=SC2016 # for the shell inside
cover='for dir in /usr/sbin /usr/bin /sbin /bin; do
		[ ! -e "$dir/$0" ] || mount --bind /dev/null "$dir/$0"
	done
	exec "$@"'
for tool in ip:iproute2 tc:iproute2 sysctl:procps; do
	unshare $unshare sh -c "$cover" "${tool%:*}" \
		"$MESHBENCH" run "$fast" --vpn none --workload ping --out "$scratch/no-tool" >"$scratch/out" 2>"$scratch/err" </dev/null
	status=$?
	check "without ${tool%:*} its package is named before anything is tried" says "'${tool%:*}'.*apt install ${tool#*:}"
	check "and this machine cannot" exits 3
	check "no cell was tried" sh -c "! find '$scratch/no-tool' -name ping.json | grep -q ."
done

# shellcheck disable=SC2016 # for the shell inside
unshare $unshare sh -c 'mount -t tmpfs tmpfs /proc/sys/net/ipv6 && exec "$@"' - \
	"$MESHBENCH" run "$fast" --vpn none --workload ping --out "$scratch/no-ipv6" >"$scratch/out" 2>"$scratch/err" </dev/null
status=$?
check "a kernel without IPv6 is named before anything is tried" says 'needs IPv6.*ipv6.disable=1'
check "and it cannot" exits 3
check "without IPv6 nothing is made" test ! -e "$scratch/no-ipv6/Internal"

# From the folder of the drivers, whose controller's scripts run elsewhere.
cp -r "$SOURCE_ROOT/tests/system/drivers/second" "$scratch" # it counts in its own folder
cd "$scratch" || exit 1
meshbench run "$fast" --vpn ./second --workload ping --out "$scratch/relative"
cd / || exit 1
check "a driver's relative path holds for scripts of the controller" exits 0

meshbench run "$fast" --vpn none --workload ping --profile low --engine bridge --out "$scratch/low"
check "an engine that cannot impair says so before anything starts" says "profile 'low'"
check "and the user's files are not blamed" exits 3
meshbench run "$fast" --vpn none --workload ping --profile low --engine netem --out "$scratch/netem"
if [ -d /sys/module/sch_netem ]; then
	skip "a kernel without netem is named" "this kernel has netem"
else
	check "a kernel without netem is named" says netem
	check "and cannot" exits 3
fi
if [ "$(id -u)" != 0 ]; then
	meshbench run "$fast" --vpn none --workload ping --out /proc/tree
else
	meshbench run "$fast" --vpn none --workload ping --out /proc/sys/tree
fi
check "an unwritable output folder is reported before anything starts" says 'tree'
check "and is an error" test "$status" != 0
check "nothing is left behind" nothing_is_left
finish
