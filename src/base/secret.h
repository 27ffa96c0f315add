/* SPDX-License-Identifier: MIT */
#pragma once

/* What must never reach a log: keys and tokens, replaced by "***" wherever a text is shown. */
struct secrets;

struct secrets *secrets_new(void);
void secrets_free(struct secrets *secrets);
/* Values shorter than 8 characters are not kept: masking them would blot out ordinary words. */
void secrets_add(struct secrets *secrets, const char *value);
/* Replaces every secret in `text` in place; the text never grows. `secrets` may be NULL. */
void secrets_mask(const struct secrets *secrets, char *text);
