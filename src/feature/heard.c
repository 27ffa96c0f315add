/* SPDX-License-Identifier: MIT */
/* Reads accounts of what was heard, and says answers. */
#include "feature/internal.h"

#include "base/json.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int64_t number_at(const json_t *value, const char *pointer)
{
	return (int64_t)json_number_at(value, pointer, 0);
}

int64_t heard_marks(const json_t *account, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(account, "marks"), key));
}

int64_t heard_sent(const struct feature_heard *heard)
{
	return number_at(heard->sent, "/sent");
}

int64_t heard_packets(const json_t *account, int type, int protocol)
{
	const json_t *list = json_object_get(account, "kinds"), *kind;
	int64_t packets = 0;
	size_t i;

	json_array_foreach (list, i, kind) {
		if ((type < 0 || number_at(kind, "/type") == type) &&
			(protocol < 0 || json_number_at(kind, "/protocol", -1) == protocol))
			packets += number_at(kind, "/packets");
	}
	return packets;
}

int64_t heard_delivered(const json_t *account)
{
	const json_t *list = json_object_get(account, "kinds"), *kind;
	int64_t packets = 0;
	size_t i;

	json_array_foreach (list, i, kind) {
		if (json_number_at(kind, "/protocol", -1) == IPPROTO_UDP)
			packets += number_at(kind, "/marked");
	}
	return packets;
}

int64_t heard_datagrams(const json_t *account)
{
	const json_t *list = json_object_get(account, "kinds"), *kind;
	int64_t packets = 0;
	size_t i;

	json_array_foreach (list, i, kind) {
		if (json_is_integer(json_object_get(kind, "port")))
			packets += number_at(kind, "/packets");
	}
	return packets;
}

int heard_carrier(const json_t *account)
{
	const json_t *list = json_object_get(account, "kinds"), *kind;
	double bytes[256] = {0};
	int most = -1;
	size_t i;

	json_array_foreach (list, i, kind) {
		double protocol = json_number_at(kind, "/protocol", -1);

		if (!(protocol >= 0 && protocol < 256))
			continue;
		bytes[(int)protocol] += json_number_at(kind, "/bytes", 0);
		if (most < 0 || bytes[(int)protocol] > bytes[most])
			most = (int)protocol;
	}
	return most;
}

bool heard_carrier_is_reliable(const json_t *account)
{
	return heard_carrier(account) == IPPROTO_TCP;
}

void answer_is(struct feature_observation *answer, const char *is, const char *format, ...)
{
	va_list args;

	snprintf(answer->is, sizeof(answer->is), "%s", is);
	va_start(args, format);
	vsnprintf(answer->because, sizeof(answer->because), format, args);
	va_end(args);
}

void answer_undecided(struct feature_observation *answer, const char *format, ...)
{
	va_list args;

	answer->is[0] = '\0';
	va_start(args, format);
	vsnprintf(answer->because, sizeof(answer->because), format, args);
	va_end(args);
}

bool answer_needs_marks(const struct feature_heard *heard, struct feature_observation *answer)
{
	if (heard_sent(heard) > 0 && heard_marks(heard->arrived, "numbers") > 0)
		return true;
	answer_undecided(answer, "of %lld packets none arrived, so nothing can be said",
		(long long)heard_sent(heard));
	return false;
}
