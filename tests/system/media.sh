#!/bin/sh
# SPDX-License-Identifier: MIT
# Video, a package closure and short requests on a real lab; and what happens when a part of them is missing, slow or dies.
. "$(dirname "$0")/lib.sh"

XDG_CACHE_HOME=$scratch/cache
export XDG_CACHE_HOME
sed -i 's/^attempts:.*/attempts: 1/' "$fast"
tree=$scratch/tree
cause() { grep -o '"cause": "[a-z]*"' "$tree/$1" | tail -n 1; }
has_cause() { [ "$(cause "$(cd "$tree" && echo */*/0_lom/"$1.json")")" = "\"cause\": \"$2\"" ]; }
evidence() { grep -q -e "$2" "$tree"/*/*/0_lom/"$1.json"; }
two_hosts=$scratch/two.yml
sed 's/^hosts:.*/hosts: [lom, yuki]/' "$fast" >"$two_hosts"

measure() { # WORKLOAD [OPTION]...
	rm -rf "$tree"
	workload=$1
	shift
	meshbench_instead run "$two_hosts" --workload "$workload" --vpn none --out "$tree" "$@"
}
real() { command -v "$1"; }

meshbench run "$two_hosts" --vpn none --workload video,http_small --profile baseline:model=calibrated,delay=20ms,loss=1%,rate=100mbit --out "$tree"
check "video and short requests are measured" exits 0
check "their files are what the schema says" tree_is_sound
one=$(echo "$tree"/Internal/*/0_lom) # a changed profile has a folder of its own
check "the choice of the video's source is recorded" grep -q '"source": "[lr]' "$one/rist_stream.json"
# Two round trips of 40 ms, and what a busy machine adds.
check "a request on a fresh connection takes two round trips" /usr/bin/python3 -c '
import json, sys
p50 = json.load(open(sys.argv[1]))["data"]["total_ms"]["percentiles"]["p50"]
print("#", p50, "ms", file=sys.stderr)
sys.exit(not 80 <= p50 <= 110)' "$one/http_small.json"
check "the stream's round trip is the path's" /usr/bin/python3 -c '
import json, sys
rtt = json.load(open(sys.argv[1]))["data"]["network"]["rtt_ms"]["min"]
print("#", rtt, "ms", file=sys.stderr)
sys.exit(not 39 <= rtt <= 200)' "$one/rist_stream.json"

measure nix_cache --profile baseline:rate=100mbit
check "a package closure is measured" exits 0
check "its files, too, are what the schema says" tree_is_sound
check "a closure takes what its bytes take at the line's rate, and more" /usr/bin/python3 -c '
import json, sys
data = json.load(open(sys.argv[1]))["data"]
closure, result = data["closure"], data["results"][0]
print("#", closure, result["times"], file=sys.stderr)
sys.exit(not (closure["paths"] == 370 and len(result["times"]) == 2 and
    result["min"] >= closure["transferred_bytes"] * 8 / 100e6))' "$(echo "$tree"/*/*/0_lom/nix_cache.json)"
measure nix_cache
check "what was made once is made no more" grep -q '"was_there": true' "$tree/environment.json"
echo more >>"$(find "$XDG_CACHE_HOME"/meshbench/nix_cache-*/ -type f | head -n 1)"
measure nix_cache
check "unless somebody has changed it" says 'nix_cache in the cache is not as it was made, so it is made again'
check "then it is made again" grep -q '"was_there": false' "$tree/environment.json"

measure nix_cache,http_small --closure /nix/store/00000000000000000000000000000000-nosuch
check "a closure that does not exist is missing" has_cause nix_cache missing
check "and the evidence names it" evidence nix_cache 00000000000000000000000000000000-nosuch
check "the other workload goes on" has_cause http_small success
check "some failed" exits 1

instead ffmpeg "for word; do shift; [ \"\$word\" = libx264 ] && word=libx264nosuch; set -- \"\$@\" \"\$word\"; done; exec $(real ffmpeg) \"\$@\""
measure video --video live
check "a codec that is missing is missing, live" has_cause rist_stream missing
check "by its name" evidence rist_stream libx264nosuch
measure video --video replay --seconds 2
check "and when it is encoded before" has_cause rist_stream missing
check "nothing of it stays in the cache" sh -c "! ls -d '$XDG_CACHE_HOME'/meshbench/video-*.partial 2>/dev/null"
rm "$scratch/instead/ffmpeg"

instead curl "case \" \$* \" in *' -w '*) exec timeout -s KILL 0.05 $(real curl) \"\$@\" ;; *) exec $(real curl) \"\$@\" ;; esac"
measure http_small --profile baseline:model=calibrated,delay=20ms
check "a client that dies in the middle is a tool's failure" has_cause http_small tool
rm "$scratch/instead/curl"

instead nginx "$(real nginx) \"\$@\" & server=\$!; sleep 2; kill -9 \$server; wait"
measure nix_cache --profile baseline:rate=3mbit
check "a server that dies in the middle is a tool's failure" has_cause nix_cache tool
instead nginx 'exec /usr/bin/python3 -c "
import signal, socket
s = socket.create_server((\"\", 18080))
print(\"using the \\\"epoll\\\" event method\", flush=True)
signal.pause()"'
measure http_small
check "a server that never answers is unreachable" has_cause http_small unreachable
rm "$scratch/instead/nginx"

rm -rf "$tree"
meshbench run "$two_hosts" --vpn "$SOURCE_ROOT/tests/system/drivers/squatter" --workload http_small --out "$tree"
check "a port in use is a tool's failure" has_cause http_small tool
check "by its words" evidence http_small 'could not bind'
check "and the link where it is free is measured" grep -q '"cause": "success"' "$tree"/*/*/1_yuki/http_small.json
check "nothing is left behind" nothing_is_left
finish
