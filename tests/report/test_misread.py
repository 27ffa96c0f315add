#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trees that were read wrongly once, each with what is right. Speaks TAP. usage: test_misread.py TOOL"""
import json
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
import make_tree  # noqa: E402

CASES = []
HOSTS = ["0_ada", "1_bob", "2_eve"]


def case(change):
    CASES.append(change)
    return change


def fill(root):
    """A tree in which all works: two VPNs without impairment."""
    r = random.Random(1)
    for level, vpn in enumerate(("Internal", "Tinc")):
        top = root / vpn / "baseline"
        for position, host in enumerate(HOSTS):
            for name, data in make_tree.results(r, 1e8 * (level + 1)):
                meta = make_tree.meta(r, host[2:], HOSTS[(position + 1) % 3][2:])
                make_tree.write({"status": "success", "data": data, "meta": {**meta, "test_attempts": 1}}, top, host, name)
        pairs = [{"source": host[2:], "target": HOSTS[(i + 1) % 3][2:], "result": make_tree.iperf3(r, 30, 1e8, False)}
                 for i, host in enumerate(HOSTS)]
        make_tree.write({"status": "success", "data": {"pairs": pairs}, "meta": make_tree.meta(r, "ada", "bob")}, top,
                        "parallel_tcp_iperf3.json")


def edit(path, change):
    value = json.loads(path.read_text())
    result = change(value)
    path.write_text(json.dumps(value if result is None else result))


class Report:
    def __init__(self, tool, tree):
        run = subprocess.run([tool, "report", tree, "--json"], capture_output=True, check=False)
        self.status, self.errors = run.returncode, run.stderr.decode(errors="replace")
        self.value = json.loads(run.stdout.decode()) if run.returncode == 0 else {"tables": [], "findings": [], "problems": []}

    def row(self, table, vpn, **more):
        for t in self.value["tables"]:
            for row in t["rows"] if t["id"] == table else []:
                if row.get("vpn") == vpn and all(row.get(k) == v for k, v in more.items()):
                    return row
        return {}

    def success(self, vpn, workload):
        row = self.row("success", vpn, workload=workload)
        return row.get("worked"), row.get("planned")

    def has_problem(self, words):
        return any(words in p["path"] + ": " + p["why"] for p in self.value["problems"])

    def has_finding(self, name, vpn=None):
        return any(f["id"] == name and (vpn is None or vpn in f["vpns"]) for f in self.value["findings"])


def output_of(command):
    return subprocess.run([sys.argv[1], *command], capture_output=True, check=False, encoding="utf-8").stdout


@case
def a_backup_folder_and_plots_are_no_links(root):
    shutil.copytree(root / "Tinc/baseline/0_ada", root / "Tinc/baseline/0_ada.bak")
    (root / "Tinc/baseline/plots").mkdir()
    return lambda r: r.success("Tinc", "TCP") == (3, 3) and r.has_problem("0_ada.bak: is left out")


@case
def lost_video_packets_are_a_distribution_and_not_a_mean(root):
    samples = {"receiver": {"lost_packets": [0, 0, 0, 0, 0, 0, 0, 0, 0, 500]}}
    make_tree.write(samples, root / "Tinc/baseline", HOSTS[0], "samples", "rist_stream.json")
    make_tree.write({"receiver": {"lost_packets": [0, 4] * 5}}, root / "Tinc/baseline", HOSTS[1], "samples", "rist_stream.json")

    def is_right(r):
        row = r.row("video_losses", "Tinc", profile="baseline")
        return (row.get("reports"), row["without_percent"], row["p50_packets"], row["p75_packets"], row["worst_packets"], row["packets"]) == (
            20, 70, 0, 4, 500, 520) and not r.row("video_losses", "Internal")
    return is_right


def contact(took_s, attempt):
    return {"response": "x", "ended": None, "time_took": f"0:00:{took_s:09.6f}", "attempt": attempt, "status": "success"}


def reboot(root, vpn, attempt, own_s):
    for host in HOSTS:
        make_tree.write({"started": "", "public_ips": {}, "public_results": {"v4.x": contact(7.06, 8)}, "vpn_ips": {},
                         "vpn_results": {"vpn.x": contact(7.06 + own_s, attempt)}}, root / vpn / "baseline", host,
                        "reboot_connection_timings.json")


