#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Recomputes a result tree's comparison from its raw files, on its own, and holds ours to it.

Usage: check_recompute.py TREE COMPARISON_DIR; speaks TAP, one test per file.
"""
import json
import os
import sys
from statistics import fmean

KNOWN = ["baseline", "low_impairment", "medium_impairment", "high_impairment"]
TESTS = {
    "tcp": "tcp_iperf3.json", "udp": "udp_iperf3.json", "parallel_tcp": "parallel_tcp_iperf3.json",
    "ping": "ping.json", "qperf": "qperf.json", "video": "rist_stream.json",
    "nix_cache": "nix_cache.json",
}
PING = ["rtt_min_ms", "rtt_avg_ms", "rtt_max_ms", "rtt_mdev_ms", "packet_loss_percent"]
QPERF = ["total_bandwidth_mbps", "cpu_usage_percent", "ttfb_ms", "conn_time_ms"]


def folders(path):
    return sorted(e for e in os.listdir(path) if os.path.isdir(os.path.join(path, e)))


def load(*parts):
    path = os.path.join(*parts)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)


def stats(value):
    return {"min": value, "average": value, "max": value,
            "percentiles": {"p25": value, "p50": value, "p75": value}}


def merge(parts):
    return {
        "min": min(p["min"] for p in parts),
        "average": fmean(p["average"] for p in parts),
        "max": max(p["max"] for p in parts),
        "percentiles": {k: fmean(p["percentiles"][k] for p in parts) for k in ("p25", "p50", "p75")},
    }


def senders(document, key):
    return max(s["sender"][key] for s in document["end"]["streams"] if s["sender"]["sender"])


def percent(retransmits, size, document):
    mss = document["start"].get("tcp_mss_default", 0)
    mss = mss if mss > 0 else 1448
    return 0 if size <= 0 else 100 * retransmits / (size / mss)


def tcp(document):
    sent, received = document["end"]["sum_sent"], document["end"]["sum_received"]
    return {
        "sender_throughput_mbps": sent["bits_per_second"] / 1e6,
        "receiver_throughput_mbps": received["bits_per_second"] / 1e6,
        "retransmits": sent["retransmits"],
        "retransmit_percent": percent(sent["retransmits"], sent["bytes"], document),
        "max_snd_cwnd_bytes": senders(document, "max_snd_cwnd"),
        "max_snd_wnd_bytes": senders(document, "max_snd_wnd"),
        "total_bytes_sent": sent["bytes"], "total_bytes_received": received["bytes"],
        "duration_seconds": sent["seconds"],
    }


def udp(document):
    end = document["end"]
    sent, received, cpu = end["sum_sent"], end["sum_received"], end["cpu_utilization_percent"]
    return {
        "sender_throughput_mbps": sent["bits_per_second"] / 1e6,
        "receiver_throughput_mbps": received["bits_per_second"] / 1e6,
        "jitter_ms": received["jitter_ms"], "lost_percent": received["lost_percent"],
        "total_bytes_sent": sent["bytes"], "total_bytes_received": received["bytes"],
        "duration_seconds": sent["seconds"],
        "blksize_bytes": document["start"]["test_start"]["blksize"],
        "host_cpu_percent": cpu["host_total"], "remote_cpu_percent": cpu["remote_total"],
    }


def once(fields):
    return lambda data: {k: stats(v) for k, v in fields(data).items()}


def nix(data):
    result = data["results"][0]
    return {k + "_seconds": result[k] for k in ("mean", "stddev", "min", "max")}


def video(data):
    encoding, network = data["encoding"], data["network"]
    fields = {k: encoding[k] for k in ("bitrate_kbps", "fps", "dropped_frames")}
    fields.update({k: network[k] for k in
                   ("quality", "rtt_ms", "packets_recovered", "packets_dropped")})
    return fields


FIELDS = {
    "tcp": once(tcp), "udp": once(udp), "nix_cache": once(nix), "video": video,
    "ping": lambda data: {k: data[k] for k in PING},
    "qperf": lambda data: {k: data[k] for k in QPERF},
}


def entry(tree, vpn, profile, test):
    place = os.path.join(tree, vpn, profile)
    good, bad = [], None
    for machine in folders(place):
        result = load(place, machine, TESTS[test])
        if result is None:
            continue
        if result["status"] == "success":
            good.append(FIELDS[test](result["data"]))
        elif bad is None:
            bad = {"status": "error", "error_type": result["error_type"],
                   "error": result["error"], "machine": machine}
    if good:
        return {"status": "success", "data": {k: merge([g[k] for g in good]) for k in good[0]}}
    return bad


def parallel(tree, vpn, profile):
    result = load(tree, vpn, profile, TESTS["parallel_tcp"])
    if result is None:
        return None
    if result["status"] == "error":
        return {"status": "error", "error_type": result["error_type"], "error": result["error"],
                "machine": "all"}
    good = [p["result"] for p in result["data"]["pairs"] if "result" in p]
    if not good:
        return None
    one = [tcp(g) for g in good]
    total = lambda key: sum(o[key] for o in one)
    return {"status": "success", "data": {k: stats(v) for k, v in {
        "sender_throughput_mbps": total("sender_throughput_mbps"),
        "receiver_throughput_mbps": total("receiver_throughput_mbps"),
        "total_retransmits": total("retransmits"),
        "retransmit_percent": percent(total("retransmits"), total("total_bytes_sent"), good[0]),
        "max_snd_cwnd_bytes": max(o["max_snd_cwnd_bytes"] for o in one),
        "max_snd_wnd_bytes": max(o["max_snd_wnd_bytes"] for o in one),
        "total_bytes_sent": total("total_bytes_sent"),
        "total_bytes_received": total("total_bytes_received"),
        "duration_seconds": one[0]["duration_seconds"]}.items()}}


def measured(tree, vpn, profile):
    """Sums of the three times that every result's meta carries."""
    place = os.path.join(tree, vpn, profile)
    skipped = {"tc_settings.json", "timing_breakdown.json", "connection_timings.json",
               "reboot_connection_timings.json"}
    sums = [0.0, 0.0, 0.0]
    keys = ("duration_seconds", "vpn_restart_duration_seconds",
            "connectivity_wait_duration_seconds")
    for directory in [place] + [os.path.join(place, m) for m in folders(place)]:
        for name in sorted(os.listdir(directory)):
            if name.endswith(".json") and name not in skipped:
                meta = load(directory, name).get("meta", {})
                sums = [s + meta.get(k, 0) for s, k in zip(sums, keys)]
    return sums


