/* SPDX-License-Identifier: MIT */
#include "far/clock.h"

#include "far_messages.h"

#include "tap.h"

#include <math.h>

static bool is_same(const struct far_buffer *a, const struct far_buffer *b)
{
	return a->used == b->used && memcmp(a->bytes, b->bytes, a->used) == 0;
}

static void buffer_done(struct far_buffer *buffer)
{
	far_buffer_done(buffer);
}

#define BUFFER(name) AUTO(buffer_done) struct far_buffer name = {0}

/* Overwrites the number before a frame. */
static void announce(struct far_buffer *frame, size_t size)
{
	for (unsigned i = 0; i < FAR_HEAD_BYTES; i++)
		frame->bytes[i] = (uint8_t)(size >> (8 * (FAR_HEAD_BYTES - 1 - i)));
}

TEST(every_kind_of_message_is_read_as_it_was_written)
{
	struct error err = {0};

	for (enum far_kind kind = FAR_HELLO; kind < FAR_KINDS; kind++) {
		AUTO(arena_freep) struct arena *arena = arena_new();
		struct far_message sent = far_example(kind), got;
		BUFFER(bytes);
		BUFFER(original);
		BUFFER(again);
		bool is_whole;

		CHECK_OK(far_encode(&sent, &bytes, &err), err);
		far_buffer_add(&original, bytes.bytes, bytes.used);
		CHECK_OK(far_decode(&bytes, far_direction_of(kind), arena, &got, &is_whole, &err),
			err);
		CHECK(is_whole && got.kind == kind && bytes.used == 0);
		CHECK_OK(far_encode(&got, &again, &err), err);
		CHECK(is_same(&again, &original));
	}
}

TEST(a_start_carries_all_that_a_child_needs)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct far_message sent = far_example(FAR_START), got;
	BUFFER(bytes);
	bool is_whole;

	CHECK_OK(far_encode(&sent, &bytes, &err), err);
	CHECK_OK(far_decode(&bytes, FAR_TO_HELPER, arena, &got, &is_whole, &err), err);
	CHECK(got.id == 4711 && got.held == 1 && got.merge == 1);
	CHECK(strcmp(got.words[2], "-") == 0 && strcmp(got.words[3], "") == 0 && !got.words[4]);
	CHECK(strcmp(got.environment[1], "B=two words") == 0 && !got.environment[2]);
	CHECK(got.size == 3 && memcmp(got.data, "a\0b", 3) == 0);
	CHECK(strcmp(got.path, "/var/lib/vpn/key") == 0 && strcmp(got.text, "start a daemon") == 0);
}

TEST(threads_keep_their_names_and_times)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct far_message sent = far_example(FAR_THREAD_LIST), got;
	BUFFER(bytes);
	bool is_whole;

	CHECK_OK(far_encode(&sent, &bytes, &err), err);
	CHECK_OK(far_decode(&bytes, FAR_FROM_HELPER, arena, &got, &is_whole, &err), err);
	CHECK(got.thread_count == 2 && got.threads[0].cpu_s == 1.5 && got.threads[0].wakeups == 3);
	CHECK(strcmp(got.threads[1].name, "fifteen letters") == 0);
	CHECK(got.threads[1].waited_s == 0.25 && got.threads[1].preemptions == 4);
}

TEST(messages_are_taken_one_by_one_as_their_bytes_come)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct far_message sent = far_example(FAR_OUTPUT), got;
	BUFFER(all);
	BUFFER(come);
	size_t whole = 0;
	bool is_whole;

	for (sent.child = 1; sent.child <= 3; sent.child++)
		CHECK_OK(far_encode(&sent, &all, &err), err);
	for (size_t i = 0; i < all.used; i++) {
		far_buffer_add(&come, all.bytes + i, 1);
		CHECK_OK(far_decode(&come, FAR_FROM_HELPER, arena, &got, &is_whole, &err), err);
		whole += is_whole;
		CHECK(!is_whole || got.child == (int64_t)whole);
	}
	CHECK(whole == 3 && come.used == 0);
}

static int read_once(struct far_buffer *frame, enum far_direction direction, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct far_message got;
	bool is_whole;

	err->kind = ERROR_NONE;
	return far_decode(frame, direction, arena, &got, &is_whole, err);
}

