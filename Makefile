# SPDX-License-Identifier: ISC
# build/spanwatch and everything around it. Out of tree under $(B).
#
#   make              the program                make run        replay a shipped capture
#   make test         every test                 make lint       warnings, layers, linters
#   make SANITIZE=address,undefined B=build/asan   a sanitizer build (thread for TSan)

B       ?= build
PREFIX  ?= /usr/local
CC      ?= gcc
PYTHON  ?= /usr/bin/python3
PKG     := pkg-config
VERSION := 0.1.0

LIBRARIES := libpcap libndpi hiredis libevent libevent_pthreads yaml-0.1 jansson sqlite3 \
	libarchive libxxhash libcap-ng libseccomp

WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla -Wundef -Wcast-qual \
	-Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wwrite-strings -Wpointer-arith \
	-Wimplicit-fallthrough -Werror
WARNINGS_GCC := -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Warith-conversion \
	-Wcast-align=strict
HARDENING := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -fPIE
ifndef SANITIZE
HARDENING += -D_FORTIFY_SOURCE=3
endif

IS_CLANG := $(findstring clang,$(shell $(CC) --version))
OPTIMIZE ?= -O2 -g
# Third-party headers are system headers: our warnings are about our code.
LIB_CFLAGS = $(patsubst -I%,-isystem %,$(shell $(PKG) --cflags $(LIBRARIES)))
LIB_LIBS   = $(shell $(PKG) --libs $(LIBRARIES)) -lhttp_parser -lpthread -lm
CFLAGS_ALL = -std=gnu11 -I. -D_GNU_SOURCE -DSPANWATCH_VERSION='"$(VERSION)"' $(OPTIMIZE) \
	$(WARNINGS) $(if $(IS_CLANG),,$(WARNINGS_GCC)) $(HARDENING) \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all) \
	$(LIB_CFLAGS) $(CFLAGS)
LDFLAGS_ALL = -pie -Wl,-z,relro,-z,now $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

SOURCES := $(wildcard sensor/*.c dissectors/*.c policy/*.c)
OBJECTS := $(SOURCES:%.c=$(B)/%.o)
LIBRARY := $(B)/libspanwatch.a
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))

all: $(B)/spanwatch

$(B)/spanwatch: $(B)/sensor/main.o $(LIBRARY)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIB_LIBS)

$(LIBRARY): $(filter-out $(B)/sensor/main.o,$(OBJECTS))
	rm -f $@
	$(AR) rcs $@ $^

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(B)/tests/unit/%: tests/unit/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -MMD -MP -MF $@.d $(shell $(PKG) --cflags cmocka) $(LDFLAGS_ALL) -o $@ \
		$< $(LIBRARY) $(LIB_LIBS) $(shell $(PKG) --libs cmocka)

unit: $(UNIT_TESTS)

clean:
	rm -rf $(B)

.PHONY: all unit clean
-include $(OBJECTS:.o=.d) $(UNIT_TESTS:=.d)