def parts(tree, vpn, profile):
    timing = load(tree, vpn, profile, "timing_breakdown.json") or {"phases": []}
    install = next((p["duration_seconds"] for p in timing["phases"]
                    if p["phase"] == "vpn_installation"), 0)
    settle = next((o["duration_seconds"] for p in timing["phases"] if p["phase"] == "benchmarking"
                   for o in p["operations"] if o["name"] == "tc_stabilization"), 0)
    return [install, settle] + measured(tree, vpn, profile)


def benchmark_stats(tree, vpn, profile, maps):
    data = {}
    place = os.path.join(tree, vpn, profile)
    metas = {t: [r["meta"] for r in (load(place, m, f) for m in folders(place)) if r]
             for t, f in TESTS.items()}
    for test, found in metas.items():
        took = sorted(m["duration_seconds"] for m in found)
        pick = lambda p: took[int(p * (len(took) - 1))] if took else 0
        data[test + "_test_duration_seconds"] = {
            "min": took[0] if took else 0, "average": sum(took) / len(took) if took else 0,
            "max": took[-1] if took else 0,
            "percentiles": {"p25": pick(.25), "p50": pick(.5), "p75": pick(.75)}}
    for test, found in metas.items():
        data[test + "_retries"] = sum(max(0, m["test_attempts"] - 1) for m in found)
    total = [m[vpn]["status"] for m in maps.values() if vpn in m]
    data["total_tests"] = len(total)
    data["successful_tests"] = total.count("success")
    data["failed_tests"] = len(total) - total.count("success")
    data["success_rate_percent"] = 100 * total.count("success") / len(total) if total else 0
    return {"status": "success", "data": data}


