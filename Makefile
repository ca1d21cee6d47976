# SPDX-License-Identifier: ISC
# build/spanwatch and everything around it. Out of tree under $(B).
#
#   make              the program                 make run       replay a shipped capture
#   make test         every test                  make lint      warnings, layers, linters
#   make unit         the unit tests' programs    make golden    only the golden tests
#   make lab          real servers around a live sensor, in network namespaces (root)
#   make incidents    real incidents, played with real servers and replayed
#   make faults       Redis, sensor and disk fail in every way: nothing is lost (root)
#   make fuzz         FUZZ_SECONDS per target     make bench     speed and memory, measured
#   make bench-gate   no more instructions than tools/benchmarks/gate.json says
#   make cpu-search  which bytes cost most, of all patterns, openings and stages
#   make soak         is memory flat? 40 minutes; SOAK_FLAGS=--short: half a minute
#   make sizing       a fleet of 1,000 sensors into one Redis and a cluster, measured
#   make install      PREFIX, DESTDIR             make clean     removes $(B)
#   make asan, tsan   sanitizer builds in $(B)/asan, $(B)/tsan; any other combination:
#   make SANITIZE=address,undefined CC=clang B=build/mine all unit
#   make unit UNIT=test_zones, make test ONLY=zones: a part; V=1: show the commands

B       ?= build
PREFIX  ?= /usr/local
ifeq ($(origin CC),default)
CC      := gcc
endif
PYTHON  ?= /usr/bin/python3
PKG     := pkg-config
VERSION := 0.1.0

LIBRARIES := libpcap libndpi hiredis libevent libevent_openssl libevent_pthreads openssl yaml-0.1 sqlite3 \
	libarchive zlib libbrotlidec libzstd liblzma libxxhash libcap-ng libseccomp

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla -Wundef -Wcast-qual \
	-Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wwrite-strings -Wpointer-arith \
	-Wimplicit-fallthrough -Werror
WARNINGS_GCC := -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Warith-conversion \
	-Wcast-align=strict
HARDENING := -fstack-protector-strong -fstack-clash-protection -fPIE \
	$(if $(findstring x86_64,$(shell $(CC) -dumpmachine)),-fcf-protection=full)
ifdef SANITIZE
# gcc's instrumentation hides from it what a cast has narrowed.
WARNINGS := $(filter-out -Wconversion,$(WARNINGS))
WARNINGS_GCC := $(filter-out -Warith-conversion,$(WARNINGS_GCC))
else
HARDENING += -D_FORTIFY_SOURCE=3
endif

# make V=1 shows the whole commands.
QUIET = $(if $(V),,@echo "  $(1) $@";)

IS_CLANG := $(findstring clang,$(shell $(CC) --version))
OPTIMIZE ?= -O2 -g
# Third-party headers are system headers: our warnings are about our code.
LIB_CFLAGS = $(patsubst -I%,-isystem %,$(shell $(PKG) --cflags $(LIBRARIES)))
LIB_LIBS   = $(shell $(PKG) --libs $(LIBRARIES)) -lbz2 -lpthread -lm
CFLAGS_ALL = -std=gnu11 -I. -D_GNU_SOURCE -DSPANWATCH_VERSION='"$(VERSION)"' \
	-DSPANWATCH_SANITIZED=$(if $(SANITIZE),1,0) $(OPTIMIZE) \
	$(WARNINGS) $(if $(IS_CLANG),,$(WARNINGS_GCC)) $(HARDENING) \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all) \
	$(LIB_CFLAGS) $(CFLAGS)
LDFLAGS_ALL = -pie -Wl,-z,relro,-z,now $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

