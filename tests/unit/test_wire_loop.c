/* SPDX-License-Identifier: MIT */
#include "wire_frames.h"

#include "wire/loop.h"

#include "base/clock.h"
#include "base/fd.h"

#include "tap.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS INT64_C(1000000)

enum {
	HOSTS = 3,
	MEMORY = 16 << 20
};

/* A real wire in a process of its own; datagram sockets stand in for TAPs. */
struct scene {
	struct wire *wire;
	pid_t pid;
	int host[HOSTS], port_fd[HOSTS];
	uint32_t port[HOSTS];
};

static void run_wire(int control_fd)
{
	static struct loop loop;
	struct error err = {0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (loop_init(&loop, control_fd, MEMORY, 0, &err))
		_exit(1);
	loop.nap_ns = MS;
	if (loop_run(&loop, &err))
		_exit(1);
	loop_done(&loop);
	_exit(0);
}

static void scene_done(struct scene *scene)
{
	wire_free(scene->wire);
	for (int i = 0; i < HOSTS; i++) {
		fd_closep(&scene->host[i]);
		fd_closep(&scene->port_fd[i]);
	}
	if (scene->pid > 0)
		waitpid(scene->pid, NULL, 0);
}

static int scene_init(struct scene *scene, const struct wire_params *params, struct error *err)
{
	int control[2], pair[2];

	*scene = (struct scene){.host = {-1, -1, -1}, .port_fd = {-1, -1, -1}};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0)
		return fail_errno(err, "pair");
	fflush(stdout);
	scene->pid = fork();
	if (scene->pid == 0) {
		close(control[0]);
		run_wire(control[1]);
	}
	close(control[1]);
	if (wire_connect(&control[0], &scene->wire, err))
		return -1;
	for (int i = 0; i < HOSTS; i++) {
		if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
			return fail_errno(err, "pair");
		scene->host[i] = pair[0];
		scene->port_fd[i] = pair[1];
		if (wire_add_port(scene->wire, "host", pair[1], params, &scene->port[i], err))
			return -1;
	}
	return 0;
}

#define SCENE(name, ...)                                                                           \
	AUTO(scene_done) struct scene name;                                                        \
	struct error err = {0};                                                                    \
	CHECK_OK(scene_init(&name, &(const struct wire_params){__VA_ARGS__}, &err), err)

static int send_frame(struct scene *scene, int from, int to, uint8_t mark)
{
	static struct sample_frame frame;
	uint8_t data[2048];

	sample_make(&frame, &(struct sample_spec){.payload = 100, .is_udp = true});
	frame.bytes[5] = (uint8_t)(to + 1);
	if (to < 0)
		memset(frame.bytes, 0xff, 6);
	frame.bytes[11] = (uint8_t)(from + 1);
	frame.bytes[42] = mark;
	memcpy(data, &frame.vnet, VNET_SIZE);
	memcpy(data + VNET_SIZE, frame.bytes, frame.size);
	return (int)write(scene->host[from], data, VNET_SIZE + frame.size);
}

/* The mark of the next frame for a host, -1 when none comes within the time. */
static int receive_mark(struct scene *scene, int host, int within_ms)
{
	struct pollfd watched = {.fd = scene->host[host], .events = POLLIN};
	uint8_t data[2048];

	if (poll(&watched, 1, within_ms) != 1 || read(scene->host[host], data, sizeof(data)) < 100)
		return -1;
	return data[VNET_SIZE + 42];
}

/* Broadcasts, so that the switch knows everyone. */
static bool introduce(struct scene *scene)
{
	for (int i = 0; i < HOSTS; i++) {
		send_frame(scene, i, -1, 0);
		for (int k = 0; k < HOSTS; k++) {
			if (k != i && receive_mark(scene, k, 5000) != 0)
				return false;
		}
	}
	return true;
}

TEST(frames_cross_a_wire_that_runs_as_its_own_process)
{
	struct wire_counters counters;
	SCENE(scene, .line_rate_bps = 0);

	CHECK(introduce(&scene));
	send_frame(&scene, 0, 2, 77);
	CHECK(receive_mark(&scene, 2, 5000) == 77);
	CHECK_OK(wire_read_counters(scene.wire, scene.port[0], &counters, &err), err);
	CHECK(counters.in_frames == 2 && counters.in_packets == 2);
	CHECK(receive_mark(&scene, 1, 0) == -1); /* it was not for host 1 */
}

