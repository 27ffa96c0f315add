#!/bin/sh
# SPDX-License-Identifier: MIT
# A flood over a path that carries nothing at first, and smaller packets in the middle of it: lom, a router and yuki, in networks of
# their own. `flood_path.sh PROBE FOLDER` prints what both ends printed, and how many pieces of cut packets yuki got.
set -eu
[ -n "${FLOOD_INSIDE:-}" ] || exec env FLOOD_INSIDE=1 unshare --user --map-root-user --net --mount --pid --fork --kill-child --mount-proc "$0" "$@"
probe=$1 folder=$2

unshare --net sleep 1000 &
router=$!
unshare --net sleep 1000 &
yuki=$!
has_network() { [ "$(stat -Lc %i "/proc/$1/ns/net")" != "$(stat -Lc %i /proc/self/ns/net)" ]; }
until has_network $router && has_network $yuki; do sleep 0.01; done
on() {
	network=/proc/$1/ns/net
	shift
	nsenter --net="$network" "$@"
}
ip link add eth0 type veth peer name left netns $router
on $router ip link add right type veth peer name eth0 netns $yuki
ip -batch - <<END
address add 10.9.1.1/24 dev eth0
link set eth0 up
route add default via 10.9.1.2
END
on $router ip -batch - <<END
address add 10.9.1.2/24 dev left
address add 10.9.2.2/24 dev right
link set left up
link set right up
END
on $yuki ip -batch - <<END
address add 10.9.2.1/24 dev eth0
link set eth0 up
route add default via 10.9.2.2
END
forwards() { on $router sh -c "echo $1 >/proc/sys/net/ipv4/ip_forward"; }
counted() { on $router awk -v device="$1:" -v column="$2" '$1 == device { print $column }' /proc/net/dev; }

forwards 0
nsenter --net="/proc/$yuki/ns/net" "$probe" count --port 9000 >"$folder/count" &
counter=$!
until grep -q ready "$folder/count"; do sleep 0.01; done
"$probe" flood 10.9.2.1 --port 9000 --bytes mtu --milliseconds 1000 --linger-ms 200 --open-ms 15000 >"$folder/flood" &
flooder=$!
until [ "$(counted left 3)" -gt 4 ]; do sleep 0.01; done
forwards 1
until [ "$(counted right 11)" -gt 1000 ]; do sleep 0.01; done
on $router ip link set right mtu 1400
wait $flooder
kill $counter
wait $counter
pieces=$(on $yuki awk '/^Ip:/ && !/Forwarding/ { print $15 }' /proc/net/snmp)
python3 - "$folder" "$pieces" <<'END'
import json, sys
sent, came = (json.loads(open(f"{sys.argv[1]}/{name}").read().split("ready")[-1]) for name in ("flood", "count"))
print(json.dumps({"sent": sent, "came": came, "pieces": int(sys.argv[2])}))
END