@case
def a_share_that_a_check_cannot_tell_has_a_bound_and_no_rank(root):
    shutil.copytree(root / "Tinc", root / "Nebula")
    reboot(root, "Tinc", 1, 0.007)
    reboot(root, "Nebula", 3, 4.01)

    def is_right(r):
        answer = next(a for a in r.value["answers"] if a["id"] == "quick-reconnect")
        row = r.row("reboot_corrected", "Tinc")
        return ([rank["vpn"] for rank in answer["ranking"]] == ["Nebula"] and answer["answer"].startswith("tinc: below 1.01 s") and
                [u["vpn"] for u in answer["unranked"]] == ["Tinc"] and "mean_s" in row and row["mean_s"] is None and
                not any(cell["leads"] for v in r.value["verdict"]["vpns"] for cell in v["cells"]
                        if cell["question"] == "quick-reconnect"))
    return is_right


@case
def a_tree_of_ours_asks_all_the_time_and_tells_any_share(root):
    make_tree.write({"schema": 1, "plan": {"hosts": ["ada", "bob", "eve"], "repeat": 1}}, root, "environment.json")
    reboot(root, "Tinc", 1, 0.007)
    return lambda r: abs(r.row("reboot_corrected", "Tinc").get("mean_s") - 0.007) < 1e-6


@case
def hosts_that_other_vpns_have_count_as_planned(root):
    for host in HOSTS[1:]:
        shutil.rmtree(root / "Tinc/baseline" / host)
    return lambda r: r.success("Tinc", "TCP") == (1, 3) and r.has_finding("links-missing-from-mean", "Tinc")


@case
def hosts_and_repetitions_of_the_plan_count_as_planned(root):
    shutil.rmtree(root / "Internal")
    shutil.rmtree(root / "Tinc/baseline/2_eve")
    make_tree.write({"schema": 1, "plan": {"hosts": ["ada", "bob", "eve"], "repeat": 2}}, root, "environment.json")
    return lambda r: r.success("Tinc", "TCP") == (2, 6)


def plan_of(root, vpns, workloads=("ping",)):
    plan = {"hosts": ["ada", "bob", "eve"], "repeat": 1, "vpns": vpns, "workloads": workloads}
    make_tree.write({"schema": 1, "plan": plan}, root, "environment.json")


@case
def a_vpn_of_the_plan_that_was_not_begun_is_named(root):
    plan_of(root, ["none", "tinc", "nebula"])
    return lambda r: r.has_finding("not-begun") and "nebula: planned, and there is no result" in json.dumps(r.value)


@case
def a_workload_of_the_plan_that_no_vpn_began_is_named(root):
    plan_of(root, ["none", "tinc"], ["ping", "parallel", "http_small"])
    return lambda r: (r.has_finding("not-begun") and "http_small: planned, and there is no result" in json.dumps(r.value) and
                      "parallel: planned" not in json.dumps(r.value))


@case
def checks_of_features_are_no_workload_that_was_not_begun(root):
    plan_of(root, ["none", "tinc"], ["ping", "observe"])
    return lambda r: not r.has_finding("not-begun")


@case
def a_plan_that_was_begun_for_every_vpn_is_no_finding(root):
    plan_of(root, ["none", "tinc"])
    return lambda r: not r.has_finding("not-begun")


@case
def a_pair_that_is_missing_is_missing_from_the_sum(root):
    edit(root / "Tinc/baseline/parallel_tcp_iperf3.json", lambda d: d["data"]["pairs"].pop() and None)
    return lambda r: r.success("Tinc", "all links") == (2, 3) and r.has_finding("links-missing-from-sum", "Tinc")


@case
def what_a_tool_printed_without_an_envelope_is_named(root):
    edit(root / "Tinc/baseline/0_ada/ping.json", lambda d: d["data"])
    return lambda r: r.success("Tinc", "ping") == (2, 3) and r.has_problem("0_ada/ping.json: it has neither a status")


@case
def an_error_that_is_text_is_shown(root):
    edit(root / "Tinc/baseline/0_ada/ping.json", lambda d: {"status": "error", "error": "ping: it is raining", "meta": {}})
    return lambda r: "it is raining" in json.dumps(r.value["findings"]) and r.has_finding("unknown-cause", "Tinc")


@case
def an_error_without_a_cause_gets_that_of_its_words(root):
    edit(root / "Tinc/baseline/0_ada/tcp_iperf3.json", lambda d: {
        "status": "error", "error": "iperf3: error - unable to connect to server: Connection refused", "meta": {}})
    return lambda r: r.has_finding("cause-refused", "Tinc") and not r.has_finding("unknown-cause", "Tinc")


