/* SPDX-License-Identifier: ISC */
/* "203.0.113.9", "10.20.0.5:6379/tcp", "redis": the words of a question, as a question. */
#ifndef TOOLS_POLICY_QUESTION_H
#define TOOLS_POLICY_QUESTION_H

#include "tools/policy/tool.h"

#define QUESTION_ERROR 160

/* "10.0.0.1:80", "[2001:db8::1]:80", both with /tcp, /udp, /sctp, /udplite or /dccp behind them. */
bool question_endpoint(const char *text, struct policy_question *question,
		       char error[QUESTION_ERROR]);
bool question_client(const char *text, struct policy_question *question,
		     char error[QUESTION_ERROR]);
/* A service's name, or another name that only it has. */
bool question_service(const struct tool *tool, const char *text, struct policy_question *question,
		      char error[QUESTION_ERROR]);
const char *question_transport(uint8_t transport);

#endif
