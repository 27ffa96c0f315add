/* SPDX-License-Identifier: MIT */
/*
 * The wire between two or more TAPs, driven by the words of tc netem, for benches and comparisons.
 * usage: forward_wire WIRE-PROGRAM LINE-RATE-MBIT MERGE-US UNIT OPTIONS NETNS-FILE TAP NETNS-FILE
 * TAP [netem words]; UNIT: packet or superpacket, with "-one-way" behind it only what the first
 * host sends is impaired; OPTIONS for the program, comma separated, or - The words "calibrated MS
 * MS LOSS" instead of netem's use the calibrated model with FIFO jitter. Prints "ready"; when its
 * input ends it prints counters and health of the wire as one JSON object.
 */
#include "wire/wire.h"

#include "base/fd.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PORTS = 2,
	FIRST_PORT = 6,
	FIRST_WORD = 10
};

static void check(int status, const struct error *err)
{
	if (!status)
		return;
	fprintf(stderr, "forward_wire: %s\n", err->text);
	exit(1);
}

static pid_t start(const char *program, const char *options, int fd)
{
	char number[16], *copy = strdup(options);
	const char *argv[16] = {program, "--control-fd", number};
	int argc = 3;
	pid_t pid;

	snprintf(number, sizeof(number), "%d", fd);
	for (char *word = strtok(copy, ","); word && argc < 15 && strcmp(options, "-") != 0;
		word = strtok(NULL, ","))
		argv[argc++] = word;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(STDOUT_FILENO); /* its "ready" is not ours */
		open("/dev/null", O_WRONLY);
		execv(program, (char *const *)argv);
		_exit(127);
	}
	free(copy);
	return pid;
}

static int open_tap(const char *netns, const char *name)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int there = open(netns, O_RDONLY | O_CLOEXEC);
	struct error err = {0};
	int fd = -1;

	if (there < 0 || setns(there, CLONE_NEWNET) < 0) {
		perror(netns);
		exit(1);
	}
	check(wire_tap_open(name, &fd, &err), &err);
	if (setns(here, CLONE_NEWNET) < 0)
		exit(1);
	close(here);
	close(there);
	return fd;
}

static void read_impairment(int count, char **words, struct netem_params *params)
{
	struct error err = {0};
	size_t word;

	if (count == 0)
		return;
	if (count == 4 && strcmp(words[0], "calibrated") == 0) {
		params->model = NETEM_CALIBRATED;
		params->delay_ns = (int64_t)(atof(words[1]) * 1e6);
		params->jitter_ns = (int64_t)(atof(words[2]) * 1e6);
		params->loss.kind = NETEM_LOSS_RANDOM;
		params->loss.random.probability = atof(words[3]);
		return;
	}
	check(netem_parse_words((const char *const *)words, (size_t)count, params, &word, &err),
		&err);
}

static void print_report(struct wire *wire, const uint32_t ports[PORTS])
{
	struct wire_counters c = {0};
	struct wire_health health;
	struct error err = {0};

	check(wire_read_health(wire, &health, &err), &err);
	printf("{\"cpu_s\": %.3f, \"realtime\": %d, \"release_error_us\": {\"p50\": %.1f, \"p99\": "
	       "%.1f, "
	       "\"p999\": %.1f, \"max\": %.1f, \"count\": %llu}, \"ports\": [",
		health.cpu_s, health.is_realtime,
		(double)wire_histogram_quantile_ns(&health.release_error, 0.5) / 1e3,
		(double)wire_histogram_quantile_ns(&health.release_error, 0.99) / 1e3,
		(double)wire_histogram_quantile_ns(&health.release_error, 0.999) / 1e3,
		(double)health.release_error.max_ns / 1e3,
		(unsigned long long)health.release_error.count);
	for (int i = 0; i < PORTS; i++) {
		check(wire_read_counters(wire, ports[i], &c, &err), &err);
		printf("%s{\"in_frames\": %llu, \"in_packets\": %llu, \"out_frames\": %llu, "
		       "\"out_packets\": %llu, \"lost\": %llu, \"overflow\": %llu, "
		       "\"line_overflow\": %llu, "
		       "\"malformed\": %llu, \"write_errors\": %llu, \"out_of_memory\": %llu}",
			i ? ", " : "", (unsigned long long)c.in_frames,
			(unsigned long long)c.in_packets, (unsigned long long)c.out_frames,
			(unsigned long long)c.out_packets, (unsigned long long)c.lost,
			(unsigned long long)c.overflow,
			(unsigned long long)(c.line_overflow_in + c.line_overflow_out),
			(unsigned long long)c.malformed, (unsigned long long)c.write_errors,
			(unsigned long long)c.out_of_memory);
	}
	puts("]}");
}

int main(int argc, char **argv)
{
	struct wire_params params = {0};
	struct wire *wire = NULL;
	struct error err = {0};
	uint32_t ports[PORTS];
	pid_t program;
	int ends[2];
	char byte;

	if (argc < FIRST_WORD || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0)
		return 2;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	params.line_rate_bps = atof(argv[2]) * 1e6;
	params.merge_ns = (int64_t)(atof(argv[3]) * 1e3);
	read_impairment(argc - FIRST_WORD, argv + FIRST_WORD, &params.impairment);
	if (strncmp(argv[4], "superpacket", 11) == 0)
		params.impairment.unit = NETEM_UNIT_SUPERPACKET;
	program = start(argv[1], argv[5], ends[1]);
	close(ends[1]);
	check(wire_connect(&ends[0], &wire, &err), &err);
	for (int i = 0; i < PORTS; i++) {
		const struct wire_params clean = {
			.line_rate_bps = params.line_rate_bps, .merge_ns = params.merge_ns};
		bool is_clean = i > 0 && strstr(argv[4], "-one-way");
		int tap = open_tap(argv[FIRST_PORT + 2 * i], argv[FIRST_PORT + 1 + 2 * i]);

		check(wire_add_port(wire, argv[FIRST_PORT + 1 + 2 * i], tap,
			      is_clean ? &clean : &params, &ports[i], &err),
			&err);
		close(tap);
	}
	check(wire_restart(wire, 1, &err), &err);
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) == 1)
		continue;
	print_report(wire, ports);
	wire_free(wire);
	waitpid(program, NULL, 0); /* its TAPs are gone then */
	return 0;
}