@case
def a_nul_in_what_a_tool_said_does_not_lose_the_failure(root):
    edit(root / "Tinc/baseline/0_ada/nix_cache.json", lambda d: {
        "status": "error", "error_type": "CmdOut", "meta": {},
        "error": {"stdout": "", "stderr": "copying failed\0\0", "returncode": 1}})
    return lambda r: r.success("Tinc", "download") == (2, 3) and not r.has_problem("nix_cache.json") and \
        "copying failed" in json.dumps(r.value["findings"])


@case
def a_byte_order_mark_is_skipped(root):
    path = root / "Tinc/baseline/0_ada/ping.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    return lambda r: r.success("Tinc", "ping") == (3, 3) and not r.has_problem("ping.json")


@case
def downloads_that_failed_quickly_did_not_win(root):
    for host in HOSTS:
        edit(root / "Tinc/baseline" / host / "nix_cache.json",
             lambda d: d["data"]["results"][0].update(mean=0.2, exit_codes=[1, 1]))
    return lambda r: r.success("Tinc", "download") == (0, 3) and r.has_finding("cause-tool", "Tinc")


@case
def retransmits_that_were_not_counted_are_unknown(root):
    for host in HOSTS:
        edit(root / "Tinc/baseline" / host / "tcp_iperf3.json",
             lambda d: d["data"]["end"]["sum_sent"].pop("retransmits") and None)
    return lambda r: r.row("tcp_baseline", "Tinc")["retransmits"] is None and r.row("tcp_baseline", "Internal")["retransmits"] is not None


@case
def a_rate_that_no_card_reaches_is_named(root):
    def change(d):
        for key in ("sum_sent", "sum_received"):
            d["data"]["end"][key].update(bits_per_second=4.9e18, bytes=1.8e19)
    edit(root / "Tinc/baseline/0_ada/tcp_iperf3.json", change)
    return lambda r: r.success("Tinc", "TCP") == (2, 3) and r.has_problem("0_ada/tcp_iperf3.json")


@case
def a_flood_of_which_nothing_arrived_is_a_failure(root):
    edit(root / "Tinc/baseline/0_ada/udp_iperf3.json",
         lambda d: d["data"]["end"]["sum_received"].update(bytes=0, bits_per_second=0, lost_percent=None))
    return lambda r: r.success("Tinc", "UDP") == (2, 3) and r.has_finding("stalled-link", "Tinc")


@case
def a_flood_that_waited_for_its_path_is_said_below_its_table(root):
    edit(root / "Tinc/baseline/0_ada/udp_iperf3.json",
         lambda d: d["data"].update(flood={"forward": {"opening_s": 0.2}, "reverse": {"opening_s": 7.5}}))
    return lambda r: "tinc: the flood waited for up to 7.5 s until" in output_of(["report", str(root), "--markdown"])


def flood(root, there, back):
    def change(d):
        d["data"]["tool"] = "meshbench"
        d["data"]["end"]["sum_received"].update(bits_per_second=there * 1e6)
        d["data"]["end"]["sum_received_bidir_reverse"].update(bits_per_second=back * 1e6)
        d["meta"]["wire"] = {"ports": [{"host": "bob", "in_frames": 9, "in_packets": 9, "in_bytes": 90},
                                       {"host": "ada", "in_frames": 787, "in_packets": 869, "in_bytes": 1220910}]}
    edit(root / "Tinc/baseline/0_ada/udp_iperf3.json", change)


@case
def a_flood_of_which_one_direction_carried_a_twentieth_is_named_with_its_frames(root):
    flood(root, 3.4, 162)
    return lambda r: (r.has_finding("lopsided-flood", "Tinc") and
                      "869 packets left in 787 frames of 1551 bytes on average" in json.dumps(r.value))


@case
def a_flood_of_which_one_direction_carried_half_is_no_finding(root):
    flood(root, 81, 162)
    return lambda r: not r.has_finding("lopsided-flood")


@case
def a_lost_tail_is_loss(root):
    for host in HOSTS:
        def change(d):
            end = d["data"]["end"]
            end["sum_sent"].update(bytes=1000000, packets=1000)
            end["sum_received"].update(bytes=100000, packets=100, lost_packets=0, lost_percent=0)
        edit(root / "Tinc/baseline" / host / "udp_iperf3.json", change)
    return lambda r: abs(r.row("udp_baseline_corrected", "Tinc")["loss_percent"] - 90) < 1e-6


