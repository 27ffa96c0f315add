/* SPDX-License-Identifier: MIT */
/* Both ends of a connection in one process. */
#include "far/connection.h"

#include "base/fd.h"

#include "tap.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Two ends of a connection; `far` is the helper's. A raw end is a bare descriptor. */
struct pair {
	struct procs *procs;
	struct far_connection *near, *far;
	int raw;
	int64_t sum; /* of the ids that the near end heard */
};

static void pair_done(struct pair *pair)
{
	far_connection_free(pair->near);
	far_connection_free(pair->far);
	fd_closep(&pair->raw);
	procs_free(pair->procs);
}

#define PAIR(name)                                                                                 \
	AUTO(pair_done) struct pair name = {.raw = -1};                                            \
	struct error err = {0}

static void hear(void *context)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct pair *pair = context;
	struct far_message message;

	while (far_connection_take(pair->near, arena, &message))
		pair->sum += message.id;
}

static int join(struct pair *pair, int fd, const char *version, enum far_direction hears,
	struct far_connection **ret_connection, struct error *err)
{
	return far_connection_new(pair->procs,
		&(struct far_ends){.in_fd = fd,
			.out_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0),
			.version = version,
			.hears = hears,
			.ready = hears == FAR_FROM_HELPER ? hear : NULL,
			.context = pair},
		ret_connection, err);
}

static int begin(struct pair *pair, int ret_ends[2], struct error *err)
{
	if (procs_new(&pair->procs, err))
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret_ends) < 0)
		return fail_errno(err, "make a socket");
	return join(pair, ret_ends[0], "0.2.0", FAR_FROM_HELPER, &pair->near, err);
}

static int connect_both(struct pair *pair, const char *version, struct error *err)
{
	int ends[2];

	if (begin(pair, ends, err))
		return -1;
	return join(pair, ends[1], version, FAR_TO_HELPER, &pair->far, err);
}

/* The near end meets the test itself. */
static int connect_raw(struct pair *pair, struct error *err)
{
	int ends[2];

	if (begin(pair, ends, err))
		return -1;
	pair->raw = ends[1];
	return 0;
}

static bool take(struct pair *pair, struct far_message *ret_message)
{
	static struct arena *arena; /* of the last message */
	struct deadline deadline = deadline_in(10 * NS_PER_S);
	bool is_there = false;

	arena_free(arena);
	arena = arena_new();
	while (!is_there && !deadline_has_passed(deadline)) {
		is_there = far_connection_take(pair->far, arena, ret_message);
		if (!is_there && far_connection_end(pair->far))
			break;
		if (!is_there)
			procs_serve(pair->procs, deadline);
	}
	if (!is_there)
		arena_freep(&arena);
	return is_there;
}

static const char *end_of(struct pair *pair, const struct far_connection *connection)
{
	struct deadline deadline = deadline_in(10 * NS_PER_S);

	while (!far_connection_end(connection) && !deadline_has_passed(deadline))
		procs_serve(pair->procs, deadline);
	return far_connection_end(connection) ? far_connection_end(connection) : "";
}

TEST(ends_of_one_version_greet_and_talk)
{
	struct far_message got;
	PAIR(c);

	CHECK_OK(connect_both(&c, "0.2.0", &err), err);
	CHECK_OK(far_connection_send(
			 c.near, &(struct far_message){.kind = FAR_CLOCK, .id = 7}, &err),
		err);
	CHECK(take(&c, &got) && got.kind == FAR_CLOCK && got.id == 7);
	CHECK(strcmp(far_connection_kernel(c.far), far_connection_kernel(c.near)) == 0);
	CHECK(!far_connection_end(c.near) && !far_connection_end(c.far));
	far_connection_break(c.near, "enough");
	CHECK(!take(&c, &got) && far_connection_was_closed(c.far));
}

TEST(unequal_versions_refuse_each_other_and_name_both)
{
	struct far_message got;
	PAIR(c);

	CHECK_OK(connect_both(&c, "0.1.9 (abc)", &err), err);
	CHECK(!take(&c, &got) && !far_connection_was_closed(c.far));
	CHECK(strstr(end_of(&c, c.near), "meshbench 0.1.9 (abc) and this one 0.2.0: install"));
	CHECK(strstr(end_of(&c, c.far), "meshbench 0.2.0 and this one 0.1.9 (abc): install"));
}