/* 3,000 frames, each a fiftieth of a nap after the one before: none can be slept between. */
/* One frame every 20 us. */
static void send_for_60_ms(struct scene *scene)
{
	int64_t start_ns = clock_now_ns();
	int sent = 0;

	while (sent < 3000) {
		while (clock_now_ns() < start_ns + sent * MS / 50)
			continue;
		sent += send_frame(scene, 0, 1, 0) > 0;
	}
}

TEST(a_busy_wire_naps_and_an_idle_one_does_not)
{
	struct wire_health before, idle, busy;
	int64_t start_ns, took_ns;
	int rounds = 0;
	SCENE(scene, .impairment = {.model = NETEM_CALIBRATED,
			     .delay_ns = 40 * MS,
			     .loss = {.kind = NETEM_LOSS_RANDOM, .random = {.probability = 1}}});

	CHECK_OK(wire_read_health(scene.wire, &before, &err), err);
	poll(NULL, 0, 50);
	CHECK_OK(wire_read_health(scene.wire, &idle, &err), err);
	CHECK(idle.naps <= before.naps + 1); /* from being set up to rest */
	start_ns = clock_now_ns();
	do {
		send_for_60_ms(&scene);
		CHECK_OK(wire_read_health(scene.wire, &busy, &err), err);
		/* On a busy machine the two may take turns, and then the wire finds all frames at
		 * once. */
	} while (busy.naps <= idle.naps + 1 && ++rounds < 100);
	took_ns = clock_now_ns() - start_ns;
	printf("# %llu naps\n", (unsigned long long)(busy.naps - idle.naps));
	CHECK(busy.naps > idle.naps + 1);
	/* However slowly a busy machine sends: it does not wake up much more often than naps end.
	 */
	CHECK((int64_t)(busy.naps - idle.naps) < 10 + 4 * took_ns / (WIRE_DEFAULT_NAP_US * 1000));
}

/* Without a line every backlog long enough to fill a TAP counts. */
TEST(a_tap_that_runs_empty_after_every_frame_has_no_backlog)
{
	struct wire_counters counters;
	SCENE(scene, .line_rate_bps = 0);

	CHECK(introduce(&scene));
	for (int i = 0; i < 600; i++) {
		send_frame(&scene, 0, 1, 1);
		CHECK(receive_mark(&scene, 1, 5000) == 1);
	}
	CHECK_OK(wire_read_counters(scene.wire, scene.port[0], &counters, &err), err);
	CHECK(counters.in_frames == 601 && counters.fell_behind == 0);
}

TEST(parameters_change_over_the_control_connection)
{
	struct wire_params slow = {.impairment = {.model = NETEM_CALIBRATED, .delay_ns = 30 * MS}};
	struct wire_params wrong = {.impairment = {.model = NETEM_CALIBRATED, .rate_bps = 1}};
	struct wire_health health;
	int64_t start_ns;
	SCENE(scene, .line_rate_bps = 0);

	CHECK(introduce(&scene));
	CHECK_OK(wire_set_params(scene.wire, scene.port[0], &slow, NULL, &err), err);
	CHECK(wire_set_params(scene.wire, scene.port[0], &wrong, NULL, &err) == -1);
	CHECK(err.kind == ERROR_USAGE && strstr(err.text, "rate_bps"));
	start_ns = clock_now_ns();
	send_frame(&scene, 0, 1, 5);
	CHECK(receive_mark(&scene, 1, 5000) == 5);
	CHECK(clock_now_ns() - start_ns >= 30 * MS);
	CHECK_OK(wire_read_health(scene.wire, &health, &err), err);
	CHECK(health.release_error.count == 1 && health.memory_bytes == MEMORY && health.cpu_s > 0);
}

