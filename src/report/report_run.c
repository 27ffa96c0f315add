#include "report/report.h"
int report_run(const struct report_options *o, FILE *f, struct error *e){(void)o;(void)f;return fail(e,ERROR_USAGE,"later");}
int compare_run(const struct compare_options *o, FILE *f, struct error *e){(void)o;(void)f;return fail(e,ERROR_USAGE,"later");}