TEST(a_message_that_is_cut_anywhere_is_refused_with_its_name)
{
	struct error err = {0};

	for (enum far_kind kind = FAR_HELLO; kind < FAR_KINDS; kind++) {
		struct far_message sent = far_example(kind);
		BUFFER(frame);

		CHECK_OK(far_encode(&sent, &frame, &err), err);
		for (size_t size = frame.used - FAR_HEAD_BYTES - 1; size > 0; size--) {
			announce(&frame, size);
			CHECK(read_once(&frame, far_direction_of(kind), &err));
			CHECK(err.kind == ERROR_PARSE && strstr(err.text, "is cut"));
			CHECK(strstr(err.text, far_kind_name(kind)));
		}
	}
}

TEST(a_message_that_is_too_long_is_refused)
{
	struct error err = {0};

	for (enum far_kind kind = FAR_HELLO; kind < FAR_KINDS; kind++) {
		struct far_message sent = far_example(kind);
		BUFFER(frame);

		CHECK_OK(far_encode(&sent, &frame, &err), err);
		far_buffer_add(&frame, "x", 1);
		announce(&frame, frame.used - FAR_HEAD_BYTES);
		CHECK(read_once(&frame, far_direction_of(kind), &err));
		CHECK(err.kind == ERROR_PARSE && strstr(err.text, "1 bytes too long"));
	}
}

TEST(an_announced_flood_is_refused_before_it_comes)
{
	struct error err = {0};
	BUFFER(frame);

	far_buffer_add(&frame, "\0\0\0\0", FAR_HEAD_BYTES);
	announce(&frame, FAR_FRAME_MOST_BYTES);
	CHECK_OK(read_once(&frame, FAR_TO_HELPER, &err), err);
	announce(&frame, FAR_FRAME_MOST_BYTES + 1);
	CHECK(read_once(&frame, FAR_TO_HELPER, &err) && strstr(err.text, "8388609 bytes"));
}

TEST(unknown_kinds_are_refused_with_their_number)
{
	static const uint8_t unknown[] = {0, FAR_KINDS, 255};
	struct error err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		BUFFER(frame);
		char expected[40];

		far_buffer_add(&frame, (const uint8_t[]){0, 0, 0, 1, unknown[i]}, 5);
		snprintf(expected, sizeof(expected), "unknown kind %d", unknown[i]);
		CHECK(read_once(&frame, FAR_TO_HELPER, &err) && strstr(err.text, expected));
	}
}

TEST(a_message_of_nothing_is_refused)
{
	struct error err = {0};
	BUFFER(frame);

	far_buffer_add(&frame, "\0\0\0\0\1", 5);
	CHECK(read_once(&frame, FAR_TO_HELPER, &err) && err.kind == ERROR_PARSE);
}

TEST(requests_do_not_come_back_and_answers_do_not_go_there)
{
	struct error err = {0};

	for (enum far_kind kind = FAR_HELLO + 1; kind < FAR_KINDS; kind++) {
		struct far_message sent = far_example(kind);
		BUFFER(frame);

		CHECK_OK(far_encode(&sent, &frame, &err), err);
		CHECK(read_once(&frame,
			far_direction_of(kind) == FAR_TO_HELPER ? FAR_FROM_HELPER : FAR_TO_HELPER,
			&err));
		CHECK(strstr(err.text, "came from the wrong end"));
	}
}

static int read_back(const struct far_message *message, struct error *err)
{
	BUFFER(frame);

	if (far_encode(message, &frame, err))
		return -1;
	return read_once(&frame, far_direction_of(message->kind), err);
}

TEST(values_out_of_range_are_refused_with_their_field)
{
	static const char *const nothing[] = {NULL};
	static const struct {
		struct far_message message;
		const char *words;
	} rows[] = {
		{{.kind = FAR_SIGNAL, .child = 1, .signal = 65}, "65 as its field 'signal'"},
		{{.kind = FAR_SIGNAL, .child = 1, .signal = 0}, "0 as its field 'signal'"},
		{{.kind = FAR_SIGNAL, .child = -1, .signal = 9}, "-1 as its field 'child'"},
		{{.kind = FAR_OUTPUT, .child = 1, .stream = 2}, "'stream'"},
		{{.kind = FAR_FAILED, .id = 1, .error_kind = ERROR_NONE}, "'error_kind'"},
		{{.kind = FAR_FAILED, .id = 1, .error_kind = ERROR_CANCELLED + 1}, "'error_kind'"},
		{{.kind = FAR_BOOTED, .id = 1, .pid = (int64_t)1 << 31}, "'pid'"},
		{{.kind = FAR_WRITE, .id = 1, .mode = 010000}, "'mode'"},
		{{.kind = FAR_START, .id = 1, .words = nothing}, "has 0 words"},
	};
	struct error err = {0};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK(read_back(&rows[i].message, &err) && strstr(err.text, rows[i].words));
}