def connection(tree, vpns, profile, name):
    data = {}
    for vpn in vpns:
        data[vpn] = {}
        for machine in folders(os.path.join(tree, vpn, profile)):
            value = load(tree, vpn, profile, machine, name)
            took = [v["time_took"] for v in (value or {"vpn_results": {}})["vpn_results"].values()
                    if v["status"] == "success"]
            if took:
                data[vpn][machine] = took[0]
    return data if any(data.values()) else None


def profile_files(tree, profile, vpns, ret_maps):
    files = {}
    maps = {}
    for test, name in TESTS.items():
        maps[test] = {}
        for vpn in vpns:
            one = parallel(tree, vpn, profile) if test == "parallel_tcp" else \
                entry(tree, vpn, profile, test)
            if one:
                maps[test][vpn] = one
        files["video_streaming.json" if test == "video" else name] = maps[test]
    split = {v: parts(tree, v, profile) for v in vpns}
    files["timing_comparison.json"] = {
        v: {"status": "success", "data": {
            "vpn_installation_seconds": stats(p[0]), "benchmarking_seconds": stats(sum(p[1:])),
            "total_duration_seconds": stats(sum(p))}} for v, p in split.items() if sum(p) > 0}
    files["benchmark_stats.json"] = {v: benchmark_stats(tree, v, profile, maps) for v in vpns}
    sums = [sum(p[i] for p in split.values()) for i in range(5)]
    files["time_breakdown.json"] = dict(zip(
        ("vpn_installation_seconds", "tc_stabilization_seconds", "test_execution_seconds",
         "vpn_restart_seconds", "connectivity_wait_seconds", "other_overhead_seconds",
         "total_seconds"), sums + [0, sum(sums)]))
    for name in ("connection_timings.json", "reboot_connection_timings.json"):
        found = connection(tree, vpns, profile, name)
        if found:
            files[name] = found
    ret_maps[profile] = maps
    return {f"{profile}/{k}": v for k, v in files.items()}


def cross_files(vpns, profiles, maps):
    def value(test, vpn, profile, field):
        one = maps[profile][test].get(vpn)
        return one["data"][field]["average"] if one and one["status"] == "success" else None

    def grid(test, field):
        return {v: {p: value(test, v, p, field) for p in profiles
                    if value(test, v, p, field) is not None} for v in vpns}

    def heat(test, **fields):
        failed = {v: [p for p in profiles if maps[p][test].get(v, {}).get("status") == "error"]
                  for v in vpns}
        return {"tc_profiles": profiles, **{k: grid(test, f) for k, f in fields.items()},
                "failed": {v: p for v, p in failed.items() if p}}

    def rows(test, fields, first):
        found = []
        for i, vpn in enumerate(vpns):
            for j, profile in enumerate(profiles):
                row = [value(test, vpn, profile, f) for f, _ in fields]
                if None in row:
                    continue
                row = [r / d for r, (_, d) in zip(row, fields)]
                found.append([i, j] + row if first else row + [i, j])
        return found

    def scatter(test, dimensions, fields):
        return {"dimensions": dimensions + ["vpn_index", "profile_index"], "vpn_names": vpns,
                "tc_profiles": profiles, "data": rows(test, fields, False)}

    def tcp_value(test):
        mbps = ("sender_throughput_mbps", 1)
        return {"bar3d": {"vpn_names": vpns, "tc_profiles": profiles,
                          "throughput_data": rows(test, [mbps], True)},
                "scatter3d": scatter(test, ["throughput", "window_size", "cwnd"], [
                    mbps, ("max_snd_wnd_bytes", 1024), ("max_snd_cwnd_bytes", 1024)])}

    return {
        "cross_profile_tcp.json": {t: tcp_value(t) for t in ("tcp", "parallel_tcp")},
        "cross_profile_udp.json": {
            "heatmap": heat("udp", throughput="receiver_throughput_mbps", cpu="host_cpu_percent"),
            "scatter": scatter("udp", ["throughput", "payload_size", "received_bytes_gb"], [
                ("receiver_throughput_mbps", 1), ("blksize_bytes", 1),
                ("total_bytes_received", 2 ** 30)])},
        "cross_profile_ping.json": {"heatmap": heat(
            "ping", rtt="rtt_avg_ms", packet_loss="packet_loss_percent")},
        "cross_profile_qperf.json": {"heatmap": heat(
            "qperf", bandwidth="total_bandwidth_mbps", cpu="cpu_usage_percent")},
        "cross_profile_video_streaming.json": {"heatmap": heat(
            "video", quality="quality", rtt_ms="rtt_ms")},
        "cross_profile_nix_cache.json": {"heatmap": heat(
            "nix_cache", mean_seconds="mean_seconds")},
    }