SOURCES := $(wildcard sensor/*.c sensor/*/*.c dissectors/*.c dissectors/*/*.c policy/*.c)
OBJECTS := $(SOURCES:%.c=$(B)/%.o)
LIBRARY := $(B)/libspanwatch.a
UNIT    ?= test_*
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(foreach one,$(UNIT),$(wildcard tests/unit/*/$(one).c)))
TOOLS      := $(patsubst tools/%.c,$(B)/tools/%,$(filter-out tools/bench-stages.c tools/bench-events.c,$(wildcard tools/*.c))) \
	$(B)/bench-stages $(B)/bench-events $(B)/generate $(B)/recast $(B)/fleet
REDIS_TAIL := $(B)/redis-tail
NOTIFY     := $(B)/notify
NOTIFY_OBJECTS := $(patsubst %.c,$(B)/%.o,$(filter-out tools/notify/main.c,$(wildcard tools/notify/*.c)) \
	$(filter-out tools/redis-tail/main.c,$(wildcard tools/redis-tail/*.c)))
POLICY_TOOL := $(B)/spanwatch-policy
REPORT := $(B)/spanwatch-report
FUZZERS    := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
# The rows of dissectors/table.c: fuzz_dissector serves each of them, by FUZZ_DISSECTOR=NAME.
DISSECTORS := $(shell sed -n 's/^\tD(\([a-z0-9_]*\)).*/\1/p' dissectors/table.c)
MAN_PAGES  := $(wildcard sensor/*/*.[578] policy/*.[578] tools/*.[1578])

RUN_CAPTURE  ?= tests/golden/run.pcap
RUN_POLICY   ?= policy/example.yaml
FUZZ_SECONDS ?= 60
JOBS         ?= $(shell nproc 2>/dev/null || echo 1)

SERVICES_PAGE := $(B)/spanwatch-services.7

all: $(B)/spanwatch $(REDIS_TAIL) $(POLICY_TOOL) $(REPORT) $(NOTIFY) $(SERVICES_PAGE)

$(B)/spanwatch: $(B)/sensor/main.o $(LIBRARY)
	$(call QUIET,LD)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIB_LIBS)

$(LIBRARY): $(filter-out $(B)/sensor/main.o,$(OBJECTS)) $(B)/http_index_data.o
	@rm -f $@
	$(call QUIET,AR)$(AR) rcs $@ $^

# Taken into the object by the assembler, which tells no dependencies.
$(B)/sensor/redis/redis_script.o: $(wildcard sensor/redis/*.lua)

# The index of the table of products, written from the table by a program of the build.
$(B)/http-index: tools/http-index/main.c dissectors/http/http_rows.c \
		$(wildcard dissectors/http/*.h dissectors/read/*.h) Makefile
	@mkdir -p $(@D)
	$(call QUIET,CC)$(CC) -std=gnu11 -I. -D_GNU_SOURCE -O1 $(WARNINGS) -o $@ $(filter %.c,$^)

$(B)/http_index_data.c: $(B)/http-index
	$(call QUIET,INDEX)$< >$@.part && mv $@.part $@

$(B)/http_index_data.o: $(B)/http_index_data.c
	$(call QUIET,CC)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call QUIET,CC)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(B)/tests/unit/%: tests/unit/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call QUIET,CC)$(CC) $(CFLAGS_ALL) -MMD -MP -MF $@.d $(shell $(PKG) --cflags cmocka jansson) $(LDFLAGS_ALL) -o $@ \
		$< $(LIBRARY) $(LIB_LIBS) $(shell $(PKG) --libs cmocka jansson)

# What spanwatch-notify is made of.
$(B)/tests/unit/notify/%: tests/unit/notify/%.c $(NOTIFY_OBJECTS) $(LIBRARY)
	@mkdir -p $(@D)
	$(call QUIET,CC)$(CC) $(CFLAGS_ALL) -MMD -MP -MF $@.d $(shell $(PKG) --cflags cmocka) $(LDFLAGS_ALL) -o $@ \
		$< $(NOTIFY_OBJECTS) $(LIBRARY) $(LIB_LIBS) $(shell $(PKG) --libs cmocka libcurl)

# Tools in C: tools/NAME.c is one program; the libraries that it needs stand here.
TOOL_LIBS_bench-null = $(shell $(PKG) --libs libpcap)

$(B)/tools/%: tools/%.c Makefile
	@mkdir -p $(@D)
	$(call QUIET,CC)$(CC) $(CFLAGS_ALL) -MMD -MP -MF $@.d $(LDFLAGS_ALL) -o $@ $< $(TOOL_LIBS_$*)

$(B)/generate: $(patsubst %.c,$(B)/%.o,$(wildcard tools/generate/*.c))
	$(call QUIET,LD)$(CC) $(LDFLAGS_ALL) -o $@ $^

$(B)/recast: $(patsubst %.c,$(B)/%.o,$(wildcard tools/recast/*.c))
	$(call QUIET,LD)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(shell $(PKG) --libs libpcap)

# Many sensors in one process; tools/fleet-sizing drives it.
$(B)/fleet: $(patsubst %.c,$(B)/%.o,$(wildcard tools/fleet/*.c)) $(LIBRARY)
	$(call QUIET,LD)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIB_LIBS)

# The program itself, with gates between its stages.
STAGE_GATES := sandbox_enter worker_new app_say_totals worker_prepare worker_take duplicates_seen \
	flow_find worker_tcp worker_udp worker_icmp worker_read session_feed session_feed_end \
	identify_ndpi session_dissect_begin engine_observe outputs_event
$(B)/bench-stages: $(B)/tools/bench-stages.o $(B)/sensor/main.o $(LIBRARY)
	$(call QUIET,LD)$(CC) $(LDFLAGS_ALL) $(STAGE_GATES:%=-Wl,--wrap=%) -o $@ $^ $(LIB_LIBS)

EVENT_GATES := sandbox_enter outputs_new outputs_event app_say_totals
$(B)/bench-events: $(B)/tools/bench-events.o $(B)/sensor/main.o $(LIBRARY)
	$(call QUIET,LD)$(CC) $(LDFLAGS_ALL) $(EVENT_GATES:%=-Wl,--wrap=%) -o $@ $^ $(LIB_LIBS)

# Follows the events in Redis; the sensor's own client.
$(REDIS_TAIL): $(patsubst %.c,$(B)/%.o,$(wildcard tools/redis-tail/*.c)) $(LIBRARY)
	$(call QUIET,LD)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIB_LIBS)

# Tells people what changed; reads the stream as redis-tail does. libcurl: HTTP and SMTP.
$(NOTIFY): $(B)/tools/notify/main.o $(NOTIFY_OBJECTS) $(LIBRARY)
	$(call QUIET,LD)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIB_LIBS) $(shell $(PKG) --libs libcurl)

# What a policy says, asked without traffic; the sensor's own policy code.
$(POLICY_TOOL): $(patsubst %.c,$(B)/%.o,$(wildcard tools/policy/*.c tools/lib/*.c)) $(LIBRARY)
	$(call QUIET,LD)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIB_LIBS)

# What was found, for people: one file of HTML, Markdown, CSV or JSON.
$(REPORT): $(patsubst %.c,$(B)/%.o,$(wildcard tools/report/*.c tools/lib/*.c)) $(LIBRARY)
	$(call QUIET,LD)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIB_LIBS)

# The man page that the table of dissectors writes.
$(B)/services-page: $(B)/tools/services-page/main.o $(LIBRARY)
	$(call QUIET,LD)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIB_LIBS)

$(SERVICES_PAGE): $(B)/services-page
	$(call QUIET,PAGE)$(PLAIN_ADDRESSES) $< >$@.part && mv $@.part $@

unit: $(UNIT_TESTS)
tools: $(TOOLS)
objects: $(OBJECTS)

run: all
	$(B)/spanwatch -r $(RUN_CAPTURE) -p $(RUN_POLICY)

# --- Tests -------------------------------------------------------------------------------------
# tests/run says what a test is. The sanitizer builds are part of the suite.
asan:
	$(MAKE) B=$(B)/asan SANITIZE=address,undefined OPTIMIZE='-O1 -g' all unit replay

tsan:
	$(MAKE) B=$(B)/tsan SANITIZE=thread OPTIMIZE='-O1 -g' UNIT='test_ring* test_journal_place' all unit

# What bytes cost, counted and not timed: in this build each basic block of ours is counted, and
# what the C library is asked to look at. tests/cpu/search.c; "make cpu-search" tries everything.
COUNTED_CALLS := memchr memmem memcmp memcpy memset inflate
$(B)/cpu-search: tests/cpu/search.c $(LIBRARY)
	$(call QUIET,LD)$(CC) $(CFLAGS_ALL) -MMD -MP -MF $@.d $(LDFLAGS_ALL) $(COUNTED_CALLS:%=-Wl,--wrap=%) \
		-o $@ $< $(LIBRARY) $(LIB_LIBS)

cpu-count:
	$(MAKE) B=$(B)/count CFLAGS='-fsanitize-coverage=trace-pc -Wno-format-truncation' $(B)/count/cpu-search

cpu-search: cpu-count
	$(B)/count/cpu-search --top 40 $(CPU_FLAGS)

test: all unit tools asan tsan cpu-count
	PYTHON=$(PYTHON) $(PYTHON) tests/run normal=$(B) asan=$(B)/asan tsan=$(B)/tsan $(ONLY)

golden: all
	PYTHON=$(PYTHON) $(PYTHON) tests/run normal=$(B) tests/golden/

incidents: all
	$(PYTHON) tests/incidents/test_incidents.py $(INCIDENT_FLAGS)

lab: all
	$(PYTHON) tests/lab/test_lab.py $(LAB_FLAGS)

faults: all
	$(PYTHON) tests/faults/test_faults.py --full $(ONLY)

# --- Fuzzing -----------------------------------------------------------------------------------
# tests/fuzz/fuzz_NAME.c holds one libFuzzer target; its kept inputs are in tests/fuzz/corpus/NAME.
# fuzz_dissector.c is a target for each row of dissectors/table.c, with inputs in corpus/ROW.
# replay: the same targets with a main that only feeds those inputs (any compiler).
FUZZ_FLAGS_dissector = '-DFUZZ_DISSECTORS=$(patsubst %,D(%),$(DISSECTORS))'
$(B)/tests/fuzz/replay_dissector $(B)/tests/fuzz/fuzz_dissector: dissectors/table.c
# http-parser is asked for a second opinion where it is installed; the program knows nothing of it.
HTTP_PARSER = $(shell echo '\#include <http_parser.h>' | $(CC) -E - >/dev/null 2>&1 && echo yes)
FUZZ_FLAGS_http_reader = $(if $(HTTP_PARSER),-DFUZZ_HTTP_PARSER)
FUZZ_LIBS_http_reader = $(if $(HTTP_PARSER),-lhttp_parser)
$(B)/tests/fuzz/replay_http_reader $(B)/tests/fuzz/fuzz_http_reader: dissectors/http/http_reader.c

replay: $(FUZZERS:%=$(B)/tests/fuzz/replay_%)

$(B)/tests/fuzz/replay_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call QUIET,CC)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(FUZZ_FLAGS_$*) -o $@ $(filter tests/%.c,$^) $(LIBRARY) $(LIB_LIBS) $(FUZZ_LIBS_$*)

$(B)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call QUIET,CC)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(FUZZ_FLAGS_$*) -fsanitize=fuzzer -o $@ $< $(LIBRARY) $(LIB_LIBS) \
		$(FUZZ_LIBS_$*)

fuzz-targets: $(FUZZERS:%=$(B)/tests/fuzz/fuzz_%)

# clang 14's sanitizers fail by chance with 32 bits of address randomisation (Linux 6.6 on).
PLAIN_ADDRESSES = $(shell setarch -R true 2>/dev/null && echo setarch -R)
# New inputs, crashes and logs stay under $(B)/fuzz. The groups begin with every dissector's inputs.
fuzz:
	$(MAKE) CC=clang B=$(B)/fuzz SANITIZE=fuzzer-no-link,address,undefined OPTIMIZE='-O1 -g' \
		fuzz-targets
	@tests/fuzz/group-seeds $(B)/fuzz/corpus
	@for name in $(filter-out dissector,$(FUZZERS)) $(DISSECTORS); do \
		mkdir -p $(B)/fuzz/corpus/$$name; \
		target=$(B)/fuzz/tests/fuzz/fuzz_$$name; \
		test -x $$target || target=$(B)/fuzz/tests/fuzz/fuzz_dissector; \
		kept=tests/fuzz/corpus/$$name; \
		test -d $$kept || kept=; \
		echo "fuzz $$name for $(FUZZ_SECONDS) s"; \
		FUZZ_DISSECTOR=$$name $(PLAIN_ADDRESSES) $$target -max_total_time=$(FUZZ_SECONDS) \
			-timeout=10 -artifact_prefix=$(B)/fuzz/crash-$$name- -print_final_stats=1 \
			$$(test ! -f tests/fuzz/$$name.dict || echo -dict=tests/fuzz/$$name.dict) \
			$(B)/fuzz/corpus/$$name $$kept \
			>$(B)/fuzz/$$name.log 2>&1 || { tail -n 60 $(B)/fuzz/$$name.log; exit 1; }; \
		grep -E '^stat::(number|average|peak)' $(B)/fuzz/$$name.log; \
	done

# --- Lint --------------------------------------------------------------------------------------
C_SOURCES := $(SOURCES) $(wildcard tools/*.c tools/*/*.c tests/*/*.c tests/*/*/*.c)
C_HEADERS := $(wildcard sensor/*/*.h dissectors/*.h dissectors/*/*.h policy/*.h tools/*/*.h tests/*/*.h)
SCRIPTS   := $(shell grep -lE '^\#!.*[ /](sh|bash)$$' tools/* .ci/* tests/run tests/*/* 2>/dev/null)
LINTERS   := gcc clang layers functions columns format tidy cppcheck analyzer shell man

lint:
	$(MAKE) --no-print-directory -k -O $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS)) \
		$(LINTERS:%=lint-%)
	@echo "lint: clean"

lint-gcc lint-clang: lint-%:
	$(MAKE) --no-print-directory CC=$* B=$(B)/lint-$* all unit tools

lint-analyzer:
	$(MAKE) --no-print-directory CC=gcc B=$(B)/lint-analyzer CFLAGS=-fanalyzer objects

lint-layers:
	@$(PYTHON) tests/lint/layers

lint-functions:
	@$(PYTHON) tests/lint/functions $(SOURCES)

lint-columns:
	@$(PYTHON) tests/lint/columns $(C_SOURCES) $(C_HEADERS)

lint-format:
	@clang-format --dry-run -Werror $(C_SOURCES) $(C_HEADERS)

lint-tidy: $(patsubst %.c,$(B)/lint-tidy/%,$(filter-out tests/%,$(C_SOURCES)))

# One stamp per file: only what changed is looked at again.
$(B)/lint-tidy/%: %.c $(filter-out tests/%,$(C_HEADERS)) .clang-tidy
	@mkdir -p $(@D)
	$(call QUIET,TIDY)clang-tidy --quiet $< -- -std=gnu11 -I. -D_GNU_SOURCE -DSPANWATCH_VERSION='""' $(LIB_CFLAGS)
	@touch $@

lint-cppcheck:
	@mkdir -p $(B)/lint-cppcheck
	@cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability \
		--inline-suppr --suppress=missingIncludeSystem --library=tests/lint/cppcheck.cfg \
		--cppcheck-build-dir=$(B)/lint-cppcheck -I. -D_GNU_SOURCE -DSPANWATCH_VERSION='""' \
		$(SOURCES) $(wildcard tools/*.c tools/*/*.c)

lint-shell:
	shellcheck $(SCRIPTS)

lint-man: $(SERVICES_PAGE)
	$(if $(MAN_PAGES),mandoc -T lint -W warning $(MAN_PAGES) $(SERVICES_PAGE))

# --- Bench, install ----------------------------------------------------------------------------
soak: all tools
	$(PYTHON) tools/soak $(B) $(SOAK_FLAGS)

bench: all tools
	$(PYTHON) tools/bench --build $(B) $(BENCH_FLAGS)

bench-gate: all tools
	$(PYTHON) tools/bench gate --build $(B) $(BENCH_FLAGS)

bench-live: all tools
	$(PYTHON) tools/bench-live $(B) $(BENCH_FLAGS)

sizing: all tools
	$(PYTHON) tools/fleet-sizing $(B) $(SIZING_FLAGS)

MANDIR = $(DESTDIR)$(PREFIX)/share/man
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/spanwatch
	install -m 755 $(B)/spanwatch $(DESTDIR)$(PREFIX)/bin/spanwatch
	install -m 755 tools/receipt $(DESTDIR)$(PREFIX)/bin/spanwatch-receipt
	install -m 755 $(REDIS_TAIL) $(DESTDIR)$(PREFIX)/bin/spanwatch-redis-tail
	install -m 755 $(NOTIFY) $(DESTDIR)$(PREFIX)/bin/spanwatch-notify
	install -d $(DESTDIR)$(PREFIX)/share/spanwatch/notify
	install -m 644 tools/notify/example.yaml $(DESTDIR)$(PREFIX)/share/spanwatch/notify
	install -m 755 $(POLICY_TOOL) $(DESTDIR)$(PREFIX)/bin/spanwatch-policy
	install -m 755 $(REPORT) $(DESTDIR)$(PREFIX)/bin/spanwatch-report
	install -m 644 $(wildcard policy/example.yaml sensor/*/*.schema.json) \
		$(DESTDIR)$(PREFIX)/share/spanwatch
	install -d $(DESTDIR)$(PREFIX)/share/spanwatch/redis
	install -m 644 tools/redis/* $(DESTDIR)$(PREFIX)/share/spanwatch/redis
	cat sensor/redis/apply_time.lua sensor/redis/apply_say.lua sensor/redis/operate.lua \
		>$(DESTDIR)$(PREFIX)/share/spanwatch/redis/operate.lua
	install -d $(DESTDIR)$(PREFIX)/share/spanwatch/siem
	install -m 644 tools/siem/* $(DESTDIR)$(PREFIX)/share/spanwatch/siem
	install -d $(DESTDIR)$(PREFIX)/share/spanwatch/grafana
	install -m 644 tools/grafana/* $(DESTDIR)$(PREFIX)/share/spanwatch/grafana
	$(foreach page,$(MAN_PAGES) $(SERVICES_PAGE),install -D -m 644 $(page) \
		$(MANDIR)/man$(patsubst .%,%,$(suffix $(page)))/$(notdir $(page)) &&) true

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/spanwatch $(DESTDIR)$(PREFIX)/bin/spanwatch-receipt \
		$(DESTDIR)$(PREFIX)/bin/spanwatch-redis-tail $(DESTDIR)$(PREFIX)/bin/spanwatch-policy \
		$(DESTDIR)$(PREFIX)/bin/spanwatch-notify
	rm -rf $(DESTDIR)$(PREFIX)/share/spanwatch
	$(foreach page,$(MAN_PAGES) $(SERVICES_PAGE),rm -f \
		$(MANDIR)/man$(patsubst .%,%,$(suffix $(page)))/$(notdir $(page)) &&) true

clean:
	rm -rf $(B)

.PHONY: cpu-count cpu-search all unit tools objects run asan tsan test golden lab incidents faults replay fuzz-targets fuzz lint \
	$(LINTERS:%=lint-%) soak bench bench-gate bench-live sizing install uninstall clean
-include $(OBJECTS:.o=.d) $(UNIT_TESTS:=.d) $(TOOLS:=.d) $(wildcard $(B)/tools/*/*.d)