@case
def a_lost_tail_is_as_large_in_a_comparison_and_a_finding(root):
    a_lost_tail_is_loss(root)
    make_tree.write({"alias": "low", "settings": {"packet_loss_percent": .5, "latency_ms": 4, "jitter_ms": 4}}, root / "Tinc/low_impairment",
                    "tc_settings.json")
    shutil.copytree(root / "Tinc/baseline/0_ada", root / "Tinc/low_impairment/0_ada")
    edit(root / "Tinc/baseline/0_ada/udp_iperf3.json", lambda d: d["data"]["end"]["sum_received"].update(bytes=1000000, packets=1000))
    for host in HOSTS[1:]:
        shutil.rmtree(root / "Tinc/baseline" / host)

    def is_right(r):
        change = next(c for c in json.loads(output_of(["compare", str(root), str(root), "--json"]))["changes"]
                      if (c["vpn"], c["profile"], c["metric"]) == ("Tinc", "low", "udp_loss"))
        said = [e["text"] for f in r.value["findings"] if f["id"] == "back-pressure-lost" for a in f["about"] for e in a["evidence"]]
        return (abs(change["before"]["median"] - 90) < 1e-6 and len(said) == 1 and said[0].startswith("low: 90.0 % lost, 0.0 %"))
    return is_right


@case
def more_lost_than_sent_is_unknown_and_a_finding(root):
    edit(root / "Tinc/baseline/0_ada/udp_iperf3.json",
         lambda d: d["data"]["end"]["sum_received"].update(packets=1000, lost_packets=1796, lost_percent=179.6))
    return lambda r: r.has_finding("contradictory-counters", "Tinc") and r.success("Tinc", "UDP") == (3, 3)


@case
def a_tree_with_all_links_at_once_alone_is_a_tree(root):
    for vpn in ("Internal", "Tinc"):
        for host in HOSTS:
            shutil.rmtree(root / vpn / "baseline" / host)
    make_tree.write({"schema": 1, "plan": {"hosts": ["ada", "bob", "eve"], "repeat": 1}}, root, "environment.json")
    return lambda r: r.success("Internal", "all links") == (3, 3) and r.success("Tinc", "all links") == (3, 3)


def ping_with(rtt, worst, lost=0):
    def stats(value):
        return {"min": value, "average": value, "max": value, "percentiles": {"p25": value, "p50": value, "p75": value}}
    return {"status": "success", "meta": {}, "data": {
        "rtt_min_ms": stats(rtt), "rtt_avg_ms": stats(rtt), "rtt_max_ms": stats(worst), "rtt_mdev_ms": stats(0),
        "packet_loss_percent": stats(lost)}}


@case
def corrected_tables_hold_every_repetition_the_worst_value_and_no_dead_link(root):
    for host, first, second in zip(HOSTS, (10, 10, 0), (30, 30, 0)):
        top = root / "Tinc/baseline" / host
        lost = 100 if first == 0 else 0
        make_tree.write(ping_with(first, 2 * first, lost), top, "ping.json")
        make_tree.write(ping_with(second, 4 * second, lost), top, "repetitions/1/ping.json")

    def judge(r):
        row = r.row("latency_baseline_corrected", "Tinc")
        return row["links"] == "4/6" and row["rtt_ms"] == 20 and row["worst_ms"] == 120
    return judge


@case
def no_sentence_holds_nan_where_a_vpn_was_not_measured(root):
    """Two groups by their retransmits under one profile, one VPN without TCP there, and a download that a limit ended."""
    for vpn in ("Internal", "Slow", "Slower", "Absent"):
        shutil.copytree(root / "Tinc/baseline", root / vpn / "low_impairment")
        make_tree.write({"settings": {"latency_ms": 4, "jitter_ms": 4, "packet_loss_percent": 0.5, "reorder_percent": 1,
                                      "reorder_correlation": 25}}, root, vpn, "low_impairment/tc_settings.json")
        for host in HOSTS:
            again = 100 if vpn == "Internal" else 400
            edit(root / vpn / "low_impairment" / host / "tcp_iperf3.json",
                 lambda d: d["data"]["end"]["sum_sent"].update(retransmits=again))
            if vpn == "Absent":
                (root / vpn / "low_impairment" / host / "tcp_iperf3.json").unlink()
                make_tree.write({"status": "error", "error_type": "CmdOut", "timeout": 120, "meta": {}, "error": {
                    "msg": "Command timed out after 120 seconds", "stdout": "", "stderr": "", "returncode": -1}},
                    root / vpn / "low_impairment" / host, "nix_cache.json")

    def judge(r):
        text = " ".join(a["sentence"] + " ".join(e["text"] for e in a["evidence"]) for f in r.value["findings"] for a in f["about"])
        return r.has_finding("super-packets") and r.has_finding("time-limit", "Absent") and " nan" not in text
    return judge


