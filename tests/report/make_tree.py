#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a synthetic result tree with every oddity a reader has to bear; equal seeds, equal trees.

Usage: make_tree.py DIR [--seed N] [--vpns N] [--profiles N] [--repetitions N] [--damage]
Numbers are invented and only good for testing programs that read them.
"""
import argparse
import json
import os
import random
import shutil

HOSTS = ["ada", "bob", "eve"]
NAMES = ["Internal", "Wireguard", "Zzz-unknown", "Nebula"]
PROFILES = ["baseline", "low_impairment", "weird profile", "high_impairment"]


def stats(r, low, high):
    values = sorted(r.uniform(low, high) for _ in range(5))
    return {"min": values[0], "average": sum(values) / 5, "max": values[4],
            "percentiles": {"p25": values[1], "p50": values[2], "p75": values[3]}}


def meta(r, source, target, **more):
    return {"duration_seconds": round(r.uniform(1, 90), 6), "test_attempts": r.choice([1, 1, 2, 3]),
            "vpn_restart_attempts": 0, "vpn_restart_duration_seconds": r.uniform(0, 9),
            "connectivity_wait_duration_seconds": r.uniform(0, 9),
            "source": source, "target": target, **more}


def flow(r, seconds, level):
    rates = [int(level * r.uniform(.8, 1.2)) for _ in range(seconds)]
    size = sum(rates) // 8
    return rates, {"start": 0, "end": seconds, "seconds": r.choice([seconds, seconds + .001]),
                   "bytes": size, "bits_per_second": size * 8 / seconds}


def iperf3(r, seconds, level, is_udp):
    intervals, end = [], {"streams": []}
    for suffix, interval in (("", "sum"), ("_bidir_reverse", "sum_bidir_reverse")):
        rates, total = flow(r, seconds, level)
        forward = suffix == ""
        for i, rate in enumerate(rates):
            if len(intervals) <= i:
                intervals.append({"streams": [{
                    "rtt": r.randint(300, 9000), "snd_cwnd": r.randint(10000, 900000),
                    "pmtu": 1420, "sender": True}]})
            intervals[i][interval] = {"bytes": rate // 8, "bits_per_second": rate}
        extra = {"retransmits": r.randint(0, 900)}
        if is_udp:
            extra = {"jitter_ms": 0, "lost_packets": 0, "lost_percent": 0}
        lost = {"jitter_ms": r.random(), "lost_percent": r.choice([0, r.random() * 50])}
        end["sum_sent" + suffix] = {**total, **extra, "sender": True}
        end["sum_received" + suffix] = {**total, **(lost if is_udp else {}), "sender": forward}
        end["streams"].append({"sender": {
            "max_snd_cwnd": r.randint(10000, 900000), "max_snd_wnd": r.randint(10000, 900000),
            "mean_rtt": r.randint(300, 9000), "min_rtt": 200, "max_rtt": 9999,
            "reorder": r.randint(0, 99), "sender": forward}})
    end["cpu_utilization_percent"] = {"host_total": r.uniform(1, 99), "remote_total": 7}
    end["sender_tcp_congestion"] = "cubic"
    start = {"version": "iperf 3.20", "timestamp": {"timesecs": 1766018262},
             "test_start": {"blksize": 1368, "interval": 1, "duration": seconds}}
    if not is_udp and r.random() < .9:
        start["tcp_mss_default"] = r.choice([1368, 1448, 0])
    return {"start": start, "intervals": intervals, "end": end}


def failure(r, source, target):
    kind = r.choice("BCD")
    if kind == "D":
        return {"status": "error", "error_type": "ClanError", "error": {
            "description": "list index out of range", "msg": "Unexpected", "location": "none\n"},
            "meta": meta(r, source, target, service_logs="sendmsg: Message too long")}
    error = {"stdout": "{\"start\": {\"connected\": [{}]}, \"intervals\": [], \"error\": \"gone\"}",
             "stderr": "", "cwd": "/", "command_list": ["iperf"], "returncode": 1}
    if kind == "B":
        return {"status": "error", "error_type": "CmdOut", "error": error,
                "meta": meta(r, source, target)}
    error.update(msg="Command timed out after 120 seconds", returncode=-1, stdout="")
    return {"status": "error", "error_type": "CmdOut", "error": error, "timeout": 120,
            "meta": meta(r, source, target)}


def results(r, level):
    yield "ping.json", {k: stats(r, .1, 30) for k in (
        "rtt_min_ms", "rtt_avg_ms", "rtt_max_ms", "rtt_mdev_ms", "packet_loss_percent")}
    yield "tcp_iperf3.json", iperf3(r, 30, level, False)
    yield "udp_iperf3.json", iperf3(r, 30, level, True)
    yield "qperf.json", {k: stats(r, 1, 900) for k in (
        "total_bandwidth_mbps", "cpu_usage_percent", "ttfb_ms", "conn_time_ms")}
    yield "rist_stream.json", {
        "encoding": {k: stats(r, 1, 50) for k in ("bitrate_kbps", "fps", "dropped_frames")},
        "network": {k: stats(r, 1, 99) for k in ("packets_dropped", "packets_recovered", "rtt_ms",
                                                 "quality", "bitrate_bps")}}
    mean = r.uniform(8, 90)
    yield "nix_cache.json", {"results": [{
        "mean": mean, "stddev": r.random(), "min": int(mean), "max": mean + 1, "user": 3.5,
        "system": 1, "times": [mean, mean]}]}


def write(value, *parts):
    path = os.path.join(*parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(value, stream)


def connection(r, peers):
    def answers(prefix):
        return {prefix + p: {"time_took": f"0:00:{r.uniform(1, 9):09.6f}", "attempt": 1,
                             "status": r.choice(["success", "success", "failed"])} for p in peers}
    return {"started": "2025-12-18T14:08:14+00:00", "public_ips": {}, "vpn_ips": {},
            "public_results": answers("v4."), "vpn_results": answers("vpn.")}


def links(r, top, level, profile, repetitions):
    for position, source in enumerate(HOSTS):
        target = HOSTS[(position + 1) % len(HOSTS)]
        for repetition in range(repetitions):
            place = [top, f"{position}_{source}"]
            place += ["repetitions", str(repetition)] if repetition else []
            for name, data in results(r, level):
                chance = r.random()
                if chance < .05:
                    continue
                value = failure(r, source, target) if chance < .2 else {
                    "status": "success", "data": data, "meta": meta(r, source, target)}
                write(value, *place, name)
                if name == "ping.json" and value["status"] == "success":
                    write({"runs": [{"rtt_ms": [round(r.expovariate(1), 3) for _ in range(100)]}
                                    for _ in range(3)]}, *place, "samples", name)
        if profile == "baseline":
            peers = [h for h in HOSTS if h != source]
            write(connection(r, peers), top, f"{position}_{source}", "connection_timings.json")
            write(connection(r, peers), top, f"{position}_{source}",
                  "reboot_connection_timings.json")


def parallel(r, level):
    pairs = []
    for position, source in enumerate(HOSTS):
        pair = {"source": source, "target": HOSTS[(position + 1) % len(HOSTS)]}
        if r.random() < .3:
            pair.update(error="Command timed out", error_type="ClanCmdTimeoutError")
        else:
            pair["result"] = iperf3(r, 60, level, False)
        pairs.append(pair)
    return {"status": "success", "data": {"pairs": pairs}, "meta": {
        "duration_seconds": 61.5, "test_attempts": 1, "vpn_restart_attempts": 0}}


def profile_files(r, top, profile, level, number):
    settings = None if profile == "baseline" else {
        "bandwidth_mbit": None, "latency_ms": 4, "jitter_ms": 4, "packet_loss_percent": .5,
        "reorder_percent": 1.0, "reorder_correlation": 25.0}
    write({"alias": profile, "settings": settings}, top, "tc_settings.json")
    write(parallel(r, level), top, "parallel_tcp_iperf3.json")
    phases = [{"phase": "vpn_installation", "duration_seconds": 99.5, "operations": []}]
    phases += [{"phase": "benchmarking", "duration_seconds": 9, "operations": [
        {"name": "tc_stabilization", "duration_seconds": 5.25, "success": True}]}] * (number + 1)
    if r.random() < .8:
        write({"vpn_name": "x", "total_duration_seconds": 1, "phases": phases}, top,
              "timing_breakdown.json")


def damage(top):
    """What no reader may stumble over; none of it changes a number."""
    place = os.path.join(top, NAMES[1], "baseline", "0_" + HOSTS[0])
    for name, text in (("nan.json", "{\"status\": \"success\", \"data\": NaN}"),
                       ("cut.json", "{\"status\": \"succ"), ("empty.json", ""),
                       ("deep.json", "[" * 100000),
                       ("strange.json", "{\"status\": \"maybe\"}"),
                       ("hollow.json", "{\"status\": \"success\"}")):
        with open(os.path.join(place, name), "w", encoding="utf-8") as stream:
            stream.write(text)
    with open(os.path.join(place, "huge.json"), "wb") as stream:
        stream.truncate(1 << 30)
    os.makedirs(os.path.join(top, "Empty"), exist_ok=True)
    os.makedirs(os.path.join(place, *["deep"] * 30), exist_ok=True)


def features(top):
    """What the VPNs can do, in part hostile: tests/golden/features/document.json."""
    golden = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../golden/features/document.json")
    shutil.copyfile(golden, os.path.join(top, "features.json"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dir")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--vpns", type=int, default=4)
    parser.add_argument("--profiles", type=int, default=4)
    parser.add_argument("--repetitions", type=int, default=1)
    parser.add_argument("--damage", action="store_true")
    options = parser.parse_args()
    r = random.Random(options.seed)
    for i in range(options.vpns):
        vpn = NAMES[i] if i < len(NAMES) else f"Vpn{i}"
        for number, profile in enumerate(PROFILES[:options.profiles]):
            level = 9e8 / (i + 1) / (10 ** number)
            top = os.path.join(options.dir, vpn, profile)
            profile_files(r, top, profile, level, number)
            links(r, top, level, profile, options.repetitions)
    features(options.dir)
    if options.damage:
        damage(options.dir)


if __name__ == "__main__":
    main()
