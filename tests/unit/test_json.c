#include "base/json.h"

#include "tap.h"

#include <string.h>

TEST(a_pointer_finds_what_is_there_and_nothing_else)
{
	static const char text[] = "{\"a\":[{\"b/c\":1.5,\"~\":\"t\"}],\"n\":3}";
	struct error err = {0};
	json_auto_t *value = NULL;

	CHECK_OK(json_parse(text, strlen(text), "text", &value, &err), err);
	CHECK(json_number_at(value, "/a/0/b~1c", -1) == 1.5);
	CHECK(json_number_at(value, "/n", -1) == 3);
	CHECK(strcmp(json_string_at(value, "/a/0/~0", ""), "t") == 0);
	CHECK(json_at(value, "") == value);
	CHECK(!json_at(value, "/a/1") && !json_at(value, "/a/x") && !json_at(value, "/n/0"));
	CHECK(!json_at(value, "a") && !json_at(NULL, "/a"));
	CHECK(json_number_at(value, "/a/0/~0", -1) == -1);
}

TEST(broken_json_names_its_place)
{
	struct error err = {0};
	json_t *value;

	CHECK(json_parse("{\n\"a\":}", 7, "ping.json", &value, &err));
	CHECK(err.kind == ERROR_PARSE && strstr(err.text, "ping.json: line 2"));
}