def load(root, vpn, rtt_us):
    """What TCP makes of the round trip, which is 1 ms otherwise."""
    for host in HOSTS:
        top = root / vpn / "baseline" / host
        make_tree.write(ping_with(1, 1), top, "ping.json")
        edit(top / "tcp_iperf3.json", lambda d: [s["sender"].update(mean_rtt=rtt_us) for s in d["data"]["end"]["streams"]] and None)


@case
def a_queue_that_the_bare_link_has_as_well_is_not_the_vpns(root):
    load(root, "Internal", 9000)
    load(root, "Tinc", 10000)
    return lambda r: not r.has_finding("bufferbloat")


@case
def a_queue_far_longer_than_the_bare_links_is_a_finding(root):
    load(root, "Internal", 2000)
    load(root, "Tinc", 10000)
    return lambda r: r.has_finding("bufferbloat", "Tinc")


@case
def days_between_vpns_are_found_although_two_share_one(root):
    shutil.copytree(root / "Tinc", root / "Later")
    for vpn, day in (("Internal", 0), ("Tinc", 0), ("Later", 3)):
        for hour, host in enumerate(HOSTS):
            edit(root / vpn / "baseline" / host / "tcp_iperf3.json",
                 lambda d: d["data"]["start"]["timestamp"].update(timesecs=1766018262 + 86400 * day + 3600 * hour))
    return lambda r: r.has_finding("one-after-the-other")


@case
def a_queue_under_impairment_alone_is_a_finding(root):
    for vpn in ("Internal", "Tinc"):
        shutil.copytree(root / vpn / "baseline", root / vpn / "low_impairment", dirs_exist_ok=True)
    load(root, "Internal", 2000)
    load(root, "Tinc", 2000)
    for vpn, rtt_us in (("Internal", 2000), ("Tinc", 2400000)):
        for host in HOSTS:
            top = root / vpn / "low_impairment" / host
            make_tree.write(ping_with(1, 1), top, "ping.json")
            edit(top / "tcp_iperf3.json", lambda d: [s["sender"].update(mean_rtt=rtt_us) for s in d["data"]["end"]["streams"]] and None)
    return lambda r: r.has_finding("bufferbloat", "Tinc") and not r.has_finding("bufferbloat", "Internal")


def download_that_said(root, *lines):
    edit(root / "Tinc/baseline/0_ada/nix_cache.json", lambda d: {
        "status": "error", "error_type": "CmdOut", "meta": {"duration_seconds": 40},
        "error": {"stdout": "", "returncode": 1, "stderr": "\n".join(lines) +
                  "\nError: Command terminated with non-zero exit code 1 in the first warmup run.\n"}})


RETRIED = "warning: error: unable to download 'http://a/nar/1': Timeout was reached (28) Connection timed out after 5000 milliseconds; retrying in 337 ms"


@case
def a_download_that_timed_out_is_the_networks(root):
    download_that_said(root, RETRIED, "error: unable to download 'http://a/nar/1': Timeout was reached (28) Connection timed out after 5000 milliseconds")
    return lambda r: r.has_finding("download-broke", "Tinc")


@case
def a_local_file_that_vanished_is_not_the_networks(root):
    download_that_said(root, RETRIED, "error: opening file '/tmp/cache/nar/1.nar': No such file or directory")
    return lambda r: not r.has_finding("download-broke") and r.has_finding("unknown-cause", "Tinc") and \
        "opening file" in json.dumps(r.value["findings"])


@case
def the_words_of_a_failed_pair_in_plain_text_are_its_cause(root):
    def fail(d):
        d["data"]["pairs"][0] = {**{k: d["data"]["pairs"][0][k] for k in ("source", "target")}, "error_type": "ClanCmdError", "error":
                                 "iperf --bidir --connect-timeout 600 --json\n{\n\"error\": \"unable to connect to server: Connection timed out\"\n}\nReturn Code: 1\n"}
    edit(root / "Tinc/baseline/parallel_tcp_iperf3.json", fail)
    return lambda r: r.has_finding("connect-limit", "Tinc") and not r.has_finding("unknown-cause", "Tinc")


