/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdio.h>

/*
 * Text of any origin into a format, so that nothing in it means something there. Control
 * characters, such as those of a terminal, become '?'.
 */
/* Between other text of a line; no HTML and no table cell can begin or end in it. */
void escape_markdown(FILE *out, const char *text);
/* Within `...`, where only the mark itself means something. */
void escape_markdown_code(FILE *out, const char *text);
void escape_latex(FILE *out, const char *text);
/* A field: quoted where needed (RFC 4180), and never the formula of a spreadsheet. */
void escape_csv(FILE *out, const char *text);
