/* SPDX-License-Identifier: ISC */
/* One line for each exposure. */
#include "tools/report/escape.h"
#include "tools/report/words.h"

static void put(const char *text, const char *end, FILE *to)
{
	escape_csv(text, to);
	fputs(end, to);
}

static void put_row(const struct finding *x, FILE *to)
{
	char text[WORDS_TEXT];

	put(x->id, ",", to);
	put(x->open ? "open" : words_of(x, "state"), ",", to);
	put(words_severity(x), ",", to);
	put(words_of(x, "level_name"), ",", to);
	put(words_service(x, text), ",", to);
	put(tree_or(x->event, "server.ip", ""), ",", to);
	put(tree_or(x->event, "server.port", ""), ",", to);
	put(tree_or(x->event, "network.transport", ""), ",", to);
	put(words_of(x, "group"), ",", to);
	put(words_of(x, "owner"), ",", to);
	put(words_of(x, "rule"), ",", to);
	put(words_of(x, "opened"), ",", to);
	put(words_of(x, "closed"), ",", to);
	put(words_of(x, "clients"), ",", to);
	put(words_of(x, "bytes.out"), ",", to);
	put(words_verdict(x, text), ",", to);
	put(words_of(x, "input.file"), ",", to);
	put(words_of(x, "input.packet"), "\r\n", to);
}

void report_csv(const struct report *report, FILE *to)
{
	fputs("id,state,severity,level,service,server,port,transport,group,owner,rule,opened,"
	      "closed,"
	      "clients,bytes_out,did_they_get_anything,capture,packet\r\n",
	      to);
	for (size_t i = 0; i < report->exposures.count; i++)
		put_row(&report->exposures.list[i], to);
}