TEST(a_timeline_travels_to_the_wire)
{
	struct netem_step down = {.rate_bps = NETEM_KEEP,
		.delay_ns = NETEM_KEEP,
		.loss = NETEM_KEEP,
		.is_down = true};
	struct netem_timeline timeline = {.steps = &down, .step_count = 1};
	struct wire_params params = {.impairment = {.model = NETEM_CALIBRATED}};
	struct wire_counters counters;
	SCENE(scene, .line_rate_bps = 0);

	CHECK(introduce(&scene));
	CHECK_OK(wire_set_params(scene.wire, scene.port[0], &params, &timeline, &err), err);
	down.is_down = false; /* the wire has its own copy */
	send_frame(&scene, 0, 1, 1);
	send_frame(&scene, 2, 1, 2);
	CHECK(receive_mark(&scene, 1, 5000) == 2);
	CHECK_OK(wire_read_counters(scene.wire, scene.port[0], &counters, &err), err);
	CHECK(counters.down == 1);
}

TEST(a_removed_port_is_gone_and_its_number_is_free_again)
{
	struct wire_counters counters;
	SCENE(scene, .line_rate_bps = 0);
	uint32_t again;

	CHECK_OK(wire_remove_port(scene.wire, scene.port[1], &err), err);
	CHECK(wire_read_counters(scene.wire, scene.port[1], &counters, &err) == -1);
	CHECK(wire_remove_port(scene.wire, 99999, &err) == -1);
	CHECK_OK(wire_add_port(
			 scene.wire, "b", scene.port_fd[1], &(struct wire_params){0}, &again, &err),
		err);
	CHECK(again == scene.port[1]);
	CHECK(introduce(&scene));
}

TEST(a_port_may_have_a_number_of_the_callers_choice)
{
	struct wire_counters counters;
	SCENE(scene, .line_rate_bps = 0);

	CHECK_OK(wire_remove_port(scene.wire, scene.port[1], &err), err);
	CHECK_OK(wire_add_port_at(
			 scene.wire, 7, "b", scene.port_fd[1], &(struct wire_params){0}, &err),
		err);
	CHECK_OK(wire_read_counters(scene.wire, 7, &counters, &err), err);
	CHECK(introduce(&scene));
	CHECK(wire_add_port_at(
		      scene.wire, 7, "c", scene.port_fd[2], &(struct wire_params){0}, &err) == -1);
	CHECK(strstr(err.text, "has a port 7 already"));
	CHECK(wire_add_port_at(scene.wire, WIRE_MAX_PORTS, "c", scene.port_fd[2],
		      &(struct wire_params){0}, &err) == -1);
	CHECK(strstr(err.text, "no more than 128 ports"));
}

/* What a connection between two machines does; both ends are here. */
static int carry(void *context, const void *question, size_t size, void *ret_answer,
	size_t answer_size, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct wire_bytes answer;

	if (wire_answer(context, (struct wire_bytes){question, size}, arena, &answer, err))
		return -1;
	if (answer.size != answer_size)
		return fail(err, ERROR_PARSE, "%zu bytes", answer.size);
	memcpy(ret_answer, answer.data, answer_size);
	return 0;
}

TEST(a_wire_on_another_machine_is_asked_in_the_same_words)
{
	struct netem_step down = {.rate_bps = NETEM_KEEP,
		.delay_ns = NETEM_KEEP,
		.loss = NETEM_KEEP,
		.is_down = true};
	const struct netem_timeline timeline = {.steps = &down, .step_count = 1};
	const struct wire_params params = {.impairment = {.model = NETEM_CALIBRATED}};
	AUTO(wire_freep) struct wire *far = NULL;
	struct wire_counters counters;
	struct wire_health health;
	SCENE(scene, .line_rate_bps = 0);
	uint32_t ignored;

	CHECK(introduce(&scene));
	CHECK_OK(wire_over(carry, scene.wire, &far, &err), err);
	CHECK_OK(wire_restart(far, 3, &err), err);
	CHECK_OK(wire_set_params(far, scene.port[0], &params, &timeline, &err), err);
	send_frame(&scene, 0, 1, 1);
	send_frame(&scene, 2, 1, 2);
	CHECK(receive_mark(&scene, 1, 5000) == 2);
	CHECK_OK(wire_read_counters(far, scene.port[0], &counters, &err), err);
	CHECK(counters.down == 1);
	CHECK_OK(wire_read_health(far, &health, &err), err);
	CHECK(health.memory_bytes > 0);
	CHECK(wire_read_counters(far, 99, &counters, &err) == -1);
	CHECK(strstr(err.text, "no port 99"));
	/* Descriptors do not travel, and who asks from afar adds no ports. */
	CHECK(wire_add_port(far, "d", -1, &params, &ignored, &err) == -1);
	CHECK(strstr(err.text, "may not come from another machine"));
	CHECK(carry(scene.wire, "short", 5, &counters, sizeof(counters), &err) == -1);
}

