/* SPDX-License-Identifier: ISC */
/* See mirrors.h. */
#include "sensor/run/mirrors.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sensor/base/log.h"
#include "sensor/capture/filters.h"

#define BEGINNING 64
#define LEAST	  10 /* packets: the smallest conversation is hardly a mirror */
#define BATCH	  32

struct pass {
	const struct policy *policy;
	struct decoder decoder;
	struct tunnel session; /* kind TUNNEL_NONE: none yet */
	uint64_t packets, inside;
	bool no_mirror;
};

static const struct tunnel *doubtful_layer(const struct policy *policy, const struct packet *packet)
{
	for (unsigned i = 0; i < packet->tunnel_count; i++) {
		const struct tunnel *layer = &packet->tunnels[i];
		struct policy_tunnel tunnel = {
			.source = layer->source,
			.destination = layer->destination,
			.kind = layer->kind,
			.has_id = layer->has_id,
			.id = layer->id,
		};

		if (layer->over_ip && !policy_believes(policy, &tunnel))
			return layer;
	}
	return NULL;
}

static bool is_policys_business(const struct policy *policy, const struct packet *packet)
{
	struct policy_place source = policy_place(policy, &packet->source);
	struct policy_place destination = policy_place(policy, &packet->destination);

	return policy_concerns(source, destination) || policy_concerns(destination, source) ||
	       policy_concerns_outbound(source, destination) ||
	       policy_concerns_outbound(destination, source);
}

static bool is_mostly_inside(const struct pass *pass)
{
	return pass->inside * 10 >= pass->packets * 9;
}

static bool is_of_session(struct pass *pass, const struct tunnel *layer)
{
	if (pass->session.kind == TUNNEL_NONE)
		pass->session = *layer;
	return pass->session.kind == layer->kind &&
	       address_equal(&pass->session.source, &layer->source) &&
	       address_equal(&pass->session.destination, &layer->destination);
}

static void look_at(struct pass *pass, const struct frame_view *frame)
{
	struct packet packet;
	enum decode_result result =
		decode_packet(&pass->decoder, (enum link_type)frame->link, frame->bytes,
			      frame->captured, frame->wire, 0, &packet);
	bool decoded = result == DECODE_OK || result == DECODE_FRAGMENT;
	const struct tunnel *layer = doubtful_layer(pass->policy, &packet);

	pass->packets++;
	if (layer) {
		pass->inside += decoded;
		pass->no_mirror = !is_of_session(pass, layer);
	} else {
		pass->no_mirror = decoded && is_policys_business(pass->policy, &packet);
	}
	if (pass->packets == BEGINNING && !is_mostly_inside(pass))
		pass->no_mirror = true;
}

static void read_through(struct pass *pass, struct capture *capture)
{
	struct frame_view frames[BATCH];
	int n;

	while (!pass->no_mirror && (n = capture_frames(capture, frames, BATCH)) > 0) {
		for (int i = 0; i < n && !pass->no_mirror; i++)
			look_at(pass, &frames[i]);
	}
}

/* A pipe gives its bytes only once. */
static bool can_be_read_twice(const char *path)
{
	struct stat about;

	return strcmp(path, "-") != 0 && stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

/* What is wrong with a file, the replay itself will say. */
static bool is_mirror(struct pass *pass, const char *path, struct filters *filters)
{
	char error[CAPTURE_ERROR];
	struct input *input;
	struct capture *capture;

	if (!can_be_read_twice(path))
		return false;
	input = input_open(path, error);
	capture = input ? capture_open_file(input, filters, error) : NULL;
	pass->no_mirror = !capture;
	if (!pass->no_mirror)
		read_through(pass, capture);
	capture_close(capture);
	input_close(input);
	return !pass->no_mirror && pass->inside >= LEAST && is_mostly_inside(pass);
}

static void say(const struct app *app, const char *path, const struct tunnel *session)
{
	char source[ADDRESS_TEXT_MAX], destination[ADDRESS_TEXT_MAX], text[OUTPUTS_NOTE];
	const char *slash = strrchr(path, '/');

	snprintf(text, sizeof text, "%.80s: this capture is a mirror: %sfrom %s to %s",
		 slash ? slash + 1 : path, tunnel_words(session),
		 address_format(&session->source, source),
		 address_format(&session->destination, destination));
	log_warnx("%s", text);
	outputs_note(app->outputs, text);
}

static bool add(struct worker_options *worker, const struct tunnel *session)
{
	for (unsigned i = 0; i < worker->mirror_count; i++) {
		const struct tunnel *known = &worker->mirrors[i];

		if (known->kind == session->kind &&
		    address_equal(&known->source, &session->source) &&
		    address_equal(&known->destination, &session->destination))
			return true;
	}
	if (worker->mirror_count == WORKER_MIRRORS)
		return false;
	worker->mirrors[worker->mirror_count++] = *session;
	return true;
}

void mirrors_find(const struct app *app, const struct sources *sources, struct filters *filters,
		  struct worker_options *worker)
{
	if (!app->policy || app->inventory || policy_names_tunnels(app->policy))
		return;
	for (size_t i = 0; i < sources->count; i++) {
		struct pass pass = {
			.policy = app->policy,
			.decoder = decoder_of(&worker->decode),
		};

		if (is_mirror(&pass, sources->list[i].path, filters) && add(worker, &pass.session))
			say(app, sources->list[i].path, &pass.session);
	}
}
