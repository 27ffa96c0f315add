#!/bin/sh
# SPDX-License-Identifier: MIT
# Connects, restarts, reboots and idleness of meshes whose times are known, and of such that do not survive them.
. "$(dirname "$0")/lib.sh"

drivers=$SOURCE_ROOT/tests/system/drivers

# within LOW HIGH FILE KEY...: the number there, in data or under a whole path of keys.
within() {
	/usr/bin/python3 - "$@" <<'END' >&2
import json, sys
low, high, path, *keys = sys.argv[1:]
value = json.load(open(path))
for key in keys:
    value = value[int(key) if isinstance(value, list) else key]
print("#", path.rsplit("/", 1)[1], *keys, value)
sys.exit(not (value is not None and float(low) <= value <= float(high)))
END
}
has_cause() { grep -q "\"cause\": \"$2\"" "$tree/$1"; }
evidence() { grep -q "\"evidence\": \".*$2" "$tree/$1"; }

# A bare link: what the VPN adds is nothing. A busy machine adds its own, but not to both in the same millisecond.
tree=$scratch/bare
meshbench run "$fast" --vpn none --engine bridge --workload connect,reboot --out "$tree"
mesh=$tree/Internal/baseline
check "a bare link connects and reboots" exits 0
check "after a reboot the VPN's share is nothing" within -0.02 0.02 "$mesh/reboot.json" meta figures one_vpn_s
check "also when all hosts rebooted" within -0.02 0.02 "$mesh/reboot.json" meta figures all_vpn_s
check "but the hosts' own is something" within 0.005 10 "$mesh/reboot.json" data all_hosts underlay_s min
check "the published files are written" test -f "$mesh/0_lom/connection_timings.json" -a -f "$mesh/2_luna/reboot_connection_timings.json"
check "the tree is what its schema says" tree_is_sound

tree=$scratch/far
meshbench run "$fast" --vpn none --profile baseline:model=calibrated,delay=200ms --workload connect --out "$tree"
check "over 200 ms each way it connects" exits 0
check "no first answer comes before 400 ms" within 0.4 3 "$tree"/Internal/*/connect.json data one_sided answered_s min

# Known: a daemon takes 0.3 s, members speak every 2 s
tree=$scratch/paced
meshbench run "$fast" --vpn "$drivers/paced" --engine wire --workload connect,restart,reboot,idle --out "$tree"
mesh=$tree/Paced/baseline
check "a VPN of known times is measured on the wire" exits 0
check "two rounds of daemons take 0.6 s" within 0.6 2 "$mesh/connect.json" meta figures daemons_s
check "a restart of one host silences it for 0.3 s" within 0.3 1.5 "$mesh/restart.json" meta figures one_outage_s
check "of all hosts for 0.6 s" within 0.6 2 "$mesh/restart.json" meta figures all_outage_s
check "after a reboot the VPN's share is 0.3 s" within 0.28 1.5 "$mesh/reboot.json" meta figures one_vpn_s
check "pairs go on without a coordinator that does nothing" grep -q '"pairs_go_on": true' "$mesh/restart.json"
check "a host rejoins without it" grep -q '"can_rejoin": true' "$mesh/restart.json"
check "in 0.3 s" within 0.3 1.5 "$mesh/restart.json" data coordinator rejoin_s
check "two hosts that never spoke find each other without it" grep -q '"forms": true' "$mesh/restart.json"
check "and the coordinator is back 0.3 s after its start" within 0.3 1.5 "$mesh/restart.json" meta figures coordinator_back_s
check "an idle member speaks to the first host every 2 s" within 1.9 2.1 "$mesh/idle.json" data pairs 2 keepalive_s
check "which makes 176400 bytes an hour" within 140000 215000 "$mesh/idle.json" data hosts 1 sent_bytes_per_hour
check "its daemons wake for it" within 0.4 50 "$mesh/idle.json" data hosts 1 wakeups_per_s
check "the tree is what its schema says" tree_is_sound
# Known from others: an idle Nebula 1.6.1, which Debian has, wakes about 60 times a second (slackhq/nebula issue 983).
tree=$scratch/nebula
mkdir "$scratch/none-installed"
MESHBENCH_VPNS=$scratch/none-installed "$MESHBENCH" run "$fast" --vpn nebula --host lom,yuki --engine wire --workload idle --profile baseline --seconds 5 \
	--out "$tree" >"$scratch/out" 2>"$scratch/err" </dev/null
check "an idle Nebula of the distribution wakes about 60 times a second" within 35 80 "$tree/Nebula/baseline/idle.json" data hosts 1 wakeups_per_s

# What does not survive: a cause that names the host, and the next cell finds a mesh
tree=$scratch/broken
meshbench run "$fast" --vpn "$drivers/once,$drivers/mute" --engine bridge --workload restart,connect --out "$tree"
check "meshes that do not survive a restart: exit 1" exits 1
check "a daemon that does not come back is a crash" has_cause Once/baseline/restart.json crashed
check "its host and last words are the evidence" evidence Once/baseline/restart.json 'on lom .*the tunnel is still there'
check "the next workload finds a fresh mesh" has_cause Once/baseline/connect.json success
check "a pair that never answers again ran out of time" has_cause Mute/baseline/restart.json timeout
check "it is named" evidence Mute/baseline/restart.json 'did not answer [a-z]* steadily within'
check "and the next workload finds a mesh" has_cause Mute/baseline/connect.json success
check "the tree is what its schema says" tree_is_sound

# What luna needs to boot is taken away once its daemon runs; only from outside can the state of hosts be reached so.
tree=$scratch/fallen
"$MESHBENCH" run "$fast" --vpn "$drivers/fallen" --engine bridge --workload reboot,connect --out "$tree" \
	>"$scratch/out" 2>"$scratch/err" </dev/null &
running=$!
until grep -qs 'run the daemon' "$tree/events.jsonl"; do sleep 0.01; done
rm "/proc/$running/root/proc/fs/nfsd/hosts/luna/hostname"
wait $running
check "a host that stays down is the kernel's no" has_cause Fallen/baseline/reboot.json system
check "it is named" evidence Fallen/baseline/reboot.json 'boot host luna'
check "and the next workload finds hosts and a mesh" has_cause Fallen/baseline/connect.json success
check "nothing is left behind" nothing_is_left
finish
