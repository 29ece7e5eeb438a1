# dappd. The two that matter: `make run` and `make test`. What a target needs it installs itself (dev/install.sh).
BUILD ?= build
VARIANT ?= release
OUT := $(BUILD)/$(VARIANT)
VERSION := 0.1.0
PREFIX ?= /usr/local
CC ?= cc
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 60

PACKAGES := libmicrohttpd jansson libcurl libpq libuv libcyaml libsecp256k1 zlib
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wcast-qual -Wwrite-strings \
	-Wvla -Wimplicit-fallthrough -Wconversion
ifdef CI
WARNINGS += -Werror
endif

# Each variant lives in a folder of its own below build/.
FLAGS_release := -O2 -g -fPIE -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fcf-protection
LINK_release := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
FLAGS_debug := -O1 -g -DARENA_MALLOC
FLAGS_asan := -O1 -g -DARENA_MALLOC -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FLAGS_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
FLAGS_coverage := -O0 -g --coverage
FLAGS_fuzz := -O1 -g -DARENA_MALLOC -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LINK_fuzz := -fsanitize=fuzzer

CPPFLAGS += -D_GNU_SOURCE -DDAPPD_VERSION='"$(VERSION)"' -Iinclude -I$(BUILD) $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
CFLAGS += -std=c11 $(WARNINGS) $(FLAGS_$(VARIANT))
LDFLAGS += $(LINK_$(VARIANT))
LDLIBS += $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lmbedcrypto -lpthread

