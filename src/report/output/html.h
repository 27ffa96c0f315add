/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/attribute.h"

#include <stdio.h>

/* Text into HTML and SVG, with what means something there escaped. */
void html_text(FILE *out, const char *text);
/* Everything printed is escaped; markup goes through fputs() and fprintf(). */
void html_printf(FILE *out, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* As an id or the target of a link: every byte but letters, digits, '-' and '_' becomes '-'. */
void html_id(FILE *out, const char *text);
/* A path below the tree as a relative URL. */
void html_url(FILE *out, const char *path);
/* As a string of JSON within a script element, which "</script" would end. */
void html_json(FILE *out, const char *text);