def expected(tree):
    vpns = [v for v in folders(tree) if v != "General" and
            any(folders(os.path.join(tree, v, p)) for p in folders(os.path.join(tree, v)))]
    profiles = sorted({p for v in vpns for p in folders(os.path.join(tree, v))
                       if folders(os.path.join(tree, v, p))},
                      key=lambda p: (KNOWN.index(p) if p in KNOWN else len(KNOWN), p))
    files, maps = {}, {}
    for profile in profiles:
        here = [v for v in vpns if os.path.isdir(os.path.join(tree, v, profile))]
        files.update(profile_files(tree, profile, here, maps))
    files.update(cross_files(vpns, profiles, maps))
    return files


def differ(want, got, where):
    """The first difference, or None; keys in the same order, numbers within 1e-12."""
    if isinstance(want, bool) or isinstance(want, str) or want is None:
        return None if want == got else f"{where}: {got!r} is not {want!r}"
    if isinstance(want, (int, float)):
        near = isinstance(got, (int, float)) and abs(got - want) <= 1e-12 * max(1, abs(want))
        return None if near else f"{where}: {got!r} is not {want!r}"
    if isinstance(want, dict):
        if not isinstance(got, dict) or list(want) != list(got):
            return f"{where}: keys {list(got)} are not {list(want)}"
        return next((d for k in want if (d := differ(want[k], got[k], f"{where}/{k}"))), None)
    if not isinstance(got, list) or len(want) != len(got):
        return f"{where}: another length than {len(want)}"
    return next((d for i, (w, g) in enumerate(zip(want, got))
                 if (d := differ(w, g, f"{where}/{i}"))), None)


def numbers(value):
    if isinstance(value, dict):
        return sum(map(numbers, value.values()))
    if isinstance(value, list):
        return sum(map(numbers, value))
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def main():
    tree, comparison = sys.argv[1:3]
    want = expected(tree)
    found = sorted(os.path.relpath(os.path.join(d, f), comparison)
                   for d, _, fs in os.walk(comparison) for f in fs)
    failed = found != sorted(want)
    print(f"{'not ok' if failed else 'ok'} 1 - the same files are there")
    if failed:
        print(f"# only here: {sorted(set(want) ^ set(found))}")
    for count, (name, data) in enumerate(sorted(want.items()), 2):
        got = load(comparison, name)
        wrong = differ({"status": "success", "data": data}, got, name)
        failed |= wrong is not None
        print(f"{'not ok' if wrong else 'ok'} {count} - {name}")
        if wrong:
            print(f"# {wrong}")
    print(f"# {sum(map(numbers, want.values()))} numbers within 1e-12")
    print(f"1..{len(want) + 1}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