TEST(what_is_said_instead_of_hello_is_shown)
{
	static const char said[] = "sh: 1: meshbench-host: not found\n";
	PAIR(c);

	CHECK_OK(connect_raw(&c, &err), err);
	CHECK(write(c.raw, said, strlen(said)) == (ssize_t)strlen(said));
	CHECK(strcmp(end_of(&c, c.near),
		      "the other end says 'sh: 1: meshbench-host: not found' instead of hello") ==
		0);
}

TEST(an_end_without_a_hello_is_told_from_one_after_it)
{
	PAIR(c);

	CHECK_OK(connect_raw(&c, &err), err);
	fd_closep(&c.raw);
	CHECK(strcmp(end_of(&c, c.near), "the other end closed it before it said hello") == 0);
	CHECK(!far_connection_was_closed(c.near));
}

/* Writes messages as another end would, and `extra` bytes of one more. */
static bool say(struct pair *pair, const struct far_message list[], size_t count, size_t extra)
{
	struct far_buffer bytes = {0};
	struct error err;
	size_t whole = 0;
	bool is_said = true;

	for (size_t i = 0; is_said && i < count + (extra != 0); i++) {
		whole = i < count ? 0 : bytes.used;
		is_said = far_encode(&list[i], &bytes, &err) == 0;
	}
	if (extra)
		bytes.used = whole + extra;
	is_said = is_said && write(pair->raw, bytes.bytes, bytes.used) == (ssize_t)bytes.used;
	far_buffer_done(&bytes);
	return is_said;
}

static const struct far_message hello = {.kind = FAR_HELLO, .version = "0.2.0", .kernel = "k"};
static const struct far_message done = {.kind = FAR_DONE, .id = 5};

TEST(a_message_before_hello_and_a_second_hello_end_the_connection)
{
	{
		PAIR(c);
		CHECK_OK(connect_raw(&c, &err), err);
		CHECK(say(&c, &done, 1, 0));
		CHECK(strcmp(end_of(&c, c.near), "message 'done' came before hello") == 0);
	}
	{
		PAIR(c);
		CHECK_OK(connect_raw(&c, &err), err);
		CHECK(say(&c, (const struct far_message[]){hello, done, hello}, 3, 0));
		CHECK(strcmp(end_of(&c, c.near), "the other end said hello twice") == 0);
		CHECK(c.sum == 5);
	}
}

TEST(a_connection_that_breaks_within_a_message_says_so)
{
	PAIR(c);

	CHECK_OK(connect_raw(&c, &err), err);
	CHECK(say(&c, (const struct far_message[]){hello, done, done}, 2, 6));
	fd_closep(&c.raw);
	CHECK(strcmp(end_of(&c, c.near), "the other end closed it within a message") == 0);
	CHECK(c.sum == 5 && !far_connection_was_closed(c.near));
}

TEST(a_request_from_a_helper_ends_the_connection)
{
	PAIR(c);

	CHECK_OK(connect_raw(&c, &err), err);
	CHECK(say(&c, (const struct far_message[]){hello, {.kind = FAR_CLOCK, .id = 1}}, 2, 0));
	CHECK(strcmp(end_of(&c, c.near), "message 'clock' came from the wrong end") == 0);
}

/* More than any socket holds, and the other end reads only after all of it was sent. */
TEST(what_the_socket_does_not_take_is_sent_when_it_does)
{
	static char block[1 << 16];
	struct far_message got;
	int64_t sum = 0;
	PAIR(c);

	CHECK_OK(connect_both(&c, "0.2.0", &err), err);
	for (int64_t id = 1; id <= 100; id++)
		CHECK_OK(far_connection_send(c.near,
				 &(struct far_message){.kind = FAR_WRITE,
					 .id = id,
					 .path = "x",
					 .data = block,
					 .size = sizeof(block)},
				 &err),
			err);
	far_connection_finish(c.near);
	while (take(&c, &got))
		sum += got.size == sizeof(block) ? got.id : 0;
	CHECK(sum == 5050 && far_connection_was_closed(c.far));
	/* Its own way back is still open. */
	CHECK_OK(far_connection_send(c.far, &done, &err), err);
	far_connection_finish(c.far);
	CHECK(strcmp(end_of(&c, c.near), "the other end closed it") == 0);
	CHECK(c.sum == 5);
}

TEST(an_end_that_nobody_hears_does_not_end_the_program)
{
	PAIR(c);

	CHECK_OK(connect_raw(&c, &err), err);
	fd_closep(&c.raw);
	for (int i = 0; i < 3; i++)
		CHECK_OK(far_connection_send(
				 c.near, &(struct far_message){.kind = FAR_CLOCK, .id = 1}, &err),
			err);
	CHECK_OK(procs_step(c.procs, deadline_in(0), &err), err); /* it cancels nothing either */
}