@case
def a_folder_called_as_a_published_profile_is_titled_keeps_its_own_column(root):
    for folder, rate in (("low_impairment", 2e7), ("low", 3e7)):
        shutil.copytree(root / "Tinc/baseline", root / "Tinc" / folder)
        for host in HOSTS:
            edit(root / "Tinc" / folder / host / "tcp_iperf3.json",
                 lambda d: d["data"]["end"]["sum_sent"].update(bits_per_second=rate))
    return lambda r: (r.row("tcp_impairment", "Tinc").get("low"), r.row("tcp_impairment", "Tinc").get("folder low")) == (20, 30)


@case
def an_environment_that_breaks_off_is_damaged_and_not_missing(root):
    (root / "environment.json").write_text('{"schema": 1, "plan": {"hos')
    return lambda r: r.has_problem("environment.json: ") and r.has_finding("no-environment") and \
        "environment.json is damaged" in json.dumps(r.value["findings"]) and \
        "environment.json is missing" not in json.dumps(r.value["findings"])


@case
def every_finding_has_a_title(root):
    shutil.rmtree(root / "Tinc/baseline/0_ada")
    return lambda r: r.value["findings"] and all(f["title"] for f in r.value["findings"])


@case
def hosts_that_layout_lists_count_as_planned_although_no_vpn_has_results_of_them(root):
    for vpn in ("Internal", "Tinc"):
        shutil.rmtree(root / vpn / "baseline" / HOSTS[1])
        make_tree.write([{"cmachine": {"name": host[2:]}} for host in HOSTS], root, vpn, "layout.json")
    return lambda r: r.success("Tinc", "TCP") == (2, 3) and r.success("Internal", "ping") == (2, 3)


@case
def an_idle_mesh_alone_is_a_tree(root):
    for vpn in ("Internal", "Tinc"):
        shutil.rmtree(root / vpn / "baseline")
        make_tree.write({"status": "success", "data": {"seconds": 60, "hosts": [], "pairs": None},
                         "meta": {"figures": {"cpu_percent": 1.5}}}, root, vpn, "baseline/idle.json")
    return lambda r: r.success("Tinc", "idle") == (1, 1) and r.success("Internal", "idle") == (1, 1)


@case
def quic_of_every_repetition_is_in_its_corrected_table(root):
    for host in HOSTS:
        top = root / "Tinc/baseline" / host
        for place, rate in (("qperf.json", 100), ("repetitions/1/qperf.json", 300)):
            copy = json.loads((top / "qperf.json").read_text())
            copy["data"]["total_bandwidth_mbps"] = ping_with(rate, rate)["data"]["rtt_avg_ms"]
            make_tree.write(copy, top, place)
    return lambda r: (r.row("qperf_corrected", "Tinc").get("links"), r.row("qperf_corrected", "Tinc").get("bandwidth_mbps")) == \
        ("6/6", 200)


@case
def compare_escapes_what_markdown_would_read(root):
    (root / "Tinc").rename(root / "Ti|n*c<b>")
    (root / "Internal").rename(root / "Internal|")
    shutil.copytree(root, root.parent / "after")
    shutil.rmtree(root.parent / "after/Internal|")

    def is_right(_):
        text = output_of(["compare", str(root), str(root.parent / "after")])
        rows = [line for line in text.splitlines() if line.startswith("| Ti")]
        return (rows and all(row.startswith("| Ti\\|n*c\\<b> |") for row in rows) and
                len({row.replace("\\|", "").count("|") for row in rows}) == 1 and "only in the trees before: VPN Internal\\|" in text)
    return is_right


@case
def what_all_links_would_carry_is_called_an_extrapolation(root):
    return lambda r: "| Times all links (extrapolated), Mbit/s |" in output_of(["report", str(root), "--markdown"])


def main():
    failed = False
    for number, change in enumerate(CASES, 1):
        with tempfile.TemporaryDirectory() as work:
            root = Path(work) / "tree"
            fill(root)
            judge = change(root)
            report = Report(sys.argv[1], str(root))
            is_right = report.status == 0 and judge(report)
        if not is_right:
            failed = True
            for line in (report.errors + json.dumps(report.value["problems"][:3])).splitlines():
                print(f"# {line[:300]}", file=sys.stderr)
        print(f"{'ok' if is_right else 'not ok'} {number} - {change.__name__}")
    print(f"1..{len(CASES)}")
    sys.exit(failed)


main()