TEST(a_text_with_a_nul_in_it_is_refused)
{
	struct far_message message = far_example(FAR_NAMES);
	struct error err = {0};
	BUFFER(frame);

	CHECK_OK(far_encode(&message, &frame, &err), err);
	frame.bytes[frame.used - 1] = 0;
	CHECK(read_once(&frame, FAR_TO_HELPER, &err) &&
		strstr(err.text, "NUL in its field 'text'"));
}

/* Four bytes that promise a list of four thousand million texts. */
TEST(a_lie_about_a_list_asks_for_no_memory)
{
	struct far_message message = {.kind = FAR_BOOT, .id = 1, .text = "lom"};
	struct error err = {0};
	BUFFER(frame);

	CHECK_OK(far_encode(&message, &frame, &err), err);
	memset(frame.bytes + frame.used - FAR_HEAD_BYTES, 0xff, FAR_HEAD_BYTES);
	CHECK(read_once(&frame, FAR_TO_HELPER, &err) &&
		strstr(err.text, "is cut at its field 'words'"));
}

TEST(a_thread_with_a_long_name_or_no_time_is_refused)
{
	struct thread_usage thread = {.pid = 1, .tid = 1, .cpu_s = -1};
	struct far_message message = {
		.kind = FAR_THREAD_LIST, .id = 1, .threads = &thread, .thread_count = 1};
	struct error err = {0};
	BUFFER(frame);

	CHECK(read_back(&message, &err) && strstr(err.text, "-1 s as its field 'cpu_s'"));
	thread.cpu_s = (double)INFINITY;
	CHECK(read_back(&message, &err) && strstr(err.text, "inf s as its field 'cpu_s'"));
	thread.cpu_s = 0;
	CHECK_OK(read_back(&message, &err), err);
	strcpy(thread.name, "fifteen letters");
	CHECK_OK(far_encode(&message, &frame, &err), err);
	frame.bytes[frame.used - 16] = 16; /* one letter more */
	far_buffer_add(&frame, "!", 1);
	announce(&frame, frame.used - FAR_HEAD_BYTES);
	CHECK(read_once(&frame, FAR_FROM_HELPER, &err) && strstr(err.text, "long name"));
}

TEST(what_no_connection_carries_is_not_sent)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct far_message message = {.kind = FAR_WRITE, .id = 1, .path = "/var/lib/x"};
	struct error err = {0};
	BUFFER(frame);

	message.size = FAR_FRAME_MOST_BYTES;
	message.data = arena_bytes(arena, message.size, 1);
	CHECK(far_encode(&message, &frame, &err) && err.kind == ERROR_USAGE && frame.used == 0);
	CHECK(strstr(err.text, "'write'") && strstr(err.text, "8388608"));
	message.size -= 100;
	CHECK_OK(far_encode(&message, &frame, &err), err);
}

TEST(the_quickest_answer_says_what_the_other_clock_shows)
{
	struct far_clock clock = {.is_known = false};

	/* The true offset is 1000; an answer on its way for longer there than back misleads. */
	far_clock_take(&clock, 100, 1100 + 900, 100 + 1000);
	CHECK(clock.is_known && clock.offset_ns == 1400 && clock.bound_ns == 500);
	far_clock_take(&clock, 5000, 6000 + 40, 5000 + 100);
	CHECK(clock.offset_ns == 990 && clock.bound_ns == 50);
	far_clock_take(&clock, 7000, 8000 + 10, 7000 + 101);
	CHECK(clock.offset_ns == 990 && clock.bound_ns == 50);
	CHECK(far_clock_here(&clock, 10990) == 10000 && far_clock_there(&clock, 10000) == 10990);
}