TEST(a_log_holds_what_passed)
{
	AUTO(fd_closep) int fd = memfd_create("log", MFD_CLOEXEC);
	struct wire_record record;
	struct wire_log head;
	SCENE(scene, .line_rate_bps = 0);

	CHECK(introduce(&scene));
	CHECK_OK(wire_log_to(scene.wire, fd, 100, &err), err);
	CHECK_OK(wire_restart(scene.wire, 3, &err), err);
	send_frame(&scene, 0, 1, 9);
	CHECK(receive_mark(&scene, 1, 5000) == 9);
	CHECK_OK(wire_log_to(scene.wire, -1, 0, &err), err);
	CHECK(pread(fd, &head, sizeof(head), 0) == (ssize_t)sizeof(head));
	CHECK(pread(fd, &record, sizeof(record), sizeof(head)) == (ssize_t)sizeof(record));
	CHECK(memcmp(head.magic, "mbwire1", 8) == 0 && head.written == 1 && head.missed == 0);
	CHECK(record.in_port == scene.port[0] && record.out_port == scene.port[1]);
	CHECK(record.verdict == WIRE_DELIVERED && record.bytes == 142 && record.index == 0);
}

TEST(the_wire_ends_with_its_control_connection)
{
	int status = -1;
	pid_t pid;
	SCENE(scene, .line_rate_bps = 0);

	pid = scene.pid;
	scene.pid = 0;
	wire_freep(&scene.wire);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* A router between host 0, in segment 1, and the others. */
static int add_router(struct scene *scene, struct wire_router *ret_router, struct error *err)
{
	struct router_params params = {
		.faces = {{.mac = {2, 0, 0, 0, 0, 0xa1}, .mtu = 1500, .ipv4 = 0x0a0000fe},
			{.mac = {2, 0, 0, 0, 0, 0xa2}, .mtu = 1500, .ipv4 = 0xcb007101}},
		.nat = {.external = {0xcb007101}, .external_count = 1}};
	struct wire_neighbour server = {.side = ROUTER_OUTSIDE,
		.address = {[10] = 0xff, 0xff, 10, 0, 0, 2},
		.mac = {2, 0, 0, 0, 0, 2}};

	return wire_add_router(scene->wire, &params, ret_router, err) ||
			       wire_meet(scene->wire, ret_router->number, &server, err) ||
			       wire_join(scene->wire, scene->port[0], 1, err) ||
			       wire_join(scene->wire, ret_router->ports[ROUTER_INSIDE], 1, err)
		       ? -1
		       : 0;
}

TEST(routers_are_made_changed_and_read_while_the_wire_runs)
{
	SCENE(scene, .line_rate_bps = 0);
	struct wire_router router;
	struct router_totals totals;
	struct router_params none = {0};

	CHECK_OK(add_router(&scene, &router, &err), err);
	CHECK(send_frame(&scene, 0, 0xa0, 7) > 0);
	CHECK(receive_mark(&scene, 1, 5000) == 7);
	CHECK_OK(wire_read_router(scene.wire, router.number, &totals, &err), err);
	CHECK(totals.forwarded == 1 && totals.nat.mappings == 1);
	CHECK_OK(wire_flush_router(scene.wire, router.number, &err), err);
	CHECK_OK(wire_read_router(scene.wire, router.number, &totals, &err), err);
	CHECK(totals.forwarded == 1 && totals.nat.mappings == 0);
	CHECK(wire_set_router(scene.wire, router.number, &none, &err) == -1);
	CHECK(strstr(err.text, "an MTU of 0 is not 1280 to 9216"));
	CHECK(wire_flush_router(scene.wire, 31, &err) == -1);
	CHECK(strstr(err.text, "the wire has no router 31"));
	CHECK(wire_remove_port(scene.wire, router.ports[ROUTER_OUTSIDE], &err) == -1);
	CHECK(strstr(err.text, "is one of a router"));
	CHECK(wire_join(scene.wire, 99, 1, &err) == -1);
}