SOURCES := $(filter-out src/main.c,$(wildcard src/*.c src/*/*.c routes/*.c))
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o) $(OUT)/routes/openapi_data.o $(OUT)/src/repos/migration_data.o
MIGRATIONS := $(sort $(wildcard sql/*.sql))
UNIT_TESTS := $(patsubst %.c,$(OUT)/%,$(wildcard tests/unit/test_*.c tests/unit/*/test_*.c))
FUZZERS := $(patsubst %.c,$(OUT)/%,$(wildcard tests/fuzz/fuzz_*.c))
ABIS := $(sort $(wildcard abi/*.abi abi/*.json))
ABI_HEADERS := $(addprefix $(BUILD)/,$(addsuffix .h,$(basename $(ABIS))))
TEST_HEADERS := $(patsubst %.abi,$(BUILD)/%.h,$(wildcard tests/vectors/*.abi))
C_FILES = $(shell git ls-files '*.c' '*.h' 2>/dev/null)

.PHONY: all run test unit integration dev asan tsan valgrind fuzz fuzz-replay lint format bench soak coverage install clean \
	install-build install-test install-bench binary tests generated
.DELETE_ON_ERROR:

all: install-build
	@$(MAKE) --no-print-directory $(BUILD)/dappd

run: install-run all
	dev/run.sh

test: install-test
	tests/run.sh lint unit fuzz-replay dev integration valgrind tsan

# One suite each; VARIANT picks the build.
lint unit integration dev valgrind asan tsan fuzz-replay: install-test
	tests/run.sh $@

soak: install-test
	DAPPD_SOAK=1 tests/run.sh integration

fuzz: install-test
	tests/fuzz/run.sh $(FUZZ_SECONDS) $(FUZZ)

bench: install-bench all
	@$(MAKE) --no-print-directory VARIANT=release $(addprefix $(BUILD)/release/tests/bench/,print_statement scanner recover abi transactions)
	tests/bench/run.sh

coverage: install-test
	tests/coverage.sh

format:
	clang-format -i $(C_FILES)

install: all
	install -D -m 755 $(BUILD)/dappd $(DESTDIR)$(PREFIX)/bin/dappd

clean:
	rm -rf $(BUILD)

install-build install-run install-test install-bench:
	@dev/install.sh $(@:install-%=%)

# What tests/run.sh builds: the program, and the test programs of one variant.
binary: $(OUT)/dappd
tests: $(UNIT_TESTS)
fuzzers: $(FUZZERS)

$(BUILD)/dappd: $(BUILD)/release/dappd
	cp -f $< $@

$(OUT)/dappd: $(OUT)/src/main.o $(OUT)/libdappd.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OUT)/libdappd.a: $(OBJECTS)
	rm -f $@
	$(AR) rcs $@ $^

# Which of the made headers a file includes is known once it was compiled.
$(OUT)/%.o: %.c | generated
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OUT)/routes/openapi_data.o: routes/openapi_data.S openapi.yaml $(BUILD)/openapi.json
	@mkdir -p $(@D)
	$(CC) -DOPENAPI_JSON='"$(BUILD)/openapi.json"' -c -o $@ $<

# What lies in the build folder itself belongs to all variants, of which two may be made at once: a file appears whole.
PART = $@.$$$$
INTO_PLACE = && mv $(PART) $@ || { rm -f $(PART); false; }

$(BUILD)/openapi.json: openapi.yaml $(BUILD)/yaml2json
	$(BUILD)/yaml2json < $< > $(PART) $(INTO_PLACE)

$(OUT)/src/repos/migration_data.o: src/repos/migration_data.S $(BUILD)/migrations.def $(MIGRATIONS)
	@mkdir -p $(@D)
	$(CC) -I. -DMIGRATIONS='"$(BUILD)/migrations.def"' -c -o $@ $<

# A file's number is its version: 0001, 0002 and so on. An added or removed file changes the folder.
$(BUILD)/migrations.def: $(MIGRATIONS) sql
	@mkdir -p $(@D)
	@n=0; for file in $(MIGRATIONS); do n=$$((n + 1)); \
		case $$file in $$(printf 'sql/%04d_' $$n)*) printf 'migration "%s"\n' $$file;; \
		*) echo "$$file must be number $$n" >&2; exit 1;; esac; done > $(PART) $(INTO_PLACE)

# What is known of contracts at build time: a header for each ABI, and one table of all. A file that is gone changes the
# folder.
generated: $(ABI_HEADERS) $(BUILD)/abi/items.def $(TEST_HEADERS)

$(BUILD)/%.h: %.abi $(BUILD)/abi2c
	@mkdir -p $(@D)
	$(BUILD)/abi2c $< > $(PART) $(INTO_PLACE)

$(BUILD)/%.h: %.json $(BUILD)/abi2c
	@mkdir -p $(@D)
	$(BUILD)/abi2c $< > $(PART) $(INTO_PLACE)

$(BUILD)/abi/items.def: $(ABIS) abi $(BUILD)/abi2c
	@mkdir -p $(@D)
	$(BUILD)/abi2c --table $(ABIS) > $(PART) $(INTO_PLACE)

ABI2C_SOURCES := $(addprefix dev/,abi2c.c abi2c_header.c abi2c_table.c) src/eth/keccak.c \
	$(addprefix src/eth/abi_,json.c read.c reading.c signature.c struct.c write.c) \
	$(addprefix src/core/,arena.c buf.c decimal.c json_depth.c)
$(BUILD)/abi2c: $(ABI2C_SOURCES) $(wildcard dev/*.h src/eth/abi_*.h include/eth/*.h include/core/*.h)
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARNINGS) -O1 -D_GNU_SOURCE -Iinclude -o $(PART) $(ABI2C_SOURCES) \
		$(shell pkg-config --cflags --libs jansson) $(INTO_PLACE)

$(BUILD)/yaml2json: dev/yaml2json.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARNINGS) -O1 -D_GNU_SOURCE -o $(PART) $< \
		$(shell pkg-config --cflags --libs yaml-0.1 jansson) $(INTO_PLACE)

$(OUT)/tests/unit/%: tests/unit/%.c $(OUT)/libdappd.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Isrc -Iroutes -Itests/unit $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(OUT)/libdappd.a -lcmocka $(LDLIBS)

$(OUT)/tests/bench/%: tests/bench/%.c $(OUT)/libdappd.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Isrc $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(OUT)/libdappd.a $(LDLIBS)

$(OUT)/tests/lint/statements: tests/lint/statements.c $(OUT)/libdappd.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(OUT)/libdappd.a $(LDLIBS)

# libFuzzer brings its own main; every other variant replays the corpus.
FUZZ_MAIN = $(if $(filter fuzz,$(VARIANT)),,tests/fuzz/replay.c)
$(OUT)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(OUT)/libdappd.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Isrc -Iroutes $(CFLAGS) $(LDFLAGS) -o $@ $< $(FUZZ_MAIN) $(OUT)/libdappd.a $(LDLIBS)

-include $(OBJECTS:.o=.d) $(OUT)/src/main.d $(UNIT_TESTS:%=%.d)
