/* SPDX-License-Identifier: ISC */
/* The index of the table of products leads to every row: nothing of the table is lost in it. */
#include <stdio.h>

#include "dissectors/http/http_index.h"
#include "dissectors/http/http_rows.h"
#include "tests/unit/conversation.h"

static size_t requests_of(size_t row)
{
	size_t count = 0;

	while (http_products[row].requests[count] != NULL)
		count++;
	return count;
}

static size_t length(const struct http_list *list)
{
	return list->starts[HTTP_KEYS];
}

static void every_entry_stands_once(void **unused)
{
	size_t signs = 0, requests = 0, routes = 0, parameters = 0;
	const struct http_index *x = &http_index;

	(void)unused;
	for (size_t row = 0; row < HTTP_SERVICE_COUNT; row++) {
		signs += http_products[row].sign_count;
		routes += http_products[row].route_count;
		requests += requests_of(row);
		for (size_t i = 0; i < requests_of(row); i++)
			parameters += http_products[row].requests[i][0] == '?';
	}
	assert_int_equal(length(&x->headers) + length(&x->starts) + length(&x->pairs) +
				 x->always_count,
			 signs);
	assert_int_equal(x->bases[HTTP_SERVICE_COUNT], signs);
	assert_int_equal(length(&x->requests) + length(&x->fields) + parameters, requests);
	assert_int_equal(length(&x->routes) + x->wild_count, routes);
}

/* A text that the pattern fits; `blank` stands where blanks do not matter. */
static struct bytes text_for(const char *pattern, const char *blank, char *text)
{
	size_t n = 0;

	for (pattern += pattern[0] == '^'; *pattern != '\0'; pattern++) {
		if (*pattern == '~')
			n += (size_t)sprintf(text + n, "0123456789abcdef0123456789abcdef");
		else
			n += (size_t)sprintf(text + n, "%c", *pattern == '*' ? 'x' : *pattern);
		if (pattern[1] != '~')
			n += (size_t)sprintf(text + n, "%s", blank);
	}
	return bytes_from(text, n);
}

static void check_sign(size_t row, const struct http_sign *sign, const char *blank)
{
	char text[1024];
	struct facts facts = {.service = &http_services[row]};
	uint8_t rank = 0;
	struct http_answer answer = {
		.asks = UINT16_MAX,
		.status = sign->status != 0 ? sign->status : 200,
		.asked = {.rows = {(uint8_t)row}},
	};

	http_products_match(&facts, &rank, &answer, sign->header,
			    text_for(sign->pattern != NULL ? sign->pattern : "", blank, text));
	if (rank < sign->rank)
		fail_msg("%s: %s %s", http_services[row].name, sign->header, sign->pattern);
}

static void every_sign_is_found(void **unused)
{
	(void)unused;
	for (size_t row = 0; row < HTTP_SERVICE_COUNT; row++) {
		for (size_t i = 0; i < http_products[row].sign_count; i++) {
			check_sign(row, &http_products[row].signs[i], "");
			check_sign(row, &http_products[row].signs[i], "\n ");
		}
	}
}

static bool is_among(const struct http_asked *asked, size_t row)
{
	for (size_t i = 0; i < sizeof asked->rows; i++) {
		if (asked->rows[i] == row)
			return true;
	}
	return asked->rows[sizeof asked->rows - 1] != 0; /* more than there is room for */
}

static void every_request_is_found(void **unused)
{
	(void)unused;
	for (size_t row = 1; row < HTTP_SERVICE_COUNT; row++) {
		for (size_t i = 0; i < requests_of(row); i++) {
			const char *marked = http_products[row].requests[i];
			const char *request = marked + (marked[0] == '!'); /* by itself */
			const char *value = strstr(request, ": ");
			struct http_asked asked = {.rows = {0}};
			char name[64];

			if (request[0] == '?')
				continue;
			if (value != NULL)
				snprintf(name, sizeof name, "%.*s", (int)(value - request),
					 request);
			value = value != NULL ? value + 2 : NULL;
			http_product_asked(&asked, value != NULL ? name : NULL,
					   value != NULL ? bytes_from(value, strlen(value))
							 : bytes_from(request, strlen(request)));
			if (!is_among(&asked, row))
				fail_msg("%s: %s", http_services[row].name, request);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_entry_stands_once),
		cmocka_unit_test(every_sign_is_found),
		cmocka_unit_test(every_request_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
